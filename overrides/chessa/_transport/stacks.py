"""Idle connections for reads: a stack, so that the one used last comes first. O(1), bounded.

Each connection serves one call at a time and is put back only after a clean end, so that no queue,
cancellation or unexpected byte can mix up two calls.
"""

import collections
import queue
import time
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from .._interruptions import take
from .library import httpcore

if TYPE_CHECKING:
    import asyncio

IDLE_SECONDS: Final = 4.0
"""Kept open between reads: less than the 5 s after which a Node server closes a connection."""
MAX_CONNECTIONS: Final = 100
"""Reads in flight at once; more wait their turn, on their own deadline."""


class Connection(Protocol):
    """A connection that a stack can keep."""

    idle_since: float

    def close(self) -> None: ...


_C = TypeVar("_C", bound=Connection)


class Place:
    """The right to be one of so many. It returns by itself, wherever an interruption loses it."""

    __slots__ = ("__weakref__", "_places")

    def __init__(self, places: "queue.SimpleQueue[Place]") -> None:
        self._places: weakref.ref[queue.SimpleQueue[Place]] | None = weakref.ref(places)

    def release(self) -> None:
        known = getattr(self, "_places", None)  # it may have been interrupted as it was made
        places = known() if known is not None else None
        if places is not None:
            places.put(Place(places))
        self._places = None

    __del__ = release


class Stack(Generic[_C]):
    """The connections of a process for reads."""

    def __init__(self, make: Callable[[], _C]) -> None:
        self._make = make
        # A semaphore would do, but Ctrl-C within one leaves its lock taken for ever.
        self._places: queue.SimpleQueue[Place] = queue.SimpleQueue()
        for _ in range(MAX_CONNECTIONS):
            self._places.put(Place(self._places))
        self._idle: collections.deque[_C] = collections.deque()
        self._closed = False

    def place(self, deadline: float) -> Place:
        """Wait for a place. Raises httpcore's `PoolTimeout` at the deadline."""
        if (place := take(self._places, deadline - time.monotonic())) is None:
            raise httpcore.PoolTimeout("no connection was free in time")
        return place

    def take(self) -> _C:
        """Return the connection that was used last, or a new one; close those that are too old."""
        stale = time.monotonic() - IDLE_SECONDS
        try:
            while self._idle[0].idle_since < stale:
                self._idle.popleft().close()
            return self._idle.pop()
        except IndexError:
            return self._make()

    def put_back(self, connection: _C) -> None:
        """Keep a connection after a clean end."""
        connection.idle_since = time.monotonic()
        self._idle.append(connection)
        if self._closed:  # in the meantime, by another thread
            self.close()

    def close(self) -> None:
        """Close the idle connections now, the busy ones when their calls end."""
        self._closed = True
        try:
            while True:
                self._idle.popleft().close()
        except IndexError:
            pass  # none is left: two threads may close at once


class AsyncStack(Generic[_C]):
    """The connections of an event loop for reads."""

    def __init__(self, make: Callable[[], _C]) -> None:
        import asyncio  # not for blocking calls

        self._make = make
        self._timeout = asyncio.timeout
        self._places = asyncio.Semaphore(MAX_CONNECTIONS)
        self._idle: collections.deque[_C] = collections.deque()
        self._closed = False

    async def place(self, deadline: float) -> "asyncio.Semaphore":
        """Wait for a place. Raises httpcore's `PoolTimeout` at the deadline."""
        if not self._places.locked():
            await self._places.acquire()
            return self._places
        timer = self._timeout(max(0.0, deadline - time.monotonic()))
        try:
            async with timer:
                await self._places.acquire()
        except TimeoutError:
            if not timer.expired():
                raise
            raise httpcore.PoolTimeout("no connection was free in time") from None
        return self._places

    def take(self) -> _C:
        """Return the connection that was used last, or a new one; close those that are too old."""
        stale = time.monotonic() - IDLE_SECONDS
        while self._idle and self._idle[0].idle_since < stale:
            self._idle.popleft().close()
        if self._idle:
            return self._idle.pop()
        return self._make()

    def put_back(self, connection: _C) -> None:
        """Keep a connection after a clean end."""
        connection.idle_since = time.monotonic()
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)

    def close(self) -> None:
        """Close the idle connections now, the busy ones when their calls end."""
        self._closed = True
        while self._idle:
            self._idle.popleft().close()
