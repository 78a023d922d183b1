"""Our own connections as channels: a fresh one for a write, one from the stack for a read."""

from typing import TYPE_CHECKING, ClassVar, cast

from .._call.events import Attempt
from .adapter import plain_request
from .default import AsyncDefaultTransport, DefaultTransport
from .endpoint import Endpoint
from .library import httpx
from .stacks import AsyncStack, Place, Stack

if TYPE_CHECKING:
    import asyncio


def _note(error: Exception, *, is_reached: bool) -> str | None:
    """Return what a tool says that patches httpx, and has kept the call from the network."""
    return None if is_reached else "".join(c for c in str(error)[:500] if c.isprintable()) or None


class OwnChannel:
    """One of our own connections: a fresh one for a write, one from the stack for a read."""

    is_ours: ClassVar[bool] = True

    def __init__(self, endpoint: Endpoint, stack: Stack[DefaultTransport]) -> None:
        self._endpoint = endpoint
        self._stack = stack
        self._transport: DefaultTransport | None = None
        self._place: Place | None = None
        self._response: httpx.Response | None = None

    def send(self, attempt: Attempt) -> httpx.Response:
        attempt.evidence.track()
        if attempt.shares_connections:
            self._place = self._stack.place(attempt.deadline)
            self._transport = self._stack.take()
        else:
            self._transport = DefaultTransport(self._endpoint, is_kept=False)
        self._transport.begin(attempt)
        self._response = self._transport.handle_request(plain_request(attempt))
        return self._response

    def finish(self, *, was_read: bool) -> None:
        transport, response = self._transport, self._response
        if transport is None:
            return
        is_clean = False
        try:
            if response is not None and was_read and self._place is not None:
                cast("httpx.SyncByteStream", response.stream).close()
                is_clean = transport.end(response)
        finally:
            if is_clean:
                self._stack.put_back(transport)
            else:
                transport.close()
            if self._place is not None:
                self._place.release()

    def note(self, error: Exception) -> str | None:
        return _note(error, is_reached=self._transport is None or self._transport.is_reached)

    def until(self, deadline: float) -> None:
        if self._transport is not None:
            self._transport.until(deadline)


class AsyncOwnChannel:
    """One of our own connections on asyncio."""

    is_ours: ClassVar[bool] = True

    def __init__(self, endpoint: Endpoint, stack: AsyncStack[AsyncDefaultTransport]) -> None:
        self._endpoint = endpoint
        self._stack = stack
        self._transport: AsyncDefaultTransport | None = None
        self._place: asyncio.Semaphore | None = None
        self._response: httpx.Response | None = None

    async def send(self, attempt: Attempt) -> httpx.Response:
        attempt.evidence.track()
        if attempt.shares_connections:
            self._place = await self._stack.place(attempt.deadline)
            self._transport = self._stack.take()
        else:
            self._transport = AsyncDefaultTransport(self._endpoint, is_kept=False)
        self._transport.begin(attempt)
        self._response = await self._transport.handle_async_request(plain_request(attempt))
        return self._response

    async def finish(self, *, was_read: bool) -> None:
        place, transport, response = self._place, self._transport, self._response
        is_clean = False
        try:
            if transport is not None and response is not None and was_read and place is not None:
                await cast("httpx.AsyncByteStream", response.stream).aclose()
                is_clean = transport.end(response)
        finally:
            if transport is not None and is_clean:
                self._stack.put_back(transport)
            elif transport is not None:
                transport.close()
            if place is not None:
                place.release()

    def note(self, error: Exception) -> str | None:
        return _note(error, is_reached=self._transport is None or self._transport.is_reached)

    def until(self, deadline: float) -> None:
        if self._transport is not None:
            self._transport.until(deadline)
