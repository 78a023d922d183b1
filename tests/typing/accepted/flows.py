"""Refunds, payouts, reconciling, waiting for an order, and the journals. All of it checks."""

import datetime
from decimal import Decimal
from pathlib import Path
from typing import assert_never, assert_type

from chessa import (
    ApiError,
    AsyncChessa,
    Chessa,
    ChessaError,
    FileJournal,
    JournalRecord,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
    ReferenceConflictError,
    flows,
)
from chessa.flows import (
    Confirmed,
    NotApplied,
    StillUnknown,
    accept_quote,
    quote_payout,
    reconcile,
    refund_safely,
    wait_for_order,
)
from chessa.journal import JournalEntry, SqlJournal, Step
from chessa.models import Order, OrderStatus, Refund


def settle(result: flows.RefundResult) -> str:
    match result:
        case Confirmed():
            assert_type(result.refund, Refund | None)
            assert_type(result.order, Order)
            assert_type(result.error, OutcomeUnknownError | ReferenceConflictError | None)
            return "made"
        case NotApplied():
            assert_type(result.error, NotSentError | ApiError)
            return result.error.outcome.value
        case StillUnknown():
            assert_type(result.error, OutcomeUnknownError | ReferenceConflictError)
            assert_type(result.read_error, ChessaError | None)
            return f"open after {result.reads} looks"
        case _:
            assert_never(result)


def refunds(client: Chessa) -> None:
    print(settle(refund_safely(client, "o", "a")))
    print(settle(flows.refund_safely(client, "o", address="a", tag="77", timeout=30)))
    print(settle(refund_safely(client.with_options(reference="invoice 17"), "o", "a", None)))
    print(settle(refund_safely(client, "o", "a", reference="invoice 17")))
    try:
        refund_safely(client, "o", "a")
    except flows.AlreadyRefundedError as error:
        assert_type(error.status, str)
    except flows.NotRefundableError as error:
        assert_type(error.order_id, str)


async def refunds_on_asyncio(client: AsyncChessa) -> None:
    result = await refund_safely(client, "o", "a", timeout=30.5)
    assert_type(result, Confirmed | NotApplied | StillUnknown)
    print(settle(result))
    assert_type(await wait_for_order(client, "o", until="completed"), Order)


def is_paid(order: Order) -> bool:
    return order.status in ("completed", "paid") and order.origin_amount > Decimal(1)


def show(order: Order) -> None:
    print(order.status)


async def show_async(order: Order) -> None:
    show(order)


async def waits_on_asyncio(client: AsyncChessa) -> None:
    assert_type(await wait_for_order(client, "o", progress=show), Order)
    assert_type(await wait_for_order(client, "o", progress=show_async), Order)


def pays_out(client: Chessa, journal: SqlJournal) -> None:
    quote = quote_payout(
        client,
        reference="invoice 17",
        recipient={"account_number": "0123456789", "code": "ng_9psb"},
        chain="Solana",
        origin_asset="USDC",
        origin_amount=10,
        min_destination_amount=Decimal(15_000),
    )
    assert_type(quote, flows.Quote)
    assert_type(quote.origin_amount, Decimal)
    try:
        deposit = accept_quote(client, quote, reference="invoice 17")
    except flows.QuoteMismatchError as error:
        assert_type(error.order, Order | None)
        return
    assert_type(deposit, flows.DepositInstructions)
    assert_type(deposit.address, str)
    assert_type(deposit.tag, str | None)
    assert_type(deposit.expires_at, datetime.datetime)
    accept_quote(client, quote.order, reference="invoice 17", chain="Solana", notes="17")
    with journal.step("invoice 17", "broadcast", arguments={"amount": deposit.amount}) as step:
        assert_type(step, Step)
        assert_type(step.is_done, bool)
        assert_type(step.record, JournalEntry | None)
        step.done({"hash": "0x17"})
    for found in reconcile(client, journal):
        assert_type(found, flows.Reconciled)
        assert_type(found.error, ChessaError | None)
        assert_type(found.entry, JournalEntry)
        print(found.state == "confirmed", found.duplicate_is_harmless)
    reconcile(client, account="acme")


async def pays_out_on_asyncio(client: AsyncChessa, journal: SqlJournal) -> None:
    quote = await quote_payout(
        client,
        reference="invoice 17",
        recipient="rec_1",
        chain="Solana",
        origin_asset="USDC",
        destination_amount=15_000,
        max_origin_amount=12,
    )
    assert_type(quote, flows.Quote)
    deposit = await accept_quote(client, quote, reference="invoice 17")
    assert_type(deposit, flows.DepositInstructions)
    async with journal.step("invoice 17", "broadcast") as step:
        step.not_done("the wallet refused")
    assert_type(await reconcile(client), list[flows.Reconciled])


def waits(client: Chessa) -> None:
    assert_type(wait_for_order(client, "o"), Order)
    wait_for_order(client, "o", "completed", 60)
    wait_for_order(client, "o", {"completed", "paid"})
    wait_for_order(client, "o", [OrderStatus.COMPLETED, OrderStatus.FAILED], timeout=60.0)
    wait_for_order(client, "o", until=is_paid)
    wait_for_order(client, "o", progress=show)
    wait_for_order(client, "o", until=lambda order: order.refund is not None)
    try:
        wait_for_order(client, "o", OrderStatus.COMPLETED)
    except flows.OrderWaitError as error:
        assert_type(error.last_status, str | None)
        assert_type(error.last_error, ChessaError | None)


def journal(record: JournalRecord) -> None:
    assert_type(record.at, datetime.datetime)
    assert_type(record.outcome, Outcome | None)
    assert_type(record.reference, str | None)


async def async_journal(record: JournalRecord) -> None:
    journal(record)


class Journals:
    """Methods are journals, too."""

    def write(self, record: JournalRecord) -> None:
        journal(record)

    async def write_async(self, record: JournalRecord) -> None:
        journal(record)


def journals() -> None:
    records: list[JournalRecord] = []
    Chessa(journal=journal)
    Chessa(journal=records.append)
    Chessa(journal=Journals().write)
    AsyncChessa(journal=journal)
    AsyncChessa(journal=async_journal)
    AsyncChessa(journal=Journals().write_async)
    with FileJournal(Path("journal.jsonl")) as file, Chessa(journal=file) as client:
        client.with_options(reference=None)
    AsyncChessa(journal=FileJournal("journal.jsonl"))
    for record in FileJournal.records("journal.jsonl"):
        assert_type(record, JournalRecord)
    assert_type(FileJournal.open_records(Path("journal.jsonl")), list[JournalRecord])
    assert_type(file.find_records("invoice 17", "orders.request_refund"), list[JournalRecord])
