"""Flows of several calls: refund an order and find out whether it happened, or wait for an order.

With an `AsyncChessa` each function returns a coroutine: `await refund_safely(client, …)`.
"""

from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, Final, cast, overload

from .._client import AsyncChessa, Chessa
from .._errors import (
    ApiError,
    ChessaError,
    InvalidRequestError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitError,
    ResponseError,
    ServerError,
)
from ._journal import Found, earlier_refund
from ._polling import Clock
from ._predicates import ENDS, Verdict, condition, plain
from ._results import (
    AlreadyRefundedError,
    Confirmed,
    NotApplied,
    NotRefundableError,
    OrderWaitError,
    RefundResult,
    StillUnknown,
)
from ._steps import REFUND, Find, Flow, Note, Read, Send, Sleep, run

if TYPE_CHECKING:
    from ..models import Order

__all__ = [
    "AlreadyRefundedError",
    "Confirmed",
    "NotApplied",
    "NotRefundableError",
    "OrderWaitError",
    "RefundResult",
    "StillUnknown",
    "refund_safely",
    "wait_for_order",
]

_MAY_PASS: Final = (ResponseError, NotSentError, RateLimitError, ServerError)
"""What a read is tried again after, until the time is over."""
_CHECK: Final = "Check the order before you send it again."


# ---- The flows ----------------------------------------------------------------------------------


@overload
def refund_safely(
    client: Chessa, order_id: str, address: str, tag: str | None = None, *, timeout: float = 120.0
) -> RefundResult: ...
@overload
def refund_safely(
    client: AsyncChessa,
    order_id: str,
    address: str,
    tag: str | None = None,
    *,
    timeout: float = 120.0,
) -> Coroutine[Any, Any, RefundResult]: ...
def refund_safely(
    client: Chessa | AsyncChessa,
    order_id: str,
    address: str,
    tag: str | None = None,
    *,
    timeout: float = 120.0,
) -> RefundResult | Coroutine[Any, Any, RefundResult]:
    """Refund an order and find out whether the refund was made.

    Read the order; send the refund if the order failed and shows none; after an unknown outcome
    read the order until it shows the refund or time runs out. One call sends at most one refund.

    Across calls, processes and crashes the client's journal prevents a second one, if it can be
    asked (`FileJournal`, or another journal with `find_records`). Where it has a record of
    `orders.request_refund` with the same reference, and that call may have made a refund, nothing
    is sent: the order is only read. The reference is that of `with_options(reference=…)`, else the
    order's `id`; use one for one refund only. The journal is no lock: two calls that start at the
    same moment may both send. Without such a journal each call knows only what the order shows.

    Args:
        client: A `Chessa`, or an `AsyncChessa` to await it.
        order_id: The order's `id`.
        address: Where the crypto goes back to.
        tag: The tag or memo of that address, where its chain has one.
        timeout: Seconds for all of it; at most half of what is left is for the refund itself. The
            time that a `Chessa` needs to read its journal is not cut short.

    Returns `Confirmed`, `NotApplied` or `StillUnknown`, each with its evidence.

    Raises:
        AlreadyRefundedError: NOT_SENT. The order shows a refund, and the journal has none.
        NotRefundableError: NOT_SENT. The order has not failed (life-cycle guide): it is on its way,
            completed, or in an unknown status.
        NotSentError: NOT_SENT. The journal could not be read, or time ran out before.
        InvalidRequestError, ConfigurationError: NOT_SENT. Arguments or settings cannot be used.
        ChessaError: The order could not be read, so this call sent nothing.
    """
    note = Note(f"The refund of order {order_id} was not sent by this call.")
    return run(client, _refund(order_id, address, tag, timeout, note), note)


@overload
def wait_for_order(
    client: Chessa,
    order_id: str,
    until: "str | Iterable[str] | Callable[[Order], bool]" = ENDS,
    timeout: float = 600.0,
) -> "Order": ...
@overload
def wait_for_order(
    client: AsyncChessa,
    order_id: str,
    until: "str | Iterable[str] | Callable[[Order], bool]" = ENDS,
    timeout: float = 600.0,
) -> "Coroutine[Any, Any, Order]": ...
def wait_for_order(
    client: Chessa | AsyncChessa,
    order_id: str,
    until: "str | Iterable[str] | Callable[[Order], bool]" = ENDS,
    timeout: float = 600.0,
) -> "Order | Coroutine[Any, Any, Order]":
    """Read an order, with growing waits, until it has come to a status.

    Statuses are compared without regard to case, and one that nobody knows yet counts as on the
    way. A status that the order passes between two looks is not seen: name those after it, too.

    Args:
        client: A `Chessa`, or an `AsyncChessa` to await it.
        order_id: The order's `id`.
        until: A status, several, or a function that says of an order whether this is it.
            Default: `completed` or `Failed`.
        timeout: Seconds for all of it.

    Returns the order, as it was read then.

    Raises:
        OrderWaitError: Time ran out, or the order has come to another end than the awaited one. It
            has the status that was last seen.
        ChessaError: A read was refused in a way that does not pass, such as 401 or 404.
    """
    note = Note(f"wait_for_order: order {order_id} was not read yet.")
    return run(client, _wait(order_id, condition(until), timeout, note), note)


# ---- What they do: decisions, shared by both modes ----------------------------------------------


def _refund(
    order_id: str, address: str, tag: str | None, timeout: float, note: Note
) -> Flow[RefundResult]:
    clock = Clock.of(timeout)
    if not isinstance(cast("object", address), str):
        raise InvalidRequestError("address must be a str.", operation=REFUND)
    before = yield from _read(order_id, clock)
    if isinstance(before, ChessaError):
        raise before
    reference = before.id  # order_id may be the short one
    records: Found = yield Find(order_id, reference, max(0.0, clock.left()))
    if isinstance(records, ChessaError):
        raise records
    if records and (earlier := earlier_refund(records, order_id)):
        note.text = str(earlier)
        return (yield from _look_for_refund(order_id, address, before, earlier, clock, reads=1))
    _check_refundable(before, order_id)
    if clock.left() <= 0:
        raise NotSentError(
            f"The refund of order {order_id} was not sent: time ran out before.",
            operation=REFUND,
            timed_out=True,
        )
    note.text = f"The refund of order {order_id} may have been sent. {_CHECK}"
    note.is_of_call = True
    answer = yield Send(order_id, address, tag, reference, clock.left() / 2)
    note.text = _known(order_id, answer)
    note.is_of_call = False
    if isinstance(answer, OutcomeUnknownError):
        return (yield from _look_for_refund(order_id, address, before, answer, clock))
    if isinstance(answer, NotSentError | ApiError):
        after = before
        if isinstance(answer, ApiError):
            seen = yield from _read(order_id, clock)
            after = before if isinstance(seen, ChessaError) else seen
        return NotApplied(order_id=order_id, error=answer, order=after)
    if isinstance(answer, ChessaError):
        raise answer
    return Confirmed(order_id=order_id, refund=answer, order=before, error=None, reads=0)


def _known(order_id: str, answer: object) -> str:
    """Say for a note what came of the refund, in case the flow is interrupted from here on."""
    if isinstance(answer, OutcomeUnknownError):
        return (
            f"The refund of order {order_id} was sent, and whether it was made is "
            f"{answer.outcome.value} ({answer.cause or answer.status_code}). {_CHECK}"
        )
    if isinstance(answer, ApiError):
        return f"The refund of order {order_id} was rejected by the API: {answer.code}."
    if isinstance(answer, ChessaError):
        return f"The refund of order {order_id} was not sent."
    return f"The refund of order {order_id} was made."


def _check_refundable(order: "Order", order_id: str) -> None:
    status = str(order.status)
    if order.refund:
        raise AlreadyRefundedError(
            f"Order {order_id} shows a refund already. Nothing was sent.",
            order_id=order_id,
            status=status,
        )
    if order.refund is not None or plain(status) != "failed":
        shown = "shows an empty refund" if order.refund is not None else f"is {status}"
        raise NotRefundableError(
            f"Order {order_id} {shown}, and refunds are for orders that failed. Nothing was sent.",
            order_id=order_id,
            status=status,
        )


def _look_for_refund(
    order_id: str,
    address: str,
    order: "Order",
    lost: OutcomeUnknownError,
    clock: Clock,
    *,
    reads: int = 0,
) -> Flow[RefundResult]:
    """Read until the order shows the refund. Its absence is no evidence: then `StillUnknown`.

    With `reads` the order was read after the refund already.
    """
    seen: Order | ChessaError | None = order if reads else None
    failure = None
    while True:
        if seen is None:
            if clock.left() <= 0:
                break
            seen = yield from _read(order_id, clock)
            reads += 1
        failure = seen if isinstance(seen, ChessaError) else None
        if not isinstance(seen, ChessaError):
            order = seen
            if _shows_refund_to(order, address):
                return Confirmed(
                    order_id=order_id, refund=None, order=order, error=lost, reads=reads
                )
        wait = clock.next_wait(reads - 1, failure) if _passes(failure) else None
        if wait is None:
            break
        yield Sleep(wait)
        seen = None
    return StillUnknown(order_id=order_id, error=lost, order=order, read_error=failure, reads=reads)


def _shows_refund_to(order: "Order", address: str) -> bool:
    """Whether there is a refund in it that is not another's, by its address if it shows one."""
    refund = order.refund
    if not refund:
        return False
    shown = cast("dict[str, Any]", refund) if isinstance(refund, dict) else {}
    addresses = [shown.get(name) for name in ("refundAddress", "address")]
    texts = [text for text in addresses if isinstance(text, str)]
    return not texts or address.strip().lower() in (text.strip().lower() for text in texts)


def _wait(
    order_id: str, is_it: "Callable[[Order], Verdict]", timeout: float, note: Note
) -> "Flow[Order]":
    clock = Clock.of(timeout)
    reads, last_status, failure = 0, None, None
    while True:
        seen = yield from _read(order_id, clock)
        reads += 1
        failure = seen if isinstance(seen, ChessaError) else None
        if failure is not None and not _passes(failure):
            raise failure
        ended = False
        if not isinstance(seen, ChessaError):
            last_status = str(seen.status)
            note.text = f"wait_for_order: order {order_id} was last seen as {last_status}."
            reached, ended = is_it(seen)
            if reached:
                return seen
        wait = None if ended else clock.next_wait(reads - 1, failure)
        if wait is None:
            raise OrderWaitError(
                f"Order {order_id} {_in_words(last_status, failure, ended=ended)}.",
                order_id=order_id,
                last_status=last_status,
                last_error=failure,
                reads=reads,
                timed_out=not ended,
                operation="orders.retrieve",
            )
        yield Sleep(wait)


def _in_words(last_status: str | None, failure: ChessaError | None, *, ended: bool) -> str:
    if ended:
        return f"is {last_status}, and will not come to the awaited status"
    why = f" ({type(failure).__name__})" if failure else ""
    if last_status is None:
        return f"could not be read in time{why}"
    seen = f"it was last seen as {last_status}"
    return f"did not come to the awaited status in time: {seen}" + (
        f", and the last look failed{why}" if why else ""
    )


def _read(order_id: str, clock: Clock) -> "Flow[Order | ChessaError]":
    """The order; an answer that shows another one is as good as none."""
    seen = yield Read(order_id, max(0.001, clock.left()))
    if isinstance(seen, ChessaError):
        return seen
    order: Order = seen
    if order_id not in (order.id, getattr(order, "short_id", None)):  # which may be absent
        return ResponseError(
            f"orders.retrieve was answered with another order than {order_id}.",
            operation="orders.retrieve",
        )
    return order


def _passes(failure: ChessaError | None) -> bool:
    if isinstance(failure, NotSentError) and failure.cause == "ClientClosedError":
        return False
    return failure is None or isinstance(failure, _MAY_PASS)
