"""Records of the sandbox: recipients, deposits, refunds, movements of money, requests.

Orders, which have commands, are in `life_cycle`.
"""

import datetime
import threading
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import attrs

from .clock import Clock

MovementKind: TypeAlias = Literal["deposit", "payout", "refund"]


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
    """The crypto that the payer sent."""

    id: str
    hash: str
    paid_at: datetime.datetime


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


@attrs.define(eq=False)
class Ledger:
    """The money that moved, and the clock that dates it. One lock guards the sandbox."""

    clock: Clock
    lock: threading.RLock = attrs.field(factory=threading.RLock)
    refunds: list[SandboxRefund] = attrs.field(factory=list[SandboxRefund])
    movements: list[Movement] = attrs.field(factory=list[Movement])
    reads_until_refunds_show: int = 0


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
    """Whether the operation was performed: credentials and request were valid, without a fault."""
    invented: tuple[str, ...] = ()
    """JSON pointers of the values in the response that are examples of the spec."""
