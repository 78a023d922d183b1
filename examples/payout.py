"""One payout, from the quote to the recipient or to the refund. Called again, it goes on.

`batch.py` pays out a file with it. Each step is claimed in the ledger under your reference, so that
it is sent once, whatever process is killed. CHESSA_BASE_URL, CHESSA_CLIENT_ID and
CHESSA_CLIENT_SECRET are those that `python -m chessa.testing` prints. With the real API, `pay` must
be your wallet.
"""

import os
import urllib.request
from decimal import Decimal
from typing import NamedTuple

from chessa import (
    ApiError,
    Chessa,
    InProgressError,
    InvalidRequestError,
    Outcome,
    OutcomeUnknownError,
)
from chessa.flows import (
    Confirmed,
    DepositInstructions,
    QuoteMismatchError,
    RecipientDetails,
    accept_quote,
    quote_payout,
    refund_safely,
    wait_for_order,
)
from chessa.journal import SqlJournal

CHAIN, ASSET = "Solana", "USDC"  # what is paid with
PAY_SECONDS = 10.0
REFUSALS = (ApiError, InvalidRequestError, QuoteMismatchError)


COLUMNS = (
    *("reference", "account_name", "account_number", "code", "country", "currency", "type"),
    *("amount", "max_origin_amount"),
)


class Row(NamedTuple):
    """Where a payout stands: `paid`, `refunded`, `refused` (nothing was paid) or `open`."""

    reference: str
    end: str = "open"
    order_id: str = ""
    detail: str = "not begun"


def problem_of(row: dict[str, str]) -> str | None:
    """Return what is wrong with a row of a file, before anything is done for it."""
    if missing := [name for name in COLUMNS if not row.get(name)]:
        return f"{row.get('reference') or 'a row'} has no {', '.join(missing)}"
    for name in ("amount", "max_origin_amount"):
        try:
            Decimal(row[name])
        except ArithmeticError:
            return f"{row['reference']}: {name} is not a number"
    return None


def pay(deposit: DepositInstructions) -> str:
    """Send the crypto, and return the transaction. Put your wallet here; this pays the sandbox."""
    url = f"{os.environ['CHESSA_BASE_URL']}/_sandbox/orders/{deposit.order_id}/fund"
    with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=PAY_SECONDS):
        return f"paid to {deposit.address}"


def pay_once(chessa: Chessa, journal: SqlJournal, reference: str, due: DepositInstructions) -> None:
    """Pay, unless an earlier call has begun to: then the order has to show the payment."""
    what = {"address": due.address, "tag": due.tag, "amount": str(due.amount)}
    try:
        with journal.step(reference, "broadcast", arguments=what, lease=PAY_SECONDS + 2) as step:
            if not step.is_done:
                step.done(pay(due))
    except InProgressError:
        raise
    except OutcomeUnknownError:  # its process died, or `pay` raised
        seen = chessa.orders.retrieve(due.order_id)
        if seen.crypto_deposit_id is None:
            raise
        why = f"the order shows deposit {seen.crypto_deposit_id}"
        journal.resolve(reference, "step:broadcast", outcome=Outcome.DONE, by="payout.py", why=why)


def carry_out(
    chessa: Chessa, journal: SqlJournal, row: dict[str, str], refund_address: str, wait: float
) -> Row:
    """Take a payout to its end, from where an earlier call has left it."""
    reference = row["reference"]
    quote = quote_payout(
        chessa,
        reference=reference,
        recipient=RecipientDetails(
            account_name=row["account_name"],
            account_number=row["account_number"],
            code=row["code"],
            country=row["country"],
            currency=row["currency"],
            type=row["type"],
        ),
        chain=CHAIN,
        origin_asset=ASSET,
        destination_asset=row["currency"],
        destination_amount=Decimal(row["amount"]),
        max_origin_amount=Decimal(row["max_origin_amount"]),
    )
    deposit = accept_quote(chessa, quote, reference=reference)
    pay_once(chessa, journal, reference, deposit)
    order = wait_for_order(chessa, quote.order_id, timeout=wait)
    if order.status.lower() == "completed":
        return Row(reference, "paid", order.id, f"{order.destination_amount} arrived")
    refund = refund_safely(chessa, order.id, refund_address, timeout=wait, reference=reference)
    if isinstance(refund, Confirmed):
        return Row(reference, "refunded", order.id, f"{order.origin_amount} came back")
    return Row(reference, "open", order.id, f"{type(refund).__name__}: {refund.error}")


def pay_out(
    chessa: Chessa, journal: SqlJournal, row: dict[str, str], refund_address: str, wait: float
) -> Row:
    """Return where a payout stands after this call, whatever happens to it."""
    reference = row["reference"]
    try:
        return carry_out(chessa, journal, row, refund_address, wait)
    except Exception as error:  # noqa: BLE001  # the row says what it was
        may_be_paid = journal.find(reference, "step:broadcast")
        end = "refused" if isinstance(error, REFUSALS) and not may_be_paid else "open"
        return Row(reference, end, "", f"{type(error).__name__}: {error}")
