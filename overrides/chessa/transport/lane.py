"""One connection at a time to the API's origin, over httpcore's public connections.

In: an attempt. Out: httpcore's response, bytes not yet read. The credentials are put on here, and
taken off again once they are on the wire. `pool` makes carriers of these.
"""

import ssl
from typing import Final

import attrs
import httpcore

from .._config import Origin, ProxySettings
from .._steps import Attempt
from .evidence import still_connecting
from .framing import Record, holds_more
from .network import GuardedBackend
from .network_async import AsyncGuardedBackend
from .quiet import keep_quiet

keep_quiet()

_Proxied = httpcore.ConnectionPool | httpcore.AsyncConnectionPool
IDLE_SECONDS: Final = 4.0
"""Kept open between reads: less than the 5 s after which a Node server hangs up."""


@attrs.frozen
class Route:
    """How to get to the origin."""

    origin: Origin
    ssl_context: ssl.SSLContext | None = None
    proxy: ProxySettings | None = None

    def to(self, target: str) -> httpcore.URL:
        """A place on the origin, in httpcore's form."""
        return _url(self.origin, target)

    @property
    def httpcore_origin(self) -> httpcore.Origin:
        """The origin in httpcore's form."""
        return _url(self.origin, "/").origin

    def httpcore_proxy(self) -> httpcore.Proxy | None:
        """The proxy in httpcore's form."""
        if self.proxy is None:
            return None
        origin = self.proxy.origin
        auth = None
        if self.proxy.user is not None and self.proxy.password is not None:
            auth = (self.proxy.user.reveal(), self.proxy.password.reveal())
        context = self.ssl_context if origin.scheme == "https" else None
        return httpcore.Proxy(_url(origin, "/"), auth=auth, ssl_context=context)


def _url(origin: Origin, target: str) -> httpcore.URL:
    return httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=target)


def _written(attempt: Attempt, route: Route) -> httpcore.Request:
    """The request, credentials and all. Time limits are the network backend's matter."""
    request = attempt.request
    written = httpcore.Request(
        request.method, route.to(request.target), content=request.body or b""
    )
    written.headers = [*request.headers, *attempt.credentials.headers()]
    return written


def _of_proxy(error: httpcore.RemoteProtocolError) -> Exception:
    """What answered while no byte of the request had left can only have been the proxy."""
    return httpcore.ProxyError("the proxy's answer is no HTTP") if still_connecting() else error


def _is_open(
    connection: httpcore.HTTPConnection | httpcore.AsyncHTTPConnection | _Proxied,
    backend: GuardedBackend | AsyncGuardedBackend,
) -> bool:
    """Whether the server has neither closed the connection nor sent something unasked."""
    if backend.stream is not None and holds_more(backend.stream):
        return False
    if isinstance(connection, _Proxied):
        return True  # it looks for itself, and opens a new one
    return connection.is_idle() and not connection.has_expired()


class Lane:
    """One connection, opened when first needed.

    Straight to the origin it is httpcore's connection itself; by way of a proxy it is httpcore's
    pool, which knows how to get through, and never holds more than this one.
    """

    def __init__(self, route: Route, *, keep: bool) -> None:
        self._route = route
        self._backend = GuardedBackend(Record(is_kept=keep))
        self._connection = (
            httpcore.HTTPConnection(
                route.httpcore_origin, route.ssl_context, network_backend=self._backend
            )
            if route.proxy is None
            else httpcore.ConnectionPool(
                route.ssl_context, route.httpcore_proxy(), network_backend=self._backend
            )
        )
        self.idle_since = 0.0

    def send(self, attempt: Attempt) -> httpcore.Response:
        """Send and receive the head of the answer. Raises httpcore's exceptions."""
        attempt.evidence.track()
        written = _written(attempt, self._route)
        try:
            return self._connection.handle_request(written)
        except httpcore.RemoteProtocolError as error:
            raise _of_proxy(error) from None
        finally:
            written.headers.clear()

    def is_reusable(self, response: httpcore.Response) -> bool:
        """Whether the answer, read to its end, left nothing on the connection."""
        return self._backend.record.is_clean(response.status, response.headers)

    def is_open(self) -> bool:
        """Whether it can take another request."""
        return _is_open(self._connection, self._backend)

    def close(self) -> None:
        """Close the connection. Not by httpcore: Ctrl-C may have left one of its locks taken."""
        self._backend.close()


class AsyncLane:
    """`Lane` on asyncio."""

    def __init__(self, route: Route, *, keep: bool) -> None:
        self._route = route
        self._backend = AsyncGuardedBackend(Record(is_kept=keep))
        self._connection = (
            httpcore.AsyncHTTPConnection(
                route.httpcore_origin, route.ssl_context, network_backend=self._backend
            )
            if route.proxy is None
            else httpcore.AsyncConnectionPool(
                route.ssl_context, route.httpcore_proxy(), network_backend=self._backend
            )
        )
        self.idle_since = 0.0

    async def send(self, attempt: Attempt) -> httpcore.Response:
        """Send and receive the head of the answer. Raises httpcore's exceptions."""
        attempt.evidence.track()
        written = _written(attempt, self._route)
        try:
            return await self._connection.handle_async_request(written)
        except httpcore.RemoteProtocolError as error:
            raise _of_proxy(error) from None
        finally:
            written.headers.clear()

    def is_reusable(self, response: httpcore.Response) -> bool:
        """Whether the answer, read to its end, left nothing on the connection."""
        return self._backend.record.is_clean(response.status, response.headers)

    def is_open(self) -> bool:
        """Whether it can take another request."""
        return _is_open(self._connection, self._backend)

    async def aclose(self) -> None:
        await self._connection.aclose()
