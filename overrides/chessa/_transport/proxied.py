"""One connection by way of a proxy: httpcore knows how to get through.

In: an attempt, and what to do at the end of its answer. Out: the answer as it arrives. What `lane`
is to a connection without a proxy; an httpcore pool of which never more than one is used.
"""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar, cast

import httpcore

from .._call.events import Attempt
from .._config import Origin
from .base import Arriving, AsyncArriving, Closing, Finish
from .endpoint import Route
from .evidence import still_connecting
from .keepalive import Record
from .log_filter import keep_quiet
from .network import GuardedBackend
from .network_async import AsyncGuardedBackend
from .tls_stream import RECORDS

if TYPE_CHECKING:
    from .tls_records import TlsRecords

keep_quiet()

_B = TypeVar("_B", GuardedBackend, AsyncGuardedBackend)


def _url(origin: Origin, target: str) -> httpcore.URL:
    return httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=target)


def _proxy(route: Route) -> httpcore.Proxy | None:
    if route.proxy is None:
        return None
    origin = route.proxy.origin
    auth = None
    if route.proxy.user is not None and route.proxy.password is not None:
        auth = (route.proxy.user.reveal(), route.proxy.password.reveal())
    context = route.ssl_context if origin.scheme == "https" else None
    return httpcore.Proxy(_url(origin, "/"), auth=auth, ssl_context=context)


def _written(attempt: Attempt, route: Route) -> httpcore.Request:
    """The request, credentials and all. Time limits are the network backend's matter."""
    request = attempt.request
    written = httpcore.Request(
        request.method, _url(route.origin, request.target), content=request.body or b""
    )
    written.headers = [*request.headers, *attempt.credentials.headers()]
    return written


def _of_proxy(error: httpcore.RemoteProtocolError) -> Exception:
    """What answered while no byte of the request had left can only have been the proxy."""
    return httpcore.ProxyError("the proxy's answer is no HTTP") if still_connecting() else error


class _Kept(Generic[_B]):
    """What both lanes know of the connection that they keep."""

    _backend: _B
    _response: httpcore.Response | None = None
    idle_since = 0.0

    def is_reusable(self) -> bool:
        """Whether the answer, read to its end, left nothing on the connection."""
        response, self._response = self._response, None
        return response is not None and self._backend.record.is_clean(
            response.status, response.headers
        )

    def is_open(self) -> bool:
        """Whether nothing was sent unasked. The pool sees by itself whether it was closed."""
        stream = self._backend.stream
        records: TlsRecords | None = stream.get_extra_info(RECORDS) if stream is not None else None
        return records is None or not records.holds_more  # of which the socket does not tell


class ProxiedLane(_Kept[GuardedBackend]):
    """A connection that is opened when first needed. Its methods raise httpcore's exceptions."""

    def __init__(self, route: Route, *, keep: bool) -> None:
        self._route = route
        self._backend = GuardedBackend(Record(is_kept=keep))
        self._pool = httpcore.ConnectionPool(
            route.ssl_context, _proxy(route), network_backend=self._backend
        )

    def send(self, attempt: Attempt, finish: Callable[[bool], None]) -> Arriving:
        """Send the request and receive the head of its answer."""
        attempt.evidence.track()
        written = _written(attempt, self._route)
        try:
            response = self._response = self._pool.handle_request(written)
        except httpcore.RemoteProtocolError as error:
            raise _of_proxy(error) from None
        finally:
            written.headers.clear()
        return Arriving(response.status, response.headers, _body(response), finish)

    def close(self) -> None:
        """Close the connection. Not by httpcore: Ctrl-C may have left one of its locks taken."""
        self._backend.close()


def _body(response: httpcore.Response) -> Iterator[bytes]:
    yield from cast("Iterable[bytes]", response.stream)
    response.close()


class AsyncProxiedLane(_Kept[AsyncGuardedBackend]):
    """`ProxiedLane` on asyncio."""

    def __init__(self, route: Route, *, keep: bool) -> None:
        self._route = route
        self._backend = AsyncGuardedBackend(Record(is_kept=keep))
        self._pool = httpcore.AsyncConnectionPool(
            route.ssl_context, _proxy(route), network_backend=self._backend
        )

    async def send(self, attempt: Attempt, finish: Finish) -> AsyncArriving:
        """Send the request and receive the head of its answer."""
        attempt.evidence.track()
        written = _written(attempt, self._route)
        try:
            response = self._response = await self._pool.handle_async_request(written)
        except httpcore.RemoteProtocolError as error:
            raise _of_proxy(error) from None
        finally:
            written.headers.clear()
        return AsyncArriving(response.status, response.headers, _body_async(response), finish)

    def close(self) -> Closing:
        """Close the connection."""
        return self._pool.aclose()


async def _body_async(response: httpcore.Response) -> AsyncIterator[bytes]:
    async for piece in cast("AsyncIterable[bytes]", response.stream):
        yield piece
    await response.aclose()
