"""Plays of a server of event streams, and the reading of them by a test."""

import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import chessa
from tests.modes import Mode
from tests.unit.raw_server import Connection

from .conftest import Api

HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
OPEN: Final = HEAD + b"\r\n"
ONE: Final = b'data: {"amount": 1.10}\n\n'
SHORT: Final = 0.4
"""Seconds of the timeout, where a server has none to lose."""
Play = Callable[[Connection], object]


def sends(*pieces: bytes, pause: float = 0.0, head: bytes = OPEN) -> Play:
    """Return a play that sends a head and these pieces."""

    def play(connection: Connection) -> None:
        for piece in (head, *pieces):
            connection.send(piece)
            if pause:
                connection.wait_until_stopped(pause)

    return play


def pause(seconds: float) -> None:
    """Block, as a caller may."""
    time.sleep(seconds)


@contextlib.asynccontextmanager
async def opened(mode: Mode, stream: Any) -> AsyncIterator[Any]:
    """Enter what a method returns."""
    async with mode.opened(await mode.done(stream)) as events:
        yield events


async def step(mode: Mode, events: Any) -> Any:
    """Return the next event; None at the end."""
    return await anext(events, None) if mode.is_async else next(events, None)


def run(
    api: Api, mode: Mode, method: str = "events", **options: Any
) -> tuple[list[Any], chessa.ChessaError | None]:
    """Read all events; return them, and the error that ended them."""
    found: list[Any] = []

    async def main() -> chessa.ChessaError | None:
        async with api.files(mode, **options) as files:
            try:
                async with opened(mode, getattr(files, method)()) as events:
                    while (event := await step(mode, events)) is not None:
                        found.append(event)
            except chessa.ChessaError as error:
                return error
        return None

    return found, mode.run(main())


def drip(connection: Connection) -> None:
    connection.send(OPEN + ONE + b"data: ")
    for _ in range(200):
        connection.send(b"1")
        if connection.wait_until_stopped(SHORT / 10):
            return


def endless(piece: bytes) -> Play:
    def play(connection: Connection) -> None:
        connection.send(OPEN + ONE)
        for _ in range(20_000):
            if connection.server.stopped.wait(0.0005):
                return
            connection.send(piece)

    return play


def reset(connection: Connection) -> None:
    connection.send(OPEN + ONE)
    connection.wait_until_stopped(0.1)
    connection.reset()


def chunked(*pieces: bytes) -> Play:
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return sends(head=HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
