"""`wait_for_order`: read an order until it reaches a status."""

from typing import TYPE_CHECKING, Any, ClassVar, overload

import attrs

from .._call.events import Sleep
from .._client import AsyncChessa, Chessa
from .._errors import ChessaError, InvalidRequestError
from ..journal._records import is_coroutine_function
from ._polling import Schedule, may_pass, read_order
from ._predicates import ENDS, Predicate, read_until
from ._results import OrderWaitError
from ._steps import Note, Steps, Tell, Time, run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable

    from ..models import Order


@overload
def wait_for_order(
    client: Chessa,
    order_id: str,
    until: "str | Iterable[str] | Callable[[Order], bool]" = ENDS,
    timeout: float = 600.0,
    *,
    progress: "Callable[[Order], None] | None" = None,
) -> "Order": ...
@overload
def wait_for_order(
    client: AsyncChessa,
    order_id: str,
    until: "str | Iterable[str] | Callable[[Order], bool]" = ENDS,
    timeout: float = 600.0,
    *,
    progress: "Callable[[Order], Awaitable[None] | None] | None" = None,
) -> "Coroutine[Any, Any, Order]": ...
def wait_for_order(
    client: Chessa | AsyncChessa,
    order_id: str,
    until: "str | Iterable[str] | Callable[[Order], bool]" = ENDS,
    timeout: float = 600.0,
    *,
    progress: "Callable[[Order], Awaitable[None] | None] | None" = None,
) -> "Order | Coroutine[Any, Any, Order]":
    """Read an order, with growing waits, until it reaches a status.

    Case and separators are ignored when statuses are compared, and an unknown status counts as on
    the way. A status that the order passes between two reads is not seen: name the statuses after
    it, too.

    Args:
        client: A `Chessa`, or an `AsyncChessa` to await it.
        order_id: The order's `id`.
        until: A status, several, or a function that takes an order and returns whether to stop.
            Default: completed or failed.
        timeout: Seconds for the complete flow.
        progress: Called with the order at the first read and whenever its status has changed. Its
            exception ends the wait. With an `AsyncChessa` it may be a coroutine function.

    Returns the order, as it was read last.

    Raises:
        OrderWaitError: Time ran out, or the order reached another end than the awaited one. It has
            the status that was last read.
        ChessaError: A read was refused in a way that does not pass, such as 401 or 404.
    """
    if isinstance(client, Chessa) and progress is not None and is_coroutine_function(progress):
        raise InvalidRequestError(
            "progress is a coroutine function: only AsyncChessa can await it."
        )
    return run(client, WaitFlow(order_id, read_until(until), timeout, progress))


@attrs.frozen
class WaitFlow:
    """The decisions of `wait_for_order`."""

    name: ClassVar = "flows.wait_for_order"
    order_id: str
    until: Predicate
    timeout: float
    progress: "Callable[[Order], object] | None" = None
    note: Note = attrs.field(
        default=attrs.Factory(
            lambda self: Note(f"wait_for_order: order {self.order_id} was not read yet."),
            takes_self=True,
        )
    )

    def steps(self, clock: Time) -> "Steps[Order]":
        schedule = Schedule.of(self.timeout, clock)
        reads, last_status = 0, None
        while True:
            seen = yield from read_order(self.order_id, schedule)
            reads += 1
            failure = seen if isinstance(seen, ChessaError) else None
            is_reached = is_ended = False
            if not isinstance(seen, ChessaError):
                previous, last_status = last_status, str(seen.status)
                self.note.text = (
                    f"wait_for_order: order {self.order_id} was last seen as {last_status}."
                )
                if self.progress is not None and last_status != previous:
                    yield Tell(self.progress, seen)
                is_reached, is_ended = self.until(seen)
                if is_reached:
                    return seen
            elif not may_pass(seen):
                raise seen
            wait = None if is_ended else schedule.next_wait(reads, failure)
            if wait is None:
                raise OrderWaitError(
                    f"Order {self.order_id} {_reason(last_status, failure, is_ended=is_ended)}.",
                    order_id=self.order_id,
                    last_status=last_status,
                    last_error=failure,
                    reads=reads,
                    timed_out=not is_ended,
                    operation="orders.retrieve",
                )
            yield Sleep(wait)


def _reason(last_status: str | None, failure: ChessaError | None, *, is_ended: bool) -> str:
    if is_ended:
        return f"is {last_status}, and cannot reach the awaited status"
    why = f" ({type(failure).__name__})" if failure else ""
    if last_status is None:
        return f"could not be read in time{why}"
    text = f"did not reach the awaited status in time: it was last seen as {last_status}"
    return f"{text}, and the last read failed{why}" if why else text
