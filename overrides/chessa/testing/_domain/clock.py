"""The sandbox's time: the real one at first, which stands still until the test moves it."""

import datetime
import time
from collections.abc import Callable
from typing import Final

_FORWARD: Final = "time moves forward only, and up to the year 9000"

LATEST: Final = datetime.datetime(9000, 1, 1, tzinfo=datetime.UTC)
"""No clock goes further: quotes and refunds are dated later than the clock."""


class Clock:
    """The time in the sandbox. Orders that are paid move along with it.

    Args:
        start: The first instant, aware. Default: now.
        running: Whether it also runs in real time.
    """

    def __init__(self, start: datetime.datetime | None = None, *, running: bool = False) -> None:
        if start is not None and start.tzinfo is None:
            raise ValueError("start must be an aware datetime")
        self._start = start
        self._moved: list[Callable[[], None]] = []
        self.is_running = running
        """Whether it runs in real time."""
        self.restart()

    def restart(self) -> None:
        """Return to its first instant: now, or the `start` that it was given."""
        self._put(self._start or datetime.datetime.now(datetime.UTC))

    def _put(self, instant: datetime.datetime) -> None:
        self._time = instant.astimezone(datetime.UTC)
        self._since = time.monotonic()

    @property
    def now(self) -> datetime.datetime:
        """The current instant, in UTC, to the millisecond."""
        elapsed = time.monotonic() - self._since if self.is_running else 0.0
        now = self._time + datetime.timedelta(seconds=elapsed)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0) -> None:
        """Move the time on. Raises `ValueError` for a negative time."""
        try:
            step = datetime.timedelta(seconds=seconds, minutes=minutes, hours=hours)
            self.set(self.now + step)
        except OverflowError:
            raise ValueError(_FORWARD) from None

    def set(self, instant: datetime.datetime, *, running: bool | None = None) -> None:
        """Move the time to an instant.

        Args:
            instant: The new time, aware and not before `now`.
            running: Whether it runs in real time from there. Default: as before.

        Raises `ValueError` for an earlier instant, or one without a time zone.
        """
        if instant.tzinfo is None:
            raise ValueError("instant must be an aware datetime")
        if not self.now <= instant <= LATEST:
            raise ValueError(_FORWARD)
        self.put_back(instant, running=self.is_running if running is None else running)
        for moved in self._moved:
            moved()

    def put_back(self, instant: datetime.datetime, *, running: bool) -> None:
        """Continue from an instant of a snapshot, an earlier one too."""
        self._put(instant)
        self.is_running = running

    def when_moved(self, moved: Callable[[], None]) -> None:
        """Register a function to call after each `advance`."""
        self._moved.append(moved)

    def __repr__(self) -> str:
        return f"Clock({stamp(self.now)})"


def stamp(instant: datetime.datetime) -> str:
    """Write an instant as the vendor does: UTC, milliseconds, `Z`."""
    return instant.astimezone(datetime.UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
