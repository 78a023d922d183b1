"""Kinds of interruption, each raised into a call at a given moment.

A signal handler raises in the main thread, `PyThreadState_SetAsyncExc` in any thread, `task.cancel`
in a task. Each kind knows which exception it raised, and when.
"""

import asyncio
import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, Literal, TypeAlias

import attrs

Mode: TypeAlias = Literal["sync", "async"]
Way: TypeAlias = Literal["signal", "thread", "cancel"]


TAKEN: Final = (
    "asyncio.base_events._connect_sock:",
    "asyncio.selector_events.__init__:",
    "selectors.unregister:",
)
"""Functions of Python's in which every OSError is taken for one of a socket."""
HARNESS: Final = f"{__package__}.harness"
STUCK_LOOP: Final = "the event loop, which waits for ever"


class TimeLimitError(Exception):
    """The application's own time limit, which knows when it was raised."""

    made: Final[list["TimeLimitError"]] = []

    def __init__(self) -> None:
        super().__init__("the time is over")
        self.at = time.monotonic()
        self.made.append(self)


@attrs.frozen
class Kind:
    """An exception type, and the way in which it gets into a call."""

    name: str
    way: Way
    make: Callable[[], BaseException] = attrs.field(repr=False)
    modes: tuple[Mode, ...]


KINDS: Final = (
    Kind("signal-plain", "signal", TimeLimitError, ("sync", "async")),
    Kind("signal-timeout", "signal", lambda: TimeoutError("limit"), ("sync", "async")),
    Kind("signal-oserror", "signal", lambda: OSError("limit"), ("sync", "async")),
    Kind("signal-ctrl-c", "signal", KeyboardInterrupt, ("sync", "async")),
    Kind("thread", "thread", TimeLimitError, ("sync",)),
    Kind("cancel", "cancel", asyncio.CancelledError, ("async",)),
)


@attrs.define
class Strike:
    """One interruption: when it is due, and what became of it."""

    kind: Kind
    moment: float
    """Seconds after the start of the call."""
    asked_at: float | None = None
    """When it was asked for: a thread gets it when its system call returns."""
    raised_at: float | None = None
    error: BaseException | None = None
    """What was raised; None if the call was over before."""
    is_async: bool = False
    in_flight: bool = False
    """Whether the call is between its start and its end."""
    where: str = ""
    """Which functions a signal handler interrupted, the innermost first."""
    lost: list[str] = attrs.field(factory=list[str])
    """Where Python dropped it: in a finalizer, or a callback of the event loop."""

    def _handle(self, _number: int, frame: FrameType | None) -> None:
        is_own = frame is not None and frame.f_globals.get("__name__") == HARNESS
        is_hit = self.in_flight and not is_own and (self.is_async or is_in_call(frame))
        if self.error is None and is_hit:
            self.where = described(frame)
            self.error = self.kind.make()
            self.asked_at = self.raised_at = time.monotonic()
            if isinstance(self.error, OSError) and any(each in self.where for each in TAKEN):
                self.lost.append("Python, which takes it for a failure of a socket")
            raise self.error

    @contextmanager
    def by_signal(self) -> Iterator[None]:
        """Raise from a signal handler, in the main thread."""
        before = signal.signal(signal.SIGALRM, self._handle)
        with self._watching_python():
            signal.setitimer(signal.ITIMER_REAL, self.moment)
            try:
                yield
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, before)

    def into_thread(self, work: Callable[[], None]) -> None:
        """Run this in a thread of its own, and raise there."""
        TimeLimitError.made.clear()
        with self._watching_python():
            thread = threading.Thread(target=work, daemon=True)
            thread.start()
            time.sleep(self.moment)
            if self.in_flight and thread.ident is not None:
                self.asked_at = time.monotonic()
                raise_in(thread.ident, TimeLimitError)
            thread.join(20)
            assert not thread.is_alive(), "the call hangs"
        if TimeLimitError.made:
            made = TimeLimitError.made[0]
            self.error, self.raised_at = made, made.at

    @contextmanager
    def unless_stuck(self, loop: asyncio.AbstractEventLoop, seconds: float) -> Iterator[None]:
        """Stop an event loop that lost a callback to a signal handler, and waits for ever."""

        over = threading.Event()

        def stop() -> None:
            if over.wait(seconds):
                return
            self.lost.append(STUCK_LOOP)
            while not over.wait(0.2):  # also while it cancels its tasks
                try:
                    loop.call_soon_threadsafe(loop.stop)
                except RuntimeError:  # it is closed
                    return

        watching = threading.Thread(target=stop, daemon=True)
        watching.start()
        try:
            yield
        finally:
            over.set()
            watching.join()

    def into_task(self, task: "asyncio.Task[Any]") -> None:
        """Cancel this task."""

        def cancel() -> None:
            if self.in_flight:
                self.error = asyncio.CancelledError()
                self.asked_at = self.raised_at = time.monotonic()
                task.cancel()

        asyncio.get_running_loop().call_later(self.moment, cancel)

    def report_of_loop(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Take what asyncio reports of a callback; it raises it nowhere."""
        if self.error is not None and context.get("exception") is self.error:
            self.lost.append("a callback of the event loop")

    @contextmanager
    def _watching_python(self) -> Iterator[None]:
        def note(unraisable: Any) -> None:
            if isinstance(unraisable.exc_value, TimeLimitError | OSError | KeyboardInterrupt):
                self.lost.append("a finalizer")

        before, sys.unraisablehook = sys.unraisablehook, note
        try:
            yield
        finally:
            sys.unraisablehook = before


class StuckError(BaseException):
    """A call that waits for ever was given up."""


@contextmanager
def given_up(seconds: float) -> Iterator[None]:
    """Give up what is still running after a while: a lock lets signals through."""

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise StuckError

    main = threading.main_thread().ident
    assert main is not None
    before = signal.signal(signal.SIGUSR1, give_up)
    timer = threading.Timer(seconds, signal.pthread_kill, (main, signal.SIGUSR1))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        signal.signal(signal.SIGUSR1, before)


def raise_in(thread_id: int, kind: type[BaseException]) -> None:
    """Raise an exception in a thread, once it is back in Python."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread_id), ctypes.py_object(kind))


def is_in_call(frame: FrameType | None) -> bool:
    """Return whether a function of the client is on the stack."""
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] in ("chessa", "chessa_api"):
            return True
        frame = frame.f_back
    return False


def described(frame: FrameType | None, depth: int = 6) -> str:
    """Return the innermost functions of a stack."""
    names: list[str] = []
    while frame is not None and len(names) < depth:
        module = str(frame.f_globals.get("__name__", ""))
        names.append(f"{module}.{frame.f_code.co_name}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join(names)
