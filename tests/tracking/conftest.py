"""Fixtures of following the vendor: the vendored document, and a site on loopback."""

import copy
import os
import shutil
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import attrs
import httpx
import pytest
import trustme

from chessa_codegen.document import loader
from chessa_tracking.fetch.source import RemoteSource, client
from tests.memory import remembered
from tests.tracking import rendering
from tests.tracking.trees import IGNORED, REFUND, body, rewrite

ROOT: Final = Path(__file__).resolve().parents[2]
_READ_ONLY: Final = ("overrides", "scripts")
"""What an update never writes; two thirds of the files."""
_VENDORED: Final = loader.read(ROOT / "spec" / "openapi.yaml")
OPERATIONS: Final = len([*rendering.operations(_VENDORED)])
"""How many the vendored document has, each with a page."""


@pytest.fixture(scope="module", autouse=True)
def memory() -> Iterator[None]:
    """Cache what does not change from test to test."""
    with remembered():
        yield


@pytest.fixture
def vendored() -> dict[str, Any]:
    """The vendored document, to be edited."""
    return copy.deepcopy(_VENDORED)


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The vendored document as pages; not to be edited."""
    return rendering.render(_VENDORED, tmp_path_factory.mktemp("rendered"))


@pytest.fixture
def pages(rendered: Path, tmp_path: Path) -> Path:
    """The vendored document as pages, to be edited."""
    return shutil.copytree(rendered, tmp_path / "pages")


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what an update reads and writes; not to be edited."""
    copied = tmp_path_factory.mktemp("original") / "tree"
    copied.mkdir()
    for name in ("spec", "generated", "overrides", "scripts", "docs", "changelog.d"):
        shutil.copytree(ROOT / name, copied / name, ignore=IGNORED)
    for name in ("generator-config.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, copied / name)
    return copied


@pytest.fixture
def tree(original: Path, tmp_path: Path) -> Path:
    """A copy that an update may change."""
    copied = tmp_path / "tree"
    shutil.copytree(original, copied, ignore=shutil.ignore_patterns(*_READ_ONLY))
    for name in _READ_ONLY:
        shutil.copytree(original / name, copied / name, copy_function=os.link)
    return copied


@pytest.fixture
def with_note(pages: Path, vendored: dict[str, Any]) -> Path:
    """Pages on which the refund gained an optional note."""
    body(vendored)["properties"]["note"] = {"type": "string", "maxLength": 20}
    rewrite(pages, vendored, REFUND)
    return pages


@attrs.define
class Site:
    """A site over https on loopback: responses by path, and the paths that were requested."""

    url: str
    client: httpx.Client
    answers: dict[str, tuple[int, dict[str, str], bytes]] = attrs.field(factory=dict)
    asked: list[str] = attrs.field(factory=list)
    endless: set[str] = attrs.field(factory=set)
    """Paths whose responses have no length."""
    dripping: set[str] = attrs.field(factory=set)
    """Paths whose responses come a byte at a time."""
    stopped: threading.Event = attrs.field(factory=threading.Event)

    def put(self, path: str, text: str = "", status: int = 200, **headers: str) -> None:
        """Set the response of a path."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = (status, named, text.encode())

    def put_folder(self, folder: Path) -> None:
        """Serve the files of a rendered folder, links turned to this site."""
        for path in folder.rglob("*"):
            if path.is_file():
                text = path.read_text(encoding="utf-8")
                name = path.relative_to(folder).as_posix()
                self.put(f"/{name}", text.replace("https://docs.chessa.ai", self.url))

    def source(self, path: str) -> RemoteSource:
        """A source that starts there."""
        return RemoteSource(f"{self.url}{path}", self.client)


@pytest.fixture(scope="session")
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS of a server on loopback, and of a client that trusts it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    return context, trusted


@pytest.fixture
def site(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> Iterator[Site]:
    """Return a site that sends 404 for every path that is not set."""
    context, trusted = contexts

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found.asked.append(self.path)
            status, headers, body = found.answers.get(self.path, (404, {}, b""))
            self.send_response(status)
            while self.path in found.dripping and not found.stopped.wait(0.05):
                self.wfile.write(b"x")
            if self.path not in found.endless:
                headers = {"content-length": str(len(body)), **headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with client(trusted) as reader:
        found = Site(f"https://127.0.0.1:{server.server_port}", reader)
        try:
            yield found
        finally:
            found.stopped.set()
            reader.close()
            server.shutdown()
            server.server_close()
            thread.join()
