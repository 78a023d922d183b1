"""Which connection an attempt travels on: a write on a fresh one, a read on the pool.

In: attempts. Out: answers and failures. The pool belongs to this process and, on asyncio, to the
running event loop: after a fork it is left alone (closing it would disturb the parent), and it is
closed with its loop.
"""

import asyncio
import os
import ssl
import weakref
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

import attrs

from .._call.events import Answer, Attempt, Failed, Fault, Trouble
from .._config import Settings
from .base import AsyncCarrier, Carrier
from .endpoint import Route
from .exceptions import ClientClosedError, fault
from .pool import AsyncPool, AsyncSingle, Pool, Single
from .send import exchange, exchange_async, quietly, quietly_async
from .tls import make_context

if TYPE_CHECKING:
    import httpx  # for who brings a transport: loading it takes longer than all the rest


TransportFactory: TypeAlias = Callable[[], "httpx.BaseTransport"]
AsyncTransportFactory: TypeAlias = Callable[[], "httpx.AsyncBaseTransport"]
_T = TypeVar("_T")

_LEFT_ALONE: Final[list[object]] = []
"""Pools of a parent process: referred to for ever, so that nothing closes their sockets here."""


class _Routes:
    """The route to the origin, its TLS context made when first needed and then shared.

    Without a lock, here and below: a fork would copy one that another thread holds. Two threads may
    make the same thing at once; one of the two is used from then on.
    """

    def __init__(self, settings: Settings, ssl_context: ssl.SSLContext | None) -> None:
        self._settings = settings
        self._ssl_context = ssl_context
        self._route: Route | None = None

    def route(self) -> Route:
        if self._route is None:
            settings = self._settings
            self._route = Route(settings.origin, self._context(), settings.proxy)
        return self._route

    def _context(self) -> ssl.SSLContext | None:
        proxy = self._settings.proxy
        schemes = {self._settings.origin.scheme, proxy.origin.scheme if proxy else "http"}
        if "https" not in schemes:
            return None
        context = self._ssl_context or make_context(trust_env=self._settings.trust_env)
        context.set_alpn_protocols(["http/1.1"])  # the one version that is spoken here
        return context


@attrs.frozen
class _Makers(Generic[_T]):
    """How to make the carrier of one write, and the one that reads share."""

    single: Callable[[], _T]
    pooled: Callable[[], _T]
    is_ours: bool
    """Ours loses no connection. A user's pool that did is replaced; it is not closed, since reads
    may be under way on it."""


def _makers(
    settings: Settings, ssl_context: ssl.SSLContext | None, factory: TransportFactory | None
) -> _Makers[Carrier]:
    if factory is not None:
        from .adapter import UserTransport

        def make() -> Carrier:
            return UserTransport(factory)

        return _Makers(make, make, is_ours=False)
    routes = _Routes(settings, ssl_context)
    return _Makers(lambda: Single(routes.route()), lambda: Pool(routes.route()), is_ours=True)


def _makers_async(
    settings: Settings,
    ssl_context: ssl.SSLContext | None,
    factory: AsyncTransportFactory | None,
) -> _Makers[AsyncCarrier]:
    if factory is not None:
        from .adapter import AsyncUserTransport

        def make() -> AsyncCarrier:
            return AsyncUserTransport(factory)

        return _Makers(make, make, is_ours=False)
    routes = _Routes(settings, ssl_context)
    return _Makers(
        lambda: AsyncSingle(routes.route()), lambda: AsyncPool(routes.route()), is_ours=True
    )


def _not_connected(error: Exception) -> Failed:
    """Nothing was handed to any transport, whatever failed."""
    closed = isinstance(error, ClientClosedError)
    found = fault(error) if closed else Fault(Trouble.NO_TRANSPORT, type(error).__name__)
    return Failed(found, nothing_sent=True)


def _is_stuck(end: Answer | Failed) -> bool:
    """Whether a pool gave no connection in time, as one does for ever that has lost them all."""
    return isinstance(end, Failed) and end.fault.cause.partition(":")[0] == "PoolTimeout"


_Pools: TypeAlias = dict[int, Carrier]
"""The carrier that reads share, by the process that may use it."""


def _close(pools: _Pools) -> None:
    own = pools.pop(os.getpid(), None)
    _LEFT_ALONE.extend(pools.values())
    if own is not None:
        quietly(own.close)


class Connections:
    """The connections of a sync client and of all its copies."""

    def __init__(
        self,
        settings: Settings,
        ssl_context: ssl.SSLContext | None,
        factory: TransportFactory | None,
    ) -> None:
        self._makers = _makers(settings, ssl_context, factory)
        self._pools: _Pools = {}
        weakref.finalize(self, _close, self._pools)  # once no client and no resource is left
        self._closed = False

    def send(self, attempt: Attempt) -> Answer | Failed:
        """Make one attempt."""
        try:
            carrier = self._carrier(is_read=attempt.is_read)
        except Exception as error:  # noqa: BLE001  # the user's factory may raise anything
            return _not_connected(error)
        if attempt.is_read:
            end = exchange(carrier, attempt)
            if not self._makers.is_ours and _is_stuck(end):
                self._forget(carrier)
            return end
        try:
            return exchange(carrier, attempt)
        finally:
            quietly(carrier.close)

    def _carrier(self, *, is_read: bool) -> Carrier:
        if self._closed:
            raise ClientClosedError
        if not is_read:
            return self._makers.single()
        return self._pools.get(os.getpid()) or self._new_pool()

    def _new_pool(self) -> Carrier:
        made = self._makers.pooled()
        kept = self._pools.setdefault(os.getpid(), made)
        if kept is not made:
            quietly(made.close)
        return kept

    def _forget(self, carrier: Carrier) -> None:
        if self._pools.get(os.getpid()) is carrier:
            self._pools.pop(os.getpid(), None)

    @property
    def is_closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Close the idle connections; calls under way end as they would have."""
        self._closed = True
        _close(self._pools)


@attrs.define
class _LoopPool:
    pid: int
    carrier: AsyncCarrier
    keeper: AsyncGenerator[None, None]


class AsyncConnections:
    """The connections of an async client and of all its copies."""

    def __init__(
        self,
        settings: Settings,
        ssl_context: ssl.SSLContext | None,
        factory: AsyncTransportFactory | None,
    ) -> None:
        self._makers = _makers_async(settings, ssl_context, factory)
        self._pools: dict[asyncio.AbstractEventLoop, _LoopPool] = {}
        self._replaced: list[_LoopPool] = []
        """Referred to until their loop, which closes them, is gone."""
        self._closed = False

    async def send(self, attempt: Attempt) -> Answer | Failed:
        """Make one attempt."""
        try:
            carrier = await self._carrier(is_read=attempt.is_read)
        except Exception as error:  # noqa: BLE001  # the user's factory may raise anything
            return _not_connected(error)
        if attempt.is_read:
            end = await exchange_async(carrier, attempt)
            if not self._makers.is_ours and _is_stuck(end):
                self._forget(carrier)
            return end
        try:
            return await exchange_async(carrier, attempt)
        finally:
            await quietly_async(carrier.aclose)

    def _kept(self) -> AsyncCarrier | None:
        pool = self._pools.get(asyncio.get_running_loop())
        return pool.carrier if pool is not None and pool.pid == os.getpid() else None

    async def _carrier(self, *, is_read: bool) -> AsyncCarrier:
        if self._closed:
            raise ClientClosedError
        if not is_read:
            return self._makers.single()
        return self._kept() or await self._new_pool()

    async def _new_pool(self) -> AsyncCarrier:
        self._forget_dead_pools()
        carrier = self._makers.pooled()
        keeper = _close_with_the_loop(carrier)
        self._pools[asyncio.get_running_loop()] = _LoopPool(os.getpid(), carrier, keeper)
        await anext(keeper)
        return carrier

    def _forget(self, carrier: AsyncCarrier) -> None:
        pool = self._pools.get(asyncio.get_running_loop())
        if pool is not None and pool.carrier is carrier:
            self._replaced.append(self._pools.pop(asyncio.get_running_loop()))

    def _forget_dead_pools(self) -> None:
        for loop, pool in list(self._pools.items()):
            if pool.pid != os.getpid():
                _LEFT_ALONE.append(self._pools.pop(loop, None))
            elif loop.is_closed():
                self._pools.pop(loop, None)  # its sockets close with what holds them

    @property
    def is_closed(self) -> bool:
        return self._closed

    async def aclose(self) -> None:
        """Close the idle connections; calls under way end as they would have."""
        self._closed = True
        pool = self._pools.pop(asyncio.get_running_loop(), None)
        if pool is not None and pool.pid == os.getpid():
            await pool.keeper.aclose()


async def _close_with_the_loop(carrier: AsyncCarrier) -> AsyncGenerator[None, Any]:
    """Suspended for as long as the pool lives: a loop closes its async generators before itself."""
    try:
        yield
    finally:
        await quietly_async(carrier.aclose)
