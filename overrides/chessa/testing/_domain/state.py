"""State of a sandbox: its clock, recipients, orders and movements of money. One lock guards it."""

from decimal import Decimal

import attrs

from . import fixtures as reference
from . import ids as identity
from .clock import stamp
from .life_cycle import CREATED, SandboxOrder
from .records import Ledger, Mistakes, PaymentRules, SandboxRecipient, StatusChange


@attrs.define(eq=False)
class State(Ledger):
    """The state of a sandbox."""

    seed: str = attrs.field(factory=identity.random_seed)
    """The ids follow from it and from the order of the requests."""
    recipients: dict[str, SandboxRecipient] = attrs.field(factory=dict[str, SandboxRecipient])
    orders: dict[str, SandboxOrder] = attrs.field(factory=dict[str, SandboxOrder])
    unknown_accounts: set[str] = attrs.field(factory=lambda: {reference.UNKNOWN_ACCOUNT})
    feedback_count: int = 0

    def __attrs_post_init__(self) -> None:
        self.clock.when_moved(self._moved)

    def _moved(self) -> None:
        with self.lock:
            self.note("state", f"the clock is at {stamp(self.clock.now)}")
            self.catch_up()

    def clear(self, seed: str | None = None) -> None:
        """Forget everything but the choice of the clock, which starts again."""
        with self.lock:
            for kept in (self.recipients, self.orders, self.refunds, self.movements, self.events):
                kept.clear()
            self.unknown_accounts = {reference.UNKNOWN_ACCOUNT}
            self.feedback_count = self.reads_until_refunds_show = 0
            self.rules = PaymentRules()
            self.seed = identity.random_seed() if seed is None else seed
            self.clock.restart()
            self.version += 1

    def mistakes(self) -> Mistakes:
        """Count the orders that were not paid once and exactly."""
        orders = self.orders.values()
        return Mistakes(
            paid_twice=sum(order.is_paid_twice for order in orders),
            underpaid=sum(order.is_underpaid for order in orders),
            overpaid=sum(order.is_overpaid for order in orders),
        )

    def catch_up(self) -> None:
        """Take every paid order to where it is by now."""
        with self.lock:
            now = self.clock.now
            for order in self.orders.values():
                order.catch_up(now)

    def add_recipient(
        self,
        *,
        account_name: str,
        account_number: str,
        code: str,
        country: str,
        currency: str,
        type: str,  # noqa: A002  # the API's word
    ) -> SandboxRecipient:
        """Keep a new recipient."""
        now = self.clock.now
        recipient = SandboxRecipient(
            id=identity.make_id(self.seed, "recipient", len(self.recipients) + 1),
            account_name=account_name,
            account_number=account_number.removeprefix("+"),
            code=code,
            country=country,
            currency=currency,
            type=type,
            user_id=reference.USER_ID,
            created_at=now,
            updated_at=now,
        )
        self.recipients[recipient.id] = recipient
        self.note("state", f"recipient {recipient.id} is new")
        return recipient

    def add_order(
        self,
        recipient: SandboxRecipient,
        *,
        origin_asset: str,
        origin_amount: Decimal,
        destination_amount: Decimal,
        rate: Decimal,
        chain: str | None,
    ) -> SandboxOrder:
        """Keep a new order, its quote open."""
        now = self.clock.now
        order_id = identity.make_id(self.seed, "order", len(self.orders) + 1)
        order = SandboxOrder(
            id=order_id,
            short_id=identity.short_id(order_id),
            user_id=reference.USER_ID,
            recipient=recipient,
            origin_asset=origin_asset,
            origin_amount=origin_amount,
            destination_asset=recipient.currency,
            destination_amount=destination_amount,
            rate=rate,
            chain=chain,
            created_at=now,
            history=[StatusChange(CREATED, now)],
            ledger=self,
        )
        self.orders[order.id] = order
        self.note("state", f"order {order.short_id} is {CREATED}")
        return order
