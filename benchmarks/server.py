"""The loopback server: canned answers over HTTP/1.1 with keep-alive, in a process of its own.

    python -m benchmarks.server

In: requests on 127.0.0.1. Out: the port on the first line of stdout; then an order for every GET, a
refund for every POST, and at `/counts` how many connections and requests there were. It ends when
its stdin does, as it does with the process that started it, and after an hour at the latest.
"""

import asyncio
import json
import re
import sys
import threading
from typing import Final

from .payload import order_body, refund_body

LONGEST: Final = 3600.0
BACKLOG: Final = 1024
_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]{1,9})\r\n", re.IGNORECASE)
_LARGEST: Final = 1024 * 1024


def answer(body: bytes) -> bytes:
    """The whole answer, with the headers that an API gives."""
    head = (
        "HTTP/1.1 200 OK\r\n"
        "date: Tue, 18 Mar 2025 06:10:20 GMT\r\n"
        "content-type: application/json; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\n"
        "x-request-id: 5f1c1c6e-6a5e-4a4c-8a70-4f5f1b0f5a11\r\n"
        "connection: keep-alive\r\n"
        "\r\n"
    )
    return head.encode() + body


class Counts:
    """What happened so far."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests = 0

    def answer(self) -> bytes:
        return answer(json.dumps(vars(self)).encode())


class Conversation(asyncio.Protocol):
    """One connection, and the requests on it."""

    def __init__(self, answers: dict[bytes, bytes], counts: Counts) -> None:
        self._answers = answers
        self._counts = counts
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # for the types
        self._transport = transport
        self._counts.connections += 1

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._request_end()) is not None:
            request, self._received = self._received[:end], self._received[end:]
            if request.startswith(b"GET /counts "):
                self._transport.write(self._counts.answer())
                continue
            self._counts.requests += 1
            known = self._answers.get(request[: request.index(b" ")])
            if known is None:
                self._transport.close()
                return
            self._transport.write(known)

    def _request_end(self) -> int | None:
        """Where the first request ends, if all of it is here."""
        head = self._received.find(_HEAD_END)
        if head < 0:
            if len(self._received) > _LARGEST:
                self._transport.close()
            return None
        length = _LENGTH.search(self._received, 0, head + 2)
        end = head + len(_HEAD_END) + (int(length[1]) if length else 0)
        return end if len(self._received) >= end else None


async def serve() -> None:
    """Serve until stdin ends."""
    answers = {b"GET": answer(order_body()), b"POST": answer(refund_body())}
    counts = Counts()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Conversation(answers, counts), "127.0.0.1", 0, backlog=BACKLOG
    )
    left = asyncio.Event()
    threading.Thread(target=_wait_for_the_end, args=(loop, left), daemon=True).start()
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    try:
        async with asyncio.timeout(LONGEST):
            await left.wait()
    except TimeoutError:
        pass
    server.close()


def _wait_for_the_end(loop: asyncio.AbstractEventLoop, left: asyncio.Event) -> None:
    sys.stdin.buffer.read()
    loop.call_soon_threadsafe(left.set)


if __name__ == "__main__":
    asyncio.run(serve())
