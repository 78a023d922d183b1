"""The built-in transports, as httpx transports: a fresh connection for a write, a pool for reads.

In: httpx requests. Out: httpx responses. Each connection serves one call at a time and is handed
on only after a clean end, so no queue, cancellation or stray byte can mix up two calls.
"""

import asyncio
import collections
import queue
import time
import weakref
from collections.abc import AsyncIterator, Iterator
from typing import Final

import httpcore
import httpx

from .evidence import bounded, track
from .lane import IDLE_SECONDS, AsyncLane, Lane, Route

MAX_CONNECTIONS: Final = 100
"""Reads under way at once; more wait their turn, on their own deadline."""


class _Body(httpx.SyncByteStream):
    """A body that gives its connection back once it is closed: to be kept, if it was read whole."""

    def __init__(
        self, response: httpcore.Response, lane: Lane, place: "_Place", home: "PooledTransport"
    ) -> None:
        self._response = response
        self._lane = lane
        self._place = place
        self._home = home
        self._ended = False
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()
        self._ended = True

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        answer: httpcore.Response | None = None
        try:
            if self._ended:
                self._response.close()
                answer = self._response
        finally:
            self._home.put_back(self._lane, self._place, answer)


class _Stream(httpx.SyncByteStream):
    """A body whose connection is closed by its transport."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()


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


class SingleTransport(httpx.BaseTransport):
    """One request on one fresh connection."""

    def __init__(self, route: Route) -> None:
        self._lane = Lane(route, keep=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._lane.send(request)
        return _httpx_response(response, _Stream(response))

    def close(self) -> None:
        self._lane.close()


class PooledTransport(httpx.BaseTransport):
    """Connections that are kept for a few seconds and serve one read after the other."""

    def __init__(self, route: Route) -> None:
        self._route = route
        # A semaphore would do, but that Ctrl-C within one leaves its lock taken for ever.
        self._places: queue.SimpleQueue[_Place] = queue.SimpleQueue()
        for _ in range(MAX_CONNECTIONS):
            self._places.put(_Place(self._places))
        self._idle: collections.deque[Lane] = collections.deque()
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        track()
        place = self._wait_for_a_place()
        lane = self._take()
        try:
            response = lane.send(request)
        except BaseException:
            self.put_back(lane, place, None)
            raise
        return _httpx_response(response, _Body(response, lane, place, self))

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
        stale = time.monotonic() - IDLE_SECONDS
        try:
            while self._idle[0].idle_since < stale:
                self._idle.popleft().close()
            return self._idle.pop()
        except IndexError:
            return Lane(self._route, keep=True)

    def put_back(self, lane: Lane, place: _Place, answer: httpcore.Response | None) -> None:
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


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(
        self,
        response: httpcore.Response,
        pool: "AsyncPooledTransport | None" = None,
        lane: AsyncLane | None = None,
    ) -> None:
        self._response = response
        self._pool = pool
        self._lane = lane
        self._ended = False
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.aiter_stream():
            yield chunk
        self._ended = True

    async def aclose(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            await self._response.aclose()
        except BaseException:
            self._ended = False
            raise
        finally:
            if self._pool is not None and self._lane is not None:
                await self._pool.put_back(self._lane, self._response if self._ended else None)


class AsyncSingleTransport(httpx.AsyncBaseTransport):
    """`SingleTransport` on asyncio."""

    def __init__(self, route: Route) -> None:
        self._lane = AsyncLane(route, keep=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._lane.send(request)
        return _httpx_response(response, _AsyncBody(response))

    async def aclose(self) -> None:
        await self._lane.aclose()


class AsyncPooledTransport(httpx.AsyncBaseTransport):
    """`PooledTransport` on asyncio, for one event loop."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._places = asyncio.Semaphore(MAX_CONNECTIONS)
        self._idle: collections.deque[AsyncLane] = collections.deque()
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        track()
        await self._wait_for_a_place()
        lane: AsyncLane | None = None
        try:
            lane = await self._take()
            response = await lane.send(request)
        except BaseException:
            await self.put_back(lane, None)
            raise
        return _httpx_response(response, _AsyncBody(response, self, lane))

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
        return self._idle.pop() if self._idle else AsyncLane(self._route, keep=True)

    async def put_back(self, lane: AsyncLane | None, answer: httpcore.Response | None) -> None:
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


def _httpx_response(
    response: httpcore.Response, body: httpx.SyncByteStream | httpx.AsyncByteStream
) -> httpx.Response:
    return httpx.Response(response.status, headers=response.headers, stream=body)
