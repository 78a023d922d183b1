"""A call that is cancelled or interrupted: its entry says what is known, and frees what it may."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import pytest

import chessa
from chessa.journal import _sql
from chessa.testing import Sandbox
from tests.interruptions.tracing import LineStrike, Select, function, of_modules
from tests.modes import ASYNC

from .calls import ADDRESS, REFERENCE, REFUND, posts, refund
from .databases import Database

CALL = of_modules(
    "chessa._call.ledger",
    "chessa._call.gate",
    "chessa._call.sync",
    "chessa.journal._sql",
    "chessa.journal._sql_claims",
    "chessa.journal._transactions",
    "chessa.journal._statements",
    "chessa.journal._records",
)
LOCKED = function("chessa.journal._sql_claims", "__call__")


@pytest.mark.parametrize("moment", ["claim", "COMMIT", "send", "settle", "closed"])
def test_a_cancelled_call(
    moment: str, api: Sandbox, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelled before the send, it is NOT_SENT and free; in flight, UNKNOWN; after that, made."""
    order = api.add_order().fail()
    true_run = _sql.SqlJournal.run_async

    async def main() -> None:
        async with database.journal() as journal, api.async_client(journal=journal) as client:
            await journal.aopen()
            task = asyncio.ensure_future(
                client.once(REFERENCE).orders.request_refund(order_id=order.id, address=ADDRESS)
            )

            async def slow(self: Any, script: Any, before: Any = None, **named: Any) -> Any:
                is_settling = before is not None and before.__self__.may_be_stored
                result: Any = None
                if moment == "claim" and not is_settling:
                    task.cancel()
                    await asyncio.sleep(0.01)
                if moment == "settle" and is_settling:
                    task.cancel()
                    await asyncio.sleep(0.01)
                result = await true_run(self, script, before, **named)
                if moment == "COMMIT" and not is_settling:
                    task.cancel()
                    await asyncio.sleep(0.01)
                if moment == "closed" and is_settling:
                    task.cancel()
                    await asyncio.sleep(0.01)
                return result

            monkeypatch.setattr(_sql.SqlJournal, "run_async", slow)
            if moment == "send":
                api.delay_next(0.3, operation=REFUND)
                while not posts(api):  # noqa: ASYNC110  # the sandbox counts
                    await asyncio.sleep(0.001)
                task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0.05)  # what a cancelled call has left to itself
            monkeypatch.undo()

    asyncio.run(main())
    sent = moment in ("send", "settle", "closed")
    assert posts(api) == sent
    expected = {"send": "unknown", "settle": "result", "closed": "result"}.get(moment, "not_sent")
    assert database.states() in ([expected], [] if moment == "claim" else [expected])
    again = refund(ASYNC, api, database, order.id)
    assert isinstance(again, chessa.OutcomeUnknownError) is (moment == "send")
    assert posts(api) == 1


STEPS = [
    pytest.param(23, id="ordinary"),
    pytest.param(5, id="ci", marks=pytest.mark.ci),
    pytest.param(1, id="nightly", marks=pytest.mark.nightly),
]


@pytest.mark.untraced
# An interruption within connecting or closing leaves the socket to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("every", STEPS)
def test_an_interruption_at_any_line(
    every: int, new_database: Callable[[], Database], api: Sandbox
) -> None:
    """Ctrl-C comes out; what was sent is never sent again, and what is open was perhaps sent."""
    database = new_database()
    with database.journal() as journal:
        client = api.client(journal=journal, max_retries=0)

        def struck(number: int, select: Select = CALL) -> LineStrike:
            strike = LineStrike(select, number, KeyboardInterrupt)
            order = api.add_order().fail()
            reference = f"{select} {number}"
            before = posts(api)
            call = client.once(reference).orders.request_refund
            with contextlib.suppress(KeyboardInterrupt), strike.running():
                call(order_id=order.id, address=ADDRESS)
            sent = posts(api) - before
            found = journal.find(reference)
            states = [str(each.outcome) for each in found]
            assert sent <= len(found), strike.where
            database.lapse()
            try:
                call(order_id=order.id, address=ADDRESS)
            except chessa.OutcomeUnknownError:
                assert found, strike.where
            assert posts(api) - before <= 1, (strike.where, states)
            return strike

        struck(0)
        for number in range(1, struck(-1, LOCKED).lines + 1):
            struck(number, LOCKED)  # also as it releases its lock, which it takes once more
        lines = struck(-1).lines
        assert lines > 100
        numbers = range(1, lines + 1, every)
        where = {struck(number).where for number in numbers}
        assert len(where) > len(numbers) // 3
