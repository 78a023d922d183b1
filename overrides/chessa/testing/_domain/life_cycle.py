"""Life cycle of an order: from the quote over the payment to the payout, or to its failure.

It has only the statuses of the vendor's pages: none for an expired or a refunded order.
"""

import datetime
from decimal import Decimal
from typing import Final, Self

import attrs

from .._errors import LifeCycleError
from . import ids as identity
from .records import (
    Deposit,
    DepositAddress,
    Ledger,
    Movement,
    MovementKind,
    SandboxRecipient,
    SandboxRefund,
    StatusChange,
)

CREATED: Final = "created"
WAITING_FOR_FUNDING: Final = "waiting_for_funding"
WAITING_FOR_CONFIRMATIONS: Final = "waiting_for_confirmations"
FUNDS_RECEIVED: Final = "funds_received"
PROCESSING_PAYOUT: Final = "processing_payout"
COMPLETED: Final = "completed"
FAILED: Final = "Failed"
"""As the life-cycle guide spells it; its spelling on the wire was not seen."""

LINE: Final = (
    CREATED,
    WAITING_FOR_FUNDING,
    WAITING_FOR_CONFIRMATIONS,
    FUNDS_RECEIVED,
    PROCESSING_PAYOUT,
    COMPLETED,
)
UNPAID: Final = (CREATED, WAITING_FOR_FUNDING)

# Milliseconds from the payment to the status, as in the vendor's example of a status history.
AFTER_PAYMENT: Final = {FUNDS_RECEIVED: 699, PROCESSING_PAYOUT: 1_342, COMPLETED: 7_633}

DESCRIPTIONS: Final = {
    CREATED: "The order was created and its quote is open.",
    WAITING_FOR_FUNDING: "The deposit address is ready for the payment.",
    WAITING_FOR_CONFIRMATIONS: "A payment was detected and waits for confirmations.",
    FUNDS_RECEIVED: "The payment was confirmed.",
    PROCESSING_PAYOUT: "The payout to the recipient is in progress.",
    COMPLETED: "The recipient was paid out.",
    FAILED: "The payout failed.",
}
QUOTE_LASTS: Final = datetime.timedelta(hours=2)


class ForcedStatus(str):
    """A status that a test gave an order, and that nothing may replace."""

    __slots__ = ()


@attrs.define(eq=False, kw_only=True)
class SandboxOrder:
    """An order in the sandbox: what it holds, and the commands that move it along."""

    id: str
    """The id of the API; `short_id` is not accepted in its place."""
    short_id: str
    user_id: str
    recipient: SandboxRecipient = attrs.field(repr=False)
    origin_asset: str
    origin_amount: Decimal
    """The amount that the payer sends."""
    destination_asset: str
    destination_amount: Decimal
    """The amount that the recipient gets."""
    rate: Decimal = attrs.field(repr=False)
    chain: str | None
    created_at: datetime.datetime = attrs.field(repr=False)
    _ledger: Ledger = attrs.field(alias="ledger", repr=False)
    status: str = CREATED
    history: list[StatusChange] = attrs.field(factory=list[StatusChange], repr=False)
    """Every status it reached, oldest first."""
    deposit_address: DepositAddress | None = attrs.field(default=None, repr=False)
    deposit: Deposit | None = attrs.field(default=None, repr=False)
    refund: SandboxRefund | None = None
    updated_at: datetime.datetime = attrs.field(
        default=attrs.Factory(lambda self: self.created_at, takes_self=True), repr=False
    )
    completed_at: datetime.datetime | None = attrs.field(default=None, repr=False)
    reads_until_refund_shows: int = attrs.field(default=0, repr=False)
    _payout_fails: bool = attrs.field(default=False, init=False, repr=False)

    @property
    def expires_at(self) -> datetime.datetime:
        """The time when the quote expires."""
        return self.created_at + QUOTE_LASTS

    @property
    def refunds(self) -> tuple[SandboxRefund, ...]:
        """The refunds that were made of it: none or one."""
        return () if self.refund is None else (self.refund,)

    @property
    def is_accepted(self) -> bool:
        """True once funding was prepared."""
        return self.deposit_address is not None

    def fund(self, *, payout_fails: bool = False) -> Self:
        """Let the payer's crypto arrive; the clock takes the order on from there.

        An order whose funding was not prepared gets its deposit address first.

        Args:
            payout_fails: Whether the order ends as `Failed` in place of `completed`.

        Raises `LifeCycleError` when it was paid already.
        """
        with self._ledger.lock:
            if self.status not in UNPAID:
                raise LifeCycleError(f"the order is {self.status}: it cannot be paid again")
            self._payout_fails = payout_fails
            while self.status in UNPAID:
                self._step(self._ledger.clock.now)
            return self

    def advance(self) -> Self:
        """Take it to its next status, whatever the clock says.

        Raises `LifeCycleError` when there is no next one.
        """
        with self._ledger.lock:
            if not self._goes_on():
                raise LifeCycleError(f"the order is {self.status}: it goes nowhere from there")
            self._step(self._ledger.clock.now)
            return self

    def complete(self) -> Self:
        """Take it all the way: paid by the payer, paid out to the recipient.

        Raises `LifeCycleError` when it has come to another end.
        """
        return self._finish(payout_fails=False)

    def fail(self) -> Self:
        """Let its payout fail, after the payer's crypto has arrived: the case for a refund.

        Raises `LifeCycleError` when it has come to another end.
        """
        return self._finish(payout_fails=True)

    def force_status(self, status: str) -> Self:
        """Give it any status at all, moving no money: what does your code do with a new one?

        Reading the order raises `SandboxError` where the spec allows none but those that it lists.
        """
        with self._ledger.lock:
            self._reach(ForcedStatus(status), self._ledger.clock.now)
            return self

    def _finish(self, *, payout_fails: bool) -> Self:
        with self._ledger.lock:
            if not self._goes_on():
                end = "fail" if payout_fails else "be completed"
                raise LifeCycleError(f"the order is {self.status}: it cannot {end}")
            self._payout_fails = payout_fails
            while self._goes_on():
                self._step(self._ledger.clock.now)
            return self

    def _goes_on(self) -> bool:
        return self.status in LINE[:-1]

    def accept(self, chain: str) -> None:
        """Assign the deposit address, on a chain; a second time it stays."""
        if self.deposit_address is None:
            chain = identity.effective_chain(chain)
            self.deposit_address = DepositAddress(
                identity.make_id("address", self.id), chain, identity.address(chain, self.id)
            )
            self._reach(WAITING_FOR_FUNDING, self._ledger.clock.now)

    def catch_up(self, now: datetime.datetime) -> None:
        """Reach the statuses that have come due since the payment."""
        while self.deposit is not None and self.status in LINE[2:-1]:
            milliseconds = AFTER_PAYMENT[LINE[LINE.index(self.status) + 1]]
            due = self.deposit.paid_at + datetime.timedelta(milliseconds=milliseconds)
            if due > now:
                break
            self._step(max(due, self.history[-1].at))

    def _step(self, at: datetime.datetime) -> None:
        following = LINE[LINE.index(self.status) + 1]
        match following:
            case "waiting_for_funding":
                self.accept(self.chain or identity.TRON)
                return
            case "waiting_for_confirmations":
                self._pay(at)
            case "completed" if self._payout_fails:
                following = FAILED
            case "completed":
                self.completed_at = at
                self._move("payout", self.destination_amount, self.destination_asset, at)
            case _:
                pass
        self._reach(following, at)

    def _pay(self, at: datetime.datetime) -> None:
        # An order that a test forced back to an early status may have no address yet.
        chain = self.deposit_address.chain if self.deposit_address else identity.TRON
        self.deposit = Deposit(
            identity.make_id("deposit", self.id), identity.transaction(chain, self.id), at
        )
        self._move("deposit", self.origin_amount, self.origin_asset, at)

    def give_back(self, address: str, tag: str | None) -> SandboxRefund:
        """Refund what was paid."""
        now = self._ledger.clock.now
        self.refund = SandboxRefund(
            id=identity.refund_id(self.id),
            order_id=self.id,
            amount=self.origin_amount,
            asset=self.origin_asset,
            address=address,
            tag=tag,
            created_at=now,
        )
        self.reads_until_refund_shows = self._ledger.reads_until_refunds_show
        self.updated_at = now
        self._move("refund", self.origin_amount, self.origin_asset, now)
        self._ledger.refunds.append(self.refund)
        return self.refund

    def shown_refund(self) -> SandboxRefund | None:
        """The refund as a reader of the order sees it: maybe not yet. Counts as a read."""
        if self.refund is not None and self.reads_until_refund_shows > 0:
            self.reads_until_refund_shows -= 1
            return None
        return self.refund

    def _reach(self, status: str, at: datetime.datetime) -> None:
        self.status = status
        self.updated_at = at
        self.history.append(StatusChange(status, at))

    def _move(self, kind: MovementKind, amount: Decimal, asset: str, at: datetime.datetime) -> None:
        self._ledger.movements.append(Movement(kind, self.id, amount, asset, at))
