"""Wrong use of flows and journals. Each marked line is refused, for what it names."""

from chessa import AsyncChessa, Chessa, FileJournal, JournalRecord
from chessa.flows import refund_safely, wait_for_order

client = Chessa()
on_asyncio = AsyncChessa()


async def async_journal(record: JournalRecord) -> None:
    record.attempt = 2  # refused: misc reportAttributeAccessIssue
    print(record.body)  # refused: attr-defined reportAttributeAccessIssue


async def forgotten() -> None:
    refund_safely(on_asyncio, "o", "a")  # refused: unused-coroutine reportUnusedCoroutine
    wait_for_order(on_asyncio, "o")  # refused: unused-coroutine reportUnusedCoroutine
    result = refund_safely(on_asyncio, "o", "a")
    print(result.order_id)  # refused: attr-defined reportAttributeAccessIssue
    order = wait_for_order(on_asyncio, "o")
    print(order.status)  # refused: attr-defined reportAttributeAccessIssue
    await refund_safely(client, "o", "a")  # refused: misc reportGeneralTypeIssues


refund_safely(client, "o")  # refused: call-overload reportCallIssue
refund_safely(client, "o", 17)  # refused: call-overload reportArgumentType
refund_safely(client, "o", "a", "t", 30)  # refused: call-overload reportCallIssue
refund_safely(client.orders, "o", "a")  # refused: call-overload reportArgumentType
end = refund_safely(client, "o", "a")
print(end.refund)  # refused: union-attr reportAttributeAccessIssue
print(end.error.outcome)  # refused: union-attr reportOptionalMemberAccess
wait_for_order(client, "o", until=17)  # refused: call-overload reportArgumentType
wait_for_order(client, "o", timeout="60")  # refused: call-overload reportArgumentType

Chessa(journal=async_journal)  # refused: arg-type reportArgumentType
Chessa(journal="journal.jsonl")  # refused: arg-type reportArgumentType
Chessa(journal=FileJournal)  # refused: arg-type reportArgumentType
client.with_options(reference=17)  # refused: arg-type reportArgumentType
FileJournal()  # refused: call-arg reportCallIssue
