"""Claims by many at once, next to writes that are recorded only, and of harmless duplicates."""

import contextlib
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import chessa
from chessa import Outcome
from chessa.testing import Sandbox, sandbox, serve
from tests.modes import Mode
from tests.samples import order_for

from .calls import ADDRESS, REFERENCE, REFUND, client_of, posts, refund
from .databases import Database, sqlite_database
from .intents import claim, closed, intent
from .worker import claim_all, claim_only, make_key, processes, started

needs_fork = pytest.mark.skipif(sys.platform == "win32", reason="no fork here")
SIZES = [
    pytest.param((3, 30), id="ordinary"),
    pytest.param((8, 1_000), id="nightly", marks=pytest.mark.nightly),
]


@needs_fork
@pytest.mark.parametrize("size", SIZES)
def test_processes_claim_each_reference_once(size: tuple[int, int], database: Database) -> None:
    """However many claim a reference at once, one may send it."""
    workers, number = size
    references = [f"reference {each}" for each in range(number)]
    with database.journal() as journal:
        journal.open()  # makes the table of an SQLite file
    context = processes()
    barrier, counts = context.Barrier(workers), context.SimpleQueue()
    with started(
        claim_only, [(database, references, barrier, counts) for _ in range(workers)]
    ) as several:
        for each in several:
            each.join()
        assert [each.exitcode for each in several] == [0] * workers
    counted = [counts.get() for _ in range(workers)]
    seconds = max(seconds for _, seconds in counted)
    print(f"{database.dialect}: {workers * number / seconds:.0f} claims/s")  # noqa: T201
    assert sum(free for free, _ in counted) == number
    assert database.states() == ["result"] * number


def test_threads_claim_each_reference_once(database: Database) -> None:
    """Threads of one process that begin at once: one of them may send."""
    references = [f"reference {each}" for each in range(20)]
    claimed: list[str] = []
    barrier = threading.Barrier(4)
    with database.journal() as journal:
        journal.open()

        def race() -> None:
            for reference in references:
                barrier.wait()
                if claim(journal, intent(reference))[0].verdict == "claim":
                    claimed.append(reference)

        threads = [threading.Thread(target=race) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert sorted(claimed) == sorted(references)


@needs_fork
@pytest.mark.parametrize("size", [(2, 4), pytest.param((8, 100), marks=pytest.mark.nightly)])
def test_processes_send_each_reference_once(size: tuple[int, int], database: Database) -> None:
    """The API receives one request for each reference, all told the same."""
    workers, number = size
    with sandbox() as api, serve(api) as url:
        recipient = api.add_recipient()
        settings = {
            "base_url": url,
            "client_id": api.client_id,
            "client_secret": api.client_secret,
        }
        arguments = order_for(recipient)
        calls = [(f"reference {each}", arguments) for each in range(number)]
        context = processes()
        barrier, counts = context.Barrier(workers), context.SimpleQueue()
        several = [(database, settings, calls, barrier, counts) for _ in range(workers)]
        with started(claim_all, several) as running:
            for each in running:
                each.join()
            assert [each.exitcode for each in running] == [0] * workers
        ends = [counts.get() for _ in range(workers * number)]
        assert set(ends) <= {"result", "InProgressError"}
        assert posts(api, "orders.create") == number
    assert database.states() == ["result"] * number


@needs_fork
def test_a_key_file_is_made_by_one(tmp_path: Path) -> None:
    """Eight processes that begin at once read the same key, and make the same table."""
    url = sqlite_database(tmp_path).url
    context = processes()
    barrier, counts = context.Barrier(8), context.SimpleQueue()
    with started(make_key, [(url, barrier, counts)] * 8) as several:
        for each in several:
            each.join()
        assert [each.exitcode for each in several] == [0] * 8
    assert len({counts.get() for _ in range(8)}) == 1
    assert len([*tmp_path.glob("*.key")]) == 1
    assert [*tmp_path.glob(".*")] == []


# ---- Harmless duplicates --------------------------------------------------------------------


def test_a_harmless_duplicate_is_sent_once_more(
    mode: Mode, api: Sandbox, database: Database
) -> None:
    """After UNKNOWN the next call sends again, and its result is replayed after that."""
    recipient = api.add_recipient()

    async def main() -> list[Any]:
        found: list[Any] = []
        async with client_of(mode, api, database.journal()) as client:
            api.lose_next_answer(operation="orders.create")
            for _ in range(3):
                try:
                    call = client.once(REFERENCE).orders.create(**order_for(recipient))
                    found.append(await mode.done(call))
                except chessa.ChessaError as error:
                    found.append(error.outcome)
        return found

    first, second, third = mode.run(main())
    assert first is Outcome.UNKNOWN
    assert second == third
    assert posts(api, "orders.create") == 2


def test_eight_race_for_a_harmless_duplicate(database: Database) -> None:
    """The duplicate of an UNKNOWN write is claimed by one of those who try at once."""
    harmless = intent(REFERENCE, duplicate_is_harmless=True)
    with database.journal() as journal:
        first, record = claim(journal, harmless)
        first(closed(record, Outcome.UNKNOWN))
        verdicts: list[str] = []
        barrier = threading.Barrier(8)

        def race() -> None:
            barrier.wait()
            verdicts.append(claim(journal, harmless)[0].verdict)

        threads = [threading.Thread(target=race) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert sorted(verdicts) == ["claim", *["in progress"] * 7]


# ---- Writes that are not under `once` -------------------------------------------------------


def test_a_plain_write_is_recorded(mode: Mode, api: Sandbox, database: Database) -> None:
    """It has an entry with its outcome, and is sent each time."""

    outcomes: list[str] = []

    async def main() -> None:
        async with client_of(mode, api, database.journal()) as client:
            order = api.add_order().fail()
            faults: dict[str, Callable[[], None]] = {
                "rejected": lambda: api.fail_next(400, operation=REFUND),
                "not_sent": lambda: api.refuse_next_connection(operation=REFUND),
                "unknown": lambda: api.fail_next(500, operation=REFUND),
                "result": lambda: None,
            }
            for state, prepare in faults.items():
                prepare()
                try:
                    await mode.done(
                        client.orders.request_refund(order_id=order.id, address=ADDRESS)
                    )
                except chessa.ChessaError as error:
                    outcomes.append(error.outcome.name.lower())
                assert database.states()[-1] == state

    mode.run(main())
    assert outcomes == ["rejected", "not_sent", "unknown"]
    with database.journal() as journal:
        (entry,) = journal.open()
    assert (entry.once, entry.reference, entry.outcome) == (False, None, Outcome.UNKNOWN)


ENDINGS: dict[str, Callable[[Sandbox], None] | None] = {
    "open": None,
    "unknown": lambda api: api.fail_next(502, html=True, operation=REFUND),
    "result": lambda api: None,
    "rejected": lambda api: api.fail_next(400, operation=REFUND),
}


@pytest.mark.parametrize("same", ["reference", "subject"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_plain_write_blocks_once(
    ending: str, same: str, mode: Mode, api: Sandbox, database: Database
) -> None:
    """A write of the same reference or order that may have happened forbids the claim."""
    order = api.add_order().fail()
    prepare = ENDINGS[ending]
    if prepare is None:
        with database.journal() as journal:
            claim(
                journal,
                intent(
                    REFERENCE if same == "reference" else None,
                    subject=order.id if same == "subject" else None,
                    once=False,
                ),
            )
    else:
        prepare(api)
        plain = api.add_order().fail() if same == "reference" else order
        with database.journal() as journal:
            client = api.client(journal=journal, max_retries=0)
            named = client.with_options(reference=REFERENCE if same == "reference" else "other")
            with contextlib.suppress(chessa.ChessaError):
                named.orders.request_refund(order_id=plain.id, address=ADDRESS)
        assert database.states() == [ending]
    before = posts(api)
    found = refund(mode, api, database, order.id)
    if ending == "rejected":
        assert not isinstance(found, Exception), found
        return
    assert isinstance(found, chessa.OutcomeUnknownError)
    assert isinstance(found, chessa.InProgressError) is (ending == "open")
    assert found.outcome is (Outcome.DONE if ending == "result" else Outcome.UNKNOWN)
    assert found.record is not None
    assert not found.record.once
    database.lapse()
    assert isinstance(refund(mode, api, database, order.id), chessa.OutcomeUnknownError)
    assert posts(api) == before
    with database.journal() as journal:
        assert [each.once for each in journal.find(REFERENCE)] == [False] * (same == "reference")


def test_a_write_without_a_reference_is_resolved_by_its_call(
    mode: Mode, api: Sandbox, database: Database
) -> None:
    """It blocks its order until a person says how it ended; then the order can be refunded."""
    order = api.add_order().fail()
    with database.journal() as journal:
        claim(journal, intent(None, subject=order.id, once=False))
        database.lapse()
        assert isinstance(refund(mode, api, database, order.id), chessa.OutcomeUnknownError)
        [entry] = journal.open()
        resolved = journal.resolve(
            None,
            REFUND,
            outcome=Outcome.NOT_SENT,
            by="Ada",
            why="asked the vendor",
            call_id=entry.call_id,
        )
        assert resolved.outcome is Outcome.NOT_SENT
        with pytest.raises(chessa.InvalidRequestError, match="no open entry"):
            journal.resolve(None, REFUND, outcome=Outcome.NOT_SENT, by="Ada", why="asked")
    assert not isinstance(refund(mode, api, database, order.id), Exception)
    assert posts(api) == 1


def test_an_entry_resolved_as_rejected_says_so(
    mode: Mode, api: Sandbox, database: Database
) -> None:
    """No status is made up for it."""
    order = api.add_order().fail()
    with database.journal() as journal:
        api.lose_next_answer(operation=REFUND)
        refund(mode, api, database, order.id)
        journal.resolve(REFERENCE, REFUND, outcome=Outcome.REJECTED, by="Ada", why="asked")
    found = refund(mode, api, database, order.id)
    assert isinstance(found, chessa.ApiError)
    assert "was resolved as REJECTED" in str(found)
    assert posts(api) == 1


def test_a_late_owner_does_not_overrule_a_person(database: Database) -> None:
    """A person's word stands; an UNKNOWN without one becomes what its owner tells."""
    with database.journal() as journal:
        for outcome in (Outcome.DONE, Outcome.NOT_SENT, Outcome.REJECTED):
            reference = f"resolved as {outcome.name}"
            made, record = claim(journal, intent(reference))
            database.lapse()
            resolved = journal.resolve(
                reference, record.operation, outcome=outcome, by="Ada", why="the bank's statement"
            )
            with pytest.raises(OSError, match="resolved meanwhile"):
                made(closed(record, Outcome.UNKNOWN))
            (found,) = journal.find(reference)
            assert (found.outcome, found.history) == (resolved.outcome, resolved.history)
            assert found.history[-1]["by"] == "Ada"
        late, record = claim(journal, intent("late"))
        database.lapse()
        late(closed(record, None))
        (entry,) = journal.find("late")
        assert entry.outcome is None
