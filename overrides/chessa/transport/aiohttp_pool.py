"""The pool for async reads where aiohttp is installed: what `AsyncPool` does, several times faster.

In: attempts. Out: answers that arrive. aiohttp owns the connections; what it leaves to its users is
seen to here. A connection that holds bytes nobody asked for, or that brought anything but a
success, serves no other call; and nothing is repeated, followed, stored or unpacked.
"""

import functools
import socket
from collections.abc import Awaitable
from typing import Final, NoReturn

import aiohttp
import httpcore
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from yarl import URL

from .._secrets import CREDENTIAL_HEADERS
from .._steps import Attempt, Headers
from .carrier import AsyncArriving
from .lane import IDLE_SECONDS, Route
from .network import CONNECT_TIMEOUT, note_sending
from .pool import MAX_CONNECTIONS
from .resolver import resolve_async

if tuple(map(int, aiohttp.__version__.split(".")[:2])) < (3, 13):
    raise ImportError(
        "aiohttp 3.13 or newer is needed"
    )  # what stands here for other reasons may be older

_LONGEST_HEADER: Final = 64 * 1024


class AiohttpPool:
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
        request = attempt.request
        self._busy += 1
        try:
            response = await self._session.request(
                request.method,
                URL(request.origin + request.target, encoded=True),
                headers=_texts(request.headers) + _texts(attempt.credentials.headers()),
                data=request.body,
                allow_redirects=False,
            )
        except BaseException as error:
            if (closing := self._leave()) is not None:
                await closing
            if isinstance(error, aiohttp.ClientConnectorError):
                raise httpcore.ConnectError(error.args[-1]) from None  # without aiohttp's own words
            raise
        finish = functools.partial(self._finish, response)
        return AsyncArriving(
            response.status, response.raw_headers, response.content.iter_any(), finish
        )

    def _finish(self, response: aiohttp.ClientResponse, was_read: bool) -> Awaitable[None] | None:
        if not was_read:  # else it has given its connection back
            if response.connection is not None:
                _cut(response.connection)
            response.close()
        return self._leave()

    def _leave(self) -> Awaitable[None] | None:
        self._busy -= 1
        return self._session.close() if self._closed and not self._busy else None

    async def aclose(self) -> None:
        """Close the connections, once no call is under way."""
        self._closed = True
        if not self._busy:
            await self._session.close()


def _texts(headers: Headers) -> list[tuple[str, str]]:
    return [(str(name, "ascii"), str(value, "ascii")) for name, value in headers]


class _Request(aiohttp.ClientRequest):
    """A request that says when it is sent, and on a clean connection only."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        if conn.protocol is None or conn.protocol.should_close:
            raise httpcore.ConnectError("the connection holds what nobody asked for")
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

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        protocol = connection.protocol
        try:
            await super().start(connection)
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            _lost(error)
        except BaseException:
            _cut(connection)
            raise
        codings = self.headers.getall("transfer-encoding", ())
        if self.status < 200 or any(coding.lower() != "chunked" for coding in codings):
            raise httpcore.RemoteProtocolError("no answer, or in a form that nobody asked for")
        if protocol is not None and not 200 <= self.status <= 299:
            protocol.force_close()
            if self.connection is None:  # a short answer, which has given it back already
                protocol.close()
        return self


def _cut(connection: Connection) -> None:
    """Close at once: over TLS, aiohttp would wait for a server that may never say goodbye."""
    if connection.transport is not None:
        connection.transport.abort()


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
