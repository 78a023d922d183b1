"""`refund_safely`: send at most one refund, and find out whether it was made."""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast, overload

import attrs

from chessa_api.api.orders.request_refund import REQUEST_REFUND

from .. import _log
from .._call.events import Sleep
from .._client import AsyncChessa, Chessa
from .._errors import (
    ApiError,
    ChessaError,
    InvalidRequestError,
    NotSentError,
    OutcomeUnknownError,
    ReferenceConflictError,
)
from .._spelling import word
from ._journal import REFUND, earlier_refund
from ._ledger import Earlier, OnceError, confirming, has_ledger
from ._polling import Schedule, may_pass, read_order
from ._predicates import normalize
from ._results import (
    AlreadyRefundedError,
    Confirmed,
    NotApplied,
    NotRefundableError,
    RefundResult,
    StillUnknown,
)
from ._steps import Find, Note, Send, Steps, Time, run

if TYPE_CHECKING:
    from ..journal import JournalEntry
    from ..models import Order, Refund

_CHECK: Final = "Check the order before you send it again."


@overload
def refund_safely(
    client: Chessa,
    order_id: str,
    address: str,
    tag: str | None = None,
    *,
    timeout: float = 120.0,
    reference: str | None = None,
) -> RefundResult: ...
@overload
def refund_safely(
    client: AsyncChessa,
    order_id: str,
    address: str,
    tag: str | None = None,
    *,
    timeout: float = 120.0,
    reference: str | None = None,
) -> Coroutine[Any, Any, RefundResult]: ...
def refund_safely(
    client: Chessa | AsyncChessa,
    order_id: str,
    address: str,
    tag: str | None = None,
    *,
    timeout: float = 120.0,
    reference: str | None = None,
) -> RefundResult | Coroutine[Any, Any, RefundResult]:
    """Refund an order and find out whether the refund was made.

    Read the order; send the refund if the order failed and shows none; after an unknown outcome
    read the order until it shows the refund or time runs out. One call sends at most one refund.

    With a `SqlJournal` this holds across calls, processes and machines: the refund is claimed, as
    with `once`, for its reference and for its order. Where another call has the claim, had it and
    did not end, or ended as UNKNOWN or DONE, nothing is sent: the order is only read. The refund of
    an earlier call is returned if its response is kept. The entry is closed as confirmed when the
    order shows the refund. A rejected refund is not sent again, unless the client has
    `retry_rejected`.

    A journal with `find_records`, as `FileJournal` has, is asked before: where a call of the same
    reference may have made a refund, nothing is sent. It is not a lock: two calls that start at the
    same moment may both send. Without such a journal each call knows only what the order shows.

    Args:
        client: A `Chessa`, or an `AsyncChessa` to await it.
        order_id: The order's `id`.
        address: Where the crypto is returned to.
        tag: The tag or memo of that address, where its chain has one.
        timeout: Seconds for the complete flow; at most half of what is left is for the refund
            itself. The time that a `Chessa` needs to read its journal is not cut short.
        reference: Your own name for the refund, used for no other one. Default: that of
            `with_options(reference=…)`, else the order's `id`.

    Returns `Confirmed`, `NotApplied` or `StillUnknown`, each with its evidence.

    Raises:
        AlreadyRefundedError: NOT_SENT. The order shows a refund, and the journal has none.
        NotRefundableError: NOT_SENT. The order has not failed (life-cycle guide): it is on its way,
            completed, or in an unknown status.
        ReferenceConflictError: NOT_SENT. The reference was used for another order.
        NotSentError: NOT_SENT. The journal could not be read, or time ran out before.
        InvalidRequestError, ConfigurationError: NOT_SENT. Arguments or settings cannot be used.
        ChessaError: The order could not be read, so this call sent nothing.
    """
    if reference is not None:
        client = client.with_options(reference=reference)
    return run(client, RefundFlow(order_id, address, tag, timeout, has_ledger(client)))


@attrs.frozen
class RefundFlow:
    """The decisions of `refund_safely`."""

    name: ClassVar = "flows.refund_safely"
    order_id: str
    address: str
    tag: str | None
    timeout: float
    claims: bool = False
    """Whether the client's journal is a ledger."""
    note: Note = attrs.field(
        default=attrs.Factory(
            lambda self: Note(f"The refund of order {self.order_id} was not sent by this call."),
            takes_self=True,
        )
    )

    def steps(self, clock: Time) -> Steps[RefundResult]:
        schedule = Schedule.of(self.timeout, clock)
        if not isinstance(cast("object", self.address), str):
            raise InvalidRequestError("address must be a str.", operation=REFUND)
        before = yield from read_order(self.order_id, schedule)
        if isinstance(before, ChessaError):
            raise before
        reference = before.id  # order_id may be the short one
        order_id = before.id if self.claims else self.order_id
        found = yield Find(order_id, self.address, self.tag, reference, max(0.0, schedule.left()))
        if not isinstance(found, Earlier):
            found = Earlier(earlier_refund(found or (), self.order_id))
        if found.result is not None:
            return self._made(found.result, before)
        if found.error is not None:
            return (yield from self._confirm(before, found.error, schedule, reads=1))
        check_refundable(before, self.order_id)
        if schedule.left() <= 0:
            raise NotSentError(
                f"The refund of order {self.order_id} was not sent: time ran out before. "
                "It is safe to call again.",
                operation=REFUND,
                timed_out=True,
            )
        self.note.text = f"The refund of order {self.order_id} may have been sent. {_CHECK}"
        self.note.is_of_call = True
        sent: Refund | ChessaError
        try:
            sent = yield Send(order_id, self.address, self.tag, reference, schedule.left() / 2)
        except ChessaError as error:
            sent = error
        self.note.text = _known(self.order_id, sent)
        self.note.is_of_call = False
        if isinstance(sent, OutcomeUnknownError | ReferenceConflictError):
            return (yield from self._confirm(before, sent, schedule))
        if isinstance(sent, NotSentError | ApiError):
            seen: Order | ChessaError = before
            if isinstance(sent, ApiError):
                seen = yield from read_order(self.order_id, schedule)
            after = before if isinstance(seen, ChessaError) else seen
            return NotApplied(order_id=self.order_id, error=sent, order=after)
        if isinstance(sent, ChessaError):
            raise sent
        return self._made(sent, before)

    def _made(self, refund: "Refund", order: "Order") -> Confirmed:
        return Confirmed(order_id=self.order_id, refund=refund, order=order, error=None, reads=0)

    def _confirm(
        self, order: "Order", lost: OnceError, schedule: Schedule, *, reads: int = 0
    ) -> Steps[RefundResult]:
        """Read until the order shows the refund. Its absence is not evidence: `StillUnknown`.

        With `reads` the order was read after the refund already.
        """
        record = lost.record
        if isinstance(lost, ReferenceConflictError) and (
            record is None or record.subject != order.id
        ):
            raise lost  # the reference is of another order
        if record is not None:
            self.note.text = f"The refund of order {self.order_id} was not sent now: {lost}"
        elif reads:
            self.note.text = str(lost)
        seen: Order | ChessaError | None = order if reads else None
        failure = None
        while seen is not None or schedule.left() > 0:
            if seen is None:
                seen = yield from read_order(self.order_id, schedule)
                reads += 1
            failure = seen if isinstance(seen, ChessaError) else None
            if not isinstance(seen, ChessaError):
                order = seen
                if shows_refund_to(order, self.address):
                    yield from self._settle(order, record)
                    return Confirmed(
                        order_id=self.order_id, refund=None, order=order, error=lost, reads=reads
                    )
            elif not may_pass(seen):
                break
            wait = schedule.next_wait(reads, failure)
            if wait is None:
                break
            yield Sleep(wait)
            seen = None
        return StillUnknown(
            order_id=self.order_id, error=lost, order=order, read_error=failure, reads=reads
        )

    def _settle(self, order: "Order", record: "JournalEntry | None") -> Steps[None]:
        """Close the ledger's entry. If that fails the result stands, and `reconcile` closes it."""
        if self.claims:
            try:
                yield confirming(REQUEST_REFUND, subject=order.id)
            except NotSentError as error:
                call_id = "" if record is None else record.call_id
                _log.journal_failed(REFUND, call_id, str(error.cause))


def _known(order_id: str, sent: object) -> str:
    """Return the note for an interruption after the refund was sent."""
    if isinstance(sent, OutcomeUnknownError):
        return (
            f"The refund of order {order_id} was sent, and whether it was made is "
            f"{sent.outcome.value} ({sent.cause or sent.status_code}). {_CHECK}"
        )
    if isinstance(sent, ApiError):
        return f"The refund of order {order_id} was rejected by the API: {sent.code}."
    if isinstance(sent, ChessaError):
        return f"The refund of order {order_id} was not sent."
    return f"The refund of order {order_id} was made."


def check_refundable(order: "Order", order_id: str) -> None:
    """Raise an error unless the order has failed and shows no refund."""
    status = str(order.status)
    refund = _refund_on(order)
    if refund:
        raise AlreadyRefundedError(
            f"Order {order_id} shows a refund already. Nothing was sent.",
            order_id=order_id,
            status=status,
        )
    if refund is not None or word(status) != "failed":
        shown = "shows an empty refund" if refund is not None else f"is {status}"
        raise NotRefundableError(
            f"Order {order_id} {shown}, and refunds are for orders that failed. Nothing was sent.",
            order_id=order_id,
            status=status,
        )


def shows_refund_to(order: "Order", address: str) -> bool:
    """Return whether the order shows a refund, to this address if it shows one."""
    refund = _refund_on(order)
    if not refund:
        return False
    shown = cast("dict[str, Any]", refund) if isinstance(refund, dict) else {}
    addresses = [shown.get(name) for name in ("refundAddress", "address")]
    texts = [text for text in addresses if isinstance(text, str)]
    return not texts or normalize(address) in map(normalize, texts)


def _refund_on(order: "Order") -> object:
    """Return the refund as the server sent it: its form is not known; it may be any JSON."""
    return order.to_dict().get("refund")
