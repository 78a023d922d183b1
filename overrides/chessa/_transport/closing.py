"""The end of a channel: a failure of the wire in it changes nothing about what was received."""

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from .exceptions import failure_of

if TYPE_CHECKING:
    from asyncio import Timeout

GRACE: Final = 0.1
"""Seconds past the deadline for a transport that keeps it by itself, to report how it ended; and
for closing."""


def quietly(close: Callable[..., None], *, is_ours: bool = False, **arguments: object) -> None:
    """Close or finish; a failure of the wire in it changes nothing about what was received."""
    try:
        close(**arguments)
    except Exception as error:
        if failure_of(error, is_ours=is_ours) is None:
            raise


def timer_of(seconds: float) -> "Timeout":
    """Return asyncio's timer for so many seconds."""
    from asyncio import timeout  # not for blocking calls

    return timeout(seconds)


async def quietly_async(
    close: Callable[..., Any], *, is_ours: bool = False, **arguments: object
) -> None:
    """Do what `quietly` does on asyncio, and soon, unless it waits for nothing anyway."""
    timer = None if is_ours else timer_of(GRACE)
    try:
        async with timer or contextlib.nullcontext():
            await close(**arguments)
    except Exception as error:
        is_late = timer is not None and timer.expired()
        if not is_late and failure_of(error, is_ours=is_ours) is None:
            raise
