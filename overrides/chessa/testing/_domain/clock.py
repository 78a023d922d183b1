"""The sandbox's time: it stands still until the test moves it, so that every run is the same."""

import datetime
import time
from collections.abc import Callable
from typing import Final

START: Final = datetime.datetime(2025, 3, 18, 6, 0, tzinfo=datetime.UTC)


class Clock:
    """The time in the sandbox. Orders that are paid move along with it.

    Args:
        start: The first instant, aware. Default: 2025-03-18 06:00 UTC.
        running: Whether it also runs in real time.
    """

    def __init__(self, start: datetime.datetime = START, *, running: bool = False) -> None:
        if start.tzinfo is None:
            raise ValueError("start must be an aware datetime")
        self._time = start.astimezone(datetime.UTC)
        self._started = time.monotonic() if running else None
        self._moved: list[Callable[[], None]] = []

    @property
    def now(self) -> datetime.datetime:
        """The current instant, in UTC, to the millisecond."""
        elapsed = 0.0 if self._started is None else time.monotonic() - self._started
        now = self._time + datetime.timedelta(seconds=elapsed)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0) -> None:
        """Move the time on. Raises `ValueError` for a negative time."""
        step = datetime.timedelta(seconds=seconds, minutes=minutes, hours=hours)
        if step < datetime.timedelta():
            raise ValueError("time moves forward only")
        self._time += step
        for moved in self._moved:
            moved()

    def when_moved(self, moved: Callable[[], None]) -> None:
        """Register a function to call after each `advance`."""
        self._moved.append(moved)

    def __repr__(self) -> str:
        return f"Clock({stamp(self.now)})"


def stamp(instant: datetime.datetime) -> str:
    """Write an instant as the vendor does: UTC, milliseconds, `Z`."""
    return instant.astimezone(datetime.UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
