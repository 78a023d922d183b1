"""A server that misbehaves byte by byte, on a loopback socket.

Its ledger holds the requests that it received completely.
"""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from tests.pulse import Pulse


class Connection:
    """One accepted connection, as the function that plays it sees it."""

    def __init__(self, server: "RawServer", sock: socket.socket) -> None:
        self.server = server
        self.sock = sock
        self._buffer = b""

    def read_request(self) -> bytes:
        """Receive one request, body and all, and enter it in the ledger; b"" at the end."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._receive():
                return b""
        head, _, rest = self._buffer.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(rest) < length:
            if not self._receive():
                return b""
            rest = self._buffer.partition(b"\r\n\r\n")[2]
        self._buffer = rest[length:]
        request = head + b"\r\n\r\n" + rest[:length]
        self.server.ledger.append(request)
        return request

    def _receive(self) -> bool:
        data = self.receive()
        self._buffer += data
        return bool(data)

    def receive(self) -> bytes:
        """Receive what there is; b"" at the end."""
        return self.sock.recv(65_536)

    def send(self, data: bytes) -> None:
        """Send these bytes as they are."""
        self.sock.sendall(data)

    def answer(self, status: str, body: bytes = b"", *headers: str) -> None:
        """Send a well-formed response."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        self.send("\r\n".join(lines).encode("ascii") + body)

    def reset(self) -> None:
        """Close with an RST in place of a FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def wait_until_stopped(self, seconds: float = 10.0) -> bool:
        """Do nothing until the server is stopped; whether it was."""
        return self.server.stopped.wait(seconds)


Play = Callable[[Connection], object]


class RawServer:
    """Plays a function on every connection, each on its own thread."""

    def __init__(self, play: Play, port: int = 0) -> None:
        self._play = play
        self._threads: list[threading.Thread] = []
        self._socks: list[socket.socket] = []
        self.ledger: list[bytes] = []
        self.accepted = 0
        self.stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def refuse(self) -> None:
        """Accept no more connections, and keep the port."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._socks.append(sock)
            thread = threading.Thread(target=self._run, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, sock: socket.socket) -> None:
        connection = Connection(self, sock)
        with contextlib.suppress(OSError), sock:
            self._play(connection)
        connection.sock.close()  # another one, where it was wrapped

    def __enter__(self) -> Self:
        self._threads.append(threading.Thread(target=self._accept, daemon=True))
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stopped.set()
        for sock in (self._listener, *self._socks):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join(5)


@contextlib.contextmanager
def on_time(deadline: float) -> Iterator[None]:
    """Hold what is done within to a deadline in seconds, by the clock of this very run.

    A quarter second later is on time, and so is what a busy machine makes every thread late: a call
    waits for several of them, one after the other.
    """
    with Pulse() as pulse:
        begun = time.monotonic()
        yield
        ended = time.monotonic()
    assert ended - begun >= deadline - 0.01, "it ended before its time"
    assert ended - begun - 3 * pulse.lag(begun, ended) <= deadline + 0.25


@contextlib.contextmanager
def refusing_port() -> Iterator[str]:
    """Reserve a port on which no server listens. Return its URL."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"


def after_request(*steps: Callable[[Connection], object]) -> Play:
    """Receive a complete request, then take these steps."""

    def play(connection: Connection) -> None:
        if connection.read_request():
            for step in steps:
                step(connection)

    return play


def send(data: bytes) -> Callable[[Connection], object]:
    """Send these bytes."""
    return lambda connection: connection.send(data)


def answering(connection: Connection) -> None:
    """Respond well to every request of a connection."""
    while connection.read_request():
        connection.answer("200 OK", b'{"id": "t1"}')


def reset(connection: Connection) -> None:
    """Close with an RST."""
    connection.reset()
