"""httpcore's sockets under watch, async form: see `network`, whose decisions it shares.

In: httpcore's own I/O calls. Out: the same on its public asyncio backend.
"""

import ssl
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar, cast

import httpcore

from .evidence import bounded, still_connecting
from .keepalive import Record
from .network import CONNECT_TIMEOUT, PIECE, note_sending, share
from .resolver import resolve_async
from .tls_stream import AsyncTunnelledStream

_T = TypeVar("_T")


class AsyncGuardedStream(httpcore.AsyncNetworkStream):
    """The connection of a call: sees the first byte of its request, and all that comes back."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, backend: "AsyncGuardedBackend") -> None:
        self._stream = stream
        self._backend = backend
        backend.stream = self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if still_connecting():
            return await self._read_from_proxy(max_bytes, timeout)
        data = await self._stream.read(max_bytes, bounded(timeout, httpcore.ReadTimeout))
        self._backend.record.add(data)
        return data

    async def _read_from_proxy(self, max_bytes: int, timeout: float | None) -> bytes:
        try:
            data = await self._stream.read(max_bytes, bounded(timeout, httpcore.ConnectTimeout))
        except httpcore.ReadTimeout as error:
            raise httpcore.ConnectTimeout(error) from None
        except httpcore.ReadError as error:
            raise httpcore.ConnectError(error) from None
        if not data:
            raise httpcore.ConnectError("the proxy closed the connection")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        note_sending(buffer)
        self._backend.record.clear()
        for start in range(0, len(buffer), PIECE):
            piece = buffer[start : start + PIECE]
            await self._stream.write(piece, bounded(timeout, httpcore.WriteTimeout))

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "AsyncGuardedStream":
        try:
            limit = bounded(timeout or CONNECT_TIMEOUT, httpcore.ConnectTimeout)
            stream = await AsyncTunnelledStream.over(
                self._stream, ssl_context, server_hostname, limit
            )
        except BaseException:
            await self._stream.aclose()
            raise
        return AsyncGuardedStream(stream, self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class AsyncGuardedBackend(httpcore.AsyncNetworkBackend):
    """Connections to each address of a host in turn, within the deadline, DNS included."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.stream: AsyncGuardedStream | None = None
        """The connection itself, of which it serves one at a time."""
        self._backend = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> AsyncGuardedStream:
        async def to(address: str, limit: float | None) -> httpcore.AsyncNetworkStream:
            return await self._backend.connect_tcp(
                address, port, limit, local_address, socket_options
            )

        return AsyncGuardedStream(await to_first_address(host, port, to), self)


async def to_first_address(
    host: str, port: int, connect: Callable[[str, float | None], Awaitable[_T]]
) -> _T:
    """Try each address of a host, within the time given to it, until one takes the connection.

    Raises httpcore's `ConnectError` or `ConnectTimeout`, for the last one.
    """
    addresses = await resolve_async(host, port)
    for number, address in enumerate(addresses, start=1):
        limit = share(len(addresses) - number + 1)
        try:
            return await connect(address, limit)
        except (httpcore.ConnectError, httpcore.ConnectTimeout):
            if number == len(addresses):
                raise
    raise httpcore.ConnectError("the name has no address")
