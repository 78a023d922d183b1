"""Records of the sandbox: recipients, deposits, refunds, movements of money, requests.

Orders, which have commands, are in `life_cycle`.
"""

import datetime
import threading
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

import attrs

from .clock import Clock
from .newest import Newest

MovementKind: TypeAlias = Literal["deposit", "payout", "refund"]
Underpaid: TypeAlias = Literal["wait", "fail", "accept"]
Overpaid: TypeAlias = Literal["accept", "fail"]
EventKind: TypeAlias = Literal["request", "response", "lost", "movement", "state"]
KEPT_EVENTS: Final = 30_000
"""Of the newest: a request makes two or three."""


@attrs.define(eq=False)
class SandboxRecipient:
    """A payout destination."""

    id: str
    account_name: str
    account_number: str
    """Without a leading plus."""
    code: str
    country: str
    currency: str
    type: str
    user_id: str
    created_at: datetime.datetime
    updated_at: datetime.datetime
    is_active: bool = True


@attrs.frozen
class DepositAddress:
    """The address that the payer sends the crypto to."""

    id: str
    chain: str
    address: str


@attrs.frozen
class Deposit:
    """Crypto that the payer sent."""

    id: str
    hash: str
    paid_at: datetime.datetime
    amount: Decimal


@attrs.frozen
class SandboxRefund:
    """A refund that was made."""

    id: str
    order_id: str
    amount: Decimal
    asset: str
    address: str
    tag: str | None
    created_at: datetime.datetime

    @property
    def estimated_at(self) -> datetime.datetime:
        """The time of its arrival: two hours later, as in the vendor's example."""
        return self.created_at + datetime.timedelta(hours=2)


@attrs.frozen
class Movement:
    """Money that moved: in from the payer, out to the recipient, or back to the payer."""

    kind: MovementKind
    order_id: str
    amount: Decimal
    asset: str
    at: datetime.datetime


@attrs.frozen
class PaymentRules:
    """The life of an order that was not paid exactly. The vendor does not say: it is a choice."""

    underpaid: Underpaid = "wait"
    """`wait`: for the rest. `fail`: the payout fails. `accept`: it is paid out."""
    overpaid: Overpaid = "accept"
    """`accept`: the recipient gets the quoted amount. `fail`: the payout fails."""


@attrs.frozen
class Mistakes:
    """The numbers of orders that were not paid once and exactly."""

    paid_twice: int = 0
    """Paid again after the amount was complete."""
    underpaid: int = 0
    overpaid: int = 0
    """Paid more than the amount, in payments that were each needed."""


@attrs.frozen
class RequestCounts:
    """The numbers of all requests that arrived, also of those that are no longer kept."""

    arrived: int = 0
    acted: int = 0
    """Their operation was performed."""
    lost: int = 0
    """No complete response was sent."""


@attrs.frozen
class Event:
    """Something that happened, as `Sandbox.transcript` shows it."""

    kind: EventKind
    text: str
    at: datetime.datetime


@attrs.define(eq=False)
class Ledger:
    """The money that moved, and the clock that dates it. One lock guards the sandbox."""

    clock: Clock
    lock: threading.RLock = attrs.field(factory=threading.RLock)
    refunds: list[SandboxRefund] = attrs.field(factory=list[SandboxRefund])
    movements: list[Movement] = attrs.field(factory=list[Movement])
    reads_until_refunds_show: int = 0
    rules: PaymentRules = PaymentRules()
    events: Newest[Event] = attrs.field(factory=lambda: Newest[Event](KEPT_EVENTS))
    version: int = 0
    """Grows with every change, so that a view of the state can be kept current."""

    def note(self, kind: EventKind, text: str) -> None:
        """Keep an event, dated now."""
        self.version += 1
        self.events.append(Event(kind, text, self.clock.now))


@attrs.frozen
class StatusChange:
    """A status that an order reached, and when."""

    status: str
    at: datetime.datetime


@attrs.frozen
class SandboxRequest:
    """A request that reached the sandbox. It holds no credentials."""

    operation: str | None
    """The operation's name, `orders.request_refund`; None where the spec has no such operation."""
    method: str
    path: str
    """As sent, percent-encoded, without the query."""
    query: tuple[tuple[str, str], ...] = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(repr=False)
    """By lower-case name, credentials and cookies left out."""
    body: Any = attrs.field(repr=False)
    """The JSON value; None without a body, or for a body that is not JSON."""
    status: int | None
    """The response status; None if the connection was lost."""
    acted: bool
    """Whether the operation was performed: not if it was rejected, or kept from it by a fault."""
    invented: tuple[str, ...] = ()
    """JSON pointers of the values in the response that are examples of the spec."""
    fault: str | None = None
    """The fault that happened to it, such as `lose`."""
    at: datetime.datetime | None = None
    """The time in the sandbox."""

    @property
    def outcome(self) -> Literal["success", "rejected", "failed", "lost"]:
        """The outcome as the sandbox knows it: `lost` if no complete response was sent."""
        if self.status is None or self.fault == "truncate":
            return "lost"
        if self.status < 400:
            return "failed" if self.fault == "fail" else "success"
        return "rejected" if self.status < 500 and self.fault is None else "failed"
