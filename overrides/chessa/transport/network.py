"""httpcore's sockets under watch, sync form: sees when the request is sent, keeps the deadline.

In: httpcore's own I/O calls. Out: the same on its public backend, every wait clamped to what is
left of the call, every failure before the first byte of the request a connection failure.
"""

import ssl
from collections.abc import Iterable
from typing import Any, Final

import httpcore

from .evidence import CURRENT, bounded, still_connecting
from .resolver import resolve

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
    """Record that the request is about to go out, unless time is up."""
    bounded(None, httpcore.WriteTimeout)
    attempt = CURRENT.get()
    if attempt is not None and not is_tunnel_request(buffer):
        attempt.evidence.mark_sent()


class GuardedStream(httpcore.NetworkStream):
    """A connection whose waits end with the call."""

    def __init__(self, stream: httpcore.NetworkStream, received: list[bytes]) -> None:
        self._stream = stream
        self._received = received

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if still_connecting():
            return self._read_from_proxy(max_bytes, timeout)
        data = self._stream.read(max_bytes, bounded(timeout, httpcore.ReadTimeout))
        self._received.append(data)
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
        self._received.clear()
        for start in range(0, len(buffer), PIECE):
            piece = buffer[start : start + PIECE]
            self._stream.write(piece, bounded(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "GuardedStream":
        try:
            limit = bounded(timeout or CONNECT_TIMEOUT, httpcore.ConnectTimeout)
            stream = self._stream.start_tls(ssl_context, server_hostname, limit)
        except BaseException:
            self._stream.close()
            raise
        return GuardedStream(stream, self._received)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore.NetworkBackend):
    """Connections to each address of a host in turn, within the deadline, DNS included."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        """What came in since the last write: one connection at a time is what it serves."""
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
                return GuardedStream(stream, self.received)
        raise httpcore.ConnectError("the name has no address")
