"""The built-in transports, as httpx transports: a fresh connection for a write, a pool for reads.

In: httpx requests. Out: httpx responses. Each connection serves one call at a time and is handed
on only after a clean end, so no queue, cancellation or stray byte can mix up two calls.
"""

import asyncio
import collections
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Final

import httpcore
import httpx

from .evidence import bounded, track
from .lane import IDLE_SECONDS, AsyncLane, Lane, Route

MAX_CONNECTIONS: Final = 100
"""Reads under way at once; more wait their turn, on their own deadline."""

Finish = Callable[[httpcore.Response, bool], None]


class _Body(httpx.SyncByteStream):
    """A body that tells, once closed, whether it was read to its end."""

    def __init__(self, response: httpcore.Response, finish: Finish | None = None) -> None:
        self._response = response
        self._finish = finish
        self._ended = False
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()
        self._ended = True

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            self._response.close()
        except BaseException:
            self._ended = False
            raise
        finally:
            if self._finish is not None:
                self._finish(self._response, self._ended)


class SingleTransport(httpx.BaseTransport):
    """One request on one fresh connection."""

    def __init__(self, route: Route) -> None:
        self._lane = Lane(route, keep=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._lane.send(request)
        return _httpx_response(response, _Body(response))

    def close(self) -> None:
        self._lane.close()


class PooledTransport(httpx.BaseTransport):
    """Connections that are kept for a few seconds and serve one read after the other."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._places = threading.Semaphore(MAX_CONNECTIONS)
        self._idle: collections.deque[Lane] = collections.deque()
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        track()
        if not self._places.acquire(timeout=bounded(None, httpcore.PoolTimeout)):
            raise httpcore.PoolTimeout("no connection was free in time")
        lane: Lane | None = None
        try:
            lane = self._take()
            response = lane.send(request)
        except BaseException:
            self._put_back(lane, False)
            raise
        used = lane
        return _httpx_response(
            response,
            _Body(response, lambda answer, ended: self._put_back(used, ended, answer)),
        )

    def close(self) -> None:
        """Close the idle connections now, the busy ones when their calls end."""
        self._closed = True
        while self._idle:
            self._idle.popleft().close()

    def _take(self) -> Lane:
        stale = time.monotonic() - IDLE_SECONDS
        try:
            while self._idle[0].idle_since < stale:
                self._idle.popleft().close()
            return self._idle.pop()
        except IndexError:
            return Lane(self._route, keep=True)

    def _put_back(
        self, lane: Lane | None, ended: bool, answer: httpcore.Response | None = None
    ) -> None:
        try:
            if lane is None:
                return
            if ended and answer is not None and not self._closed and lane.is_reusable(answer):
                lane.idle_since = time.monotonic()
                self._idle.append(lane)
                if self._closed:  # in the meantime, by another thread
                    self.close()
            else:
                lane.close()
        finally:
            self._places.release()


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
