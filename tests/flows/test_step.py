"""`journal.step`: a step of the caller's, done once for its reference, from any process."""

import asyncio
import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

import chessa
from chessa import (
    ConfigurationError,
    InProgressError,
    InvalidRequestError,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
    ReferenceConflictError,
)
from chessa.flows import reconcile
from chessa.journal import SqlJournal
from chessa.journal._records import JournalError

from .runs import Once, interrupt

BROADCAST = "step:broadcast"
Body = Callable[[Any], object]


def step(once: Once, body: Body, *, name: str = "broadcast", **named: Any) -> Any:
    """Run a block in a step, as a process of its own does; return the step."""

    async def main() -> Any:
        async with once.ledger() as journal, journal.step("r", name, **named) as entered:
            body(entered)
        return entered

    if once.is_async:
        return asyncio.run(main())
    with once.ledger() as journal, journal.step("r", name, **named) as entered:
        body(entered)
    return entered


def pay(step: Any) -> None:
    """Pay, if that was not done before."""
    if not step.is_done:
        step.done({"hash": "0x17", "amount": Decimal("0.10")})


def nothing(step: Any) -> None:
    """Leave the block without a word."""


def test_a_step_is_done_once(once: Once) -> None:
    """A later caller finds what was recorded, every number exact."""
    done: list[str] = []

    def body(step: Any) -> None:
        if not step.is_done:
            done.append("paid")
            step.done({"hash": "0x17", "amount": Decimal("0.10")})

    first, again = (step(once, body) for _ in range(2))
    assert (first.is_done, first.recorded, first.record) == (False, None, None)
    assert again.is_done
    assert again.recorded == {"hash": "0x17", "amount": Decimal("0.10")}
    assert (again.record.operation, again.record.reference) == (BROADCAST, "r")
    assert done == ["paid"]
    assert once.entry(BROADCAST).outcome is None


@pytest.mark.parametrize("recorded", [None, 17, "text", [], {"a": None}, Decimal("1.50")])
def test_any_json_value_is_recorded(once: Once, recorded: object) -> None:
    """None as well: `is_done` tells."""
    step(once, lambda each: each.done(recorded))
    again = step(once, nothing)
    assert (again.is_done, again.recorded) == (True, recorded)


@pytest.mark.parametrize(
    ("body", "error"),
    [(nothing, None), (lambda step: interrupt(), KeyboardInterrupt), (lambda step: 1 / 0, None)],
)
def test_a_step_that_is_left_without_an_end_is_unknown(
    once: Once, body: Body, error: type[BaseException] | None
) -> None:
    """Whatever ended the block; the next caller must not do it."""
    if body is nothing:
        step(once, body)
    else:
        with pytest.raises(error or ZeroDivisionError):
            step(once, body)
    entry = once.entry(BROADCAST)
    assert entry.outcome is Outcome.UNKNOWN
    assert entry.cause in ("left without done()", "KeyboardInterrupt", "ZeroDivisionError")
    with pytest.raises(OutcomeUnknownError, match=r"journal\.resolve") as caught:
        step(once, lambda each: pytest.fail("entered"))
    assert caught.value.record is not None
    assert (caught.value.outcome, caught.value.operation) == (Outcome.UNKNOWN, BROADCAST)


def test_an_exception_after_done_does_not_undo_it(once: Once) -> None:
    """It was done."""

    def body(step: Any) -> None:
        pay(step)
        raise LookupError

    with pytest.raises(LookupError):
        step(once, body)
    assert step(once, nothing).is_done


def test_a_step_that_was_not_done_may_be_claimed_again(once: Once) -> None:
    """Also with other arguments, and even if the block ends by an exception."""

    def refused(step: Any) -> None:
        step.not_done("the wallet refused")
        raise LookupError

    with pytest.raises(LookupError):
        step(once, refused, arguments={"amount": 1})
    entry = once.entry(BROADCAST)
    assert (entry.outcome, entry.cause) == (Outcome.NOT_SENT, "the wallet refused")
    assert not step(once, pay, arguments={"amount": 2}).is_done
    assert step(once, pay, arguments={"amount": 2}).recorded["hash"] == "0x17"


def test_other_arguments_are_a_conflict(once: Once) -> None:
    """While it is done or open."""
    step(once, pay, arguments={"amount": Decimal("1.0"), "to": ["a"]})
    assert step(once, pay, arguments={"to": ["a"], "amount": 1}).is_done
    with pytest.raises(ReferenceConflictError) as caught:
        step(once, pay, arguments={"amount": 2, "to": ["a"]})
    assert caught.value.record is not None
    assert caught.value.outcome is Outcome.NOT_SENT


def test_a_step_in_progress_is_told(once: Once) -> None:
    """Two workers: one has the permit, the other one is told who."""

    def body(outer: Any) -> None:
        raises = pytest.raises(InProgressError)
        with once.ledger() as journal, raises as caught, journal.step("r", "broadcast"):
            pytest.fail("entered")
        assert caught.value.record is not None
        assert caught.value.record.in_progress
        pay(outer)

    step(once, body)
    assert step(once, nothing).is_done


def test_a_killed_step_never_becomes_free(once: Once) -> None:
    """After its lease it is UNKNOWN; a person decides."""
    step(once, nothing)
    once.lapse(seconds=-60)
    with pytest.raises(InProgressError):
        step(once, nothing)
    once.lapse()
    with pytest.raises(OutcomeUnknownError) as caught:
        step(once, nothing)
    assert not isinstance(caught.value, InProgressError)


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.NOT_SENT, Outcome.REJECTED])
def test_a_person_resolves_a_step(once: Once, outcome: Outcome) -> None:
    """As DONE it counts as done, with nothing recorded; else it may be claimed again."""
    step(once, nothing)
    with once.ledger() as journal:
        journal.resolve("r", BROADCAST, outcome=outcome, by="Ada", why="the explorer shows it")
    again = step(once, pay)
    assert (again.is_done, again.recorded) == (outcome is Outcome.DONE, None)
    if outcome is Outcome.DONE:
        assert again.record.history[-1]["by"] == "Ada"
    else:
        assert step(once, nothing).recorded["hash"] == "0x17"


def test_a_purged_step_is_done_all_the_same(once: Once) -> None:
    """Only the recorded value is deleted."""
    import datetime

    step(once, pay)
    with once.ledger() as journal:
        assert journal.purge(before=datetime.datetime.now(datetime.UTC)) == 1
    again = step(once, nothing)
    assert (again.is_done, again.recorded) == (True, None)


def test_reconcile_leaves_a_step_to_a_person(once: Once) -> None:
    """The API does not show it."""
    step(once, nothing)
    (result,) = once(reconcile)
    assert (result.state, result.duplicate_is_harmless) == ("no way to check", False)


def test_steps_and_references_are_apart(once: Once) -> None:
    """Each has its own entry."""
    step(once, pay)
    assert not step(once, pay, name="file").is_done
    with once.ledger() as journal, journal.step("r2", "broadcast") as other:
        assert not other.is_done
        other.not_done("test")


def test_a_value_that_is_not_json_is_refused_after_it_was_done(once: Once) -> None:
    """The step was done: it stays done, without what cannot be recorded."""
    with pytest.raises(InvalidRequestError, match="JSON"):
        step(once, lambda each: each.done(0.5))
    again = step(once, nothing)
    assert (again.is_done, again.recorded) == (True, None)


def test_a_step_that_was_done_before_cannot_be_ended_again(once: Once) -> None:
    """Nor one that was not entered; and one is entered once."""
    step(once, pay)
    for end in (lambda each: each.done(), lambda each: each.not_done("")):
        with pytest.raises(InvalidRequestError, match="done before"):
            step(once, end)
    with once.ledger() as journal:
        made = journal.step("r3", "broadcast")
        with pytest.raises(InvalidRequestError, match="not entered"):
            made.done()
        with made:
            made.not_done("test")
        with pytest.raises(InvalidRequestError, match="entered before"), made:
            pytest.fail("entered")


@pytest.mark.parametrize(
    ("named", "error"),
    [
        ({"reference": ""}, ConfigurationError),
        ({"reference": None}, ConfigurationError),
        ({"name": "two words"}, InvalidRequestError),
        ({"name": 17}, InvalidRequestError),
        ({"lease": 0}, ConfigurationError),
        ({"lease": True}, ConfigurationError),
        ({"arguments": {"amount": 0.5}}, InvalidRequestError),
    ],
)
def test_arguments_that_cannot_be_used_are_refused(
    once: Once, named: dict[str, Any], error: type[chessa.ChessaError]
) -> None:
    """Before anything is claimed. A float is not exact."""
    with once.ledger() as journal, pytest.raises(error):
        journal.step(**{"reference": "r", "name": "broadcast", **named})


def test_a_step_needs_an_account(once: Once) -> None:
    """A journal without one would mix whose money it is."""
    with SqlJournal(once.url) as journal, pytest.raises(ConfigurationError, match="account="):
        journal.step("r", "broadcast")


@pytest.mark.parametrize("has_committed", [False, True])
def test_a_claim_that_may_not_be_stored_lets_nobody_in(
    once: Once, monkeypatch: pytest.MonkeyPatch, has_committed: bool
) -> None:
    """The block is not entered; what may be stored is closed as NOT_SENT."""
    run, run_async = SqlJournal.run, SqlJournal.run_async

    def fail(journal: Any, script: Any, *rest: Any, **_: Any) -> Any:
        monkeypatch.undo()
        if has_committed:
            run(journal, script, *rest)
        raise JournalError("OperationalError")

    async def fail_async(journal: Any, script: Any, *rest: Any, **_: Any) -> Any:
        monkeypatch.undo()
        if has_committed:
            await run_async(journal, script, *rest)
        raise JournalError("OperationalError")

    monkeypatch.setattr(SqlJournal, "run", fail)
    monkeypatch.setattr(SqlJournal, "run_async", fail_async)
    with pytest.raises(NotSentError, match="was not begun") as caught:
        step(once, lambda each: pytest.fail("entered"))
    assert caught.value.cause == "OperationalError"
    if has_committed:
        assert once.entry(BROADCAST).outcome is Outcome.NOT_SENT
    assert not step(once, pay).is_done


def test_an_end_that_is_not_stored_is_logged(
    once: Once, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The block ends as it would have; the entry is open to a person."""
    caplog.set_level(logging.WARNING, "chessa")

    def body(step: Any) -> None:
        pay(step)

        def run(*_: object, **__: Any) -> None:
            raise JournalError("OperationalError")

        async def run_async(*_: object, **__: Any) -> None:
            run()

        monkeypatch.setattr(SqlJournal, "run", run)
        monkeypatch.setattr(SqlJournal, "run_async", run_async)

    step(once, body)
    monkeypatch.undo()
    assert "step:broadcast" in caplog.text
    assert once.entry(BROADCAST).outcome is Outcome.UNKNOWN


def test_a_cancelled_step_is_unknown(once: Once) -> None:
    """The end of the block is stored, though its task is cancelled."""

    async def main() -> None:
        async with once.ledger() as journal:

            async def work() -> None:
                async with journal.step("r", "broadcast"):
                    task.cancel()
                    await asyncio.sleep(60)

            task = asyncio.ensure_future(work())
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    entry = once.entry(BROADCAST)
    assert (entry.outcome, entry.cause) == (Outcome.UNKNOWN, "CancelledError")


def test_a_cancellation_while_it_is_claimed_closes_it(once: Once) -> None:
    """The block was not entered: NOT_SENT, or no entry at all."""

    async def main() -> None:
        async with once.ledger() as journal:

            async def work() -> None:
                async with journal.step("r", "broadcast"):
                    pytest.fail("entered")

            task = asyncio.ensure_future(work())
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    with once.ledger() as journal:
        assert journal.open() == []
    assert not step(once, pay).is_done
