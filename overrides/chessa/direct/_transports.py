"""The direct transports: a request in one piece over a connection of ours, its response by h11."""

import asyncio
import contextlib
import os
import ssl
import time
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any, ClassVar, Final, NoReturn, cast

from .._config import Origin
from .._transport.adapter import DEADLINE
from .._transport.endpoint import Endpoint
from .._transport.evidence import EXTENSION, Evidence
from .._transport.library import httpcore, httpx
from .._transport.network import GuardedBackend, GuardedStream
from .._transport.network_async import AsyncGuardedBackend, AsyncGuardedStream
from .._transport.stacks import AsyncStack, Stack
from .._transport.tls import make_context
from ._http11 import READ_SIZE, Reader, encoded

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that may use a connection that was used before (RFC 9110, section 9.2.1)."""
_LONGEST: Final = 86_400.0
_FAILURES: Final = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)


# ---- What both modes share ----------------------------------------------------------------------


def _timeout(request: httpx.Request, of: str) -> float | None:
    return cast("float | None", request.extensions.get("timeout", {}).get(of))


def _deadline(request: httpx.Request, of: str | None = None) -> float:
    """Return the instant at which the call ends, or this part of it."""
    now = time.monotonic()
    latest: float = request.extensions.get(DEADLINE, now + _LONGEST)
    limit = None if of is None else _timeout(request, of)
    return latest if limit is None else min(latest, now + limit)


def _raise_as_httpx(error: Exception) -> NoReturn:
    """Raise httpx's exception of the same name, as its own transports do."""
    kind: Any = getattr(httpx, type(error).__name__)
    raise kind(str(error)) from error


class _Endpoints:
    """The endpoints that a transport was asked for, by origin."""

    def __init__(self, ssl_context: ssl.SSLContext | None, *, trust_env: bool) -> None:
        self._ssl_context = ssl_context
        self._trust_env = trust_env
        self._made: dict[tuple[bytes, bytes, int | None], Endpoint] = {}

    def of(self, url: httpx.URL) -> Endpoint:
        key = url.raw_scheme, url.raw_host, url.port
        return self._made.get(key) or self._made.setdefault(key, self._new(url))

    def _new(self, url: httpx.URL) -> Endpoint:
        if url.scheme not in ("http", "https"):
            raise httpcore.UnsupportedProtocol("only http:// and https://")
        context = None
        if url.scheme == "https":
            context = self._ssl_context or make_context(trust_env=self._trust_env)
        return Endpoint(Origin(url.scheme, url.host, url.port), context)


class _Kept:
    """A connection, which serves one request at a time."""

    def __init__(self, backend: GuardedBackend | AsyncGuardedBackend) -> None:
        self._guard = backend
        self.idle_since = 0.0

    def begin(self, request: httpx.Request) -> None:
        """Bind a request's deadline and evidence to the connection."""
        evidence = request.extensions.get(EXTENSION)
        if not isinstance(evidence, Evidence):
            evidence = Evidence()
        evidence.track()
        self._guard.watch.begin(_deadline(request), evidence)

    @contextlib.contextmanager
    def connecting(self, request: httpx.Request) -> Generator[None]:
        """Bound what happens in here by the time limit for connecting, TLS included."""
        watch = self._guard.watch
        deadline, watch.deadline = watch.deadline, _deadline(request, "connect")
        try:
            yield
        finally:
            watch.deadline = deadline

    def is_clean(self, reader: Reader) -> bool:
        return self._guard.received.is_clean(reader.status_code, reader.headers)

    def close(self) -> None:
        self._guard.close()


class _Use:
    """The use of a connection by one request, which ends once."""

    def __init__(self) -> None:
        self.stack: Any = None
        self.place: Any = None
        self.connection: _Kept | None = None

    def end(self, read: Reader | None = None) -> None:
        """Keep the connection of a response that was read to its end; close any other."""
        connection, self.connection = self.connection, None
        place, self.place = self.place, None
        try:
            if connection is None:
                return
            if self.stack is not None and read is not None and connection.is_clean(read):
                self.stack.put_back(connection)
            else:
                connection.close()
        finally:
            if place is not None:
                place.release()

    def failed(self, error: BaseException) -> None:
        """Close the connection, and raise what belongs to httpcore as httpx's."""
        self.end()
        if type(error).__module__.partition(".")[0] == "httpcore":
            _raise_as_httpx(cast("Exception", error))


# ---- Sync ---------------------------------------------------------------------------------------


class _Connection(_Kept):
    def __init__(self, endpoint: Endpoint, *, is_kept: bool) -> None:
        self._endpoint = endpoint
        self._backend = GuardedBackend(endpoint, is_kept=is_kept)
        super().__init__(self._backend)

    def send(self, request: httpx.Request) -> tuple[Reader, GuardedStream]:
        self.begin(request)
        stream = self._backend.stream
        if stream is None or stream.get_extra_info("is_readable"):
            stream = self._open(request)
        reader, timeout = Reader(request.method), _timeout(request, "read")
        body = b"".join(cast("httpx.SyncByteStream", request.stream))
        try:
            stream.write(encoded(request, body), _timeout(request, "write"))
        except httpcore.WriteError:
            pass  # a server that closes early may have responded
        while not reader.has_head():
            reader.receive(stream.read(READ_SIZE, timeout))
        return reader, stream

    def _open(self, request: httpx.Request) -> GuardedStream:
        self._backend.close()
        host, context = self._endpoint.origin.host, self._endpoint.tls
        with self.connecting(request):
            stream = self._backend.connect_tcp(host, self._endpoint.port)
            return stream if context is None else stream.start_tls(context, host)


class _Body(httpx.SyncByteStream):
    def __init__(self, reader: Reader, stream: GuardedStream, timeout: Any, use: _Use) -> None:
        self._reader = reader
        self._stream = stream
        self._timeout = timeout
        self._use = use
        self._is_read = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            while (piece := self._reader.piece()) != b"":
                if piece is None:
                    self._reader.receive(self._stream.read(READ_SIZE, self._timeout))
                else:
                    yield bytes(piece)
        except _FAILURES as error:
            _raise_as_httpx(error)
        self._is_read = True

    def close(self) -> None:
        self._use.end(self._reader if self._is_read else None)


class DirectTransport(httpx.BaseTransport):
    """An httpx transport on connections of ours, straight to the origin.

    Requests of a safe method share connections that are kept for a few seconds; any other has a
    connection of its own. May be shared between threads; after a fork the child has its own.

    Args:
        ssl_context: Used as it is; else one that trusts certifi's authorities.
        trust_env: Whether the authorities of this machine (SSL_CERT_FILE) count as well.
    """

    keeps_deadline: ClassVar[bool] = True
    adds_credentials: ClassVar[bool] = True

    def __init__(
        self, *, ssl_context: ssl.SSLContext | None = None, trust_env: bool = False
    ) -> None:
        self._endpoints = _Endpoints(ssl_context, trust_env=trust_env)
        self._stacks: dict[tuple[int, Endpoint], Stack[_Connection]] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        use = _Use()
        try:
            endpoint = self._endpoints.of(request.url)
            if request.method in _SAFE:
                use.stack = stack = self._stack(endpoint)
                use.place = stack.place(_deadline(request, "pool"))
                use.connection = connection = stack.take()
            else:
                use.connection = connection = _Connection(endpoint, is_kept=False)
            reader, stream = connection.send(request)
        except BaseException as error:
            use.failed(error)
            raise
        body = _Body(reader, stream, _timeout(request, "read"), use)
        return httpx.Response(reader.status_code, headers=reader.headers, stream=body)

    def _stack(self, endpoint: Endpoint) -> Stack[_Connection]:
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


class _AsyncConnection(_Kept):
    def __init__(self, endpoint: Endpoint, *, is_kept: bool) -> None:
        self._endpoint = endpoint
        self._backend = AsyncGuardedBackend(endpoint, is_kept=is_kept)
        super().__init__(self._backend)

    async def send(self, request: httpx.Request) -> tuple[Reader, AsyncGuardedStream]:
        self.begin(request)
        stream = self._backend.stream
        if stream is None or stream.get_extra_info("is_readable"):
            stream = await self._open(request)
        reader, timeout = Reader(request.method), _timeout(request, "read")
        body = b"".join([part async for part in cast("httpx.AsyncByteStream", request.stream)])
        try:
            await stream.write(encoded(request, body), _timeout(request, "write"))
        except httpcore.WriteError:
            pass  # a server that closes early may have responded
        while not reader.has_head():
            reader.receive(await stream.read(READ_SIZE, timeout))
        return reader, stream

    async def _open(self, request: httpx.Request) -> AsyncGuardedStream:
        self._backend.close()
        host, context = self._endpoint.origin.host, self._endpoint.tls
        with self.connecting(request):
            stream = await self._backend.connect_tcp(host, self._endpoint.port)
            return stream if context is None else await stream.start_tls(context, host)


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(self, reader: Reader, stream: AsyncGuardedStream, timeout: Any, use: _Use) -> None:
        self._reader = reader
        self._stream = stream
        self._timeout = timeout
        self._use = use
        self._is_read = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            while (piece := self._reader.piece()) is None:
                self._reader.receive(await self._stream.read(READ_SIZE, self._timeout))
        except _FAILURES as error:
            _raise_as_httpx(error)
        if not piece:
            self._is_read = True
            raise StopAsyncIteration
        return bytes(piece)

    async def aclose(self) -> None:
        self._use.end(self._reader if self._is_read else None)


class AsyncDirectTransport(httpx.AsyncBaseTransport):
    """`DirectTransport` on asyncio. May be used in several event loops, one after the other."""

    keeps_deadline: ClassVar[bool] = True
    adds_credentials: ClassVar[bool] = True

    def __init__(
        self, *, ssl_context: ssl.SSLContext | None = None, trust_env: bool = False
    ) -> None:
        self._endpoints = _Endpoints(ssl_context, trust_env=trust_env)
        self._stacks: dict[tuple[int, Endpoint], AsyncStack[_AsyncConnection]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        use = _Use()
        try:
            endpoint = self._endpoints.of(request.url)
            if request.method in _SAFE:
                use.stack = stack = self._stack(endpoint)
                use.place = await stack.place(_deadline(request, "pool"))
                use.connection = connection = stack.take()
            else:
                use.connection = connection = _AsyncConnection(endpoint, is_kept=False)
            reader, stream = await connection.send(request)
        except BaseException as error:
            use.failed(error)
            raise
        body = _AsyncBody(reader, stream, _timeout(request, "read"), use)
        return httpx.Response(reader.status_code, headers=reader.headers, stream=body)

    def _stack(self, endpoint: Endpoint) -> AsyncStack[_AsyncConnection]:
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
