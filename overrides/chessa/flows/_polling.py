"""The time of a flow: when to look again, and when to look for the last time.

In: seconds for the whole, and how often it was looked. Out: seconds to wait, growing, or None.
"""

import time
from typing import Final

import attrs

from .._config import read_timeout
from .._errors import ChessaError, ConfigurationError

_SHORTEST_WAIT: Final = 0.001  # less is a rounding error, and no time at all
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 10.0
_GROWTH: Final = 1.5
_LAST_LOOK: Final = 0.5
"""Seconds before the end of the time, a tenth of it at most, at which the last look is taken."""


@attrs.frozen
class Clock:
    """The time of a flow."""

    ends: float
    reserve: float

    @classmethod
    def of(cls, timeout: float) -> "Clock":
        seconds = read_timeout(timeout)
        if seconds is None:
            raise ConfigurationError("timeout must be a number of seconds.")
        return cls(time.monotonic() + seconds, min(_LAST_LOOK, seconds / 10))

    def left(self) -> float:
        return self.ends - time.monotonic()

    def next_wait(self, looks: int, error: ChessaError | None) -> float | None:
        """Seconds until the next look; None if none is left. A server may ask for more of them."""
        most = self.left() - self.reserve
        asked = (error.retry_after if error else None) or 0.0
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * _GROWTH ** min(looks, 20))
        if most < _SHORTEST_WAIT or asked > most:
            return None
        return min(max(wait, asked), most)
