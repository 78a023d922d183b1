"""`quote_payout`: an order within the caller's limits, before anything is accepted or paid."""

import datetime
from collections.abc import Coroutine, Mapping
from decimal import Decimal
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    TypeAlias,
    TypedDict,
    Unpack,
    cast,
    final,
    overload,
)

import attrs

from chessa_api.api.orders.create import CREATE as CREATE_ORDER
from chessa_api.api.orders.prepare_funding import PREPARE_FUNDING
from chessa_api.api.recipients.create import CREATE as CREATE_RECIPIENT
from chessa_api.errors import AbsentFieldError, Outcome
from chessa_api.types import UNSET

from .._client import AsyncChessa, Chessa
from .._errors import (
    ChessaError,
    Circumstances,
    InvalidRequestError,
)
from ._ledger import finding, ledger_of
from ._steps import Note, Perform, Steps, Time, run

if TYPE_CHECKING:
    from ..journal._claims import Stored
    from ..models import Order, Recipient, RecipientType

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

    name: ClassVar = "flows.quote_payout"
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
        compare(order, expected, Outcome.NOT_SENT)
        most = self.amounts["max_origin_amount"]
        if most is not None and quote.origin_amount > most:
            text = f"asks for {quote.origin_amount} {quote.origin_asset}, and at most {most} is to"
            raise mismatch(order, f"{text} be sent", Outcome.NOT_SENT)
        least = self.amounts["min_destination_amount"]
        if least is not None and quote.destination_amount < least:
            text = f"brings {quote.destination_amount} {quote.destination_asset}, and at least"
            raise mismatch(order, f"{text} {least} is to arrive", Outcome.NOT_SENT)
        entries: list[Stored] = yield finding(self.reference)
        if is_expired(order, entries) and not has_begun(entries, PREPARE_FUNDING.name):
            raise mismatch(order, "has expired, and was not accepted", Outcome.NOT_SENT)
        return quote


def quote_of(order: "Order", chain: str, outcome: Outcome = Outcome.NOT_SENT) -> Quote:
    """Return an order as a quote. Raises `QuoteMismatchError` if it lacks a field."""
    return Quote(
        order=order,
        order_id=order.id,
        chain=chain,
        **{
            name: field(order, name, outcome)
            for name in (
                *("origin_amount", "origin_asset", "destination_amount", "destination_asset"),
                "expires_at",
            )
        },
    )


# ---- Checks -------------------------------------------------------------------------------------


def compare(order: "Order", expected: Mapping[str, Any], outcome: Outcome) -> None:
    for name, value in expected.items():
        shown = None if value is None or value is UNSET else field(order, name, outcome)
        if shown is not None and shown != value:
            raise mismatch(order, f"has {shown} as {name}, not {value}", outcome)


def field(order: "Order", name: str, outcome: Outcome = Outcome.NOT_SENT) -> Any:
    try:
        return getattr(order, name)
    except AbsentFieldError:
        pass
    raise mismatch(order, f"does not show {name}", outcome)


def mismatch(order: "Order", text: str, outcome: Outcome) -> QuoteMismatchError:
    accepted = (
        "It was accepted: do not pay it." if outcome is Outcome.DONE else "Nothing is to pay."
    )
    return QuoteMismatchError(f"Order {order.id} {text}. {accepted}", order=order, outcome=outcome)


def has_begun(entries: "list[Stored]", operation: str) -> bool:
    """Return whether such an operation may have been carried out."""
    return any(
        each.entry.operation.startswith(operation) and each.entry.outcome not in _NOT_DONE
        for each in entries
    )


def is_expired(order: "Order", entries: "list[Stored]") -> bool:
    """Return whether an order has expired: by the server's times, and the database's clock since.

    The clock of this machine has no part in it.
    """
    ages = {each.entry.operation: each.entry.age for each in entries}
    updated = field(order, "updated_at")
    times = [updated]
    if CREATE_ORDER.name in ages:
        age = datetime.timedelta(seconds=ages[CREATE_ORDER.name])
        times.append(field(order, "created_at") + age)
    elif PREPARE_FUNDING.name in ages:
        times.append(updated + datetime.timedelta(seconds=ages[PREPARE_FUNDING.name]))
    return bool(field(order, "expires_at") <= max(times))
