"""`quote_payout` and `accept_quote`: a payout up to the payment, each step once for its reference.

Whatever the API says is held against what the caller asked for, before it is paid.
"""

import datetime
from collections.abc import Coroutine, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypedDict, Unpack, cast, final, overload

import attrs

from chessa_api.api.orders.create import CREATE as CREATE_ORDER
from chessa_api.api.orders.prepare_funding import PREPARE_FUNDING
from chessa_api.api.recipients.create import CREATE as CREATE_RECIPIENT
from chessa_api.errors import AbsentFieldError, Outcome
from chessa_api.types import UNSET

from .. import _log
from .._call.events import Sleep
from .._client import AsyncChessa, Chessa
from .._errors import (
    ChessaError,
    Circumstances,
    InvalidRequestError,
    NotSentError,
    OutcomeUnknownError,
)
from ._ledger import confirming, finding, ledger_of
from ._polling import Schedule, may_pass, read_order
from ._predicates import normalize
from ._steps import Note, Perform, Steps, Time, run

if TYPE_CHECKING:
    from ..journal._claims import Stored
    from ..models import Order, Recipient, RecipientType

_UNPAID: Final = frozenset({"created", "waiting_for_funding"})
_NOT_DONE: Final = (Outcome.NOT_SENT, Outcome.REJECTED)
Amount: TypeAlias = Decimal | int


class RecipientDetails(TypedDict, total=False):
    """The arguments of `recipients.create`."""

    account_name: str
    account_number: str
    code: str
    country: str
    currency: str
    type: "RecipientType | str"


@final
@attrs.frozen(kw_only=True)
class Quote:
    """An order that is not accepted yet, within the caller's limits."""

    order: "Order" = attrs.field(repr=False)
    """As it was created."""
    order_id: str
    chain: str
    """The chain on which the payer sends the amount, as the caller spells it."""
    origin_amount: Decimal
    """What the payer sends."""
    origin_asset: str
    destination_amount: Decimal
    """What the recipient gets."""
    destination_asset: str
    expires_at: datetime.datetime


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


class QuoteMismatchError(ChessaError):
    """The quote, or the instructions to pay it, are not what the caller asked for: do not pay.

    `outcome` is that of the acceptance: NOT_SENT before it, and DONE after it.
    """

    __module__ = "chessa.flows"

    order: "Order | None"
    """As the API sent it."""

    def __init__(
        self,
        text: str = "",
        /,
        *,
        order: "Order | None" = None,
        **circumstances: Unpack[Circumstances],
    ) -> None:
        circumstances.setdefault("operation", PREPARE_FUNDING.name)
        super().__init__(text, **circumstances)
        self.order = order


# ---- The quote ----------------------------------------------------------------------------------


@overload
def quote_payout(
    client: Chessa,
    *,
    reference: str,
    recipient: str | RecipientDetails,
    chain: str,
    origin_asset: str,
    destination_asset: str | None = None,
    origin_amount: Amount | None = None,
    destination_amount: Amount | None = None,
    max_origin_amount: Amount | None = None,
    min_destination_amount: Amount | None = None,
) -> Quote: ...
@overload
def quote_payout(
    client: AsyncChessa,
    *,
    reference: str,
    recipient: str | RecipientDetails,
    chain: str,
    origin_asset: str,
    destination_asset: str | None = None,
    origin_amount: Amount | None = None,
    destination_amount: Amount | None = None,
    max_origin_amount: Amount | None = None,
    min_destination_amount: Amount | None = None,
) -> Coroutine[Any, Any, Quote]: ...
def quote_payout(
    client: Chessa | AsyncChessa,
    *,
    reference: str,
    recipient: str | RecipientDetails,
    chain: str,
    origin_asset: str,
    destination_asset: str | None = None,
    origin_amount: Amount | None = None,
    destination_amount: Amount | None = None,
    max_origin_amount: Amount | None = None,
    min_destination_amount: Amount | None = None,
) -> Quote | Coroutine[Any, Any, Quote]:
    """Create the recipient if there is none, and the order; hold the order against your limits.

    Both are created once for the reference: called again, in any process, it returns the same
    quote. Nothing is accepted or paid. A quote that is refused here expires by itself; use another
    reference for a new one.

    Args:
        client: A `Chessa` with a `SqlJournal`, or such an `AsyncChessa` to await it.
        reference: Your own name for the payout.
        recipient: The id of a recipient, or the arguments of `recipients.create`.
        chain: Where the payer sends the crypto, as the vendor spells it: `Solana`.
        origin_asset: The asset that the payer sends.
        destination_asset: The currency of the recipient.
        origin_amount: What the payer sends. Give this or `destination_amount`.
        destination_amount: What the recipient gets.
        max_origin_amount: The most that the payer may have to send.
        min_destination_amount: The least that the recipient must get. At least one limit is needed.

    Raises:
        QuoteMismatchError: NOT_SENT. The quote is not what was asked for, is beyond a limit, or has
            expired and was not accepted under this reference.
        InvalidRequestError, ConfigurationError: NOT_SENT. Arguments or settings cannot be used.
        ChessaError: Of `recipients.create` and `orders.create` under `once`.
    """
    ledger_of(client)
    fixed = {"origin_amount": origin_amount, "destination_amount": destination_amount}
    limits = {
        "max_origin_amount": max_origin_amount,
        "min_destination_amount": min_destination_amount,
    }
    given = {name: _amount(name, value) for name, value in {**fixed, **limits}.items()}
    if sum(given[name] is not None for name in fixed) != 1:
        raise InvalidRequestError("Give one of origin_amount and destination_amount.")
    if all(given[name] is None for name in limits):
        raise InvalidRequestError("Give max_origin_amount, min_destination_amount or both.")
    if not isinstance(cast("object", recipient), str | Mapping):
        raise InvalidRequestError("recipient must be an id, or the details of a new recipient.")
    order = {
        "chain": chain,
        "origin_asset": origin_asset,
        "destination_asset": UNSET if destination_asset is None else destination_asset,
        **{name: UNSET if given[name] is None else given[name] for name in fixed},
    }
    return run(client, QuoteFlow(reference, recipient, order, given))


def _amount(name: str, value: object) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise InvalidRequestError(f"{name} must be a Decimal or an int: a float is not exact.")
    amount = Decimal(value)
    if not amount.is_finite() or amount <= 0:
        raise InvalidRequestError(f"{name} must be more than zero.")
    return amount


@attrs.frozen
class QuoteFlow:
    """The decisions of `quote_payout`."""

    reference: str
    recipient: str | RecipientDetails
    asked: Mapping[str, Any]
    amounts: Mapping[str, Decimal | None]
    note: Note = attrs.field(
        factory=lambda: Note("quote_payout was interrupted. Nothing was accepted or paid.")
    )

    def steps(self, _clock: Time) -> Steps[Quote]:
        recipient_id = self.recipient
        if not isinstance(recipient_id, str):
            made: Recipient = yield Perform(CREATE_RECIPIENT, recipient_id, self.reference)
            recipient_id = made.id
        asked = {**self.asked, "recipient_id": recipient_id}
        order: Order = yield Perform(CREATE_ORDER, asked, self.reference)
        quote = quote_of(order, asked["chain"])
        expected = {
            "origin_asset": asked["origin_asset"],
            "destination_asset": asked["destination_asset"],
            "recipient_id": recipient_id,
            "origin_amount": self.amounts["origin_amount"],
            "destination_amount": self.amounts["destination_amount"],
        }
        _compare(order, expected, Outcome.NOT_SENT)
        most = self.amounts["max_origin_amount"]
        if most is not None and quote.origin_amount > most:
            text = f"asks for {quote.origin_amount} {quote.origin_asset}, and at most {most} is to"
            raise _mismatch(order, f"{text} be sent", Outcome.NOT_SENT)
        least = self.amounts["min_destination_amount"]
        if least is not None and quote.destination_amount < least:
            text = f"brings {quote.destination_amount} {quote.destination_asset}, and at least"
            raise _mismatch(order, f"{text} {least} is to arrive", Outcome.NOT_SENT)
        entries: list[Stored] = yield finding(self.reference)
        if _is_expired(order, entries) and not _has_begun(entries, PREPARE_FUNDING.name):
            raise _mismatch(order, "has expired, and was not accepted", Outcome.NOT_SENT)
        return quote


def quote_of(order: "Order", chain: str, outcome: Outcome = Outcome.NOT_SENT) -> Quote:
    """Return an order as a quote. Raises `QuoteMismatchError` if it lacks a field."""
    return Quote(
        order=order,
        order_id=order.id,
        chain=chain,
        **{
            name: _field(order, name, outcome)
            for name in (
                *("origin_amount", "origin_asset", "destination_amount", "destination_asset"),
                "expires_at",
            )
        },
    )


# ---- The acceptance -----------------------------------------------------------------------------


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
    where = chain or (known.chain if known else _field(order, "crypto_address_chain"))
    if known is None or known.chain != where:
        known = quote_of(order, where)
    return run(client, AcceptFlow(known, reference, notes, timeout))


@attrs.frozen
class AcceptFlow:
    """The decisions of `accept_quote`."""

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
        is_late = _is_expired(quote.order, entries)
        if is_late and not _has_begun(entries, PREPARE_FUNDING.name):
            raise _mismatch(quote.order, "has expired, and was not accepted", Outcome.NOT_SENT)
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
        if _is_expired(order, entries) and not _has_begun(entries, "step:"):
            seen = yield from read_order(quote.order_id, schedule)
            if isinstance(seen, ChessaError):
                raise seen
            if normalize(seen.status) in _UNPAID:
                raise _mismatch(order, "has expired, and no payment is known", Outcome.DONE)
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
        _compare(order, {"id": quote.order_id, **expected}, done)
        shown = _field(order, "crypto_address_chain", done)
        if normalize(shown) != normalize(quote.chain):
            raise _mismatch(order, f"is to be paid on {shown}, not on {quote.chain}", done)
        expires_at = _field(order, "expires_at", done)
        if expires_at < quote.expires_at:
            raise _mismatch(order, "expires earlier than its quote", done)
        address = _field(order, "crypto_address", done)
        if not isinstance(address, str) or not address.strip():
            raise _mismatch(order, "has no address to pay to", done)
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


# ---- Checks -------------------------------------------------------------------------------------


def _compare(order: "Order", expected: Mapping[str, Any], outcome: Outcome) -> None:
    for name, value in expected.items():
        shown = None if value is None or value is UNSET else _field(order, name, outcome)
        if shown is not None and shown != value:
            raise _mismatch(order, f"has {shown} as {name}, not {value}", outcome)


def _field(order: "Order", name: str, outcome: Outcome = Outcome.NOT_SENT) -> Any:
    try:
        return getattr(order, name)
    except AbsentFieldError:
        pass
    raise _mismatch(order, f"does not show {name}", outcome)


def _mismatch(order: "Order", text: str, outcome: Outcome) -> QuoteMismatchError:
    accepted = (
        "It was accepted: do not pay it." if outcome is Outcome.DONE else "Nothing is to pay."
    )
    return QuoteMismatchError(f"Order {order.id} {text}. {accepted}", order=order, outcome=outcome)


def _has_begun(entries: "list[Stored]", operation: str) -> bool:
    """Return whether such an operation may have been carried out."""
    return any(
        each.entry.operation.startswith(operation) and each.entry.outcome not in _NOT_DONE
        for each in entries
    )


def _is_expired(order: "Order", entries: "list[Stored]") -> bool:
    """Return whether an order has expired: by the server's times, and the database's clock since.

    The clock of this machine has no part in it.
    """
    ages = {each.entry.operation: each.entry.age for each in entries}
    updated = _field(order, "updated_at")
    times = [updated]
    if CREATE_ORDER.name in ages:
        age = datetime.timedelta(seconds=ages[CREATE_ORDER.name])
        times.append(_field(order, "created_at") + age)
    elif PREPARE_FUNDING.name in ages:
        times.append(updated + datetime.timedelta(seconds=ages[PREPARE_FUNDING.name]))
    return bool(_field(order, "expires_at") <= max(times))
