"""`wait_for_order` tells progress: once for each status, to functions of either kind."""

import asyncio
from typing import Any

import pytest

import chessa
from chessa.flows import wait_for_order
from chessa.testing import Sandbox

from .runs import ManualTime

pytestmark = pytest.mark.usefixtures("sped_up")


@pytest.mark.parametrize("kind", ["sync", "async with a function", "async"])
def test_progress_has_each_status_once(api: Sandbox, time: ManualTime, kind: str) -> None:
    """The order is passed at the first read, and whenever its status has changed."""
    order = api.add_order()
    time.while_asleep = lambda: order.advance() if len(time.waits) % 3 == 0 else None
    seen: list[str] = []

    def progress(order: Any) -> None:
        seen.append(str(order.status))

    async def progress_async(order: Any) -> None:
        await asyncio.sleep(0)
        progress(order)

    async def main() -> None:
        async with api.async_client() as client:
            told = progress_async if kind == "async" else progress
            await wait_for_order(client, order.id, progress=told)

    if kind == "sync":
        wait_for_order(api.client(), order.id, progress=progress)
    else:
        asyncio.run(main())
    assert seen == [
        *("created", "waiting_for_funding", "waiting_for_confirmations"),
        *("funds_received", "processing_payout", "completed"),
    ]


@pytest.mark.parametrize("error", [ValueError("text"), chessa.ResponseError("text")])
@pytest.mark.parametrize("is_async", [False, True])
def test_an_exception_of_progress_comes_out_as_itself(
    api: Sandbox, error: Exception, is_async: bool
) -> None:
    """It ends the wait, even if it is an error that a read may have."""
    order = api.add_order()

    def progress(order: Any) -> None:
        raise error

    async def main() -> None:
        async with api.async_client() as client:
            await wait_for_order(client, order.id, progress=progress)

    with pytest.raises(type(error)) as caught:
        asyncio.run(main()) if is_async else wait_for_order(
            api.client(), order.id, progress=progress
        )
    assert caught.value is error
    assert len(api.requests) == 1


def test_a_sync_client_cannot_await_progress(api: Sandbox) -> None:
    """A coroutine function, or a function that returns a coroutine, is refused."""

    async def progress(order: Any) -> None:
        raise AssertionError

    functions: list[Any] = [progress, lambda order: progress(order)]
    for function in functions:
        with pytest.raises(chessa.InvalidRequestError, match="AsyncChessa"):
            wait_for_order(api.client(), api.add_order().id, progress=function)
