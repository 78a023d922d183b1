"""The loopback server: canned responses over HTTP/1.1 with keep-alive.

    python -m benchmarks.server

Prints its port; then, for each line of stdin, how many connections and requests there were. A GET
gets an order and a POST a refund. The server ends when stdin does, as that ends with the process
that started it.
"""

import asyncio
import re
import sys

from .payload import order_body, refund_body


def response(body: bytes) -> bytes:
    """Return a complete response, with the headers of an API."""
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


def _print(*numbers: int) -> None:
    sys.stdout.write(" ".join(map(str, numbers)) + "\n")
    sys.stdout.flush()


async def serve() -> None:
    """Serve until stdin ends."""
    responses = {b"G": response(order_body()), b"P": response(refund_body())}
    connections = requests = 0

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections, requests
        connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if length := re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE):
                    await reader.readexactly(int(length[1]))
                requests += 1
                writer.write(responses[head[:1]])
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=1024)
    _print(server.sockets[0].getsockname()[1])
    while await asyncio.to_thread(sys.stdin.readline):
        _print(connections, requests)


if __name__ == "__main__":
    asyncio.run(serve())
