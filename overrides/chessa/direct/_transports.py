"""The direct transports: a request in one piece over a connection of ours, its response by h11.

A call of ours takes a channel straight to the connection; an httpx client sends its own requests.
"""

import asyncio
import contextlib
import os
import ssl
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Final, Self, cast

from .._call.events import Attempt
from .._transport.adapter import DEADLINE, is_upload, pieces
from .._transport.base import OwnTransport
from .._transport.endpoint import Endpoint
from .._transport.evidence import EXTENSION, Evidence
from .._transport.library import httpcore, httpx
from .._transport.network import GuardedBackend, GuardedStream
from .._transport.network_async import AsyncGuardedBackend, AsyncGuardedStream
from .._transport.racing import CONNECT_TIMEOUT
from .._transport.stacks import AsyncStack, Stack
from .._transport.tls import make_context
from .._urls import Origin
from ._http11 import READ_SIZE, Reader, encoded_attempt, encoded_request

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that may use a connection that was used before (RFC 9110, section 9.2.1)."""
_LONGEST: Final = 86_400.0
_OF_A_CALL: Final = {"connect": CONNECT_TIMEOUT}
"""The time limits of a call, next to its deadline."""


# ---- What both modes share ----------------------------------------------------------------------


@dataclass(slots=True)
class _Request:
    """A request that is about to be sent, its limits and its evidence."""

    method: str
    origin: str
    encoded: Callable[[], bytes] = field(repr=False)
    """Its bytes, which contain the credentials: they are made as they are sent."""
    is_shared: bool
    """Whether it may use a connection that was used before."""
    deadline: float
    evidence: Evidence
    timeouts: Mapping[str, float | None]
    pieces: Callable[[], Iterator[bytes]] = field(default=lambda: iter(()), repr=False)
    """What follows them: a body that is read while it is sent."""

    @classmethod
    def of_call(cls, attempt: Attempt) -> Self:
        return cls(
            attempt.request.method,
            attempt.request.origin,
            partial(encoded_attempt, attempt),
            attempt.is_read,
            attempt.deadline,
            attempt.evidence,
            _OF_A_CALL,
            *([partial(pieces, attempt)] if is_upload(attempt.request.body) else []),
        )

    @classmethod
    def of_httpx(cls, request: httpx.Request, body: bytes) -> Self:
        evidence = request.extensions.get(EXTENSION)
        return cls(
            request.method,
            f"{request.url.scheme}://{request.url.netloc.decode('ascii')}",
            partial(encoded_request, request, body),
            request.method in _SAFE,
            request.extensions.get(DEADLINE, time.monotonic() + _LONGEST),
            evidence if isinstance(evidence, Evidence) else Evidence(),
            request.extensions.get("timeout", {}),
        )

    def end(self, of: str) -> float:
        """Return the instant at which a part of the request has to be over."""
        limit = self.timeouts.get(of)
        return self.deadline if limit is None else min(self.deadline, time.monotonic() + limit)


def _raise_as_httpx(error: BaseException) -> None:
    """Raise httpx's exception for httpcore's of the same name, as its own transports do."""
    if type(error).__module__.partition(".")[0] == "httpcore":
        kind: Any = getattr(httpx, type(error).__name__)
        raise kind(str(error)) from error


class _Endpoints:
    """The endpoints that a transport was asked for, by origin."""

    def __init__(self, ssl_context: ssl.SSLContext | None, *, trust_env: bool) -> None:
        self._ssl_context = ssl_context
        self._trust_env = trust_env
        self._made: dict[str, Endpoint] = {}

    def of(self, origin: str) -> Endpoint:
        return self._made.get(origin) or self._made.setdefault(origin, self._new(origin))

    def _new(self, origin: str) -> Endpoint:
        if not origin.startswith(("http://", "https://")):
            raise httpcore.UnsupportedProtocol("only http:// and https://")
        url, context = httpx.URL(origin), None
        if url.scheme == "https":
            context = self._ssl_context or make_context(trust_env=self._trust_env)
        return Endpoint(Origin(url.scheme, url.host, url.port), context)


class _Kept:
    """A connection, which serves one request at a time."""

    def __init__(self, endpoint: Endpoint, backend: GuardedBackend | AsyncGuardedBackend) -> None:
        self._endpoint = endpoint
        self._guard = backend
        self.idle_since = 0.0

    @contextlib.contextmanager
    def _connecting(self, request: _Request) -> Generator[None]:
        """Bound what happens in here by the time limit for connecting, TLS included."""
        watch = self._guard.watch
        watch.deadline = request.end("connect")
        try:
            yield
        finally:
            watch.deadline = request.deadline

    def is_clean(self, answer: Reader) -> bool:
        return self._guard.received.is_clean(answer.status_code, answer.headers)

    def close(self) -> None:
        self._guard.close()


class _Use:
    """The use of a connection by one request, which ends once."""

    is_ours: ClassVar[bool] = True
    _stack: Any = None
    _place: Any = None
    _connection: Any = None
    _answer: Any = None

    def end(self, *, was_read: bool) -> None:
        """Keep the connection of a response that was read to its end; close any other."""
        connection, self._connection = self._connection, None
        place, self._place = self._place, None
        try:
            if connection is None:
                return
            if was_read and self._stack is not None and connection.is_clean(self._answer):
                self._stack.put_back(connection)
            else:
                connection.close()
        finally:
            if place is not None:
                place.release()

    def note(self, _error: Exception) -> str | None:
        return None


# ---- Sync ---------------------------------------------------------------------------------------


class _Response(Reader):
    """A response, its body still to be read."""

    def __init__(self, method: str, stream: GuardedStream, timeout: float | None) -> None:
        super().__init__(method)
        self._stream = stream
        self._timeout = timeout

    def read_head(self) -> None:
        while not self.has_head():
            self.receive(self._stream.read(READ_SIZE, self._timeout))

    def __iter__(self) -> Iterator[bytes | bytearray]:
        while (piece := self.piece()) != b"":
            if piece is None:
                self.receive(self._stream.read(READ_SIZE, self._timeout))
            else:
                yield piece


class _Connection(_Kept):
    def __init__(self, endpoint: Endpoint, *, is_kept: bool) -> None:
        self._backend = GuardedBackend(endpoint, is_kept=is_kept)
        super().__init__(endpoint, self._backend)

    def send(self, request: _Request) -> _Response:
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

    def _open(self, request: _Request) -> GuardedStream:
        self._backend.close()
        host, context = self._endpoint.origin.host, self._endpoint.tls
        with self._connecting(request):
            stream = self._backend.connect_tcp(host, self._endpoint.port)
            return stream if context is None else stream.start_tls(context, host)


class _Channel(_Use):
    """The channel of one request."""

    def __init__(self, transport: "DirectTransport") -> None:
        self._transport = transport

    def send(self, attempt: Attempt) -> _Response:
        return self.exchange(_Request.of_call(attempt))

    def exchange(self, request: _Request) -> _Response:
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
    def __init__(self, answer: _Response, use: _Use) -> None:
        self._answer = answer
        self._use = use
        self._was_read = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._answer:
                yield bytes(piece)
        except Exception as error:
            _raise_as_httpx(error)
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
        self.endpoints = _Endpoints(ssl_context, trust_env=trust_env)
        self._stacks: dict[tuple[int, Endpoint], Stack[_Connection]] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        channel = _Channel(self)
        try:
            body = b"".join(cast("httpx.SyncByteStream", request.stream))
            answer = channel.exchange(_Request.of_httpx(request, body))
        except BaseException as error:
            channel.end(was_read=False)
            _raise_as_httpx(error)
            raise
        stream = _Body(answer, channel)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=stream)

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
        self._timeout = timeout

    async def read_head(self) -> None:
        while not self.has_head():
            self.receive(await self._stream.read(READ_SIZE, self._timeout))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes | bytearray:
        while (piece := self.piece()) is None:
            self.receive(await self._stream.read(READ_SIZE, self._timeout))
        if not piece:
            raise StopAsyncIteration
        return piece


class _AsyncConnection(_Kept):
    def __init__(self, endpoint: Endpoint, *, is_kept: bool) -> None:
        self._backend = AsyncGuardedBackend(endpoint, is_kept=is_kept)
        super().__init__(endpoint, self._backend)

    async def send(self, request: _Request) -> _AsyncResponse:
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

    async def _open(self, request: _Request) -> AsyncGuardedStream:
        self._backend.close()
        host, context = self._endpoint.origin.host, self._endpoint.tls
        with self._connecting(request):
            stream = await self._backend.connect_tcp(host, self._endpoint.port)
            return stream if context is None else await stream.start_tls(context, host)


class _AsyncChannel(_Use):
    """The channel of one request on asyncio."""

    def __init__(self, transport: "AsyncDirectTransport") -> None:
        self._transport = transport

    async def send(self, attempt: Attempt) -> _AsyncResponse:
        return await self.exchange(_Request.of_call(attempt))

    async def exchange(self, request: _Request) -> _AsyncResponse:
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
    def __init__(self, answer: _AsyncResponse, use: _Use) -> None:
        self._answer = answer
        self._use = use
        self._was_read = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._answer:
                yield bytes(piece)
        except Exception as error:
            _raise_as_httpx(error)
            raise
        self._was_read = True

    async def aclose(self) -> None:
        self._use.end(was_read=self._was_read)


class AsyncDirectTransport(httpx.AsyncBaseTransport, OwnTransport):
    """`DirectTransport` on asyncio. May be used in several event loops, one after the other."""

    def __init__(
        self, *, ssl_context: ssl.SSLContext | None = None, trust_env: bool = False
    ) -> None:
        self.endpoints = _Endpoints(ssl_context, trust_env=trust_env)
        self._stacks: dict[tuple[int, Endpoint], AsyncStack[_AsyncConnection]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        channel = _AsyncChannel(self)
        try:
            stream = cast("httpx.AsyncByteStream", request.stream)
            body = b"".join([part async for part in stream])
            answer = await channel.exchange(_Request.of_httpx(request, body))
        except BaseException as error:
            channel.end(was_read=False)
            _raise_as_httpx(error)
            raise
        stream = _AsyncBody(answer, channel)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=stream)

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
