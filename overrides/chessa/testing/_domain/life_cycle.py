"""Life cycle of an order: from the quote over the payment to the payout, or to its failure.

It has only the statuses of the vendor's pages: none for an expired or a refunded order. They are
spelled as the package has them.
"""

import datetime
from decimal import Decimal
from typing import Final, Self

import attrs

from chessa_api import models

from ..._spelling import word
from .._errors import LifeCycleError
from . import ids as identity
from .amounts import plain, total
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


def _spelled(status: str) -> str:
    listed = getattr(models, "OrderStatus", ())  # a package of another API has none
    return next((each.value for each in listed if word(each) == word(status)), status)


CREATED: Final = _spelled("created")
WAITING_FOR_FUNDING: Final = _spelled("waiting_for_funding")
WAITING_FOR_CONFIRMATIONS: Final = _spelled("waiting_for_confirmations")
FUNDS_RECEIVED: Final = _spelled("funds_received")
PROCESSING_PAYOUT: Final = _spelled("processing_payout")
COMPLETED: Final = _spelled("completed")
FAILED: Final = _spelled("failed")

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
    deposits: list[Deposit] = attrs.field(factory=list[Deposit], repr=False)
    """Every payment to its address, oldest first."""
    notes: str | None = attrs.field(default=None, repr=False)
    """The `notes` of the request that prepared its funding. No response shows them: the vendor's
    example has `note: null` after them."""
    refund: SandboxRefund | None = None
    updated_at: datetime.datetime = attrs.field(
        default=attrs.Factory(lambda self: self.created_at, takes_self=True), repr=False
    )
    completed_at: datetime.datetime | None = attrs.field(default=None, repr=False)
    reads_until_refund_shows: int = attrs.field(default=0, repr=False)
    payout_fails: bool = attrs.field(default=False, repr=False)
    """Whether it will end as failed."""

    @property
    def expires_at(self) -> datetime.datetime:
        """The time when the quote expires."""
        return self.created_at + QUOTE_LASTS

    @property
    def deposit(self) -> Deposit | None:
        """The first payment."""
        return self.deposits[0] if self.deposits else None

    @property
    def paid_amount(self) -> Decimal:
        """The sum of its payments."""
        return total([each.amount for each in self.deposits])

    @property
    def is_paid_twice(self) -> bool:
        """True if a payment arrived after the amount was complete."""
        earlier = self.deposits[:-1]
        return bool(earlier) and total([each.amount for each in earlier]) >= self.origin_amount

    @property
    def is_underpaid(self) -> bool:
        """True if it was paid, and less than its amount."""
        return 0 < self.paid_amount < self.origin_amount

    @property
    def is_overpaid(self) -> bool:
        """True if more than its amount was paid, and not because it was paid twice."""
        return self.paid_amount > self.origin_amount and not self.is_paid_twice

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands that it can follow in its status."""
        return (
            *(("fund",) if self.status in UNPAID else ()),
            *(("advance", "complete", "fail") if self._goes_on() else ()),
            "pay",
            *(("refund",) if self.refusal_of_refund() is None else ()),
        )

    @property
    def refunds(self) -> tuple[SandboxRefund, ...]:
        """The refunds that were made of it: none or one."""
        return () if self.refund is None else (self.refund,)

    @property
    def is_accepted(self) -> bool:
        """True once funding was prepared."""
        return self.deposit_address is not None

    def fund(self, *, payout_fails: bool = False, amount: Decimal | int | None = None) -> Self:
        """Let the payer's crypto arrive; the clock takes the order on from there.

        An order whose funding was not prepared gets its deposit address first.

        Args:
            payout_fails: Whether the order ends as failed in place of completed.
            amount: The amount that arrives, in units of the asset. Default: the amount of the
                quote. `Sandbox.set_payment_rules` says what becomes of another one.

        Raises `LifeCycleError` when it was paid already, `ValueError` for an amount that is not
        above zero.
        """
        paid = self._amount(amount)
        with self._ledger.lock:
            if self.status not in UNPAID:
                raise LifeCycleError(f"the order is {self.status}: it cannot be paid again")
            self.payout_fails = payout_fails
            while self.status in UNPAID:
                self._step(self._ledger.clock.now, paid)
            return self

    def pay(self, *, amount: Decimal | int | None = None) -> Self:
        """Let crypto arrive at its deposit address, whatever was paid before.

        A payment after the amount is complete is the mistake of paying twice: it is counted, and
        changes nothing else.

        Args:
            amount: In units of the asset. Default: the amount of the quote.

        Raises `ValueError` for an amount that is not above zero.
        """
        paid = self._amount(amount)
        with self._ledger.lock:
            if self.status in UNPAID:
                return self.fund(amount=paid)
            self._pay(self._ledger.clock.now, paid)
            self.updated_at = self._ledger.clock.now
            return self

    def _amount(self, amount: Decimal | int | None) -> Decimal:
        if amount is None:
            return self.origin_amount
        if isinstance(amount, float):
            raise TypeError("a float cannot hold an amount exactly: pass a decimal.Decimal or int")
        paid = Decimal(amount)
        if not (paid.is_finite() and paid > 0):
            raise ValueError("amount must be more than zero")
        return paid

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

        The spec need not list it. Reading the order raises `SandboxError` where the spec rules it
        out by something else, such as a maximum length.
        """
        with self._ledger.lock:
            self._reach(ForcedStatus(status), self._ledger.clock.now)
            return self

    def _finish(self, *, payout_fails: bool) -> Self:
        with self._ledger.lock:
            if not self._goes_on():
                end = "fail" if payout_fails else "be completed"
                raise LifeCycleError(f"the order is {self.status}: it cannot {end}")
            self.payout_fails = payout_fails
            while self._goes_on():
                self._step(self._ledger.clock.now)
            return self

    def _goes_on(self) -> bool:
        return self.status in LINE[:-1]

    def accept(self, chain: str, notes: str | None = None) -> None:
        """Assign the deposit address, on a chain; a second time it stays."""
        if notes is not None:
            self.notes = notes
        if self.deposit_address is None:
            chain = identity.effective_chain(chain)
            self.deposit_address = DepositAddress(
                identity.make_id("address", self.id), chain, identity.address(chain, self.id)
            )
            self._reach(WAITING_FOR_FUNDING, self._ledger.clock.now)

    def catch_up(self, now: datetime.datetime) -> None:
        """Reach the statuses that have come due since the payment."""
        if self.status not in LINE[2:-1]:
            return
        paid_at = self._paid_at()
        while paid_at is not None and self.status in LINE[2:-1]:
            milliseconds = AFTER_PAYMENT[LINE[LINE.index(self.status) + 1]]
            due = paid_at + datetime.timedelta(milliseconds=milliseconds)
            if due > now:
                break
            self._step(max(due, self.history[-1].at))

    def _paid_at(self) -> datetime.datetime | None:
        """The time of the payment from which it goes on; None while it waits for the rest."""
        for count, deposit in enumerate(self.deposits, 1):
            paid = total([each.amount for each in self.deposits[:count]])
            if paid >= self.origin_amount or self._ledger.rules.underpaid != "wait":
                return deposit.paid_at
        return None

    def _fails(self) -> bool:
        rules = self._ledger.rules
        return (
            self.payout_fails
            or (self.is_underpaid and rules.underpaid == "fail")
            or (self.paid_amount > self.origin_amount and rules.overpaid == "fail")
        )

    def _step(self, at: datetime.datetime, paid: Decimal | None = None) -> None:
        following = LINE[LINE.index(self.status) + 1]
        if following == WAITING_FOR_FUNDING:
            self.accept(self.chain or identity.TRON)
            return
        if following == WAITING_FOR_CONFIRMATIONS:
            self._pay(at, paid or self.origin_amount)
        if following == COMPLETED and self._fails():
            following = FAILED
        if following == COMPLETED:
            self.completed_at = at
            self._move("payout", self.destination_amount, self.destination_asset, at)
        self._reach(following, at)

    def _pay(self, at: datetime.datetime, amount: Decimal) -> None:
        # An order that a test forced back to an early status may have no address yet.
        chain = self.deposit_address.chain if self.deposit_address else identity.TRON
        number = len(self.deposits) + 1
        of = self.id if number == 1 else f"{self.id}/{number}"
        deposit_id, hash_ = identity.make_id("deposit", of), identity.transaction(chain, of)
        self.deposits.append(Deposit(deposit_id, hash_, at, amount))
        self._move("deposit", amount, self.origin_asset, at)

    def refusal_of_refund(self) -> str | None:
        """The reason that it cannot be refunded; None if it can be.

        The vendor documents the refusal of completed and refunded orders only.
        """
        if self.status == COMPLETED or self.refund is not None:
            return "Cannot refund an order that is already completed or refunded"
        if word(self.status) != word(FAILED):
            return f"Cannot refund an order that is {self.status}: its payout has not failed"
        return None if self.deposits else "Cannot refund an order that was never paid"

    def give_back(self, address: str, tag: str | None) -> SandboxRefund:
        """Refund what was paid."""
        now, amount = self._ledger.clock.now, self.paid_amount
        self.refund = SandboxRefund(
            id=identity.refund_id(self.id),
            order_id=self.id,
            amount=amount,
            asset=self.origin_asset,
            address=address,
            tag=tag,
            created_at=now,
        )
        self.reads_until_refund_shows = self._ledger.reads_until_refunds_show
        self.updated_at = now
        self._move("refund", amount, self.origin_asset, now)
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
        self._ledger.note("state", f"order {self.short_id} is {status}")

    def _move(self, kind: MovementKind, amount: Decimal, asset: str, at: datetime.datetime) -> None:
        self._ledger.movements.append(Movement(kind, self.id, amount, asset, at))
        self._ledger.note("movement", f"{kind} of {plain(amount)} {asset}, order {self.short_id}")
