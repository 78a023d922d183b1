"""Files far longer than the memory that a call may take, in both directions."""

import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.modes import Mode
from tests.pipeline.made import Package
from tests.unit.raw_server import Connection, RawServer

from .conftest import Api

MIB: Final = 1024 * 1024
MOST: Final = 20 * MIB
LENGTHS: Final = [
    pytest.param(40 * MIB, id="ordinary"),
    pytest.param(1024 * MIB, id="nightly", marks=pytest.mark.nightly),
]


def peak_of(act: Callable[[], object]) -> int:
    """Return by how many bytes Python's memory grew at most."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        act()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def run(package: Package, server: RawServer, mode: Mode, method: str, *place: Path) -> Any:
    """Call a method of `files`, with what it takes."""
    named: dict[str, Any] = {}
    if method == "send":
        named, place = {"body": place[0]}, ()
    elif method == "upload":
        named, place = {"document": place[0], "amount": 1}, ()

    async def main() -> Any:
        async with Api(package, server).files(mode, timeout=600) as files:
            return await mode.done(getattr(files, method)(*place, **named))

    return mode.run(main())


@pytest.mark.untraced
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("method", ["send", "upload"])
def test_a_long_upload(
    package: Package, mode: Mode, tmp_path: Path, method: str, length: int
) -> None:
    """It arrives, and takes less than 20 MiB."""
    path = tmp_path / "long"
    with path.open("wb") as file:
        file.truncate(length)
    counted: list[tuple[int, int]] = []

    def play(connection: Connection) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.receive()
        head, _, rest = data.partition(b"\r\n\r\n")
        found = re.search(rb"(?i)content-length: (\d+)", head)
        assert found is not None
        wanted, received = int(found[1]), len(rest)
        while received < wanted:
            received += len(connection.receive()) or wanted
        counted.append((wanted, received))
        connection.answer("200 OK")

    with RawServer(play) as server:
        assert peak_of(lambda: run(package, server, mode, method, path)) < MOST
    ((wanted, received),) = counted
    assert wanted == received >= length


@pytest.mark.untraced
@pytest.mark.parametrize("length", LENGTHS)
def test_a_long_stream(package: Package, mode: Mode, length: int) -> None:
    """Every event arrives, and all of them take less than 20 MiB."""
    event = b"data: " + b"x" * (64 * 1024) + b"\n\n: beat\n\n"

    def play(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for _ in range(length // len(event)):
            connection.send(event)

    async def main(server: RawServer) -> int:
        async with (
            Api(package, server).files(mode, timeout=600) as files,
            mode.opened(await mode.done(files.texts())) as events,
        ):
            if mode.is_async:
                return len([0 async for _ in events])
            return len([0 for _ in events])

    counted: list[int] = []
    with RawServer(play) as server:
        assert peak_of(lambda: counted.append(mode.run(main(server)))) < MOST
    assert counted == [length // len(event)]


@pytest.mark.untraced
@pytest.mark.parametrize("length", LENGTHS)
def test_a_long_download(package: Package, mode: Mode, tmp_path: Path, length: int) -> None:
    """It is saved, and takes less than 20 MiB."""
    piece = bytes(64 * 1024)

    def play(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length)
        for _ in range(length // len(piece)):
            connection.send(piece)

    place = tmp_path / "long"
    with RawServer(play) as server:
        assert peak_of(lambda: run(package, server, mode, "receipt_to_file", place)) < MOST
    assert place.stat().st_size == length
