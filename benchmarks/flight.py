"""Many calls in flight on one event loop: who calls, and how.

In: one call of a contender, as a coroutine function. Out: work that keeps a number of them in
flight. And the contenders' calls: chessa, `httpx.AsyncClient` and aiohttp with their defaults.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp
import httpx

import chessa

from .payload import ADDRESS, CREDENTIALS, ORDER_ID

AsyncCall = Callable[[], Awaitable[object]]
PATIENCE: Final = 120.0
"""Seconds that a call may take: hundreds queue for a pool, and none of them may be given up."""
_READ: Final = f"/v1/orders/{ORDER_ID}"
_WRITE: Final = "/v1/orders/refund"


def in_flight(call: AsyncCall, at_once: int, calls: int) -> Callable[[], Awaitable[None]]:
    """Make so many calls, by so many tasks that make one after the other."""
    shares = [calls // at_once + (number < calls % at_once) for number in range(at_once)]

    async def one(share: int) -> None:
        for _ in range(share):
            await call()

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            for share in shares:
                group.create_task(one(share))

    return work


def our_client(url: str, transport: Any = None) -> chessa.AsyncChessa:
    """An `AsyncChessa`."""
    return chessa.AsyncChessa(
        client_id=CREDENTIALS["x-client-id"],
        client_secret=CREDENTIALS["x-client-secret"],
        base_url=url,
        timeout=PATIENCE,
        transport=transport,
    )


def httpx_client(url: str) -> httpx.AsyncClient:
    """An `httpx.AsyncClient` with the limits that it has by default."""
    return httpx.AsyncClient(base_url=url, headers=CREDENTIALS, timeout=PATIENCE)


def chessa_read(client: chessa.AsyncChessa) -> AsyncCall:
    """`orders.retrieve`."""

    async def call() -> object:
        order = await client.orders.retrieve(ORDER_ID)
        return order.status, order.destination_amount

    return call


def httpx_read(client: httpx.AsyncClient) -> AsyncCall:
    """As it is written by hand."""

    async def call() -> object:
        response = await client.get(_READ)
        response.raise_for_status()
        order = response.json()["order"]
        return order["status"], order["destinationAmount"]

    return call


def aiohttp_read(session: aiohttp.ClientSession) -> AsyncCall:
    """The same with aiohttp."""

    async def call() -> object:
        async with session.get(_READ) as response:
            response.raise_for_status()
            order: Any = (await response.json())["order"]
        return order["status"], order["destinationAmount"]

    return call


def chessa_write(client: chessa.AsyncChessa) -> AsyncCall:
    """`orders.request_refund`, on a connection of its own."""

    async def call() -> object:
        refund = await client.orders.request_refund(order_id=ORDER_ID, address=ADDRESS)
        return refund.status, refund.crypto_amount

    return call


def httpx_write(client: httpx.AsyncClient) -> AsyncCall:
    """As it is written by hand, on a connection of the pool."""

    async def call() -> object:
        body = {"orderId": ORDER_ID, "address": ADDRESS}
        response = await client.post(_WRITE, json=body)
        response.raise_for_status()
        refund = response.json()
        return refund["status"], refund["cryptoAmount"]

    return call
