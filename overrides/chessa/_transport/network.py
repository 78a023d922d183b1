"""The network backend of our connections: sees the first byte of a request, keeps the deadline.

What httpcore asks of a backend, over our own sockets. Its asyncio form stands in `network_async`.
"""

import ssl
from collections.abc import Callable, Iterable
from typing import Any, Final

from .endpoint import Endpoint
from .evidence import Watch
from .keepalive import Received
from .library import httpcore
from .racing import CONNECT_TIMEOUT
from .sockets import SocketStream, connect
from .tls_stream import TlsStream

SPOKE: Final = "the server sent something before it was asked"
CLOSED: Final = "the connection was closed before anything was sent"


def is_tunnel_request(buffer: bytes) -> bool:
    """Return whether this asks a proxy for a tunnel; the request itself comes after it."""
    return buffer.startswith(b"CONNECT ")


class GuardedStream(httpcore.NetworkStream):
    """The connection of a call, as httpcore sees it."""

    def __init__(self, stream: SocketStream | TlsStream, backend: "GuardedBackend") -> None:
        self._stream = stream
        self._backend = backend
        self._watch = backend.watch
        backend.stream = self

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, timeout)
        self._backend.received.add(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        if is_tunnel_request(buffer):
            self._watch.evidence.mark_tunnel()
        elif self._watch.evidence.nothing_sent:
            self._begin_request()
        self._stream.write(buffer, timeout)

    def _begin_request(self) -> None:
        """Note that the request goes out now, unless it is too late, or the server spoke first."""
        received = self._stream.peek()
        if received is not None:
            raise httpcore.ConnectError(SPOKE if received else CLOSED)
        self._watch.bounded(None, httpcore.ConnectTimeout)
        self._backend.received.clear()
        self._watch.evidence.mark_sent()
        self._backend.on_sending()

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "GuardedStream":
        """Shake hands with the context of the endpoint, whichever httpcore was given."""
        context = self._backend.endpoint.ssl_context or ssl_context
        try:
            stream = TlsStream(self._stream, context, server_hostname, CONNECT_TIMEOUT)
        except BaseException:
            self._stream.close()
            raise
        return GuardedStream(stream, self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore.NetworkBackend):
    """The network backend of one transport, which has one connection at a time."""

    def __init__(self, endpoint: Endpoint, *, is_kept: bool) -> None:
        self.endpoint = endpoint
        self.watch = Watch()
        self.received = Received(is_kept=is_kept)
        self.stream: GuardedStream | None = None
        self.on_sending: Callable[[], object] = bool
        """Called when the head of a request is about to be sent."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> GuardedStream:
        return GuardedStream(connect(host, port, self.watch, self.endpoint.addresses), self)

    def close(self) -> None:
        """Close the connection, whatever state httpcore is in."""
        stream, self.stream = self.stream, None
        if stream is not None:
            stream.close()
