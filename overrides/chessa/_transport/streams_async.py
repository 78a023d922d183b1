"""The body of a response that is left open, on asyncio: see `streams`."""

import asyncio
import time
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any, Final

from .._call.events import ErrorKind, Failure
from .adapter import body_of
from .base import AsyncChannel
from .closing import GRACE, quietly_async
from .exceptions import failure_of
from .log_filter import IN_CALL
from .streams import Piece, checked

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class AsyncOpenBody:
    """A body on its channel."""

    def __init__(self, channel: AsyncChannel, response: Any) -> None:
        self._pieces: AsyncIterator[Any] = aiter(body_of(response, "async"))
        self._loop = asyncio.get_running_loop()
        self._channel: AsyncChannel | None = channel

    async def read(self, deadline: float) -> Piece:
        """Return the next piece."""
        if (channel := self._channel) is None:
            return None
        timer = None
        if not channel.is_ours:
            timer = asyncio.timeout(max(0.0, deadline - time.monotonic()) + GRACE)
        token = IN_CALL.set(True)
        try:
            async with timer or nullcontext():
                channel.until(deadline)
                return checked(await anext(self._pieces, None), deadline)
        except Exception as error:
            if timer is not None and timer.expired() and isinstance(error, TimeoutError):
                return Failure(ErrorKind.EXCHANGE, "TimeoutError", timed_out=True)
            failure = failure_of(error, is_ours=channel.is_ours, note=channel.note(error))
            if failure is None:
                raise
            return failure
        finally:
            IN_CALL.reset(token)

    async def aclose(self) -> None:
        """Close the connection, once."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await quietly_async(channel.finish, is_ours=channel.is_ours, was_read=False)

    def drop(self) -> None:
        """Close it soon, from any thread: nothing awaits that."""
        channel, self._channel = getattr(self, "_channel", None), None
        if channel is None or self._loop.is_closed():
            return
        if _running() is self._loop:
            _finish(channel)
        else:
            self._loop.call_soon_threadsafe(_finish, channel)

    __del__ = drop


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _finish(channel: AsyncChannel) -> None:
    finishing = quietly_async(channel.finish, is_ours=channel.is_ours, was_read=False)
    if channel.is_ours:  # which waits for nothing
        with suppress(StopIteration):
            finishing.send(None)
        return
    closing = asyncio.ensure_future(finishing)
    _CLOSING.add(closing)
    closing.add_done_callback(_CLOSING.discard)


_CLOSING: Final[set[asyncio.Future[None]]] = set()
"""Referred to until they are done."""
