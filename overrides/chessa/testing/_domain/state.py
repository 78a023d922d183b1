"""State of a sandbox: its clock, recipients, orders and movements of money. One lock guards it."""

from decimal import Decimal

import attrs

from . import fixtures as reference
from . import ids as identity
from .life_cycle import CREATED, SandboxOrder
from .records import Ledger, SandboxRecipient, StatusChange


@attrs.define(eq=False)
class State(Ledger):
    """The state of a sandbox."""

    recipients: dict[str, SandboxRecipient] = attrs.field(factory=dict[str, SandboxRecipient])
    orders: dict[str, SandboxOrder] = attrs.field(factory=dict[str, SandboxOrder])
    unknown_accounts: set[str] = attrs.field(factory=lambda: {reference.UNKNOWN_ACCOUNT})
    feedback_count: int = 0

    def __attrs_post_init__(self) -> None:
        self.clock.when_moved(self.catch_up)

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
            id=identity.make_id("recipient", len(self.recipients) + 1),
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
        order_id = identity.make_id("order", len(self.orders) + 1)
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
        return order
