"""httpcore's sockets under watch, sync form: sees when the request is sent, keeps the deadline.

In: httpcore's own I/O calls. Out: the same on its public backend, every wait clamped to what is
left of the call, every failure before the first byte of the request a connection failure.
"""

import ssl
from collections.abc import Iterable
from typing import Any, Final

import httpcore

from .evidence import CURRENT, bounded, still_connecting
from .keepalive import Record
from .resolver import resolve
from .tls_stream import TunnelledStream

CONNECT_TIMEOUT: Final = 5.0
"""For each address, and again for TLS: a host that does not answer by then is down."""
PIECE: Final = 16 * 1024
"""Written at once, so that a slow reader cannot stretch one write past the deadline."""


def share(addresses_left: int) -> float | None:
    """The time to give to one address: an equal part of what is left, and no more than 5 s."""
    left = bounded(CONNECT_TIMEOUT * addresses_left, httpcore.ConnectTimeout)
    return None if left is None else left / addresses_left


def is_tunnel_request(buffer: bytes) -> bool:
    """Whether this asks a proxy for a tunnel; the request itself comes after it."""
    return buffer.startswith(b"CONNECT ")


def note_sending(buffer: bytes) -> None:
    """Record that the request is about to go out, unless it was too late for its first byte."""
    attempt = CURRENT.get()
    if attempt is None or is_tunnel_request(buffer):
        return
    if attempt.evidence.nothing_sent:
        bounded(None, httpcore.ConnectTimeout)
    attempt.evidence.mark_sent()


class ClampedStream(httpcore.NetworkStream):
    """A connection whose waits end with the call."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, bounded(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), PIECE):
            piece = buffer[start : start + PIECE]
            self._stream.write(piece, bounded(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class GuardedStream(ClampedStream):
    """The connection of a call: sees the first byte of its request, and all that comes back."""

    def __init__(self, stream: httpcore.NetworkStream, backend: "GuardedBackend") -> None:
        super().__init__(stream)
        self._backend = backend
        backend.stream = self

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if still_connecting():
            return self._read_from_proxy(max_bytes, timeout)
        data = super().read(max_bytes, timeout)
        self._backend.record.add(data)
        return data

    def _read_from_proxy(self, max_bytes: int, timeout: float | None) -> bytes:
        try:
            data = self._stream.read(max_bytes, bounded(timeout, httpcore.ConnectTimeout))
        except httpcore.ReadTimeout as error:
            raise httpcore.ConnectTimeout(error) from None
        except httpcore.ReadError as error:
            raise httpcore.ConnectError(error) from None
        if not data:
            raise httpcore.ConnectError("the proxy closed the connection")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        note_sending(buffer)
        self._backend.record.clear()
        super().write(buffer, timeout)

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "GuardedStream":
        limit = bounded(timeout or CONNECT_TIMEOUT, httpcore.ConnectTimeout)
        stream: httpcore.NetworkStream
        try:
            if self.get_extra_info("ssl_object") is None:
                stream = self._stream.start_tls(ssl_context, server_hostname, limit)
            else:  # an https proxy: httpcore's own TLS within TLS waits for each packet anew
                stream = TunnelledStream(
                    ClampedStream(self._stream), ssl_context, server_hostname, limit
                )
        except BaseException:
            self._stream.close()
            raise
        return GuardedStream(stream, self._backend)


class GuardedBackend(httpcore.NetworkBackend):
    """Connections to each address of a host in turn, within the deadline, DNS included."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.stream: GuardedStream | None = None
        """The connection itself, of which it serves one at a time."""
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> GuardedStream:
        addresses = resolve(host, port)
        for number, address in enumerate(addresses):
            is_last = number == len(addresses) - 1
            limit = share(len(addresses) - number)
            try:
                stream = self._backend.connect_tcp(
                    address, port, limit, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if is_last:
                    raise
            else:
                return GuardedStream(stream, self)
        raise httpcore.ConnectError("the name has no address")

    def close(self) -> None:
        """Close the connection, whatever state httpcore is in."""
        stream, self.stream = self.stream, None
        if stream is not None:
            stream.close()
