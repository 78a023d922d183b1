"""Our own carriers: a fresh connection for a write, a pool for reads.

In: attempts. Out: answers that arrive. Each connection serves one call at a time and is handed on
only after a clean end, so no queue, cancellation or stray byte can mix up two calls.
"""

import asyncio
import collections
import functools
import queue
import time
import weakref
from typing import Final, TypeAlias

import httpcore

from .._call.events import Attempt
from .base import GRACE, Arriving, AsyncArriving, AsyncCarrier, Closing
from .endpoint import Route
from .evidence import bounded
from .lane import AsyncLane, Lane
from .proxied import AsyncProxiedLane, ProxiedLane

IDLE_SECONDS: Final = 4.0
"""Kept open between reads: less than the 5 s after which a Node server hangs up."""
MAX_CONNECTIONS: Final = 100
"""Reads under way at once; more wait their turn, on their own deadline."""


class _Place:
    """The right to be one of so many. It goes back by itself, wherever an interruption loses it."""

    __slots__ = ("__weakref__", "_places")

    def __init__(self, places: "queue.SimpleQueue[_Place]") -> None:
        self._places: weakref.ref[queue.SimpleQueue[_Place]] | None = weakref.ref(places)

    def give_back(self) -> None:
        places = self._places() if self._places is not None else None
        if places is not None:
            places.put(_Place(places))
        self._places = None

    __del__ = give_back


_AnyLane: TypeAlias = Lane | ProxiedLane
_AnyAsyncLane: TypeAlias = AsyncLane | AsyncProxiedLane


def _lane(route: Route, *, keep: bool) -> _AnyLane:
    return (Lane if route.proxy is None else ProxiedLane)(route, keep=keep)


def _lane_async(route: Route, *, keep: bool) -> _AnyAsyncLane:
    return (AsyncLane if route.proxy is None else AsyncProxiedLane)(route, keep=keep)


class Single:
    """One request on one fresh connection, which closes with its carrier."""

    def __init__(self, route: Route) -> None:
        self._lane = _lane(route, keep=False)

    def send(self, attempt: Attempt) -> Arriving:
        return self._lane.send(attempt, _leave)

    def close(self) -> None:
        self._lane.close()


class Pool:
    """Connections that are kept for a few seconds and serve one read after the other."""

    def __init__(self, route: Route) -> None:
        self._route = route
        # A semaphore would do, but that Ctrl-C within one leaves its lock taken for ever.
        self._places: queue.SimpleQueue[_Place] = queue.SimpleQueue()
        for _ in range(MAX_CONNECTIONS):
            self._places.put(_Place(self._places))
        self._idle: collections.deque[_AnyLane] = collections.deque()
        self._closed = False

    def send(self, attempt: Attempt) -> Arriving:
        attempt.evidence.track()
        place = self._wait_for_a_place()
        lane = self._take()
        finish = functools.partial(self._put_back, lane, place)
        try:
            return lane.send(attempt, finish)
        except BaseException:
            finish(False)
            raise

    def close(self) -> None:
        """Close the idle connections now, the busy ones when their calls end."""
        self._closed = True
        while self._idle:
            self._idle.popleft().close()

    def _wait_for_a_place(self) -> _Place:
        try:
            return self._places.get(timeout=bounded(None, httpcore.PoolTimeout))
        except queue.Empty:
            raise httpcore.PoolTimeout("no connection was free in time") from None

    def _take(self) -> _AnyLane:
        """The connection that was used last, if it is still good; those that are not are closed."""
        stale = time.monotonic() - IDLE_SECONDS
        try:
            while self._idle[0].idle_since < stale:
                self._idle.popleft().close()
            while not (lane := self._idle.pop()).is_open():
                lane.close()
        except IndexError:
            return _lane(self._route, keep=True)
        return lane

    def _put_back(self, lane: _AnyLane, place: _Place, was_read: bool) -> None:
        """Keep the connection of an answer that was read to its end; close any other."""
        try:
            if was_read and not self._closed and lane.is_reusable():
                lane.idle_since = time.monotonic()
                self._idle.append(lane)
                if self._closed:  # in the meantime, by another thread
                    self.close()
            else:
                lane.close()
        finally:
            place.give_back()


class AsyncSingle(AsyncCarrier):
    """`Single` on asyncio."""

    def __init__(self, route: Route) -> None:
        self._lane = _lane_async(route, keep=False)
        self.grace = _grace(route)

    async def send(self, attempt: Attempt) -> AsyncArriving:
        return await self._lane.send(attempt, _leave)

    async def aclose(self) -> None:
        await _closed(self._lane)


class AsyncPool(AsyncCarrier):
    """`Pool` on asyncio, for one event loop."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self.grace = _grace(route)
        self._places = asyncio.Semaphore(MAX_CONNECTIONS)
        self._idle: collections.deque[_AnyAsyncLane] = collections.deque()
        self._closed = False

    async def send(self, attempt: Attempt) -> AsyncArriving:
        attempt.evidence.track()
        await self._wait_for_a_place()
        lane: _AnyAsyncLane | None = None
        try:
            lane = await self._take()
            return await lane.send(attempt, functools.partial(self._put_back, lane))
        except BaseException:
            if (closing := self._put_back(lane, False)) is not None:
                await closing
            raise

    async def aclose(self) -> None:
        """Close the idle connections now, the busy ones when their calls end."""
        self._closed = True
        while self._idle:
            await _closed(self._idle.popleft())

    async def _wait_for_a_place(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(bounded(None, httpcore.PoolTimeout)):
                await self._places.acquire()
        except TimeoutError:
            raise httpcore.PoolTimeout("no connection was free in time") from None

    async def _take(self) -> _AnyAsyncLane:
        stale = time.monotonic() - IDLE_SECONDS
        while self._idle and self._idle[0].idle_since < stale:
            await _closed(self._idle.popleft())
        while self._idle:
            lane = self._idle.pop()
            if lane.is_open():
                return lane
            await _closed(lane)
        return _lane_async(self._route, keep=True)

    def _put_back(self, lane: _AnyAsyncLane | None, was_read: bool) -> Closing:
        """Keep the connection of an answer that was read to its end; close any other."""
        self._places.release()
        if lane is None:
            return None
        if was_read and not self._closed and lane.is_reusable():
            lane.idle_since = time.monotonic()
            self._idle.append(lane)
            return None
        return lane.close()


def _grace(route: Route) -> float | None:
    """Ours are the waits of a straight way; httpcore's, those on the way through a proxy."""
    return None if route.proxy is None else GRACE


async def _closed(lane: _AnyAsyncLane) -> None:
    if (closing := lane.close()) is not None:
        await closing


def _leave(was_read: bool) -> None:
    """The connection closes with its carrier."""
