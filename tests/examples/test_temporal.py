"""`examples/temporal_activities.py`: retried and cancelled in Temporal's `ActivityEnvironment`."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

import chessa
from chessa import AsyncChessa, Outcome
from chessa.journal import SqlJournal
from chessa.testing import Sandbox, sandbox
from tests.marks import needs

from .vendor import ADDRESS, KEY, REFERENCE, REFUND, wait_until

pytestmark = needs("temporalio")


async def in_ledger(folder: Path, api: Sandbox, work: Any) -> None:
    """Do some work with a client whose writes are claimed."""
    url = f"sqlite:///{folder / 'ledger.db'}"
    async with (
        SqlJournal(url, account="payouts", fingerprint_key=KEY) as journal,
        api.async_client(journal=journal, timeout=5) as client,
    ):
        await work(client, journal)


def test_an_activity_that_runs_again_has_the_result(tmp_path: Path) -> None:
    """A retry of the activity sends nothing."""
    from temporalio.testing import ActivityEnvironment

    from temporal_activities import Refund, Refunds

    async def work(client: AsyncChessa, _journal: SqlJournal) -> None:
        due = Refund(REFERENCE, api.add_order().fund().fail().id, ADDRESS)
        activity = Refunds(client).refund
        assert await ActivityEnvironment().run(activity, due) == "refunded"
        assert await ActivityEnvironment().run(activity, due) == "refunded"

    with sandbox() as api:
        asyncio.run(in_ledger(tmp_path, api, work))
        assert len(api.refunds) == 1


def test_a_cancelled_activity_leaves_an_unknown_refund(tmp_path: Path) -> None:
    """The cancellation comes out, the claim is closed, and the next attempt reads the refund."""
    from temporalio.testing import ActivityEnvironment

    from temporal_activities import Refund, Refunds

    async def work(client: AsyncChessa, journal: SqlJournal) -> None:
        api.delay_next(30, operation=REFUND)
        due = Refund(REFERENCE, api.add_order().fund().fail().id, ADDRESS)
        environment, beats = ActivityEnvironment(), []
        environment.on_heartbeat = lambda *details: beats.append(details)
        running = asyncio.create_task(environment.run(Refunds(client).refund, due))
        await asyncio.to_thread(wait_until, lambda: api.refunds, "no refund was made")
        environment.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        (entry,) = await journal.afind(REFERENCE, REFUND)
        assert (entry.outcome, entry.in_progress) == (Outcome.UNKNOWN, False)
        assert beats
        assert await ActivityEnvironment().run(Refunds(client).refund, due) == "refunded"

    with sandbox() as api:
        asyncio.run(in_ledger(tmp_path, api, work))
        assert len(api.refunds) == 1
        assert sum(request.operation == REFUND for request in api.requests) == 1


def test_an_unknown_refund_is_an_error_that_is_retried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attempt that cannot find out fails, and the name of its error allows another one."""
    from temporalio.exceptions import ApplicationError
    from temporalio.testing import ActivityEnvironment

    from temporal_activities import NO_RETRY, Refund, Refunds

    async def work(client: AsyncChessa, _journal: SqlJournal) -> None:
        api.lose_next_answer(operation=REFUND)
        api.show_refunds_late(reads=100)
        due = Refund(REFERENCE, api.add_order().fund().fail().id, ADDRESS)
        with pytest.raises(ApplicationError) as caught:
            await ActivityEnvironment().run(Refunds(client).refund, due)
        assert caught.value.type not in NO_RETRY
        assert not caught.value.non_retryable

    monkeypatch.setattr("temporal_activities.SECONDS", 1.0)
    with sandbox() as api:
        asyncio.run(in_ledger(tmp_path, api, work))


def test_names_that_are_not_retried() -> None:
    """Each name is one of chessa's; the errors that pass are not among them."""
    from temporal_activities import NO_RETRY

    named = {name: getattr(chessa, name, None) or getattr(chessa.flows, name) for name in NO_RETRY}
    assert all(issubclass(each, chessa.ChessaError) for each in named.values())
    passing = {"NotSentError", "InProgressError", "ResponseError", "ServerError", "RateLimitError"}
    assert not passing & set(NO_RETRY)


def test_the_workflow_loads_in_its_sandbox() -> None:
    """Temporal's sandbox for workflows forbids nothing of what importing chessa does."""
    from temporalio import workflow
    from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

    from temporal_activities import RefundOrder

    async def load() -> None:
        definition = workflow._Definition.must_from_class(RefundOrder)
        SandboxedWorkflowRunner().prepare_workflow(definition)

    asyncio.run(load())
