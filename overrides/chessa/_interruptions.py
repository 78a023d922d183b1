"""Exceptions raised into this code from outside: by a signal handler, or a worker's time limit.

They must come out unchanged. Their type does not identify them, since a handler may raise
TimeoutError or OSError; the frame that raised them does.
"""

import contextlib
import queue
import signal
import time
from collections.abc import Callable, Generator, Iterator
from types import CodeType, TracebackType
from typing import Any, Final, TypeVar

from chessa_api.media import UnreadableFileError, cause_of

_T = TypeVar("_T")
SLICE: Final = 0.1
"""Seconds of one wait of a thread at most: what another thread raises into it
(`PyThreadState_SetAsyncExc`, as Temporal does) comes out between two of them."""


def sleep(seconds: float) -> None:
    """Sleep, in slices."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, SLICE))


def take(items: "queue.SimpleQueue[_T]", seconds: float) -> _T | None:
    """Return an item once there is one, waiting so long at most, in slices; else None."""
    end = time.monotonic() + seconds
    while True:
        try:
            return items.get(timeout=max(0.0, min(end - time.monotonic(), SLICE)))
        except queue.Empty:
            if time.monotonic() >= end:
                return None


def is_from_signal_handler(error: BaseException) -> bool:
    """Return whether a signal handler of this process, as installed now, raised the exception."""
    codes = {frame.tb_frame.f_code for frame in frames(error.__traceback__)}
    return not codes.isdisjoint(_handlers())


@contextlib.contextmanager
def starting_a_thread() -> Generator[None]:
    """Let out what a signal handler raises as a thread starts: Python raises a KeyError instead."""
    struck: BaseException | None = None
    try:
        yield
    except KeyError as error:
        struck = error.__context__
        if struck is None or not is_from_signal_handler(struck):
            raise
    if struck is not None:
        raise struck


def reading(act: Callable[[], _T]) -> _T:
    """Return what a function returns that reads a caller's file.

    Raises `UnreadableFileError` for whatever the file raises, and interruptions unchanged.
    """
    try:
        return act()
    except UnreadableFileError:
        raise
    except Exception as error:
        if is_from_signal_handler(error):
            raise
        cause = cause_of(error)
    raise UnreadableFileError(cause)


def frames(traceback: TracebackType | None) -> Iterator[TracebackType]:
    """Yield the frames of a traceback, the one that raised last."""
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def raised_in(error: BaseException) -> str:
    """Return the name of the module that raised the exception, "" where that is not known."""
    names = [frame.tb_frame.f_globals.get("__name__", "") for frame in frames(error.__traceback__)]
    return str(names[-1]) if names else ""


def bare(interruption: BaseException) -> BaseException:
    """Drop frames, cause and context: they belong to the HTTP library and hold the request."""
    interruption.__traceback__ = None
    interruption.__cause__ = interruption.__context__ = None
    interruption.__suppress_context__ = False
    return interruption


def _handlers() -> Iterator[CodeType]:
    for number in signal.valid_signals():
        handler: Any = signal.getsignal(number)
        while (
            inner := getattr(handler, "func", None) or getattr(handler, "__func__", None)
        ) is not None:
            handler = inner  # a partial, a bound method
        if not hasattr(handler, "__code__"):
            handler = getattr(handler.__class__, "__call__", None)  # noqa: B004
        if isinstance(code := getattr(handler, "__code__", None), CodeType):
            yield code
