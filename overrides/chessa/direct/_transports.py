"""The direct transports: a request in one piece over a connection of ours, its response by h11.

A call of ours takes a channel straight to the connection; an httpx client sends its own requests.
"""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Iterator
from typing import Self, cast

from .._call.events import Attempt
from .._transport.adapter import UNTIL
from .._transport.base import OwnTransport
from .._transport.endpoint import Endpoint
from .._transport.library import httpcore, httpx
from .._transport.network import GuardedBackend, GuardedStream
from .._transport.network_async import AsyncGuardedBackend, AsyncGuardedStream
from .._transport.stacks import AsyncStack, Stack
from ._exchange import Endpoints, Kept, Request, Use, raise_as_httpx
from ._http11 import READ_SIZE, Reader

# ---- Sync ---------------------------------------------------------------------------------------


class _Response(Reader):
    """A response, its body still to be read."""

    def __init__(self, method: str, stream: GuardedStream, timeout: float | None) -> None:
        super().__init__(method)
        self._stream = stream
        self.timeout = timeout

    def read_head(self) -> None:
        while not self.has_head():
            self.receive(self._stream.read(READ_SIZE, self.timeout))

    def __iter__(self) -> Iterator[bytes | bytearray]:
        while (piece := self.piece()) != b"":
            if piece is None:
                self.receive(self._stream.read(READ_SIZE, self.timeout))
            else:
                yield piece


class _Connection(Kept):
    def __init__(self, endpoint: Endpoint, *, is_kept: bool) -> None:
        self._backend = GuardedBackend(endpoint, is_kept=is_kept)
        super().__init__(endpoint, self._backend)

    def send(self, request: Request) -> _Response:
        self._backend.watch.begin(request.deadline, request.evidence)
        stream = self._backend.stream
        if stream is None or stream.get_extra_info("is_readable"):
            stream = self._open(request)
        answer = _Response(request.method, stream, request.timeouts.get("read"))
        try:
            stream.write(request.encoded(), request.timeouts.get("write"))
            for piece in request.pieces():
                stream.write(piece, request.timeouts.get("write"))
        except httpcore.WriteError:
            pass  # a server that closes early may have responded
        answer.read_head()
        return answer

    def _open(self, request: Request) -> GuardedStream:
        self._backend.close()
        host, context = self._endpoint.origin.host, self._endpoint.tls
        with self._connecting(request):
            stream = self._backend.connect_tcp(host, self._endpoint.port)
            return stream if context is None else stream.start_tls(context, host)


class _Channel(Use):
    """The channel of one request."""

    def __init__(self, transport: "DirectTransport") -> None:
        self._transport = transport

    def send(self, attempt: Attempt) -> _Response:
        return self.exchange(Request.of_call(attempt))

    def exchange(self, request: Request) -> _Response:
        request.evidence.track()
        endpoint = self._transport.endpoints.of(request.origin)
        if request.is_shared:
            self._stack = stack = self._transport.stack(endpoint)
            self._place = stack.place(request.end("pool"))
            self._connection = connection = stack.take()
        else:
            self._connection = connection = _Connection(endpoint, is_kept=False)
        self._answer = answer = connection.send(request)
        return answer

    def finish(self, *, was_read: bool) -> None:
        self.end(was_read=was_read)


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: _Response, use: Use) -> None:
        self._answer = answer
        self._use = use
        self._was_read = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._answer:
                yield bytes(piece)
        except Exception as error:
            raise_as_httpx(error)
            raise
        self._was_read = True

    def close(self) -> None:
        self._use.end(was_read=self._was_read)


class DirectTransport(httpx.BaseTransport, OwnTransport):
    """An httpx transport on connections of ours, straight to the origin.

    Requests of a safe method share connections that are kept for a few seconds; any other has a
    connection of its own. May be shared between threads; after a fork the child has its own.

    Args:
        ssl_context: Used as it is; else one that trusts certifi's authorities.
        trust_env: Whether the authorities of this machine (SSL_CERT_FILE) count as well.
    """

    def __init__(
        self, *, ssl_context: ssl.SSLContext | None = None, trust_env: bool = False
    ) -> None:
        self.endpoints = Endpoints(ssl_context, trust_env=trust_env)
        self._stacks: dict[tuple[int, Endpoint], Stack[_Connection]] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        channel = _Channel(self)
        try:
            body = b"".join(cast("httpx.SyncByteStream", request.stream))
            answer = channel.exchange(Request.of_httpx(request, body))
        except BaseException as error:
            channel.end(was_read=False)
            raise_as_httpx(error)
            raise
        stream = _Body(answer, channel)
        return httpx.Response(
            answer.status_code,
            headers=answer.headers,
            stream=stream,
            extensions={UNTIL: channel.until},
        )

    def open_channel(self) -> _Channel | None:
        return _Channel(self) if self.handle_request == self._as_written else None

    _as_written = handle_request

    def stack(self, endpoint: Endpoint) -> Stack[_Connection]:
        key = os.getpid(), endpoint
        if key not in self._stacks:
            self._stacks.setdefault(key, Stack(lambda: _Connection(endpoint, is_kept=True)))
        return self._stacks[key]

    def close(self) -> None:
        """Close the idle connections of this process."""
        for (pid, _), stack in list(self._stacks.items()):
            if pid == os.getpid():
                stack.close()


# ---- Async --------------------------------------------------------------------------------------


class _AsyncResponse(Reader):
    """A response, its body still to be read."""

    def __init__(self, method: str, stream: AsyncGuardedStream, timeout: float | None) -> None:
        super().__init__(method)
        self._stream = stream
        self.timeout = timeout

    async def read_head(self) -> None:
        while not self.has_head():
            self.receive(await self._stream.read(READ_SIZE, self.timeout))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes | bytearray:
        while (piece := self.piece()) is None:
            self.receive(await self._stream.read(READ_SIZE, self.timeout))
        if not piece:
            raise StopAsyncIteration
        return piece


class _AsyncConnection(Kept):
    def __init__(self, endpoint: Endpoint, *, is_kept: bool) -> None:
        self._backend = AsyncGuardedBackend(endpoint, is_kept=is_kept)
        super().__init__(endpoint, self._backend)

    async def send(self, request: Request) -> _AsyncResponse:
        self._backend.watch.begin(request.deadline, request.evidence)
        stream = self._backend.stream
        if stream is None or stream.get_extra_info("is_readable"):
            stream = await self._open(request)
        answer = _AsyncResponse(request.method, stream, request.timeouts.get("read"))
        try:
            await stream.write(request.encoded(), request.timeouts.get("write"))
            for piece in request.pieces():
                await stream.write(piece, request.timeouts.get("write"))
        except httpcore.WriteError:
            pass  # a server that closes early may have responded
        await answer.read_head()
        return answer

    async def _open(self, request: Request) -> AsyncGuardedStream:
        self._backend.close()
        host, context = self._endpoint.origin.host, self._endpoint.tls
        with self._connecting(request):
            stream = await self._backend.connect_tcp(host, self._endpoint.port)
            return stream if context is None else await stream.start_tls(context, host)


class _AsyncChannel(Use):
    """The channel of one request on asyncio."""

    def __init__(self, transport: "AsyncDirectTransport") -> None:
        self._transport = transport

    async def send(self, attempt: Attempt) -> _AsyncResponse:
        return await self.exchange(Request.of_call(attempt))

    async def exchange(self, request: Request) -> _AsyncResponse:
        request.evidence.track()
        endpoint = self._transport.endpoints.of(request.origin)
        if request.is_shared:
            self._stack = stack = self._transport.stack(endpoint)
            self._place = await stack.place(request.end("pool"))
            self._connection = connection = stack.take()
        else:
            self._connection = connection = _AsyncConnection(endpoint, is_kept=False)
        self._answer = answer = await connection.send(request)
        return answer

    async def finish(self, *, was_read: bool) -> None:
        self.end(was_read=was_read)


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(self, answer: _AsyncResponse, use: Use) -> None:
        self._answer = answer
        self._use = use
        self._was_read = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._answer:
                yield bytes(piece)
        except Exception as error:
            raise_as_httpx(error)
            raise
        self._was_read = True

    async def aclose(self) -> None:
        self._use.end(was_read=self._was_read)


class AsyncDirectTransport(httpx.AsyncBaseTransport, OwnTransport):
    """`DirectTransport` on asyncio. May be used in several event loops, one after the other."""

    def __init__(
        self, *, ssl_context: ssl.SSLContext | None = None, trust_env: bool = False
    ) -> None:
        self.endpoints = Endpoints(ssl_context, trust_env=trust_env)
        self._stacks: dict[tuple[int, Endpoint], AsyncStack[_AsyncConnection]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        channel = _AsyncChannel(self)
        try:
            stream = cast("httpx.AsyncByteStream", request.stream)
            body = b"".join([part async for part in stream])
            answer = await channel.exchange(Request.of_httpx(request, body))
        except BaseException as error:
            channel.end(was_read=False)
            raise_as_httpx(error)
            raise
        stream = _AsyncBody(answer, channel)
        return httpx.Response(
            answer.status_code,
            headers=answer.headers,
            stream=stream,
            extensions={UNTIL: channel.until},
        )

    def open_channel(self) -> _AsyncChannel | None:
        return _AsyncChannel(self) if self.handle_async_request == self._as_written else None

    _as_written = handle_async_request

    def stack(self, endpoint: Endpoint) -> AsyncStack[_AsyncConnection]:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._stacks = loop, {}  # those of another loop close with it
        key = os.getpid(), endpoint
        if key not in self._stacks:
            self._stacks[key] = AsyncStack(lambda: _AsyncConnection(endpoint, is_kept=True))
        return self._stacks[key]

    async def aclose(self) -> None:
        """Close the idle connections of this event loop."""
        for (pid, _), stack in self._stacks.items():
            if pid == os.getpid():
                stack.close()
