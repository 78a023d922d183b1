"""A healthy API in a process of its own: quick, and nothing of it counts as the client's.

It responds to each read of an order with the id that was asked for and to each refund with the
order that was named, and never to an order whose id begins with `stall`. It ends with the block, or
with its parent.
"""

import asyncio
import contextlib
import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypedDict, cast

_PATIENCE: Final = 20.0
_HEAD_END: Final = b"\r\n\r\n"
_ORDER: Final = b'{"order": {"id": "%s", "status": "created", "destinationAmount": 1500.25}}'
_REFUND: Final = b'{"refundId": "r-1", "orderId": "%s", "status": "pending"}'


class Counts(TypedDict):
    """The requests that a peer received since it began."""

    reads: int
    writes: int
    stalled: int
    """Reads without a response."""
    accepted: int
    """Connections so far, those of the counting left out."""
    open: int
    """Connections now, likewise."""


class Peer:
    """A running peer, as the tests see it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._port = port

    def counts(self) -> Counts:
        """Return the counts so far."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PATIENCE)
        try:
            connection.request("GET", "/counts")
            return cast("Counts", json.loads(connection.getresponse().read()))
        finally:
            connection.close()

    def wait_for(self, **expected: int) -> Counts:
        """Wait, for a time, until the counts are as expected; what they are then."""
        end = time.monotonic() + _PATIENCE
        while True:
            counts = self.counts()
            if expected.items() <= counts.items() or time.monotonic() > end:
                return counts
            time.sleep(0.005)


@contextlib.contextmanager
def peer() -> Iterator[Peer]:
    """Run one."""
    command = [sys.executable, "-I", "-S", str(Path(__file__))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield Peer(int(process.stdout.readline()))
        finally:
            process.kill()


class _Connection(asyncio.Protocol):
    """One connection, requests one after the other."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._buffer = b""
        self._transport: Any = None
        self._is_counted = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._counts["accepted"] += 1
        self._counts["open"] += 1

    def connection_lost(self, exc: Exception | None) -> None:
        if self._is_counted:
            self._counts["open"] -= 1

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (request := self._next()) is not None:
            body = self._body(*request)
            if body is not None:
                self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
                self._transport.write(body)

    def _next(self) -> tuple[bytes, bytes, bytes] | None:
        """Return method, target and body of the next complete request."""
        head, separator, rest = self._buffer.partition(_HEAD_END)
        if not separator:
            return None
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if len(rest) < length:
            return None
        self._buffer = rest[length:]
        method, target, _ = head.split(b"\r\n", 1)[0].split(b" ")
        return method, target, rest[:length]

    def _body(self, method: bytes, target: bytes, body: bytes) -> bytes | None:
        if target == b"/counts":
            self._is_counted = False
            self._counts["accepted"] -= 1
            self._counts["open"] -= 1
            return json.dumps(self._counts).encode()
        if method == b"POST":
            self._counts["writes"] += 1
            order = str(json.loads(body)["orderId"]).encode()
            return None if self._stalls(order) else _REFUND % order
        self._counts["reads"] += 1
        order = target.rpartition(b"/")[2]
        return None if self._stalls(order) else _ORDER % order

    def _stalls(self, order: bytes) -> bool:
        stalls = order.startswith(b"stall")
        self._counts["stalled"] += stalls
        return stalls


async def _serve() -> None:
    counts = Counts(reads=0, writes=0, stalled=0, accepted=0, open=0)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Connection(counts), "127.0.0.1", 0, backlog=1024, start_serving=True
    )
    gone = asyncio.Event()

    def watch() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(gone.set)

    threading.Thread(target=watch, daemon=True).start()
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await gone.wait()


if __name__ == "__main__":
    asyncio.run(_serve())
