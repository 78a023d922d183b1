"""One connection at a time to the API's origin, over httpcore's public pool of size one.

In: an httpx request. Out: httpcore's response, bytes not yet read. Credentials that pass through
are taken off again. `builtin` makes httpx transports of these.
"""

import ssl
from typing import Final

import attrs
import httpcore
import httpx

from .._config import ProxySettings
from .evidence import still_connecting, track
from .framing import Record
from .network import GuardedBackend
from .network_async import AsyncGuardedBackend
from .quiet import keep_quiet

keep_quiet()

IDLE_SECONDS: Final = 4.0
"""Kept open between reads: less than the 5 s after which a Node server hangs up."""


@attrs.frozen
class Route:
    """How to get to the origin."""

    ssl_context: ssl.SSLContext | None
    proxy: ProxySettings | None = None

    def httpcore_proxy(self) -> httpcore.Proxy | None:
        """The proxy in httpcore's form."""
        if self.proxy is None:
            return None
        origin = self.proxy.origin
        auth = None
        if self.proxy.user is not None and self.proxy.password is not None:
            auth = (self.proxy.user.reveal(), self.proxy.password.reveal())
        url = httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=b"/")
        context = self.ssl_context if origin.scheme == "https" else None
        return httpcore.Proxy(url, auth=auth, ssl_context=context)


def _translated(request: httpx.Request) -> httpcore.Request:
    url, extensions = request.url, request.extensions
    return httpcore.Request(
        request.method,
        httpcore.URL(
            scheme=url.raw_scheme,
            host=url.raw_host,
            port=url.port,
            target=extensions.get("target", b"") or url.raw_path,
        ),
        headers=request.headers.raw,
        content=request.stream,
        extensions={"timeout": extensions.get("timeout", {})},  # httpcore gives CONNECT the same
    )


def _of_proxy(error: httpcore.RemoteProtocolError) -> Exception:
    """What answered while no byte of the request had left can only have been the proxy."""
    return httpcore.ProxyError("the proxy's answer is no HTTP") if still_connecting() else error


class Lane:
    """One connection, opened when first needed."""

    def __init__(self, route: Route, *, keep: bool) -> None:
        self._backend = GuardedBackend(Record(is_kept=keep))
        self._pool = httpcore.ConnectionPool(
            ssl_context=route.ssl_context,
            proxy=route.httpcore_proxy(),
            max_connections=1,
            max_keepalive_connections=1 if keep else 0,
            keepalive_expiry=IDLE_SECONDS,
            retries=0,
            network_backend=self._backend,
        )
        self.idle_since = 0.0

    def send(self, request: httpx.Request) -> httpcore.Response:
        """Send and receive the head of the answer. Raises httpcore's exceptions."""
        track()
        translated = _translated(request)
        try:
            return self._pool.handle_request(translated)
        except httpcore.RemoteProtocolError as error:
            raise _of_proxy(error) from None
        finally:
            translated.headers.clear()

    def close(self) -> None:
        """Close the connection. Not by httpcore: Ctrl-C may have left one of its locks taken."""
        self._backend.close()

    def is_reusable(self, response: httpcore.Response) -> bool:
        """Whether the answer, read to its end, left nothing on the connection."""
        return self._backend.record.is_clean(response.status, tuple(response.headers))


class AsyncLane:
    """`Lane` on asyncio."""

    def __init__(self, route: Route, *, keep: bool) -> None:
        self._backend = AsyncGuardedBackend(Record(is_kept=keep))
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=route.ssl_context,
            proxy=route.httpcore_proxy(),
            max_connections=1,
            max_keepalive_connections=1 if keep else 0,
            keepalive_expiry=IDLE_SECONDS,
            retries=0,
            network_backend=self._backend,
        )
        self.idle_since = 0.0

    async def send(self, request: httpx.Request) -> httpcore.Response:
        """Send and receive the head of the answer. Raises httpcore's exceptions."""
        track()
        translated = _translated(request)
        try:
            return await self._pool.handle_async_request(translated)
        except httpcore.RemoteProtocolError as error:
            raise _of_proxy(error) from None
        finally:
            translated.headers.clear()

    async def aclose(self) -> None:
        await self._pool.aclose()

    def is_reusable(self, response: httpcore.Response) -> bool:
        """Whether the answer, read to its end, left nothing on the connection."""
        return self._backend.record.is_clean(response.status, tuple(response.headers))
