"""A signal at a chosen line: whatever a timer may hit once in a thousand runs, hit every time."""

import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, TypeAlias

import attrs

from .kinds import described

Select: TypeAlias = Callable[[FrameType], bool]
CLIENT: Final = ("chessa", "chessa_api")


def of_client(frame: FrameType) -> bool:
    """Select the functions of the client."""
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] in CLIENT


def of_modules(*names: str) -> Select:
    """Select the functions of modules."""
    return lambda frame: frame.f_globals.get("__name__") in names


def function(module: str, name: str) -> Select:
    """Select one function."""
    return lambda frame: frame.f_code.co_name == name and frame.f_globals.get("__name__") == module


def any_of(selects: Iterable[Select]) -> Select:
    """Select what one of them selects."""
    chosen = tuple(selects)
    return lambda frame: any(select(frame) for select in chosen)


@attrs.define
class LineStrike:
    """A signal whose handler raises, sent at one line of all that are run."""

    select: Select
    number: int
    """Which of the lines of those functions, from 1; 0 for none."""
    make: Callable[[], BaseException]
    lines: int = 0
    """How many were run."""
    error: BaseException | None = None
    where: str = ""
    is_lost: bool = False
    """Whether asyncio dropped it: it was raised in a callback of the event loop."""
    unraisable: list[str] = attrs.field(factory=list[str])
    """What was raised in finalizers, by type."""

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self.error = self.make()
        raise self.error

    def _call(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        return self._line if self.select(frame) else None

    def _line(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            self.lines += 1
            if self.lines == self.number:
                sys.settrace(None)
                self.where = described(frame)
                signal.raise_signal(signal.SIGALRM)
        return self._line

    @contextmanager
    def running(self) -> Iterator["LineStrike"]:
        """Strike what is run in here."""
        handler = signal.signal(signal.SIGALRM, self._handle)
        hook, sys.unraisablehook = sys.unraisablehook, self._note
        before = sys.gettrace()
        sys.settrace(self._call)
        try:
            yield self
        finally:
            sys.settrace(before)
            signal.signal(signal.SIGALRM, handler)
            sys.unraisablehook = hook

    def report_of_loop(self, _loop: object, context: dict[str, Any]) -> None:
        """Take what asyncio reports of a callback."""
        self.is_lost |= context.get("exception") is self.error

    def _note(self, unraisable: Any) -> None:
        self.is_lost |= unraisable.exc_value is self.error
        self.unraisable.append(type(unraisable.exc_value).__name__)
