"""Commands of operations that the vendor may add: files, bodies, names that are options of ours."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import httpx
import pytest

import chessa
from chessa.cli._connection import Access
from chessa.cli._operations import command_of
from chessa_api import fields
from chessa_api.arguments import Argument
from chessa_api.files import FILE
from chessa_api.media import BYTES, TEXT, BodyForm
from chessa_api.operation import Operation

UPLOAD: Operation[Any] = Operation(
    name="documents.upload",
    method="POST",
    path="/v1/documents/{output}",
    operation_id=None,
    is_read=False,
    arguments=(
        Argument("output", "output", "path", fields.STRING, required=True),
        Argument("reference", "reference", "query", fields.STRING),
        Argument("front", "front", "member", FILE, required=True),
        Argument("pages", "pages", "member", fields.array(FILE)),
        Argument("meta", "meta", "member", fields.JSON),
    ),
    body=BodyForm("multipart", "multipart/form-data"),
    body_required=True,
    responses={"2XX": None},
)
EXPORT: Operation[Any] = Operation(
    name="documents.export",
    method="GET",
    path="/v1/export",
    operation_id=None,
    is_read=True,
    responses={"2XX": BYTES},
    accept="*/*",
)
SAVE: Operation[Any] = Operation(
    name="documents.replace",
    method="PUT",
    path="/v1/document",
    operation_id=None,
    is_read=False,
    arguments=(Argument("body", "body", "body", fields.JSON, required=True),),
    body_required=True,
    responses={"2XX": TEXT},
)


EVENTS: Operation[Any] = Operation(
    name="documents.events",
    method="GET",
    path="/v1/events",
    operation_id=None,
    is_read=True,
    responses={"2XX": fields.JSON},
    accept="text/event-stream",
    streams=True,
)


class Stub(Access):
    """The access to a server that is a function."""

    def client(self, *, timeout: float | None = None, journal: Any = None) -> chessa.Chessa:
        """Return a client of the function."""
        return chessa.Chessa(
            client_id="a",
            client_secret="b",
            transport=httpx.MockTransport(respond),
            timeout=timeout,
            journal=journal,
        )


seen: list[httpx.Request] = []


def respond(request: httpx.Request) -> httpx.Response:
    """Record a request; return bytes that are not text."""
    request.read()
    seen.append(request)
    if request.url.path == "/v1/events":
        lines = b'data: {"n": 1.50}\n\nevent: done\nid: 7\ndata: "\\u001b"\n\n'
        return httpx.Response(200, content=lines, headers={"content-type": "text/event-stream"})
    if request.method == "PUT":
        return httpx.Response(200, text="\x1b[31mstored", headers={"content-type": "text/plain"})
    return httpx.Response(200 if request.method == "GET" else 204, content=b"\x00\x1b%PDF")


@pytest.fixture
def call() -> Callable[..., None]:
    """Run the command of an operation."""
    seen.clear()

    def run(operation: Operation[Any], *words: object) -> None:
        made = command_of(operation, "it")
        made.main([str(word) for word in words], standalone_mode=False, obj=Stub())

    return run


def test_files_are_paths(call: Callable[..., None], tmp_path: Path) -> None:
    """A file, several, JSON from a file, and names that are options of ours have their options."""
    front, meta = tmp_path / "front.pdf", tmp_path / "meta.json"
    front.write_bytes(b"%PDF-front")
    meta.write_text('{"n": 1}', encoding="utf-8")
    words = ("id 1", "--front", front, "--pages", front, "--pages", front, "--meta", f"@{meta}")
    call(UPLOAD, *words, "--api-reference", "r", "--yes")
    (request,) = seen
    assert request.url.raw_path == b"/v1/documents/id%201?reference=r"
    assert request.content.count(b"%PDF-front") == 3
    assert b'"n":1' in request.content


def test_a_file_that_is_not_there_is_a_usage_error(call: Callable[..., None]) -> None:
    """The message names the option; nothing is sent."""
    with pytest.raises(click.BadParameter) as refused:
        call(UPLOAD, "1", "--front", "/nothing/there", "--yes")
    assert "'--front': the file cannot be read" in refused.value.format_message()
    assert seen == []


def test_bytes_are_written_or_saved(
    call: Callable[..., None], tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Without a terminal bytes go to stdout as they are; `--save` puts them into a file."""
    call(EXPORT)
    assert capsysbinary.readouterr().out == b"\x00\x1b%PDF"
    call(EXPORT, "--save", tmp_path / "export.pdf")
    assert (tmp_path / "export.pdf").read_bytes() == b"\x00\x1b%PDF"
    assert b"sha256" in capsysbinary.readouterr().out


def test_a_body_of_json(call: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    """A body is one option; a text that comes back is printed without acting on the terminal."""
    call(SAVE, "--body", '{"amount": 1.50}', "--yes")
    assert seen[0].content == b'{"amount":1.50}'
    assert capsys.readouterr().out == "\\x1b[31mstored\n"


def test_events_are_lines_of_json(
    call: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each event of a stream is one line, with its kind and id."""
    call(EVENTS)
    assert capsys.readouterr().out.splitlines() == [
        '{"event": "message", "id": "", "data": {"n": 1.50}}',
        '{"event": "done", "id": "7", "data": "\\u001b"}',
    ]
