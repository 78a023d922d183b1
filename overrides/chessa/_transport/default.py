"""The default transports: httpx's own, over a connection pool of httpcore with our network backend.

Whatever patches or records httpx or httpcore sees every call. Credentials are added below both, at
the connection, so that recorders and tracers never see them.
"""

import contextlib
import functools
import ssl
from typing import TYPE_CHECKING, Any

from .._call.events import Attempt
from .endpoint import Endpoint
from .library import httpcore, httpx
from .network import GuardedBackend

if TYPE_CHECKING:
    from .network_async import AsyncGuardedBackend


@functools.cache
def _stand_in() -> ssl.SSLContext:
    """Return a context for httpcore to hold: it changes the ALPN of what it is given.

    The network backend shakes hands with the real one, the endpoint's.
    """
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class _Served:
    """The attempt that a transport serves, for its pool to know."""

    __slots__ = ("_plain", "_request", "attempt", "is_reached")

    def __init__(self) -> None:
        self.attempt: Attempt | None = None
        self._request: httpcore.Request | None = None
        self._plain: Any = None
        self.is_reached = False
        """Whether its request has come down to httpcore: what patches httpx may have kept it."""

    def put_on(self, request: httpcore.Request) -> None:
        """Add the credentials to a request."""
        if self.attempt is not None:
            self._request, self._plain = request, request.headers
            request.headers = [*request.headers, *self.attempt.added_headers(request.headers)]

    def take_off(self) -> None:
        """Remove the credentials from a request that was sent or has failed."""
        request, self._request = self._request, None
        if request is not None:
            request.headers = self._plain


class _Connection:
    """A connection of httpcore's, whose requests get the credentials: below whatever is patched."""

    def __init__(self, connection: Any, served: _Served) -> None:
        self._connection = connection
        self._served = served
        self.can_handle_request = connection.can_handle_request
        self.has_expired = connection.has_expired
        self.is_available = connection.is_available
        self.is_closed = connection.is_closed
        self.is_idle = connection.is_idle

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        self._served.put_on(request)
        try:
            response: httpcore.Response = self._connection.handle_request(request)
            return response
        finally:
            self._served.take_off()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class _AsyncConnection(_Connection):
    """The same on asyncio."""

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        self._served.put_on(request)
        try:
            response: httpcore.Response = await self._connection.handle_async_request(request)
            return response
        finally:
            self._served.take_off()


class _Pool(httpcore.ConnectionPool):
    """One connection, for one request at a time."""

    served: _Served

    def create_connection(self, origin: httpcore.Origin) -> Any:
        return _Connection(super().create_connection(origin), self.served)

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        self.served.is_reached = True
        return super().handle_request(request)


class _AsyncPool(httpcore.AsyncConnectionPool):
    """The same on asyncio."""

    served: _Served

    def create_connection(self, origin: httpcore.Origin) -> Any:
        return _AsyncConnection(super().create_connection(origin), self.served)

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        self.served.is_reached = True
        return await super().handle_async_request(request)


class _Serving:
    """The attempt that a transport serves, in both modes."""

    _guard: "GuardedBackend | AsyncGuardedBackend"
    _served: _Served
    idle_since = 0.0

    def begin(self, attempt: Attempt) -> None:
        """Serve this attempt from now on."""
        self._served.attempt, self._served.is_reached = attempt, False
        self._guard.watch.begin(attempt.deadline, attempt.evidence)
        attempt.evidence.track()

    def until(self, deadline: float) -> None:
        """Move the deadline."""
        self._guard.watch.deadline = deadline

    def end(self, response: httpx.Response) -> bool:
        """End the attempt. Return whether its response, read to its end, left nothing behind."""
        self._served.attempt = None
        return self._guard.received.is_clean(response.status_code, response.headers.raw)

    @property
    def is_reached(self) -> bool:
        """True once the attempt has reached httpcore, if nothing that patches httpx has kept it."""
        return self._served.is_reached

    def close(self) -> None:
        """Close the connection. Not by httpcore: Ctrl-C may have left one of its locks taken."""
        self._guard.close()


def _unlock(pool: Any) -> None:
    """Take away the lock of a pool that serves one call at a time.

    An interruption within it would leave it taken, and httpcore takes it again as it cleans up.
    """
    pool._optional_thread_lock = contextlib.nullcontext()


class DefaultTransport(_Serving, httpx.HTTPTransport):
    """One connection to the API's origin, for one call at a time.

    Of httpx's own it has nothing but `_pool`: its `__init__` would make another one, and a context.
    """

    def __init__(self, endpoint: Endpoint, *, is_kept: bool) -> None:
        self._guard = backend = GuardedBackend(endpoint, is_kept=is_kept)
        self._served = _Served()
        self._pool = _Pool(
            _stand_in(),
            endpoint.httpcore_proxy(_stand_in()),
            max_connections=1,
            network_backend=backend,
        )
        self._pool.served = self._served
        _unlock(self._pool)
        backend.on_sending = self._served.take_off


class AsyncDefaultTransport(_Serving, httpx.AsyncHTTPTransport):
    """One connection on asyncio, for one call at a time."""

    def __init__(self, endpoint: Endpoint, *, is_kept: bool) -> None:
        from .network_async import AsyncGuardedBackend  # not for blocking calls

        self._guard = backend = AsyncGuardedBackend(endpoint, is_kept=is_kept)
        self._served = _Served()
        self._pool = _AsyncPool(
            _stand_in(),
            endpoint.httpcore_proxy(_stand_in()),
            max_connections=1,
            network_backend=backend,
        )
        self._pool.served = self._served
        backend.on_sending = self._served.take_off

    async def aclose(self) -> None:
        self.close()
