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
from typing import Any, Final, Generic, TypeAlias, TypeVar

import attrs
import httpx

from .._config import Settings
from .._steps import Answer, Attempt, Failed, Fault, Trouble
from .builtin import AsyncPooledTransport, AsyncSingleTransport, PooledTransport, SingleTransport
from .exchange import close_quietly, close_quietly_async, exchange, exchange_async
from .failures import ClientClosedError, fault
from .lane import Route
from .tls import make_context

TransportFactory: TypeAlias = Callable[[], httpx.BaseTransport]
AsyncTransportFactory: TypeAlias = Callable[[], httpx.AsyncBaseTransport]
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
            self._route = Route(self._context(), self._settings.proxy)
        return self._route

    def _context(self) -> ssl.SSLContext | None:
        proxy = self._settings.proxy
        schemes = {self._settings.origin.scheme, proxy.origin.scheme if proxy else "http"}
        if "https" not in schemes:
            return None
        return self._ssl_context or make_context(trust_env=self._settings.trust_env)


@attrs.frozen
class _Makers(Generic[_T]):
    """How to make the transport of one write, and the one that reads share."""

    single: Callable[[], _T]
    pooled: Callable[[], _T]


def _not_connected(error: Exception) -> Failed:
    """Nothing was handed to any transport, whatever failed."""
    closed = isinstance(error, ClientClosedError)
    found = fault(error) if closed else Fault(Trouble.NO_TRANSPORT, type(error).__name__)
    return Failed(found, nothing_sent=True)


def _is_stuck(transport: object, end: Answer | Failed) -> bool:
    """Whether a pool gave no connection in time, as one does for ever that has lost them all.

    Ours does not lose any; a user's is replaced. It is not closed: reads may be under way on it.
    """
    return (
        isinstance(end, Failed)
        and end.fault.cause.partition(":")[0] == "PoolTimeout"
        and not isinstance(transport, (PooledTransport, AsyncPooledTransport))
    )


def _checked(made: _T, kind: type[_T]) -> _T:
    if not isinstance(made, kind):
        raise TypeError(f"transport= gave no httpx.{kind.__name__}")
    return made


_Pools: TypeAlias = dict[int, httpx.BaseTransport]
"""The transport that reads share, by the process that may use it."""


def _close(pools: _Pools) -> None:
    own = pools.pop(os.getpid(), None)
    _LEFT_ALONE.extend(pools.values())
    if own is not None:
        close_quietly(own)


class Connections:
    """The connections of a sync client and of all its copies."""

    def __init__(
        self,
        settings: Settings,
        ssl_context: ssl.SSLContext | None,
        factory: TransportFactory | None,
    ) -> None:
        routes = _Routes(settings, ssl_context)
        self._makers: _Makers[httpx.BaseTransport] = (
            _Makers(factory, factory)
            if factory is not None
            else _Makers(
                lambda: SingleTransport(routes.route()), lambda: PooledTransport(routes.route())
            )
        )
        self._pools: _Pools = {}
        weakref.finalize(self, _close, self._pools)  # once no client and no resource is left
        self._closed = False

    def send(self, attempt: Attempt) -> Answer | Failed:
        """Make one attempt."""
        try:
            transport = self._transport(is_read=attempt.is_read)
        except Exception as error:  # noqa: BLE001  # the user's factory may raise anything
            return _not_connected(error)
        if attempt.is_read:
            end = exchange(transport, attempt)
            if _is_stuck(transport, end) and self._pools.get(os.getpid()) is transport:
                self._pools.pop(os.getpid(), None)
            return end
        try:
            return exchange(transport, attempt)
        finally:
            close_quietly(transport)

    def _transport(self, *, is_read: bool) -> httpx.BaseTransport:
        if self._closed:
            raise ClientClosedError
        if not is_read:
            return _checked(self._makers.single(), httpx.BaseTransport)
        return self._pools.get(os.getpid()) or self._new_pool()

    def _new_pool(self) -> httpx.BaseTransport:
        made = _checked(self._makers.pooled(), httpx.BaseTransport)
        kept = self._pools.setdefault(os.getpid(), made)
        if kept is not made:
            close_quietly(made)
        return kept

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
    transport: httpx.AsyncBaseTransport
    keeper: AsyncGenerator[None, None]


class AsyncConnections:
    """The connections of an async client and of all its copies."""

    def __init__(
        self,
        settings: Settings,
        ssl_context: ssl.SSLContext | None,
        factory: AsyncTransportFactory | None,
    ) -> None:
        routes = _Routes(settings, ssl_context)
        self._makers: _Makers[httpx.AsyncBaseTransport] = (
            _Makers(factory, factory)
            if factory is not None
            else _Makers(
                lambda: AsyncSingleTransport(routes.route()),
                lambda: AsyncPooledTransport(routes.route()),
            )
        )
        self._pools: dict[asyncio.AbstractEventLoop, _LoopPool] = {}
        self._replaced: list[_LoopPool] = []
        """Referred to until their loop, which closes them, is gone."""
        self._closed = False

    async def send(self, attempt: Attempt) -> Answer | Failed:
        """Make one attempt."""
        try:
            transport = await self._transport(is_read=attempt.is_read)
        except Exception as error:  # noqa: BLE001  # the user's factory may raise anything
            return _not_connected(error)
        if attempt.is_read:
            end = await exchange_async(transport, attempt)
            if _is_stuck(transport, end):
                self._forget(transport)
            return end
        try:
            return await exchange_async(transport, attempt)
        finally:
            await close_quietly_async(transport)

    async def _transport(self, *, is_read: bool) -> httpx.AsyncBaseTransport:
        if self._closed:
            raise ClientClosedError
        if not is_read:
            return _checked(self._makers.single(), httpx.AsyncBaseTransport)
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is not None and pool.pid == os.getpid():
            return pool.transport
        self._forget_dead_pools()
        transport = _checked(self._makers.pooled(), httpx.AsyncBaseTransport)
        keeper = _close_with_the_loop(transport)
        self._pools[loop] = _LoopPool(os.getpid(), transport, keeper)
        await anext(keeper)
        return transport

    def _forget(self, transport: httpx.AsyncBaseTransport) -> None:
        pool = self._pools.get(asyncio.get_running_loop())
        if pool is not None and pool.transport is transport:
            self._replaced.append(self._pools.pop(asyncio.get_running_loop()))

    def _forget_dead_pools(self) -> None:
        for loop, pool in list(self._pools.items()):
            if pool.pid != os.getpid():
                _LEFT_ALONE.append(self._pools.pop(loop, None))
            elif loop.is_closed():
                self._pools.pop(loop, None)

    @property
    def is_closed(self) -> bool:
        return self._closed

    async def aclose(self) -> None:
        """Close the idle connections; calls under way end as they would have."""
        self._closed = True
        pool = self._pools.pop(asyncio.get_running_loop(), None)
        if pool is not None and pool.pid == os.getpid():
            await pool.keeper.aclose()


async def _close_with_the_loop(transport: httpx.AsyncBaseTransport) -> AsyncGenerator[None, Any]:
    """Suspended for as long as the pool lives: a loop closes its async generators before itself."""
    try:
        yield
    finally:
        await close_quietly_async(transport)
