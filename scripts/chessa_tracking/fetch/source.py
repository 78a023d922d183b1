"""Sources of the vendor's documentation: an https address, or a local folder or file.

All is bounded: bytes, time, requests; a redirect stays within the origin. An unreadable source is
a `SpecError`, an unreadable page an `UnreadableError`: the operation on it is then missing, not
removed.
"""

import posixpath
import queue
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, Final, Protocol
from urllib.parse import unquote, urljoin, urlsplit

import attrs
import httpx

from chessa_codegen.document import files
from chessa_codegen.document.loader import is_mapping
from chessa_codegen.document.yaml import parse
from chessa_codegen.errors import SpecError

MAX_PAGE: Final = 4 * 1024 * 1024
MAX_ALL: Final = 64 * 1024 * 1024
MAX_SECONDS: Final = 300.0
MAX_SECONDS_OF_PAGE: Final = 60.0
MAX_REDIRECTS: Final = 5
_TIMEOUT: Final = httpx.Timeout(20.0)


class UnreadableError(Exception):
    """A page that cannot be read, and why."""


class Source(Protocol):
    """Texts by address. The report shows addresses: a URL, or a path within a folder."""

    @property
    def named(self) -> str:
        """The source as the maintainer named it."""
        ...

    @property
    def start(self) -> str:
        """Its address; empty for a folder."""
        ...

    def read(self, address: str) -> str:
        """Return the text there; `UnreadableError` if there is none."""
        ...

    def resolve(self, base: str, link: str) -> str | None:
        """Return the address that a link means; None where it leads elsewhere."""
        ...

    def url(self, address: str) -> str | None:
        """Return the public URL of an address, if it has one."""
        ...


@attrs.define
class Budget:
    """The bytes and the time that are left."""

    ends: float
    bytes: int = MAX_ALL
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def fresh(cls, seconds: float = MAX_SECONDS) -> "Budget":
        """Return the full budget."""
        return cls(time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return max(0.0, self.ends - self.clock())

    def check(self, where: str) -> None:
        """Refuse when the time is over."""
        if self.clock() >= self.ends:
            raise SpecError(
                "Reading the documentation takes too long.",
                where,
                f"It has {MAX_SECONDS:.0f} s in all. Try again later, or save the pages and give "
                "their folder.",
            )

    def take(self, count: int, where: str) -> None:
        """Count bytes; refuse when there are too many."""
        self.bytes -= count
        if self.bytes < 0:
            raise SpecError(
                f"The documentation holds more than {MAX_ALL // 2**20} MiB.",
                where,
                "Name a smaller part of it: one page, or one document.",
            )
        self.check(where)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError("it is not UTF-8") from None


# ---- Local --------------------------------------------------------------------------------------


@attrs.define
class LocalSource:
    """A folder of saved pages, or one file."""

    named: str
    root: Path
    start: str
    budget: Budget = attrs.field(factory=Budget.fresh)
    _urls: dict[str, str] = attrs.field(factory=dict[str, str])

    def read(self, address: str) -> str:
        path = self.root / address
        try:
            if not path.resolve().is_relative_to(self.root.resolve()):
                raise UnreadableError("it is outside the folder")
            if not path.is_file():
                raise UnreadableError("there is no such file")
            with path.open("rb") as file:
                content = file.read(MAX_PAGE + 1)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            raise UnreadableError(reason or str(error)) from None
        if len(content) > MAX_PAGE:
            raise UnreadableError(f"it is larger than {MAX_PAGE // 2**20} MiB")
        self.budget.take(len(content), address)
        return _text(content)

    def resolve(self, base: str, link: str) -> str | None:
        parts = urlsplit(link)
        if parts.scheme not in ("", "http", "https") or not parts.path.strip("/"):
            return None
        path = PurePosixPath(unquote(parts.path))
        if not parts.scheme and not path.is_absolute():
            path = PurePosixPath(base).parent / path
        relative = PurePosixPath(*(part for part in path.parts if part != "/"))
        if ".." in relative.parts or "\0" in str(relative):
            return None
        address = self._saved(relative)
        if parts.scheme:
            self._urls[address] = parts._replace(query="", fragment="").geturl()
        return address

    def file_at(self, base: str, link: str) -> str | None:
        """Return the address of a file that another one refers to; None where it is not there."""
        address = posixpath.normpath(posixpath.join(posixpath.dirname(base), link))
        is_within = not address.startswith(("/", "..")) and "\0" not in address
        return address if is_within and files.is_file(self.root / address) else None

    def document(self, address: str) -> dict[str, Any]:
        """Read a file that is a part of a document."""
        try:
            found = parse(self.read(address).encode(), address)
        except UnreadableError as error:
            raise SpecError(f"A file cannot be read: {error}.", address, "Save it again.") from None
        return found if is_mapping(found) else {}

    def _saved(self, path: PurePosixPath) -> str:
        """Return the file that a page was saved as: by its full path, or by its name alone."""
        wanted = [path, PurePosixPath(path.name)]
        if not path.suffix:
            wanted = [each.with_name(f"{each.name}.md") for each in wanted] + wanted
        for each in wanted:
            if (self.root / each).is_file():
                return str(each)
        return str(wanted[0])

    def url(self, address: str) -> str | None:
        return self._urls.get(address)

    def pages(self) -> list[str]:
        """Return every page in the folder, where no index names them."""
        return sorted(
            path.relative_to(self.root).as_posix()
            for path in self.root.rglob("*.md")
            if path.is_file()
        )


# ---- Remote -------------------------------------------------------------------------------------


@attrs.define
class RemoteSource:
    """A site, read over https."""

    named: str
    client: httpx.Client
    budget: Budget = attrs.field(factory=Budget.fresh)

    @property
    def start(self) -> str:
        return self.named

    def read(self, address: str) -> str:
        self.budget.check(address)
        answers: queue.SimpleQueue[str | Exception] = queue.SimpleQueue()

        def work() -> None:
            try:
                answers.put(self._read(address))
            except Exception as error:  # noqa: BLE001 - raised again where it was asked for
                answers.put(error)

        # A server that sends a byte now and then never exceeds a timeout of the socket. So the wait
        # for a page is bounded, and a request that never ends is abandoned with its thread.
        threading.Thread(target=work, daemon=True).start()
        try:
            answer = answers.get(timeout=min(MAX_SECONDS_OF_PAGE, self.budget.left))
        except queue.Empty:
            self.budget.check(address)
            raise UnreadableError(f"it takes longer than {MAX_SECONDS_OF_PAGE:.0f} s") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _read(self, address: str) -> str:
        for _ in range(MAX_REDIRECTS + 1):
            self.budget.check(address)
            try:
                with self.client.stream("GET", address) as response:
                    if not response.is_redirect:
                        return _text(self._body(response, address))
                    location = response.headers.get("location", "")
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise UnreadableError(f"{type(error).__name__}: {error}"[:200]) from None
            following = self.resolve(address, location)
            if following is None:
                raise UnreadableError(f"it redirects elsewhere, to {location[:100]}")
            address = following
        raise UnreadableError(f"it redirects more than {MAX_REDIRECTS} times")

    def _body(self, response: httpx.Response, address: str) -> bytes:
        if response.status_code != httpx.codes.OK:
            raise UnreadableError(f"HTTP {response.status_code}")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise UnreadableError("it is compressed, though it was asked for as it is")
        if not {"content-length", "transfer-encoding"} & response.headers.keys():
            raise UnreadableError("it does not say where it ends: a part of it could be lost")
        content = bytearray()
        for chunk in response.iter_raw():
            content += chunk
            self.budget.take(len(chunk), address)
            if len(content) > MAX_PAGE:
                raise UnreadableError(f"it is larger than {MAX_PAGE // 2**20} MiB")
        return bytes(content)

    def resolve(self, base: str, link: str) -> str | None:
        try:
            address = urlsplit(urljoin(base, link))
            is_ours = _origin(address.geturl()) == _origin(self.start)
        except ValueError:
            return None
        return address._replace(fragment="").geturl() if is_ours else None

    def url(self, address: str) -> str | None:
        return address


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError("credentials in a URL")
    return parts.scheme, parts.hostname, parts.port


def client(trust: ssl.SSLContext | None = None) -> httpx.Client:
    """Return the client for pages: it follows no redirect and decompresses nothing."""
    headers = {"accept-encoding": "identity", "accept": "text/markdown, text/plain, */*"}
    verify = True if trust is None else trust
    return httpx.Client(verify=verify, timeout=_TIMEOUT, follow_redirects=False, headers=headers)


def open_source(named: str) -> Source:
    """Return the source that a maintainer named."""
    scheme = named.partition("://")[0].lower() if "://" in named else ""
    if scheme == "https":
        try:
            if _origin(named)[1]:
                return RemoteSource(named, client())
        except ValueError:
            pass
        raise SpecError(
            "This is not an address that can be read.",
            "SOURCE",
            "Give an https URL with a host and without credentials.",
        )
    if scheme:
        raise SpecError(
            f"Documentation is not read over {scheme}.",
            "SOURCE",
            "Give an https URL, or a local folder or file.",
        )
    return _local(named)


def _local(named: str) -> LocalSource:
    try:
        path = Path(named).resolve()
        if path.is_dir():
            return LocalSource(named, path, "")
        if path.is_file():
            return LocalSource(named, path.parent, path.name)
    except (OSError, ValueError):
        pass
    raise SpecError(
        "There is no such folder or file.",
        named,
        "Give an https URL, or the folder or file that the documentation was saved to.",
    )
