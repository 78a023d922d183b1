"""Waiting for an order: growing waits, in any case of letters, and what was seen last.

In: orders that move on while the flow waits. Out: the order, or an error with what was seen.
"""

import asyncio
import functools
from collections.abc import Callable
from typing import Any

import pytest

import chessa
from chessa import flows
from chessa.flows import wait_for_order
from chessa.testing import Sandbox, SandboxOrder

from .runs import READ, Run, Time, asked


def end_at_the_fourth(
    time: Time, order: SandboxOrder, command: Callable[[SandboxOrder], object]
) -> None:
    """Bring an order to its end at every fourth wait."""
    if len(time.waits) % 4 == 0:
        command(order)


def test_waiting_ends_with_the_order(run: Run, api: Sandbox, time: Time) -> None:
    """By default at `completed` or `Failed`, whichever comes first."""
    for command in (SandboxOrder.complete, SandboxOrder.fail):
        order = api.add_order()
        time.while_asleep = functools.partial(end_at_the_fourth, time, order, command)
        seen = run(wait_for_order, order.id)
        assert seen.id == order.id
        assert seen.status == order.status
        assert len(time.waits) % 4 == 0


@pytest.mark.parametrize(
    "until",
    [
        "Funds_Received",
        ["completed", "FUNDS_RECEIVED"],
        {"funds_received": 1},
        lambda order: order.status == "funds_received",
        chessa.models.OrderStatus.FUNDS_RECEIVED,
        iter(["funds_received"]),
    ],
)
def test_waiting_for_a_status(run: Run, api: Sandbox, time: Time, until: Any) -> None:
    """One, several, or a function; without regard to case."""
    if not callable(until) and not isinstance(until, str | dict | list):
        until = list(until) or ["funds_received"]
    order = api.add_order()
    time.while_asleep = order.advance
    assert run(wait_for_order, order.id, until).status == "funds_received"
    assert len(time.waits) == 3


def test_a_status_that_nobody_knows_is_on_the_way(run: Run, api: Sandbox, time: Time) -> None:
    """It is waited out; time that runs out says what was seen last."""
    order = api.add_order().force_status("held_for_review")
    with pytest.raises(flows.OrderWaitError) as caught:
        run(wait_for_order, order.id, "completed", 20.0)
    error = caught.value
    assert (error.last_status, error.timed_out, error.order_id) == (
        "held_for_review",
        True,
        order.id,
    )
    assert "held_for_review" in str(error)
    assert error.reads == len(asked(api)) == len(time.waits) + 1
    assert 19 <= sum(time.waits) <= 20


@pytest.mark.parametrize("now", [0.1, 1_000.0, 1e9 / 3, 1e15])
def test_a_time_that_rounds_away_ends_all_the_same(api: Sandbox, time: Time, now: float) -> None:
    """Whatever the clock shows, and however coarse it is, the last look is the last."""
    time.now = now
    order = api.add_order()
    with pytest.raises(flows.OrderWaitError) as caught:
        wait_for_order(api.client(), order.id, timeout=20 / 3)
    assert caught.value.reads < 20


def test_an_order_that_ended_otherwise_is_not_waited_for(
    run: Run, api: Sandbox, time: Time
) -> None:
    """It will not get there: said at once."""
    order = api.add_order().fail()
    with pytest.raises(flows.OrderWaitError) as caught:
        run(wait_for_order, order.id, until="completed")
    assert (caught.value.last_status, caught.value.timed_out) == ("Failed", False)
    assert time.waits == []


def test_a_status_of_the_callers_own_is_waited_for(run: Run, api: Sandbox, time: Time) -> None:
    """One that is not documented may come after an end that is."""
    order = api.add_order().fail()
    time.while_asleep = lambda: order.force_status("Refunded")
    assert run(wait_for_order, order.id, "refunded").status == "Refunded"


def test_waiting_outlasts_troubles_that_pass(run: Run, api: Sandbox, time: Time) -> None:
    """No connection and 5xx are waited out; a read that is refused comes out."""
    order = api.add_order().complete()
    api.fail_next(503, operation=READ, headers={"retry-after": "2"})
    api.lose_next_answer(operation=READ)
    assert run(wait_for_order, order.id).status == "completed"
    assert time.waits == [2.0, 0.75]
    with pytest.raises(chessa.NotFoundError):
        run(wait_for_order, "no such order")


def test_waiting_tells_what_failed_last(run: Run, api: Sandbox) -> None:
    """Never read at all: no status, and the reason."""
    order = api.add_order()
    api.refuse_next_connection(operation=READ, times=100)
    with pytest.raises(flows.OrderWaitError) as caught:
        run(wait_for_order, order.id, timeout=5)
    assert caught.value.last_status is None
    assert isinstance(caught.value.last_error, chessa.NotSentError)
    api.check()


async def never_said(order: object) -> bool:
    """A condition that somebody would have to wait for."""
    return False


@pytest.mark.parametrize("until", [never_said, lambda order: never_said(order)])
def test_a_condition_is_a_plain_function(run: Run, api: Sandbox, until: Any) -> None:
    """A coroutine is no yes."""
    with pytest.raises(chessa.InvalidRequestError, match="plain function"):
        run(wait_for_order, api.add_order().id, until)


@pytest.mark.parametrize("until", [(), "", [17], 17, None])
def test_what_cannot_be_waited_for_is_refused(run: Run, api: Sandbox, until: Any) -> None:
    """Nothing, or no text."""
    with pytest.raises(chessa.InvalidRequestError):
        run(wait_for_order, "an order", until)
    assert api.requests == ()


def test_a_flow_under_way_can_be_cancelled(api: Sandbox) -> None:
    """A task that waits for an order ends as cancelled, and nothing else."""

    async def main() -> None:
        async with api.async_client() as client:
            task = asyncio.ensure_future(wait_for_order(client, order.id))
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    order = api.add_order()
    asyncio.run(main())
