"""Several calls that belong together: a refund that is never made twice, and waiting for an order.

In: a `Chessa` or an `AsyncChessa`, and an order's id. Out: what is known in the end. With an
`AsyncChessa` each function returns a coroutine: `await refund_safely(client, …)`.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Generator, Iterable
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast, overload

import attrs

from chessa_api.types import UNSET

from ._client import AsyncChessa, Chessa
from ._errors import (
    ApiError,
    ChessaError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitError,
    ResponseError,
    ServerError,
)
from ._flow_clock import Clock
from ._flow_conditions import ENDS, Verdict, condition, plain
from ._flow_ends import (
    AlreadyRefundedError,
    Confirmed,
    NotApplied,
    NotRefundableError,
    OrderWaitError,
    RefundResult,
    StillUnknown,
)

if TYPE_CHECKING:
    from .models import Order

T = TypeVar("T")

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
    """Refund an order, once, and find out whether it happened.

    Reads the order; sends the refund if the order failed and shows none; after an unknown outcome
    reads the order until it shows the refund, or until time is over. It is never sent twice.

    Args:
        client: A `Chessa`, or an `AsyncChessa` to await it.
        order_id: The order's `id`.
        address: Where the crypto goes back to.
        tag: The tag or memo of that address, where its chain has one.
        timeout: Seconds for all of it; at most half of what is left is for the refund itself.

    Returns `Confirmed`, `NotApplied` or `StillUnknown`, each with its evidence.

    Raises:
        AlreadyRefundedError: NOT_SENT. The order shows a refund.
        NotRefundableError: NOT_SENT. The order has not failed (life-cycle guide): it is on its way,
            completed, or in a status that nobody knows.
        InvalidRequestError, ConfigurationError: NOT_SENT. Arguments or settings cannot be used.
        ChessaError: The order could not be read, so nothing was sent.
    """
    return _run(client, _refund(order_id, address, tag, timeout))


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
    return _run(client, _wait(order_id, condition(until), timeout))


# ---- What they do: decisions, shared by both modes ----------------------------------------------


@attrs.frozen
class _Read:
    order_id: str
    seconds: float


@attrs.frozen
class _Send:
    order_id: str
    address: str
    tag: str | None
    seconds: float


@attrs.frozen
class _Sleep:
    seconds: float


_Step: TypeAlias = _Read | _Send | _Sleep
_Flow: TypeAlias = Generator[_Step, Any, T]
"""Yields steps and gets back their results, a `ChessaError` as a value among them."""


def _refund(order_id: str, address: str, tag: str | None, timeout: float) -> _Flow[RefundResult]:
    clock = Clock.of(timeout)
    before = yield from _read(order_id, clock)
    if isinstance(before, ChessaError):
        raise before
    _check_refundable(before, order_id)
    if clock.left() <= 0:
        raise NotSentError(
            f"The refund of order {order_id} was not sent: time ran out before.",
            operation="orders.request_refund",
            timed_out=True,
        )
    answer = yield _Send(order_id, address, tag, clock.left() / 2)
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
    order_id: str, address: str, order: "Order", lost: OutcomeUnknownError, clock: Clock
) -> _Flow[RefundResult]:
    """Absence is no evidence: this ends in `Confirmed` or, with the time, in `StillUnknown`."""
    try:
        return (yield from _looks(order_id, address, order, lost, clock))
    except BaseException as interruption:
        interruption.add_note(
            f"The refund of order {order_id} was sent, and whether it was made is "
            f"{lost.outcome.value} ({lost.cause or lost.status_code}). Look at the order before "
            "you send it again."
        )
        raise


def _looks(
    order_id: str, address: str, order: "Order", lost: OutcomeUnknownError, clock: Clock
) -> _Flow[RefundResult]:
    reads, failure = 0, None
    while clock.left() > 0:
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
        yield _Sleep(wait)
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


def _wait(order_id: str, is_it: "Callable[[Order], Verdict]", timeout: float) -> "_Flow[Order]":
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
        yield _Sleep(wait)


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


def _read(order_id: str, clock: Clock) -> "_Flow[Order | ChessaError]":
    """The order; an answer that shows another one is as good as none."""
    seen = yield _Read(order_id, max(0.001, clock.left()))
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


# ---- How: the two functions that differ ---------------------------------------------------------


def _run(client: Chessa | AsyncChessa, flow: _Flow[T]) -> T | Coroutine[Any, Any, T]:
    return _drive_async(client, flow) if isinstance(client, AsyncChessa) else _drive(client, flow)


def _call(client: Any, step: _Read | _Send) -> Any:
    """The call of either client: its result, or what is to be awaited for it."""
    options = client._core.plan.options
    own = options.seconds(is_read=isinstance(step, _Read))
    orders = client.with_options(timeout=min(step.seconds, own)).orders
    if isinstance(step, _Read):
        return orders.retrieve(step.order_id)
    tag = UNSET if step.tag is None else step.tag
    return orders.request_refund(order_id=step.order_id, address=step.address, tag=tag)


def _drive(client: Chessa, flow: _Flow[T]) -> T:
    reply: Any = None
    while True:
        try:
            step = flow.send(reply)
        except StopIteration as end:
            return cast("T", end.value)
        try:
            if isinstance(step, _Sleep):
                time.sleep(step.seconds)
            else:
                reply = _call(client, step)
        except ChessaError as error:
            reply = error
        except BaseException as interruption:
            flow.throw(interruption)  # it says what is known, and comes out again
            raise


async def _drive_async(client: AsyncChessa, flow: _Flow[T]) -> T:
    reply: Any = None
    while True:
        try:
            step = flow.send(reply)
        except StopIteration as end:
            return cast("T", end.value)
        try:
            if isinstance(step, _Sleep):
                await asyncio.sleep(step.seconds)
            else:
                reply = await _call(client, step)
        except ChessaError as error:
            reply = error
        except BaseException as interruption:
            flow.throw(interruption)  # it says what is known, and comes out again
            raise
