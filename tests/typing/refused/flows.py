"""Wrong use of flows and journals. Each marked line is refused, for what it names."""

from chessa import AsyncChessa, Chessa, FileJournal, JournalRecord
from chessa.flows import accept_quote, quote_payout, reconcile, refund_safely, wait_for_order
from chessa.models import Order

client = Chessa()
on_asyncio = AsyncChessa()


async def async_journal(record: JournalRecord) -> None:
    record.attempt = 2  # refused: misc reportAttributeAccessIssue
    print(record.body)  # refused: attr-defined reportAttributeAccessIssue


async def show(order: Order) -> None:
    print(order.status)


async def forgotten() -> None:
    refund_safely(on_asyncio, "o", "a")  # refused: unused-coroutine reportUnusedCoroutine
    wait_for_order(on_asyncio, "o")  # refused: unused-coroutine reportUnusedCoroutine
    result = refund_safely(on_asyncio, "o", "a")
    print(result.order_id)  # refused: attr-defined reportAttributeAccessIssue
    order = wait_for_order(on_asyncio, "o")
    print(order.status)  # refused: attr-defined reportAttributeAccessIssue
    await refund_safely(client, "o", "a")  # refused: misc reportGeneralTypeIssues


quote = quote_payout(
    client,
    reference="r",
    recipient="rec_1",
    chain="Solana",
    origin_asset="USDC",
    origin_amount=10,
    max_origin_amount=10,
)
refund_safely(client, "o")  # refused: call-overload reportCallIssue
refund_safely(client, "o", 17)  # refused: call-overload reportArgumentType
refund_safely(client, "o", "a", "t", 30)  # refused: call-overload reportCallIssue
refund_safely(client.orders, "o", "a")  # refused: call-overload reportArgumentType
end = refund_safely(client, "o", "a")
print(end.refund)  # refused: union-attr reportAttributeAccessIssue
print(end.error.outcome)  # refused: union-attr reportOptionalMemberAccess
wait_for_order(client, "o", until=17)  # refused: call-overload reportArgumentType
wait_for_order(client, "o", timeout="60")  # refused: call-overload reportArgumentType
wait_for_order(client, "o", progress=show)  # refused: arg-type reportArgumentType
reconcile(client, FileJournal("a"))  # refused: call-overload reportArgumentType
accept_quote(client, "o", reference="r")  # refused: call-overload reportArgumentType
accept_quote(client, quote)  # refused: call-overload reportCallIssue
quote.chain = "Tron"  # refused: misc reportAttributeAccessIssue
paid = accept_quote(client, quote, reference="r")
print(paid.hash)  # refused: attr-defined reportAttributeAccessIssue

Chessa(journal=async_journal)  # refused: arg-type reportArgumentType
Chessa(journal="journal.jsonl")  # refused: arg-type reportArgumentType
Chessa(journal=FileJournal)  # refused: arg-type reportArgumentType
client.with_options(reference=17)  # refused: arg-type reportArgumentType
FileJournal()  # refused: call-arg reportCallIssue
