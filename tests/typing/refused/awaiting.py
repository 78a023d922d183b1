"""Forgotten awaits. Each marked line is refused, by both checkers, for what it names."""

from chessa import AsyncChessa
from chessa.models import Order


async def forgotten(client: AsyncChessa) -> None:
    client.orders.retrieve("o")  # refused: unused-coroutine reportUnusedCoroutine
    client.aclose()  # refused: unused-coroutine reportUnusedCoroutine
    refund = client.orders.request_refund(order_id="o", address="a")
    print(refund.status)  # refused: attr-defined reportAttributeAccessIssue
    order: Order = client.orders.retrieve("o")  # refused: assignment reportAssignmentType
    print(order)
    for each in client.orders.list():  # refused: attr-defined reportGeneralTypeIssues
        del each
    print((await client.orders.retrieve("o")).status)
    answer = client.with_raw_response.orders.retrieve("o")
    print(answer.parsed)  # refused: attr-defined reportAttributeAccessIssue
    print(await client.orders)  # refused: misc reportGeneralTypeIssues


def not_async(client: AsyncChessa) -> Order:
    return client.orders.retrieve("o")  # refused: return-value reportReturnType
