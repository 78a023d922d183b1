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
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from typing import Final, cast

import httpcore

from .._steps import Attempt
from .carrier import Arriving, AsyncArriving, AsyncCarrier
from .evidence import bounded
from .lane import IDLE_SECONDS, AsyncLane, Lane, Route

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


class Single:
    """One request on one fresh connection, which closes with its carrier."""

    def __init__(self, route: Route) -> None:
        self._lane = Lane(route, keep=False)

    def send(self, attempt: Attempt) -> Arriving:
        return _arriving(self._lane.send(attempt), _leave)

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
        self._idle: collections.deque[Lane] = collections.deque()
        self._closed = False

    def send(self, attempt: Attempt) -> Arriving:
        attempt.evidence.track()
        place = self._wait_for_a_place()
        lane = self._take()
        try:
            response = lane.send(attempt)
        except BaseException:
            self._put_back(lane, place, None)
            raise
        return _arriving(response, functools.partial(self._finish, lane, place, response))

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

    def _take(self) -> Lane:
        """The connection that was used last, if it is still good; those that are not are closed."""
        stale = time.monotonic() - IDLE_SECONDS
        try:
            while self._idle[0].idle_since < stale:
                self._idle.popleft().close()
            while not (lane := self._idle.pop()).is_open():
                lane.close()
        except IndexError:
            return Lane(self._route, keep=True)
        return lane

    def _finish(
        self, lane: Lane, place: _Place, response: httpcore.Response, was_read: bool
    ) -> None:
        answer: httpcore.Response | None = None
        try:
            if was_read:
                response.close()
                answer = response
        finally:
            self._put_back(lane, place, answer)

    def _put_back(self, lane: Lane, place: _Place, answer: httpcore.Response | None) -> None:
        """Keep the connection of an answer that was read to its end; close any other."""
        try:
            if answer is not None and not self._closed and lane.is_reusable(answer):
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
        self._lane = AsyncLane(route, keep=False)

    async def send(self, attempt: Attempt) -> AsyncArriving:
        return _arriving_async(await self._lane.send(attempt), _leave_async)

    async def aclose(self) -> None:
        await self._lane.aclose()


class AsyncPool(AsyncCarrier):
    """`Pool` on asyncio, for one event loop."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._places = asyncio.Semaphore(MAX_CONNECTIONS)
        self._idle: collections.deque[AsyncLane] = collections.deque()
        self._closed = False

    async def send(self, attempt: Attempt) -> AsyncArriving:
        attempt.evidence.track()
        await self._wait_for_a_place()
        lane: AsyncLane | None = None
        try:
            lane = await self._take()
            response = await lane.send(attempt)
        except BaseException:
            await self._put_back(lane, None)
            raise
        return _arriving_async(response, functools.partial(self._finish, lane, response))

    async def aclose(self) -> None:
        """Close the idle connections now, the busy ones when their calls end."""
        self._closed = True
        while self._idle:
            await self._idle.popleft().aclose()

    async def _wait_for_a_place(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(bounded(None, httpcore.PoolTimeout)):
                await self._places.acquire()
        except TimeoutError:
            raise httpcore.PoolTimeout("no connection was free in time") from None

    async def _take(self) -> AsyncLane:
        stale = time.monotonic() - IDLE_SECONDS
        while self._idle and self._idle[0].idle_since < stale:
            await self._idle.popleft().aclose()
        while self._idle:
            lane = self._idle.pop()
            if lane.is_open():
                return lane
            await lane.aclose()
        return AsyncLane(self._route, keep=True)

    async def _finish(self, lane: AsyncLane, response: httpcore.Response, was_read: bool) -> None:
        answer: httpcore.Response | None = None
        try:
            await response.aclose()
            if was_read:
                answer = response
        finally:
            await self._put_back(lane, answer)

    async def _put_back(self, lane: AsyncLane | None, answer: httpcore.Response | None) -> None:
        """Keep the connection of an answer that was read to its end; close any other."""
        try:
            if lane is None:
                return
            if answer is not None and not self._closed and lane.is_reusable(answer):
                lane.idle_since = time.monotonic()
                self._idle.append(lane)
            else:
                await lane.aclose()
        finally:
            self._places.release()


def _leave(was_read: bool) -> None:
    """The connection closes with its carrier."""


async def _leave_async(was_read: bool) -> None:
    """The connection closes with its carrier."""


def _arriving(response: httpcore.Response, finish: Callable[[bool], None]) -> Arriving:
    chunks = cast("Iterable[bytes]", response.stream)
    return Arriving(response.status, response.headers, chunks, finish)


def _arriving_async(
    response: httpcore.Response, finish: Callable[[bool], Awaitable[None]]
) -> AsyncArriving:
    chunks = cast("AsyncIterable[bytes]", response.stream)
    return AsyncArriving(response.status, response.headers, chunks, finish)
