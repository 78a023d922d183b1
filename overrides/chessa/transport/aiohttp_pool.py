"""The pool for async reads on aiohttp, for who asks for it: what `AsyncPool` does, and faster.

In: attempts. Out: answers that arrive. aiohttp owns the connections; what it leaves to its users is
seen to here. A connection that holds bytes nobody asked for, or that brought anything but a
success, serves no other call; and nothing is repeated, followed, stored or unpacked.
"""

import asyncio
import functools
import select
import socket
from collections.abc import Awaitable
from typing import Final, NoReturn, Self

import aiohttp
import httpcore
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from yarl import URL

from .._secrets import CREDENTIAL_HEADERS
from .._steps import Attempt, Headers
from .carrier import AsyncArriving, AsyncCarrier
from .network import CONNECT_TIMEOUT, note_sending
from .pool import IDLE_SECONDS, MAX_CONNECTIONS
from .resolver import resolve_async
from .route import Route

if tuple(map(int, aiohttp.__version__.split(".")[:2])) < (3, 14):
    raise ImportError(
        "aiohttp 3.14 or newer is needed"
    )  # what stands here for other reasons may be older

_LONGEST_HEADER: Final = 64 * 1024
_HEAD_END: Final = b"\r\n\r\n"
_LAST_CHUNK: Final = b"0\r\n\r\n"


class AiohttpPool(AsyncCarrier):
    """Connections of one event loop that serve one read after the other."""

    grace = 0.0

    def __init__(self, route: Route) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=route.ssl_context or True,
                limit=MAX_CONNECTIONS,
                keepalive_timeout=IDLE_SECONDS,
                resolver=_Resolver(),
                use_dns_cache=False,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(sock_connect=CONNECT_TIMEOUT),  # `exchange` has the rest
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
            request_class=_Request,
            response_class=_Response,
        )
        self._busy = 0
        self._closed = False

    async def send(self, attempt: Attempt) -> AsyncArriving:
        attempt.evidence.track()
        self._busy += 1
        try:
            response = await self._answered(attempt)
        except BaseException as error:
            if (closing := self._leave()) is not None:
                await closing
            if isinstance(error, aiohttp.ClientConnectorError):
                raise httpcore.ConnectError(error.args[-1]) from None  # without aiohttp's own words
            raise
        chunks = _Chunks(response.content)
        finish = functools.partial(self._finish, response, chunks)
        return AsyncArriving(response.status, response.raw_headers, chunks, finish)

    async def _answered(self, attempt: Attempt) -> aiohttp.ClientResponse:
        request = attempt.request
        url = URL(request.origin + request.target, encoded=True)
        headers = _texts(request.headers) + _texts(attempt.credentials.headers())
        for _ in range(MAX_CONNECTIONS + 1):
            try:
                return await self._session.request(
                    request.method, url, headers=headers, data=request.body, allow_redirects=False
                )
            except _DirtyError:
                continue  # it is closed, and the next one may be clean
        raise httpcore.ConnectError("no connection was clean")

    def _finish(
        self, response: aiohttp.ClientResponse, chunks: "_Chunks", was_read: bool
    ) -> Awaitable[None] | None:
        if isinstance(response, _Response) and response.watch is not None:
            is_chunked = "transfer-encoding" in response.headers
            end = _LAST_CHUNK if is_chunked else chunks.last or _HEAD_END
            response.watch.ended(end if was_read else None)
        if not was_read:  # else it has given its connection back
            response.close()
        return self._leave()

    def _leave(self) -> Awaitable[None] | None:
        self._busy -= 1
        return self._session.close() if self._closed and not self._busy else None

    def abandon(self) -> None:
        """Let go of what an event loop that is closed has left open, without a word in the log."""
        connector = self._session.connector
        if connector is not None:
            for _ in connector.close().__await__():
                break

    async def aclose(self) -> None:
        """Close the connections, once no call is under way."""
        self._closed = True
        if not self._busy:
            await self._session.close()


def _texts(headers: Headers) -> list[tuple[str, str]]:
    return [(str(name, "ascii"), str(value, "ascii")) for name, value in headers]


class _Chunks:
    """The pieces of a body, the last of which is remembered."""

    def __init__(self, content: aiohttp.StreamReader) -> None:
        self._next = content.readany
        self.last = b""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        chunk = await self._next()
        if not chunk:
            raise StopAsyncIteration
        self.last = chunk
        return chunk


class _DirtyError(Exception):
    """A connection holds what nobody asked for. Nothing was sent."""


class _Watch(asyncio.Protocol):
    """Passes what comes on to aiohttp, and sees whether anything came after an answer's end.

    aiohttp's parser keeps a part of another message to itself, until it is replaced for the next.
    """

    def __init__(self, protocol: asyncio.Protocol, transport: asyncio.Transport) -> None:
        self._protocol = protocol
        self._transport = transport
        is_plain = transport.get_extra_info("ssl_object") is None  # else TLS has words of its own
        self._socket: socket.socket | None = (
            transport.get_extra_info("socket") if is_plain else None
        )
        self._last = b""
        self._is_silent = True
        self.is_used = False

    @classmethod
    def over(cls, connection: Connection) -> "_Watch":
        """The watch over a connection, set up at its first use."""
        transport, protocol = connection.transport, connection.protocol
        if transport is None or protocol is None:
            raise _DirtyError
        found = transport.get_protocol()
        if not isinstance(found, cls):
            found = cls(protocol, transport)
            transport.set_protocol(found)
        return found

    @property
    def is_dirty(self) -> bool:
        """Whether anything has come since the last answer, or waits in the socket."""
        return not self._is_silent or (self._socket is not None and _is_readable(self._socket))

    def ended(self, end: bytes | None) -> None:
        """An answer was read, to this end, which must be the last of what came; or it was not."""
        self._is_silent = end is not None and self._last.endswith(end[-len(self._last) :])
        self._last = b""  # an answer may name a person, or echo a secret
        if not self._is_silent:
            _cut(self._transport)

    def data_received(self, data: bytes) -> None:
        self._last = data
        self._is_silent = False
        self._protocol.data_received(data)

    def eof_received(self) -> bool | None:
        return self._protocol.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()


def _is_readable(sock: socket.socket) -> bool:
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


class _Request(aiohttp.ClientRequest):
    """A request that says when it is sent, and on a clean connection only."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        watch = _Watch.over(conn)
        if watch.is_used and (
            watch.is_dirty or conn.protocol is None or conn.protocol.should_close
        ):
            _cut(conn.transport)
            raise _DirtyError
        watch.is_used = True
        note_sending(b"")
        try:
            return await super().send(conn)
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            _lost(error)
        finally:
            for name in CREDENTIAL_HEADERS:
                self.headers.popall(name, None)


class _Response(aiohttp.ClientResponse):
    """An answer that hands its connection on after a success only.

    Some servers send a 408 or a 400 unasked, and the answer to the request follows it.
    """

    watch: _Watch | None = None

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        protocol, transport = connection.protocol, connection.transport
        self.watch = _Watch.over(connection)
        try:
            await super().start(connection)
        except BaseException as error:
            self.watch.ended(None)
            if isinstance(error, (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
                _lost(error)
            raise
        codings = self.headers.getall("transfer-encoding", ())
        if self.status < 200 or any(coding.lower() != "chunked" for coding in codings):
            raise httpcore.RemoteProtocolError("no answer, or in a form that nobody asked for")
        if protocol is not None and not 200 <= self.status <= 299:
            protocol.force_close()
            if self.connection is None:  # a short answer, which has given it back already
                _cut(transport)
        return self


def _cut(transport: asyncio.Transport | None) -> None:
    """Close at once: over TLS, aiohttp would wait for a server that may never say goodbye."""
    if transport is not None:
        transport.abort()


def _lost(error: aiohttp.ClientError) -> NoReturn:
    """The connection failed. In httpcore's words: at its own, aiohttp would send a GET again."""
    raise httpcore.ReadError(error) from None


class _Resolver(AbstractResolver):
    """Our own look-up: it keeps the deadline, and holds up no thread of the event loop's."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = await resolve_async(host, port)
        if not addresses:
            raise httpcore.ConnectError("the name has no address")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is kept."""
