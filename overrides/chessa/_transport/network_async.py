"""The network backend of our connections on asyncio: see `network`, whose decisions it shares."""

import ssl
from collections.abc import Callable, Iterable
from typing import Any

from .asyncio_stream import AsyncSocketStream, connect_async
from .endpoint import Endpoint
from .evidence import Watch
from .keepalive import Received
from .library import httpcore
from .network import CLOSED, SPOKE, is_tunnel_request
from .racing import CONNECT_TIMEOUT
from .tls_stream import AsyncTlsStream


class AsyncGuardedStream(httpcore.AsyncNetworkStream):
    """The connection of a call, as httpcore sees it."""

    def __init__(
        self, stream: AsyncSocketStream | AsyncTlsStream, backend: "AsyncGuardedBackend"
    ) -> None:
        self._stream = stream
        self._backend = backend
        self._watch = backend.watch
        backend.stream = self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._stream.read(max_bytes, timeout)
        self._backend.received.add(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        if is_tunnel_request(buffer):
            self._watch.evidence.mark_tunnel()
        elif self._watch.evidence.nothing_sent:
            await self._begin_request()
        await self._stream.write(buffer, timeout)

    async def _begin_request(self) -> None:
        received = await self._stream.peek()
        if received is not None:
            raise httpcore.ConnectError(SPOKE if received else CLOSED)
        self._watch.bounded(None, httpcore.ConnectTimeout)
        self._backend.received.clear()
        self._watch.evidence.mark_sent()
        self._backend.on_sending()

    async def aclose(self) -> None:
        self.close()

    def close(self) -> None:
        """Close at once, which waits for nothing."""
        self._stream.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "AsyncGuardedStream":
        """Shake hands with the context of the endpoint, whichever httpcore was given."""
        context = self._backend.endpoint.ssl_context or ssl_context
        try:
            stream = await AsyncTlsStream.over(
                self._stream, context, server_hostname, CONNECT_TIMEOUT
            )
        except BaseException:
            self._stream.close()
            raise
        return AsyncGuardedStream(stream, self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class AsyncGuardedBackend(httpcore.AsyncNetworkBackend):
    """The network backend of one transport, which has one connection at a time."""

    def __init__(self, endpoint: Endpoint, *, is_kept: bool) -> None:
        self.endpoint = endpoint
        self.watch = Watch()
        self.received = Received(is_kept=is_kept)
        self.stream: AsyncGuardedStream | None = None
        self.on_sending: Callable[[], object] = bool

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> AsyncGuardedStream:
        stream = await connect_async(host, port, self.watch, self.endpoint.addresses)
        return AsyncGuardedStream(stream, self)

    def close(self) -> None:
        """Close the connection, whatever state httpcore is in."""
        stream, self.stream = self.stream, None
        if stream is not None:
            stream.close()
