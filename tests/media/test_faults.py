"""Faults of servers while a file is sent or saved: the outcome is right, and nothing is left."""

import asyncio
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

import chessa
from chessa import Outcome
from tests.marks import every, table
from tests.modes import ASYNC, Mode
from tests.pipeline.made import Package
from tests.unit.raw_server import Connection, RawServer

from .conftest import Api

BIG: Final = 4 * 1024 * 1024
"""More than the buffers of a socket take."""
Play = Callable[[Connection], object]


def _head(connection: Connection) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.receive()


def _early(status: str, body: bytes = b"") -> Play:
    def play(connection: Connection) -> None:
        _head(connection)
        connection.answer(status, body, "Connection: close")
        connection.wait_until_stopped(0.3)

    return play


def _after(act: Callable[[Connection], object]) -> Play:
    def play(connection: Connection) -> None:
        connection.read_request()
        act(connection)

    return play


def _reset_early(connection: Connection) -> None:
    _head(connection)
    connection.reset()


REJECTED: Final = b'{"statusCode": 413, "error": "too_large", "message": "too large"}'
SENT: Final[dict[str, tuple[Play, set[Outcome | None]]]] = {
    "closed at once": (lambda _: None, {Outcome.UNKNOWN, Outcome.NOT_SENT}),
    "reset within the body": (_reset_early, {Outcome.UNKNOWN}),
    "rejected within the body": (
        _early("413 Payload Too Large", REJECTED),
        {Outcome.REJECTED, Outcome.UNKNOWN},
    ),
    "a gateway's page within the body": (_early("502 Bad Gateway", b"<html>"), {Outcome.UNKNOWN}),
    "done before the body is complete": (_early("200 OK"), {None, Outcome.UNKNOWN}),
    "silence": (_after(lambda each: each.wait_until_stopped(5)), {Outcome.UNKNOWN}),
    "closed after it": (_after(lambda _: None), {Outcome.UNKNOWN}),
    "a gateway's page": (_after(lambda each: each.answer("502 Bad", b"<html>")), {Outcome.UNKNOWN}),
    "not HTTP": (_after(lambda each: each.send(b"SSH-2.0\r\n")), {Outcome.UNKNOWN}),
    "done": (_after(lambda each: each.answer("200 OK")), {None}),
}


def _begun(head: bytes, then: Callable[[Connection], object]) -> Play:
    def act(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\n" + head)
        then(connection)

    return _after(act)


def _without_end(connection: Connection) -> None:
    for _ in range(5_000):
        if connection.server.stopped.wait(0.001):
            return
        connection.send(bytes(999))


READ: Final[dict[str, tuple[Play, bool]]] = {
    "cut": (_begun(b"Content-Length: 9\r\n\r\n1234", lambda _: None), False),
    "an odd chunk": (_begun(b"Transfer-Encoding: chunked\r\n\r\n5\r\n123", lambda _: None), False),
    "more than it says": (_begun(b"Content-Length: 2\r\n\r\n1234", lambda _: None), True),
    "silence within the body": (
        _begun(b"Content-Length: 9\r\n\r\n1234", lambda each: each.wait_until_stopped(5)),
        False,
    ),
    "endless": (_begun(b"\r\n", _without_end), False),
    "done": (_after(lambda each: each.answer("200 OK", b"12")), True),
}
TRANSPORTS: Final[dict[str, Callable[[Mode], Any]]] = {
    "default": lambda _: None,
    "direct": lambda mode: (
        chessa.AsyncDirectTransport() if mode.is_async else chessa.DirectTransport()
    ),
    "httpx": lambda mode: httpx.AsyncHTTPTransport() if mode.is_async else httpx.HTTPTransport(),
}


def end_of(
    package: Package, fault: str, mode: Mode, transport: str, method: str, *given: Any, **named: Any
) -> chessa.ChessaError | None:
    """Call a method once, and return how it ended."""

    async def main() -> chessa.ChessaError | None:
        given_transport = TRANSPORTS[transport](mode)
        seconds = 0.7 if fault.startswith(("silence", "endless")) else 30
        options = {"timeout": seconds, "max_retries": 0, "transport": given_transport}
        async with Api(package, server).files(mode, **options) as files:
            try:
                await mode.done(getattr(files, method)(*given, **named))
            except chessa.ChessaError as error:
                return error
            finally:
                if given_transport is not None:
                    closing = given_transport.aclose if mode.is_async else given_transport.close
                    await mode.done(closing())
        return None

    play = SENT[fault][0] if method == "upload" else READ[fault][0]
    with RawServer(play) as server:
        return mode.run(main())


@pytest.mark.parametrize("transport", every(3, TRANSPORTS))
@table("fault", SENT)
def test_an_upload(
    package: Package, mode: Mode, tmp_path: Path, fault: str, transport: str
) -> None:
    """It is told as what it may be; the file is closed."""
    _, outcomes = SENT[fault]
    path = tmp_path / "long"
    with path.open("wb") as file:
        file.truncate(BIG)
    error = end_of(package, fault, mode, transport, "upload", document=path, amount=1)
    assert (None if error is None else error.outcome) in outcomes
    assert threading.active_count() < 50


@pytest.mark.parametrize("transport", every(3, TRANSPORTS))
@pytest.mark.parametrize("method", every(2, ["receipt_to_file", "make_receipt_to_file"]))
@table("fault", READ)
def test_a_download(
    package: Package, mode: Mode, tmp_path: Path, method: str, fault: str, transport: str
) -> None:
    """A file that is there is complete; else there is none, and the error says what is known."""
    _, is_saved = READ[fault]
    error = end_of(package, fault, mode, transport, method, tmp_path / "saved")
    assert (error is None) is is_saved
    assert [each.read_bytes() for each in tmp_path.iterdir()] == ([b"12"] if is_saved else [])
    if error is not None:
        unread = Outcome.UNKNOWN if method == "receipt_to_file" else Outcome.DONE
        assert error.outcome is unread


def test_a_cancelled_download_leaves_nothing(package: Package, tmp_path: Path) -> None:
    """Nor does an interruption of any other kind."""

    async def main() -> None:
        play = READ["silence within the body"][0]
        with RawServer(play) as server:
            async with Api(package, server).files(ASYNC) as files:
                task = asyncio.ensure_future(files.receipt_to_file(tmp_path / "x"))
                for _ in range(500):
                    await asyncio.sleep(0.01)
                    if os.listdir(tmp_path):  # noqa: PTH208
                        break
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task

    asyncio.run(main())
    assert [*tmp_path.iterdir()] == []
