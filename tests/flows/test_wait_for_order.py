"""`wait_for_order`: growing waits, statuses in any case, and the last status on the error."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import chessa
from chessa import flows
from chessa.flows import _steps, wait_for_order
from chessa.testing import Sandbox, SandboxOrder

from .runs import READ, ManualTime, Run, operations, wait


@pytest.mark.parametrize("command", [SandboxOrder.complete, SandboxOrder.fail])
def test_waiting_ends_with_the_order(
    run: Run, api: Sandbox, time: ManualTime, command: Callable[[SandboxOrder], object]
) -> None:
    """By default where it is completed or failed."""
    order = api.add_order()
    time.while_asleep = lambda: command(order) if len(time.waits) == 4 else None
    seen = run(wait, order.id)
    assert (seen.id, seen.status, len(time.waits)) == (order.id, order.status, 4)


@pytest.mark.parametrize(
    "make",
    [
        lambda: "Funds_Received",
        lambda: ["completed", "FUNDS_RECEIVED"],
        lambda: "funds-received",
        lambda: {"funds_received": 1},
        lambda: lambda order: order.status == "funds_received",
        lambda: chessa.models.OrderStatus.FUNDS_RECEIVED,
        lambda: iter(["funds_received"]),
    ],
)
def test_waiting_for_a_status(
    run: Run, api: Sandbox, time: ManualTime, make: Callable[[], Any]
) -> None:
    """One, several, or a function; case and separators are ignored."""
    order = api.add_order()
    time.while_asleep = order.advance
    assert run(wait, order.id, make()).status == "funds_received"
    assert len(time.waits) == 3


def test_an_unknown_status_is_on_the_way(run: Run, api: Sandbox, time: ManualTime) -> None:
    """It is waited out; when time runs out the error has the last status."""
    order = api.add_order().force_status("held_for_review")
    with pytest.raises(flows.OrderWaitError, match="held_for_review") as caught:
        run(wait, order.id, "completed", 20.0)
    error = caught.value
    known = (error.last_status, error.timed_out, error.order_id)
    assert known == ("held_for_review", True, order.id)
    assert error.reads == len(operations(api)) == len(time.waits) + 1
    assert 19 <= sum(time.waits) <= 20


@pytest.mark.parametrize("now", [0.1, 1_000.0, 1e9 / 3, 1e15])
def test_a_time_that_rounds_away_ends_all_the_same(
    api: Sandbox, time: ManualTime, now: float
) -> None:
    """However coarse the clock is, the last read is the last."""
    time.now = now
    with pytest.raises(flows.OrderWaitError) as caught:
        _steps.run(api.client(), wait(api.add_order().id, timeout=20 / 3), time)
    assert caught.value.reads < 20


def test_an_order_at_another_end_is_not_waited_for(
    run: Run, order: SandboxOrder, time: ManualTime
) -> None:
    """The error comes at once."""
    with pytest.raises(flows.OrderWaitError, match="cannot reach") as caught:
        run(wait, order.id, until="completed")
    assert caught.value.last_status == chessa.models.OrderStatus.FAILED
    assert not caught.value.timed_out
    assert time.waits == []


def test_a_status_of_the_callers_own_is_waited_for(
    run: Run, order: SandboxOrder, time: ManualTime
) -> None:
    """A status that is not documented may come after an end that is."""
    time.while_asleep = lambda: order.force_status("Refunded")
    assert run(wait, order.id, "refunded").status == "Refunded"


def test_waiting_outlasts_transient_failures(run: Run, api: Sandbox, time: ManualTime) -> None:
    """Lost connections and 5xx are waited out; a read that is refused raises its error."""
    order = api.add_order().complete()
    api.fail_next(503, operation=READ, headers={"retry-after": "2"})
    api.lose_next_answer(operation=READ)
    assert run(wait, order.id).status == "completed"
    assert time.waits == [2.0, 0.75]
    with pytest.raises(chessa.NotFoundError):
        run(wait, "no such order")


def test_an_order_that_was_never_read_has_no_status(run: Run, api: Sandbox) -> None:
    """The error has the reason."""
    api.refuse_next_connection(operation=READ, times=100)
    with pytest.raises(flows.OrderWaitError, match="could not be read") as caught:
        run(wait, api.add_order().id, timeout=5)
    assert caught.value.last_status is None
    assert isinstance(caught.value.last_error, chessa.NotSentError)


async def is_true(order: object) -> bool:
    """Return a result that would have to be awaited."""
    return True


@pytest.mark.parametrize("until", [is_true, lambda order: is_true(order)])
def test_a_coroutine_function_is_not_a_condition(run: Run, api: Sandbox, until: Any) -> None:
    """Its coroutine is not taken for true."""
    with pytest.raises(chessa.InvalidRequestError, match="must not be a coroutine function"):
        run(wait, api.add_order().id, until)


@pytest.mark.parametrize("until", [(), "", "-", [17], 17, None])
def test_statuses_that_are_not_text_are_refused(api: Sandbox, until: Any) -> None:
    """The error comes before the coroutine is awaited."""
    for client in (api.client(), api.async_client()):
        with pytest.raises(chessa.InvalidRequestError, match="until must be a status"):
            wait_for_order(client, "an order", until)
    assert api.requests == ()


def test_a_flow_in_flight_can_be_cancelled(api: Sandbox) -> None:
    """A task that waits for an order ends as cancelled."""

    async def main() -> None:
        async with api.async_client() as client:
            task = asyncio.ensure_future(wait_for_order(client, api.add_order().id))
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
