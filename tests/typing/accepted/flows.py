"""Safe refunds, waiting for an order, and the journal. All of it checks."""

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
    flows,
)
from chessa.flows import Confirmed, NotApplied, StillUnknown, refund_safely, wait_for_order
from chessa.models import Order, OrderStatus, Refund


def settle(result: flows.RefundResult) -> str:
    match result:
        case Confirmed():
            assert_type(result.refund, Refund | None)
            assert_type(result.order, Order)
            assert_type(result.error, OutcomeUnknownError | None)
            return "made"
        case NotApplied():
            assert_type(result.error, NotSentError | ApiError)
            return result.error.outcome.value
        case StillUnknown():
            assert_type(result.error, OutcomeUnknownError)
            assert_type(result.read_error, ChessaError | None)
            return f"open after {result.reads} looks"
        case _:
            assert_never(result)


def refunds(client: Chessa) -> None:
    print(settle(refund_safely(client, "o", "a")))
    print(settle(flows.refund_safely(client, "o", address="a", tag="77", timeout=30)))
    print(settle(refund_safely(client.with_options(reference="invoice 17"), "o", "a", None)))
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


def waits(client: Chessa) -> None:
    assert_type(wait_for_order(client, "o"), Order)
    wait_for_order(client, "o", "completed", 60)
    wait_for_order(client, "o", {"completed", "paid"})
    wait_for_order(client, "o", [OrderStatus.COMPLETED, OrderStatus.FAILED], timeout=60.0)
    wait_for_order(client, "o", until=is_paid)
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
