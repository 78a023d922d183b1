"""The ledger against a model of its rules, step by step, over both databases and both modes."""

import asyncio
import datetime
import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

import chessa
from chessa import JournalRecord, Outcome
from chessa.journal import _statements
from chessa.journal._claims import Intent, Kept
from chessa.journal._records import JournalError

from .databases import Database, Server, sqlite_database
from .model import Asked, Model

OPERATION: Final = "orders.request_refund"
AT: Final = datetime.datetime(2026, 11, 30, 12, 0, tzinfo=datetime.UTC)
OUTCOMES: Final = (None, *Outcome)
RESULT: Final = '{"refundId": "r"}'
_REFERENCES: Final = st.sampled_from(["r1", "r2", "r3"])
_SUBJECTS: Final = st.sampled_from([None, "s1", "s2"])
_ARGUMENTS: Final = st.sampled_from(["x", "y"])
LENGTHS: Final = [
    pytest.param((4, 10), id="ordinary"),
    pytest.param((15, 15), id="ci", marks=pytest.mark.ci),
    pytest.param((200, 50), id="nightly", marks=pytest.mark.nightly),
]
"""Examples, and steps of each: 20,000 steps over both databases in the longest form."""


class Machine(RuleBasedStateMachine):
    """Random steps of several callers, and of a person."""

    databases: Iterator[Database]
    runner: asyncio.Runner
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.database = next(self.databases)
        self.journal = self.database.journal()
        self.model = Model()
        self.claims: dict[str, Any] = {}
        self.calls = 0

    @initialize()
    def make(self) -> None:
        """Make the table of an SQLite file."""
        self.journal.open()

    def teardown(self) -> None:
        """Close the connections."""
        self.runner.run(self.journal.aclose())

    def _write(self, claim: Any, record: JournalRecord, *, is_async: bool) -> None:
        done = claim(record)
        if is_async:
            self.runner.run(_awaited(done))

    @rule(
        reference=_REFERENCES,
        subject=_SUBJECTS,
        arguments=_ARGUMENTS,
        once=st.sampled_from([True, True, True, False]),
        is_harmless=st.booleans(),
        retry_rejected=st.booleans(),
        is_async=st.booleans(),
    )
    def claim(self, *, is_async: bool, **drawn: Any) -> None:
        """Open a write: the verdict is the model's."""
        self.calls += 1
        asked = Asked(f"c{self.calls}", **drawn)
        intent = Intent(
            operation=OPERATION,
            account="a",
            reference=asked.reference,
            subject=asked.subject,
            canonical=asked.arguments.encode(),
            link=None,
            lease=3600.0,
            once=asked.once,
            retry_rejected=asked.retry_rejected,
            duplicate_is_harmless=asked.is_harmless,
        )
        claim: Any = self.journal.bind(intent, is_async=is_async)
        self._write(claim, _record(asked.call_id, asked.reference), is_async=is_async)
        assert claim.verdict == self.model.claim(asked)
        assert claim.may_be_stored is (claim.verdict == "claim")
        if claim.verdict == "claim":
            self.claims[asked.call_id] = claim, asked.reference, is_async
        if claim.verdict == "replay":
            own = self.model.own(asked.reference)
            assert own is not None
            assert (claim.stored.result == RESULT) is own.has_result

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES), again=st.booleans())
    def settle(self, data: st.DataObject, outcome: Outcome | None, *, again: bool) -> None:
        """Close a write that was opened, in time or late; or close it twice."""
        call_id = data.draw(st.sampled_from(sorted(self.claims)))
        claim, reference, is_async = self.claims[call_id]
        if not again:
            del self.claims[call_id]
        claim.kept = Kept(result=RESULT if outcome is None else None)
        record = _record(call_id, reference, event="closed", outcome=outcome)
        try:
            self._write(claim, record, is_async=is_async)
            is_settled = True
        except JournalError:
            is_settled = False
        assert is_settled is self.model.settle(call_id, outcome)

    @rule()
    def lapse(self) -> None:
        """Let time go by: every lease is over, and nothing becomes free."""
        self.database.lapse()
        for row in self.model.rows:
            row.is_lapsed = True

    @rule(
        reference=_REFERENCES,
        outcome=st.sampled_from([Outcome.DONE, Outcome.NOT_SENT, Outcome.REJECTED]),
        is_async=st.booleans(),
    )
    def resolve(self, reference: str, outcome: Outcome, *, is_async: bool) -> None:
        """Close an entry by hand."""
        settled: dict[str, Any] = {"outcome": outcome, "by": "Ada", "why": "the bank's statement"}
        problem = ""
        try:
            if is_async:
                self.runner.run(self.journal.aresolve(reference, OPERATION, **settled))
            else:
                self.journal.resolve(reference, OPERATION, **settled)
        except chessa.ChessaError as error:
            problem = type(error).__name__
        assert problem == self.model.resolve(reference, outcome)

    @rule()
    def purge(self) -> None:
        """Delete stored responses; the entries stay."""
        tomorrow = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
        had = [row for row in self.model.rows if row.has_result]
        assert self.journal.purge(before=tomorrow) == len(had)
        for row in had:
            row.has_result = False

    def check_invariants(self, *arguments: Any, **named: Any) -> None:
        """Compare every entry with the model's, after each step."""
        super().check_invariants(*arguments, **named)
        type(self).steps += 1
        for reference in ("r1", "r2", "r3"):
            find = functools.partial(_statements.find, "a", reference, None)
            found = self.journal.run(find)
            assert {_plain(each) for each in found} == {
                (
                    row.call_id,
                    row.state,
                    row.subject,
                    row.once,
                    row.has_result,
                    row.state == "claimed" and not row.is_lapsed,
                    tuple(row.history),
                )
                for row in self.model.rows
                if row.reference == reference
            }
        unsettled = {row.call_id for row in self.model.rows} - {
            row.call_id
            for row in self.model.rows
            if row.state in ("result", "not_sent", "rejected")
        }
        assert {entry.call_id for entry in self.journal.open()} == unsettled


def _plain(stored: Any) -> tuple[Any, ...]:
    entry = stored.entry
    events = tuple(
        each["outcome"] if each["event"] == "claimed" else each["event"] for each in entry.history
    )
    return (
        entry.call_id,
        str(stored.state),
        entry.subject,
        entry.once,
        stored.result is not None,
        entry.in_progress,
        events,
    )


def _record(call_id: str, reference: str, **named: Any) -> JournalRecord:
    given = {"event": "opened", "attempt": 1, "at": AT, **named}
    return JournalRecord(call_id=call_id, reference=reference, operation=OPERATION, **given)


async def _awaited(begun: Any) -> None:
    await begun


@pytest.mark.parametrize("length", LENGTHS)
def test_a_ledger_decides_as_its_model(
    length: tuple[int, int], dialect: str, request: pytest.FixtureRequest
) -> None:
    """Claims, ends, lapses, conflicts, resolutions and purges are those of the model."""
    examples, steps = length
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        if dialect == "sqlite":
            databases = iter(lambda: sqlite_database(Path(folder)), None)
        else:
            server: Server = request.getfixturevalue("postgres")
            databases = iter(server.database, None)
        made: Any = type("Played", (Machine,), {"databases": databases, "runner": runner})
        play = settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a shrunk case takes minutes
        )
        run_state_machine_as_test(made, settings=play)
        assert made.steps > examples
