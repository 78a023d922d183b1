"""Reading an order again and again: when to read next, when to stop, which failures may pass."""

from typing import TYPE_CHECKING, Final

import attrs

from .._config import read_timeout
from .._errors import (
    ChessaError,
    ConfigurationError,
    NotSentError,
    RateLimitError,
    ResponseError,
    ServerError,
)
from ._steps import Read, Steps, Time

if TYPE_CHECKING:
    from ..models import Order

_TRANSIENT: Final = (ResponseError, NotSentError, RateLimitError, ServerError)
_SHORTEST_WAIT: Final = 0.001  # less is a rounding error of the clock
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 10.0
_GROWTH: Final = 1.5
_LAST_READ: Final = 0.5
"""Seconds before the deadline, a tenth of the time at most, of the last read."""


@attrs.frozen
class Schedule:
    """The time of a flow, divided into waits between reads."""

    clock: Time
    ends: float
    reserve: float

    @classmethod
    def of(cls, timeout: float, clock: Time) -> "Schedule":
        seconds = read_timeout(timeout)
        if seconds is None:
            raise ConfigurationError("timeout must be a number of seconds.")
        return cls(clock, clock.monotonic() + seconds, min(_LAST_READ, seconds / 10))

    def left(self) -> float:
        """Return the seconds to the deadline."""
        return self.ends - self.clock.monotonic()

    def next_wait(self, reads: int, error: ChessaError | None) -> float | None:
        """Return the seconds until the next read, a server's `retry_after` at least; None to stop.

        The waits grow with the reads so far.
        """
        most = self.left() - self.reserve
        asked = (error.retry_after if error else None) or 0.0
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * _GROWTH ** min(reads - 1, 20))
        if most < _SHORTEST_WAIT or asked > most:
            return None
        return min(max(wait, asked), most)


def read_order(order_id: str, schedule: Schedule) -> "Steps[Order | ChessaError]":
    """Read the order, or return the error; a response that shows another order is one."""
    try:
        order: Order = yield Read(order_id, max(0.001, schedule.left()))
    except ChessaError as error:
        return error
    if order_id in (order.id, getattr(order, "short_id", None)):  # which may be absent
        return order
    return ResponseError(
        f"orders.retrieve returned another order than {order_id}.", operation="orders.retrieve"
    )


def may_pass(failure: ChessaError) -> bool:
    """Return whether a read that failed so is worth a retry."""
    is_closed = isinstance(failure, NotSentError) and failure.cause == "ClientClosedError"
    return isinstance(failure, _TRANSIENT) and not is_closed
