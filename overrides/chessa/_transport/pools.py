"""The connections of a client: which channel an attempt travels on.

Connections belong to this process and, on asyncio, to the running event loop. After a fork those of
the parent are left alone: closing them would disturb it.
"""

import os
import ssl
import time
import weakref
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

from .._call.events import Attempt, AttemptResult, ErrorKind, Failure
from .._config import Settings
from .._interruptions import is_from_signal_handler
from .adapter import checked, is_transport
from .base import AsyncChannel, Channel
from .callers import AsyncClientChannel, ClientChannel, over_async_transport, over_transport
from .channels import AsyncOwnChannel, OwnChannel
from .closing import quietly, quietly_async
from .default import AsyncDefaultTransport, DefaultTransport
from .endpoint import Endpoint
from .exceptions import ClientClosedError, UnusableTransportError, failure_of
from .send import TOO_LATE, send, send_async
from .stacks import AsyncStack, Stack
from .tls import make_context

if TYPE_CHECKING:
    from .library import httpx

    Transport: TypeAlias = httpx.BaseTransport | Callable[[], httpx.BaseTransport]
    AsyncTransport: TypeAlias = httpx.AsyncBaseTransport | Callable[[], httpx.AsyncBaseTransport]

_LEFT_ALONE: Final[list[object]] = []
"""Connections of a parent process: referred to for ever, so that nothing closes their sockets."""


class _Endpoints:
    """The endpoint of a client, its TLS context made when first needed and then shared."""

    def __init__(self, settings: Settings, ssl_context: ssl.SSLContext | None) -> None:
        self._settings = settings
        self._ssl_context = ssl_context
        self._made: Endpoint | None = None

    def __call__(self) -> Endpoint:
        if self._made is None:
            settings, proxy = self._settings, self._settings.proxy
            schemes = {settings.origin.scheme, proxy.origin.scheme if proxy else "http"}
            context = None
            if "https" in schemes:
                context = self._ssl_context or make_context(trust_env=settings.trust_env)
            self._made = Endpoint(settings.origin, context, proxy)
        return self._made


def _not_connected(error: Exception, *, is_ours: bool) -> AttemptResult:
    """Return what an attempt brings that had no channel: nothing was handed to any transport."""
    is_known = not is_ours or isinstance(error, (OSError, ClientClosedError))
    if not is_known or is_from_signal_handler(error):
        raise error
    is_told = isinstance(error, (ClientClosedError, UnusableTransportError))
    failure = failure_of(error, is_ours=True) if is_told else None
    cause = type(error).__name__
    if isinstance(error, ImportError):  # what to install
        cause = f"{cause}: {str(error)[:200]}"
    failure = failure or Failure(ErrorKind.NO_TRANSPORT, cause)
    return AttemptResult(failure=failure, nothing_sent=True)


def _is_stuck(result: AttemptResult) -> bool:
    """Return whether a pool gave no connection in time, as one does for ever that has lost them."""
    return (result.cause or "").partition(":")[0] == "PoolTimeout"


def _carrier(transport: object, http_client: object, own: type) -> object:
    """Return what requests are given to; of what a function will make, the usual is assumed."""
    if http_client is not None:
        return getattr(http_client, "_transport", http_client)
    if transport is None or (callable(transport) and not isinstance(transport, type)):
        return own
    return transport


# ---- Sync ---------------------------------------------------------------------------------------


def _close(shared: dict[int, Any]) -> None:
    own = shared.pop(os.getpid(), None)
    _LEFT_ALONE.extend(shared.values())
    if own is not None:
        quietly(own.close)


class Connections:
    """The connections of a sync client and of all its copies.

    Without a lock: a fork would copy one that another thread holds. Two threads may make the same
    thing at once; one of the two is used from then on.
    """

    def __init__(
        self,
        settings: Settings,
        ssl_context: ssl.SSLContext | None = None,
        transport: Any = None,
        http_client: Any = None,
    ) -> None:
        self._endpoint = _Endpoints(settings, ssl_context)
        self._transport = transport
        self._http_client = http_client
        self._shared: dict[int, Any] = {}
        """What reads share, by the process that may use it."""
        weakref.finalize(self, _close, self._shared)  # once no client and no resource is left
        self._closed = False

    def send(self, attempt: Attempt) -> AttemptResult:
        """Make one attempt."""
        if attempt.deadline <= time.monotonic():
            return TOO_LATE
        try:
            channel = self._channel(attempt)
        except Exception as error:  # noqa: BLE001  # the caller's factory may raise anything
            return _not_connected(error, is_ours=self._transport is None)
        result = send(channel, attempt)
        if not channel.is_ours and _is_stuck(result):
            self._shared.pop(os.getpid(), None)  # not closed: reads may be in flight on it
        return result

    def _channel(self, attempt: Attempt) -> Channel:
        if self._closed:
            raise ClientClosedError
        if self._http_client is not None:
            return ClientChannel(self._http_client)
        if self._transport is None:
            return OwnChannel(self._endpoint(), self._share(self._stack))
        if is_transport(self._transport, "sync"):
            return over_transport(self._transport)
        if attempt.shares_connections:
            return over_transport(self._share(self._made))
        return over_transport(self._made(), is_single=True)

    def _stack(self) -> Stack[DefaultTransport]:
        endpoint = self._endpoint()
        return Stack(lambda: DefaultTransport(endpoint, is_kept=True))

    def _made(self) -> Any:
        return checked(self._transport(), "sync")

    def _share(self, make: Callable[[], Any]) -> Any:
        shared = self._shared.get(os.getpid())
        if shared is None:
            made = make()
            shared = self._shared.setdefault(os.getpid(), made)
            if shared is not made:
                quietly(made.close)
            if self._closed:  # in the meantime, by another thread
                _close(self._shared)
                raise ClientClosedError
        return shared

    @property
    def carrier(self) -> object:
        """The transport that requests are given to, or the class of it."""
        return _carrier(self._transport, self._http_client, DefaultTransport)

    @property
    def is_closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Close the idle connections; calls in flight end as they would have."""
        self._closed = True
        _close(self._shared)


# ---- Async --------------------------------------------------------------------------------------


@attrs.define
class _OfLoop:
    pid: int
    shared: Any
    keeper: AsyncGenerator[None, None]


class AsyncConnections:
    """The connections of an async client and of all its copies."""

    def __init__(
        self,
        settings: Settings,
        ssl_context: ssl.SSLContext | None = None,
        transport: Any = None,
        http_client: Any = None,
    ) -> None:
        import asyncio  # not for blocking calls

        self._running_loop = asyncio.get_running_loop
        self._endpoint = _Endpoints(settings, ssl_context)
        self._transport = transport
        self._http_client = http_client
        self._shared: dict[asyncio.AbstractEventLoop, _OfLoop] = {}
        self._replaced: list[_OfLoop] = []
        """Referred to until their loop closes them as it ends."""
        self._closed = False

    async def send(self, attempt: Attempt) -> AttemptResult:
        """Make one attempt."""
        if attempt.deadline <= time.monotonic():
            return TOO_LATE
        try:
            channel = await self._channel(attempt)
        except Exception as error:  # noqa: BLE001  # the caller's factory may raise anything
            return _not_connected(error, is_ours=self._transport is None)
        result = await send_async(channel, attempt)
        if not channel.is_ours and _is_stuck(result):
            self._forget()
        return result

    async def _channel(self, attempt: Attempt) -> AsyncChannel:
        if self._closed:
            raise ClientClosedError
        if self._http_client is not None:
            return AsyncClientChannel(self._http_client)
        if self._transport is None:
            stack = self._kept() or await self._share(self._stack)
            return AsyncOwnChannel(self._endpoint(), stack)
        if is_transport(self._transport, "async"):
            return over_async_transport(self._transport)
        if attempt.shares_connections:
            return over_async_transport(self._kept() or await self._share(self._made))
        return over_async_transport(self._made(), is_single=True)

    def _stack(self) -> AsyncStack[AsyncDefaultTransport]:
        endpoint = self._endpoint()
        return AsyncStack(lambda: AsyncDefaultTransport(endpoint, is_kept=True))

    def _made(self) -> Any:
        return checked(self._transport(), "async")

    def _kept(self) -> Any:
        kept = self._shared.get(self._running_loop())
        return kept.shared if kept is not None and kept.pid == os.getpid() else None

    async def _share(self, make: Callable[[], Any]) -> Any:
        self._forget_dead_loops()
        shared = make()
        keeper = _close_with_the_loop(shared)
        self._shared[self._running_loop()] = _OfLoop(os.getpid(), shared, keeper)
        await anext(keeper)
        return shared

    def _forget(self) -> None:
        """Use another one from now on. It is not closed: reads may be in flight on it."""
        kept = self._shared.pop(self._running_loop(), None)
        if kept is not None:
            self._replaced.append(kept)

    def _forget_dead_loops(self) -> None:
        for loop, kept in list(self._shared.items()):
            if kept.pid != os.getpid():
                _LEFT_ALONE.append(self._shared.pop(loop, None))
            elif loop.is_closed():
                self._shared.pop(loop, None)  # its sockets close with what holds them

    @property
    def carrier(self) -> object:
        """The transport that requests are given to, or the class of it."""
        return _carrier(self._transport, self._http_client, AsyncDefaultTransport)

    @property
    def is_closed(self) -> bool:
        return self._closed

    async def aclose(self) -> None:
        """Close the idle connections; calls in flight end as they would have."""
        self._closed = True
        try:
            loop = self._running_loop()
        except RuntimeError:
            return  # not asyncio's: nothing was opened under it
        kept = self._shared.pop(loop, None)
        if kept is not None and kept.pid == os.getpid():
            await kept.keeper.aclose()


async def _close_with_the_loop(shared: Any) -> AsyncGenerator[None, Any]:
    """Stay suspended while the loop lives: it closes its async generators before itself."""
    try:
        yield
    finally:
        if isinstance(shared, AsyncStack):
            shared.close()
        else:
            await quietly_async(shared.aclose)
