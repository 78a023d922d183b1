"""`accept_quote`: the instructions to pay, held against the quote before anything is paid."""

import datetime
from collections.abc import Coroutine
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, final, overload

import attrs

from chessa_api.api.orders.prepare_funding import PREPARE_FUNDING
from chessa_api.errors import Outcome
from chessa_api.types import UNSET

from .. import _log
from .._call.events import Sleep
from .._client import AsyncChessa, Chessa
from .._errors import (
    ChessaError,
    NotSentError,
    OutcomeUnknownError,
)
from .._spelling import word
from ._ledger import confirming, finding, ledger_of
from ._polling import Schedule, may_pass, read_order
from ._predicates import UNPAID, normalize
from ._quote import (
    Quote,
    compare,
    field,
    has_begun,
    is_expired,
    mismatch,
    quote_of,
)
from ._steps import Note, Perform, Steps, Time, run

if TYPE_CHECKING:
    from ..journal._claims import Stored
    from ..models import Order


@final
@attrs.frozen(kw_only=True)
class DepositInstructions:
    """Address and amount to pay for an accepted quote, with which they agree."""

    order: "Order" = attrs.field(repr=False)
    order_id: str
    address: str
    tag: str | None
    """None where the chain has none."""
    amount: Decimal
    asset: str
    chain: str
    expires_at: datetime.datetime


@overload
def accept_quote(
    client: Chessa,
    quote: "Quote | Order",
    *,
    reference: str,
    chain: str | None = None,
    notes: str | None = None,
    timeout: float = 120.0,
) -> DepositInstructions: ...
@overload
def accept_quote(
    client: AsyncChessa,
    quote: "Quote | Order",
    *,
    reference: str,
    chain: str | None = None,
    notes: str | None = None,
    timeout: float = 120.0,
) -> Coroutine[Any, Any, DepositInstructions]: ...
def accept_quote(
    client: Chessa | AsyncChessa,
    quote: "Quote | Order",
    *,
    reference: str,
    chain: str | None = None,
    notes: str | None = None,
    timeout: float = 120.0,
) -> DepositInstructions | Coroutine[Any, Any, DepositInstructions]:
    """Accept a quote, and return where and what to pay; the instructions agree with the quote.

    The acceptance is claimed before it is sent, once for the reference: called again, in any
    process, it returns the same instructions. After an unknown outcome the order is read until it
    shows its address. This pays nothing: claim the payment with `journal.step`.

    Args:
        client: A `Chessa` with a `SqlJournal`, or such an `AsyncChessa` to await it.
        quote: Of `quote_payout`, or an order of yours.
        reference: Your own name for the payout, as of `quote_payout`.
        chain: Default: that of the quote.
        notes: Passed on to `orders.prepare_funding`.
        timeout: Seconds for the complete flow.

    Raises:
        QuoteMismatchError: Do not pay. NOT_SENT: the quote has expired, and was not accepted. DONE:
            chain, asset, amount or expiry differ from the quote, there is no address, or the
            instructions have expired, and no payment was begun by `journal.step` or is known to the
            API.
        OutcomeUnknownError: The order did not show in time whether it was accepted.
        InvalidRequestError, ConfigurationError: NOT_SENT. Arguments or settings cannot be used.
        ChessaError: Of `orders.prepare_funding` under `once`.
    """
    ledger_of(client)
    known = quote if isinstance(quote, Quote) else None
    order = quote.order if isinstance(quote, Quote) else quote
    where = chain or (known.chain if known else field(order, "crypto_address_chain"))
    if known is None or known.chain != where:
        known = quote_of(order, where)
    return run(client, AcceptFlow(known, reference, notes, timeout))


@attrs.frozen
class AcceptFlow:
    """The decisions of `accept_quote`."""

    name: ClassVar = "flows.accept_quote"
    quote: Quote
    reference: str
    notes: str | None
    timeout: float
    note: Note = attrs.field(
        default=attrs.Factory(
            lambda self: Note(
                f"accept_quote: order {self.quote.order_id} may have been accepted. Nothing was "
                "paid by it; call it again with the same reference."
            ),
            takes_self=True,
        )
    )

    def steps(self, clock: Time) -> Steps[DepositInstructions]:
        schedule, quote = Schedule.of(self.timeout, clock), self.quote
        entries: list[Stored] = yield finding(self.reference)
        is_late = is_expired(quote.order, entries)
        if is_late and not has_begun(entries, PREPARE_FUNDING.name):
            raise mismatch(quote.order, "has expired, and was not accepted", Outcome.NOT_SENT)
        arguments = {
            "order_id": quote.order_id,
            "chain": quote.chain,
            "notes": UNSET if self.notes is None else self.notes,
        }
        try:
            seconds = max(0.001, schedule.left() / 2)
            order = yield Perform(PREPARE_FUNDING, arguments, self.reference, seconds)
        except OutcomeUnknownError as error:
            order = yield from self._look(error, schedule)
        instructions = self._checked(order)
        entries = yield finding(self.reference)
        if is_expired(order, entries) and not has_begun(entries, "step:"):
            seen = yield from read_order(quote.order_id, schedule)
            if isinstance(seen, ChessaError):
                raise seen
            if word(seen.status) in UNPAID:
                raise mismatch(order, "has expired, and no payment is known", Outcome.DONE)
        return instructions

    def _look(self, lost: OutcomeUnknownError, schedule: Schedule) -> "Steps[Order]":
        """Read until the order shows its address. Raises the error if it does not in time."""
        reads = 0
        while True:
            seen = yield from read_order(self.quote.order_id, schedule)
            reads += 1
            failure = seen if isinstance(seen, ChessaError) else None
            if not isinstance(seen, ChessaError):
                if getattr(seen, "crypto_address", None):
                    yield from self._settle(lost)
                    return seen
            elif not may_pass(seen):
                raise lost
            wait = schedule.next_wait(reads, failure)
            if wait is None:
                raise lost
            yield Sleep(wait)

    def _settle(self, lost: OutcomeUnknownError) -> Steps[None]:
        try:
            yield confirming(PREPARE_FUNDING, reference=self.reference)
        except NotSentError as error:
            call_id = "" if lost.record is None else lost.record.call_id
            _log.journal_failed(PREPARE_FUNDING.name, call_id, str(error.cause))

    def _checked(self, order: "Order") -> DepositInstructions:
        """Return the instructions of an accepted order. Raises `QuoteMismatchError`."""
        quote, done = self.quote, Outcome.DONE
        names = ("origin_asset", "origin_amount", "destination_asset", "destination_amount")
        expected = {name: getattr(quote, name) for name in names}
        compare(order, {"id": quote.order_id, **expected}, done)
        shown = field(order, "crypto_address_chain", done)
        if normalize(shown) != normalize(quote.chain):
            raise mismatch(order, f"is to be paid on {shown}, not on {quote.chain}", done)
        expires_at = field(order, "expires_at", done)
        if expires_at < quote.expires_at:
            raise mismatch(order, "expires earlier than its quote", done)
        address = field(order, "crypto_address", done)
        if not isinstance(address, str) or not address.strip():
            raise mismatch(order, "has no address to pay to", done)
        return DepositInstructions(
            order=order,
            order_id=order.id,
            address=address,
            tag=getattr(order, "crypto_address_tag", None) or None,
            amount=quote.origin_amount,
            asset=quote.origin_asset,
            chain=shown,
            expires_at=expires_at,
        )
