"""`refund_safely` with a ledger: one refund for each order, from any worker, however often."""

import asyncio
import concurrent.futures
from typing import Any

import pytest

import chessa
from chessa import InProgressError, OutcomeUnknownError, ReferenceConflictError
from chessa.flows import (
    AlreadyRefundedError,
    Confirmed,
    NotApplied,
    NotRefundableError,
    StillUnknown,
    refund_safely,
)
from chessa.journal import SqlJournal
from chessa.journal._records import JournalError
from chessa.testing import Sandbox, SandboxOrder

from .runs import ADDRESS, READ, REFUND, Once, operations


def posts(api: Sandbox) -> int:
    """Return how many refunds the API received."""
    return operations(api).count(REFUND)


def test_a_refund_is_claimed_under_the_order_id(once: Once, order: SandboxOrder) -> None:
    """Without a reference it is the order's id; the subject is the order."""
    result = once(refund_safely, order.id, ADDRESS)
    assert isinstance(result, Confirmed)
    entry = once.entry()
    assert (entry.reference, entry.subject, entry.once) == (order.id, order.id, True)
    assert entry.outcome is None


@pytest.mark.parametrize("way", ["argument", "option", "once"])
def test_the_reference_of_the_caller_takes_precedence(
    once: Once, order: SandboxOrder, way: str
) -> None:
    """As an argument, or of the client."""

    def refund(client: Any) -> Any:
        if way == "argument":
            return refund_safely(client, order.id, ADDRESS, reference="invoice 17")
        made = client.once("invoice 17") if way == "once" else None
        named = made or client.with_options(reference="invoice 17")
        return refund_safely(named, order.id, ADDRESS)

    assert isinstance(once(refund), Confirmed)
    assert once.entry().reference == "invoice 17"


def test_a_refund_that_was_made_is_returned_again(
    once: Once, api: Sandbox, order: SandboxOrder
) -> None:
    """The second call sends nothing, even while the order does not show the refund."""
    api.show_refunds_late(reads=50)
    first, again = (once(refund_safely, order.id, ADDRESS) for _ in range(2))
    assert isinstance(first, Confirmed)
    assert isinstance(again, Confirmed)
    assert first.refund is not None
    assert again.refund is not None
    assert again.refund.refund_id == first.refund.refund_id
    assert (again.error, again.reads, posts(api)) == (None, 0, 1)


def test_a_refund_that_the_order_shows_is_returned_again(
    once: Once, api: Sandbox, order: SandboxOrder
) -> None:
    """It is the caller's own, so it is not an `AlreadyRefundedError`."""
    for _ in range(2):
        assert isinstance(once(refund_safely, order.id, ADDRESS), Confirmed)
    assert posts(api) == 1


@pytest.mark.usefixtures("sped_up")
def test_a_refund_of_an_unknown_outcome_is_only_looked_for(
    once: Once, api: Sandbox, order: SandboxOrder
) -> None:
    """The second call reads; when the order shows the refund, the entry is closed as confirmed."""
    api.show_refunds_late(reads=40)
    api.lose_next_answer(operation=REFUND)
    first = once(refund_safely, order.id, ADDRESS)
    assert isinstance(first, StillUnknown)
    second = once(refund_safely, order.id, ADDRESS, timeout=600)
    assert isinstance(second, Confirmed)
    assert isinstance(second.error, OutcomeUnknownError)
    assert second.error.record is not None
    assert (second.error.attempts, posts(api), len(api.refunds)) == (0, 1, 1)
    entry = once.entry()
    assert entry.outcome is None
    event = entry.history[-1]
    assert (event["event"], event["by"], event["evidence"]) == ("confirmed", READ, "/order/refund")


def test_a_refund_that_is_found_at_once_is_closed_as_confirmed(
    once: Once, api: Sandbox, order: SandboxOrder
) -> None:
    """By the call itself that lost the response."""
    api.lose_next_answer(operation=REFUND)
    assert isinstance(once(refund_safely, order.id, ADDRESS), Confirmed)
    entry = once.entry()
    assert (entry.outcome, entry.history[-1]["event"]) == (None, "confirmed")


@pytest.mark.parametrize("is_shown", [True, False])
@pytest.mark.usefixtures("sped_up")
def test_a_claim_without_an_end_is_only_looked_for(
    once: Once, api: Sandbox, order: SandboxOrder, is_shown: bool
) -> None:
    """Its process died: the order alone says whether the refund was made."""
    if not is_shown:
        api.show_refunds_late(reads=50)
    once(refund_safely, order.id, ADDRESS)
    once.lapse()
    result = once(refund_safely, order.id, ADDRESS)
    assert isinstance(result, Confirmed if is_shown else StillUnknown)
    assert isinstance(result.error, OutcomeUnknownError)
    assert not isinstance(result.error, InProgressError)
    assert posts(api) == 1
    assert once.entry().outcome is (None if is_shown else chessa.Outcome.UNKNOWN)


@pytest.mark.usefixtures("sped_up")
def test_two_references_do_not_refund_one_order(
    once: Once, api: Sandbox, order: SandboxOrder
) -> None:
    """The second one reads the order, and has the conflict as evidence."""
    api.show_refunds_late(reads=2)
    assert isinstance(once(refund_safely, order.id, ADDRESS, reference="one"), Confirmed)
    result = once(refund_safely, order.id, ADDRESS, reference="two")
    assert isinstance(result, Confirmed)
    assert isinstance(result.error, ReferenceConflictError)
    assert result.error.record is not None
    assert (result.error.record.reference, posts(api)) == ("one", 1)


def test_a_reference_of_another_order_is_refused(once: Once, api: Sandbox) -> None:
    """One reference stands for one refund."""
    first, second = api.add_order().fail(), api.add_order().fail()
    once(refund_safely, first.id, ADDRESS, reference="one")
    with pytest.raises(ReferenceConflictError):
        once(refund_safely, second.id, ADDRESS, reference="one")
    assert posts(api) == 1


@pytest.mark.usefixtures("sped_up")
def test_another_address_is_not_refunded(once: Once, api: Sandbox, order: SandboxOrder) -> None:
    """Under the same reference other arguments are a conflict; the refund is not theirs."""
    once(refund_safely, order.id, ADDRESS)
    result = once(refund_safely, order.id, "bc1qother")
    assert isinstance(result, StillUnknown | Confirmed)
    assert isinstance(result.error, ReferenceConflictError)
    assert posts(api) == 1


def test_what_was_certainly_not_sent_is_sent(once: Once, api: Sandbox, order: SandboxOrder) -> None:
    """NOT_SENT frees the reference."""
    api.refuse_next_connection(operation=REFUND)
    assert isinstance(once(refund_safely, order.id, ADDRESS), NotApplied)
    assert isinstance(once(refund_safely, order.id, ADDRESS), Confirmed)
    assert len(api.refunds) == 1


def test_a_rejection_is_returned_again(once: Once, api: Sandbox, order: SandboxOrder) -> None:
    """Until the caller asks to send it again."""
    api.fail_next(400, error="invalid_refund_request", operation=REFUND)
    results = [once(refund_safely, order.id, ADDRESS) for _ in range(2)]
    assert [type(each) for each in results] == [NotApplied, NotApplied]
    assert results[1].error.code == "invalid_refund_request"
    assert posts(api) == 1

    def again(client: Any) -> Any:
        return refund_safely(client.with_options(retry_rejected=True), order.id, ADDRESS)

    assert isinstance(once(again), Confirmed)


def test_a_refund_of_another_program_is_told(once: Once, api: Sandbox, order: SandboxOrder) -> None:
    """The ledger has no entry: the order's refund is not this caller's."""
    order.give_back(ADDRESS, None)
    with pytest.raises(AlreadyRefundedError):
        once(refund_safely, order.id, ADDRESS)
    with pytest.raises(NotRefundableError):
        once(refund_safely, api.add_order().id, ADDRESS)
    assert posts(api) == 0


@pytest.mark.parametrize("is_async", [False, True])
def test_workers_at_once_send_one_refund(
    api: Sandbox, order: SandboxOrder, once: Once, is_async: bool
) -> None:
    """Four claim at the same moment; the others read the order."""
    api.delay_next(0.2, operation=REFUND)

    def work(_: int) -> Any:
        return Once(api, once.url, is_async=is_async)(refund_safely, order.id, ADDRESS)

    with concurrent.futures.ThreadPoolExecutor(4) as workers:
        results = list(workers.map(work, range(4)))
    assert [type(each) for each in results] == [Confirmed] * 4
    assert (posts(api), len(api.refunds)) == (1, 1)


def test_tasks_at_once_send_one_refund(api: Sandbox, order: SandboxOrder, once: Once) -> None:
    """The same with the tasks of one event loop."""

    async def main() -> list[Any]:
        async with once.ledger() as journal, api.async_client(journal=journal) as client:
            calls = [refund_safely(client, order.id, ADDRESS) for _ in range(4)]
            return list(await asyncio.gather(*calls))

    assert [type(each) for each in asyncio.run(main())] == [Confirmed] * 4
    assert posts(api) == 1


def test_nothing_is_sent_without_the_ledger(
    once: Once, api: Sandbox, order: SandboxOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that cannot be used is NOT_SENT."""

    def run(*_: object) -> None:
        raise JournalError("OperationalError")

    async def run_async(*_: object) -> None:
        run()

    monkeypatch.setattr(SqlJournal, "run", run)
    monkeypatch.setattr(SqlJournal, "run_async", run_async)
    with pytest.raises(chessa.NotSentError, match="journal could not be read") as caught:
        once(refund_safely, order.id, ADDRESS)
    assert caught.value.cause == "OperationalError"
    assert posts(api) == 0
