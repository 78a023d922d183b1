"""A client of an API with every media type, a server that keeps what arrives, and its readers."""

import contextlib
import importlib
import io
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from werkzeug.formparser import parse_form_data

from chessa_codegen.python.render import RUNTIME
from tests.modes import MODES, Mode
from tests.pipeline.made import Package, answers, content, document, make, operation
from tests.unit.raw_server import Connection, RawServer

TEXT = {"type": "string"}
BINARY = {"type": "string", "format": "binary"}
FORM = {
    "type": "object",
    "required": ["amount"],
    "properties": {
        "amount": {"type": "number"},
        "tags": {"type": "array", "items": TEXT},
        "paidAt": {"type": "string", "format": "date-time"},
        "isTest": {"type": "boolean"},
        "payer": {"type": "object", "properties": {"name": TEXT}},
    },
}
STYLED = {
    "type": "object",
    "properties": {
        "filter": {"type": "object", "additionalProperties": {}},
        "tags": {"type": "array", "items": TEXT},
        "ids": {"type": "array", "items": {"type": "integer"}},
        "code": TEXT,
    },
}
ODD = {'a"b': "a_b", "é x": "x", "c&d=e": "c_d_e", "x[y]": "x_y", "p;q\\": "p_q"}
"""Names of members that mean something in a header or a query, and their arguments."""
ODD_FORM = {"type": "object", "properties": dict.fromkeys(ODD, TEXT)}
UPLOAD = {
    "type": "object",
    "required": ["document"],
    "properties": {
        "document": BINARY,
        "pages": {"type": "array", "items": BINARY},
        **FORM["properties"],  # type: ignore[dict-item]
    },
}


def _body(schema: Any, media_type: str) -> dict[str, Any]:
    return {"requestBody": {"required": True, **content(schema, media_type)}}


def _answer(*media_types: str) -> dict[str, Any]:
    forms = {each: {"schema": TEXT if each.startswith("text") else BINARY} for each in media_types}
    return {"responses": {"200": {"description": "OK", "content": forms}}}


EVENT = {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}}
AMOUNTS = ({"amount": 1.10}, {"amount": 2})
LAST_EVENT = {"name": "Last-Event-ID", "in": "header", "schema": TEXT}


FIELDS = {"type": "object", "properties": {"event": TEXT, "id": TEXT, "data": EVENT}}
JSON_TEXT = {"type": "string", "contentMediaType": "application/json", "contentSchema": EVENT}


def _events(schema: Any, keyword: str = "schema", **more: Any) -> dict[str, Any]:
    media = {keyword: schema, **more}
    found = {"description": "OK", "content": {"text/event-stream": media}}
    return {"responses": {"200": found}}


SPEC = document(
    {
        "/events": {
            "get": operation(
                "events",
                "files",
                parameters=[LAST_EVENT],
                **_events(EVENT, examples={"a": {"value": AMOUNTS[0]}, "b": {"value": AMOUNTS[1]}}),
            ),
            "post": operation("make_events", "files", **_events(EVENT)),
        },
        "/texts": {"get": operation("texts", "files", **_events(TEXT))},
        "/fields": {
            "get": operation(
                "fields",
                "files",
                **_events(FIELDS, example={"event": "paid", "id": "7", "data": AMOUNTS[0]}),
            )
        },
        "/changes": {
            "get": operation(
                "changes",
                "files",
                **_events({"type": "object", "properties": {"data": JSON_TEXT}}, "itemSchema"),
            )
        },
        "/files": {
            "post": operation("upload", "files", **_body(UPLOAD, "multipart/form-data")),
            "put": operation("pay", "files", **_body(FORM, "application/x-www-form-urlencoded")),
            "patch": operation("change", "files", **_body(FORM, "application/merge-patch+json")),
        },
        "/styled": {
            "post": operation(
                "filter",
                "files",
                requestBody={
                    "content": {
                        "application/x-www-form-urlencoded": {
                            "schema": STYLED,
                            "encoding": {
                                "filter": {"style": "deepObject", "explode": True},
                                "tags": {"explode": False},
                                "ids": {"contentType": "application/json"},
                                "code": {"contentType": "application/json"},
                            },
                        }
                    }
                },
            )
        },
        "/several": {
            "post": operation(
                "several",
                "files",
                requestBody={
                    "required": True,
                    "content": {
                        "application/pdf": {"schema": BINARY},
                        "text/*": {"schema": TEXT},
                        "application/x-www-form-urlencoded": {"schema": FORM},
                        "multipart/form-data": {"schema": FORM},
                        "application/json": {"schema": FORM},
                        "application/merge-patch+json": {"schema": {"type": "object"}},
                    },
                },
            )
        },
        "/odd": {
            "post": operation("odd_parts", "files", **_body(ODD_FORM, "multipart/form-data")),
            "put": operation(
                "odd_pairs", "files", **_body(ODD_FORM, "application/x-www-form-urlencoded")
            ),
        },
        "/raw": {
            "post": operation("send", "files", **_body(BINARY, "application/octet-stream")),
            "put": operation("send_image", "files", **_body(BINARY, "image/*")),
            "patch": operation("note", "files", **_body(TEXT, "text/plain")),
        },
        "/pdf": {
            "get": operation("receipt", "files", **_answer("application/pdf")),
            "post": operation("make_receipt", "files", **_answer("application/pdf")),
        },
        "/csv": {"get": operation("statement", "files", **_answer("text/csv"))},
        "/both": {"get": operation("either", "files", **_answer("text/csv", "application/pdf"))},
        "/ranges": {"get": operation("ranges", "files", **_answer("text/*", "image/*"))},
        "/optional": {
            "post": operation(
                "maybe", "files", requestBody=content(BINARY, "application/octet-stream")
            )
        },
        "/ordered": {
            "post": operation(
                "ordered",
                "files",
                parameters=[
                    {"name": "ids", "in": "query", "schema": {"type": "array", "items": TEXT}}
                ],
            )
        },
        "/mixed": {
            "get": operation(
                "mixed",
                "files",
                responses={**answers(FORM), "202": _answer("text/plain")["responses"]["200"]},
            )
        },
    },
    version="3.2.0",
)


@pytest.fixture(scope="package")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The generated package, on the runtime modules of the client's own."""
    made = make(tmp_path_factory.mktemp("media"), SPEC)
    for name in (*RUNTIME, "errors", "types"):
        shared = importlib.import_module(f"chessa_api.{name}")
        sys.modules[f"{made.name}.{name}"] = shared
        setattr(sys.modules[made.name], name, shared)
    return made


@attrs.frozen
class Part:
    """A file in a form."""

    name: str | None
    media_type: str | None
    content: bytes = attrs.field(repr=False)


@attrs.frozen
class Received:
    """A request, as a server reads it."""

    head: str
    body: bytes = attrs.field(repr=False)

    def header(self, name: str) -> str:
        """Return a header."""
        lines = (line.partition(":") for line in self.head.split("\r\n")[1:])
        return next(v.strip() for key, _, v in lines if key.lower() == name)

    def form(self) -> tuple[list[tuple[str, str]], list[tuple[str, Part]]]:
        """Return the fields and the files of a form, as werkzeug reads them."""
        environ = {
            "REQUEST_METHOD": "POST",
            "CONTENT_TYPE": self.header("content-type"),
            "CONTENT_LENGTH": self.header("content-length"),
            "wsgi.input": io.BytesIO(self.body),
        }
        _, fields, files = parse_form_data(environ, silent=False)
        parts: list[tuple[str, Part]] = []
        for key, file in files.items(multi=True):
            with contextlib.closing(file):
                parts.append((key, Part(file.filename, file.content_type, file.read())))
        return list(fields.items(multi=True)), parts


@attrs.define
class Api:
    """The server, and the response that it gives next."""

    package: Package
    server: RawServer
    status: str = "200 OK"
    headers: tuple[str, ...] = ()
    body: bytes = b""
    play: Callable[[Connection], object] | None = None
    """What it does in place of that."""

    @property
    def received(self) -> list[Received]:
        """The requests so far."""
        parts = (each.partition(b"\r\n\r\n") for each in self.server.ledger)
        return [Received(head.decode("latin-1"), body) for head, _, body in parts]

    @contextlib.asynccontextmanager
    async def files(self, mode: Mode, **options: Any) -> AsyncIterator[Any]:
        """Open a client and give the resource `files` on it."""
        settings = {"base_url": self.server.url, "client_id": "i", "client_secret": "s"}
        given = options.pop("options", {})
        async with mode.opened(mode.client(**{**settings, **options})) as client:
            yield on(self.package, client.with_options(**given), mode)


def on(package: Package, client: Any, mode: Mode) -> Any:
    """Return the resource `files` on a client."""
    module = package.module("client")
    kind = module.AsyncResources if mode.is_async else module.Resources
    return kind(client.orders._performer).files


@pytest.fixture
def api(package: Package) -> Iterator[Api]:
    """A server that sends what it is told."""

    def play(connection: Connection) -> None:
        while connection.read_request():
            if found.play is not None:
                found.play(connection)
                return
            connection.answer(found.status, found.body, *found.headers)

    with RawServer(play) as server:
        found = Api(package, server)
        yield found


@pytest.fixture(params=MODES, ids=lambda mode: mode.name)
def mode(request: pytest.FixtureRequest) -> Any:
    """Sync, and async."""
    return request.param


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    """A file."""
    path = tmp_path / "a slip.pdf"
    path.write_bytes(b"%PDF-1.7\r\n--\x00\xff" * 10_000)
    return path
