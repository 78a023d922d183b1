"""The journal: a record before the first byte of every write and one at its end, whatever it is."""

import errno
import logging
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import attrs
import pytest

import chessa
from chessa import Hooks, JournalRecord, NotSentError, Outcome, OutcomeUnknownError
from tests.marks import table

from .calls import A_READ, A_WRITE, CREDENTIALS, DRIVERS, WRITE, Driver, check_plain
from .journals import never, opened_and_closed
from .raw_server import RawServer, answering, refusing_port
from .transports import answers

OK = (201, {"id": "t1"})
ENVELOPE = {"error": "e", "message": "m", "statusCode": 400}


@table(
    ("answer", "outcome", "status_code"),
    [
        (OK, None, 201),
        ((201, b"<html>"), Outcome.DONE, 201),
        ((400, ENVELOPE), Outcome.REJECTED, 400),
        ((400, b"<html>"), Outcome.UNKNOWN, 400),
        ((503, ENVELOPE), Outcome.UNKNOWN, 503),
        (TimeoutError(), Outcome.UNKNOWN, None),
    ],
)
def test_every_end_of_a_write_is_on_record(
    driver: Driver, answer: Any, outcome: Outcome | None, status_code: int | None
) -> None:
    """One record before, one after, with what the caller is told and no more than that."""
    records: list[JournalRecord] = []
    driver(A_WRITE, transport=answers(answer), journal=records.append)
    last = opened_and_closed(records)
    assert (last.outcome, last.status_code, last.attempt) == (outcome, status_code, 1)
    assert last.elapsed is not None
    assert last.elapsed >= 0
    assert "n1" not in repr(records)


def test_a_record_is_written_before_anything_is_sent(driver: Driver) -> None:
    """The server has nothing when the opening record is written, and all at the closing one."""
    seen: list[tuple[str, int]] = []
    with RawServer(answering) as server:

        def journal(record: JournalRecord) -> None:
            seen.append((record.event, server.accepted))

        assert driver(A_WRITE, base_url=server.url, journal=journal) == [{"id": "t1"}]
    assert seen == [("opened", 0), ("closed", 1)]


def test_the_attempts_of_a_call_are_one_entry(driver: Driver) -> None:
    """A write that was not sent three times has two records, of one call."""
    records: list[JournalRecord] = []
    with refusing_port() as url:
        (error,) = driver(A_WRITE, base_url=url, journal=records.append)
    assert isinstance(error, NotSentError)
    last = opened_and_closed(records)
    assert (last.outcome, last.attempt) == (Outcome.NOT_SENT, 3)


def test_reads_and_refused_calls_are_not_entered(driver: Driver) -> None:
    """A read changes nothing, and what is refused here was no call."""
    records: list[JournalRecord] = []
    transport = answers((200, {"id": "t1"}))
    driver(A_READ, (WRITE, {}), transport=transport, journal=records.append)
    assert records == []


def test_the_reference_is_the_callers() -> None:
    """It comes with `with_options`, stays with copies, can be taken off, and is never sent."""
    records: list[JournalRecord] = []
    transport = answers(OK)
    settings: dict[str, Any] = {**CREDENTIALS, "transport": transport, "journal": records.append}
    with chessa.Chessa(**settings) as client:
        named = client.with_options(reference="payout 17")
        for each in (
            client,
            named,
            named.with_options(timeout=3),
            named.with_options(reference=None),
        ):
            each._performer.perform(*A_WRITE)
    assert [r.reference for r in records[::2]] == [None, "payout 17", "payout 17", None]
    assert [r.reference for r in records[1::2]] == [r.reference for r in records[::2]]
    assert len({r.call_id for r in records}) == 4
    assert "payout" not in str(transport.seen) + str([r.read() for r in transport.requests])


@table("reference", ["", "  ", "a\nb", "x" * 201, 17, b"x", "\x7f"])
def test_a_reference_is_a_short_printable_text(reference: Any) -> None:
    """Anything else is refused before any call."""
    with chessa.Chessa(**CREDENTIALS) as client, pytest.raises(chessa.ConfigurationError):
        client.with_options(reference=reference)


def test_hooks_and_journal_name_the_same_call(driver: Driver) -> None:
    """The call id of the records is that of the hooks."""
    records: list[JournalRecord] = []
    told: list[Any] = []
    driver(
        A_WRITE,
        transport=answers(OK),
        journal=records.append,
        hooks=Hooks(request=told.append, response=told.append),
    )
    assert {each.call_id for each in (*records, *told)} == {records[0].call_id}


# ---- A journal that fails -----------------------------------------------------------------------


@attrs.define
class Failing:
    """A journal that fails at one of the two records."""

    at: str
    error: BaseException
    events: list[str] = attrs.field(factory=list[str])

    def __call__(self, record: JournalRecord) -> None:
        self.events.append(record.event)
        if record.event == self.at:
            raise self.error


def test_without_its_opening_record_nothing_is_sent(driver: Driver) -> None:
    """A full disk: NotSentError that says so, no connection, no second try, no closing record."""
    journal = Failing("opened", OSError(errno.ENOSPC, "No space left on /secret/path"))
    with RawServer(answering) as server:
        (error,) = driver(A_WRITE, base_url=server.url, journal=journal)
    assert type(error) is NotSentError
    assert (error.outcome, error.attempts, error.timed_out) == (Outcome.NOT_SENT, 0, False)
    assert error.cause == "OSError: ENOSPC"
    assert "journal" in str(error)
    assert "/secret" not in str(error)
    assert (server.accepted, journal.events) == (0, ["opened"])
    check_plain(error)


@pytest.mark.parametrize("answer", [OK, (502, b"<html>")])
def test_without_its_closing_record_the_end_is_the_same(
    driver: Driver, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The result, or the error, comes out as it would have; a line in the log says what fails."""
    (expected,) = driver(A_WRITE, transport=answers(answer))
    journal = Failing("closed", OSError(errno.EIO, "I/O error"))
    with caplog.at_level(logging.WARNING, "chessa"):
        (end,) = driver(A_WRITE, transport=answers(answer), journal=journal)
    assert type(end) is type(expected)
    assert str(end) == str(expected)
    assert "no closing record" in caplog.text
    assert "OSError: EIO" in caplog.text


@table(
    ("at", "words"),
    [("opened", "before it was sent"), ("closed", "was carried out; the call was interr")],
)
def test_ctrl_c_in_a_journal_comes_out(driver: Driver, at: str, words: str) -> None:
    """An interruption there is no failure of the journal; its note says how the write ended."""
    journal = Failing(at, KeyboardInterrupt())
    transport = answers(OK)
    with pytest.raises(KeyboardInterrupt) as caught:
        driver(A_WRITE, transport=transport, journal=journal)
    assert journal.events == ["opened", "closed"]
    if driver is DRIVERS["sync"]:  # on a thread, Ctrl-C comes out of the event loop by itself
        assert words in caught.value.__notes__[0]
    assert len(transport.requests) == (1 if at == "closed" else 0)


@table("when", ["request", "attempt", "response"])
def test_an_interrupted_write_is_closed_with_what_is_known(driver: Driver, when: str) -> None:
    """Ctrl-C before, while and after it is sent: NOT_SENT, UNKNOWN, DONE."""
    records: list[JournalRecord] = []

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    hooks = Hooks(**{when: interrupt}) if when != "attempt" else None
    transport = answers(KeyboardInterrupt() if when == "attempt" else OK)
    with pytest.raises(KeyboardInterrupt):
        driver(A_WRITE, transport=transport, journal=records.append, hooks=hooks)
    last = opened_and_closed(records)
    known = {
        "request": Outcome.NOT_SENT,
        "attempt": Outcome.UNKNOWN,
        "response": Outcome.DONE,
    }
    assert last.outcome is known[when]


def test_an_interruption_while_waiting_is_closed_as_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ctrl-C between two attempts: nothing was sent so far."""
    records: list[JournalRecord] = []

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with (
        refusing_port() as url,
        chessa.Chessa(**CREDENTIALS, base_url=url, journal=records.append) as client,
    ):
        monkeypatch.setattr("chessa._call.sync.sleep", interrupt)
        with pytest.raises(KeyboardInterrupt) as caught:
            client._performer.perform(*A_WRITE)
    assert opened_and_closed(records).outcome is Outcome.NOT_SENT
    assert any("before it was sent" in note for note in caught.value.__notes__)


# ---- Not a journal -------------------------------------------------------------------------


@table(
    ("make", "journal"),
    [
        (chessa.Chessa, "a path"),
        (chessa.AsyncChessa, 17),
        (chessa.Chessa, never),
        (chessa.Chessa, lambda record: (yield record)),
        (chessa.AsyncChessa, lambda record: (yield record)),
    ],
)
def test_what_is_no_journal_is_refused(make: Callable[..., object], journal: Any) -> None:
    """At construction, by its name."""
    with pytest.raises(chessa.ConfigurationError, match="journal"):
        make(**CREDENTIALS, journal=journal)


def test_a_sync_client_cannot_wait_for_a_journal() -> None:
    """A function that turns out to be asynchronous has written nothing: the call is not sent."""
    transport = answers(OK)
    (error,) = DRIVERS["sync"](A_WRITE, transport=transport, journal=lambda record: never(record))
    assert isinstance(error, NotSentError)
    assert error.cause == "it is asynchronous"
    assert transport.requests == []


def test_an_unknown_outcome_can_be_found_again(driver: Driver) -> None:
    """The error and the journal say the same."""
    records: list[JournalRecord] = []
    (error,) = driver(A_WRITE, transport=answers((504, b"")), journal=records.append)
    assert isinstance(error, OutcomeUnknownError)
    last = opened_and_closed(records)
    assert (last.operation, last.outcome, last.status_code, last.attempt) == (
        error.operation,
        error.outcome,
        error.status_code,
        error.attempts,
    )


ODD = [StopIteration(), StopAsyncIteration(), RuntimeError("x"), ValueError("x"), KeyError("x")]


@table("error", ODD)
def test_what_is_not_an_oserror_comes_out_and_nothing_is_sent(
    driver: Driver, error: Exception
) -> None:
    """A journal's own exception, even one that no thread passes on: itself, at once, not sent."""
    journal = Failing("opened", error)
    transport = answers(OK)
    # A coroutine cannot raise these two: Python makes a RuntimeError of them.
    is_wrapped = isinstance(error, StopIteration | StopAsyncIteration)
    expected = (RuntimeError, type(error)) if is_wrapped else type(error)
    with pytest.raises(expected) as caught:
        driver(A_WRITE, transport=transport, journal=journal, timeout=20)
    assert error in (caught.value, caught.value.__cause__)
    assert any("was interrupted before it was sent" in note for note in caught.value.__notes__)
    assert (journal.events, transport.requests) == (["opened", "closed"], [])


@table("error", [ValueError("x"), LookupError("x")])
@table("answer", [OK, (502, b"<html>")])
def test_what_is_not_an_oserror_comes_out_of_the_closing_record(
    driver: Driver, error: Exception, answer: Any
) -> None:
    """As itself, with the note that says how the write ended."""
    journal = Failing("closed", error)
    transport = answers(answer)
    with pytest.raises(type(error)) as caught:
        driver(A_WRITE, transport=transport, journal=journal)
    assert caught.value is error
    words = "was carried out" if answer is OK else "whether it happened is unknown"
    assert any(words in note for note in error.__notes__)
    assert (journal.events, len(transport.requests)) == (["opened", "closed"], 1)


def test_a_journal_that_only_promises_has_written_nothing(driver: Driver) -> None:
    """A future of a thread pool is not a record on the disk."""
    promise: Future[None] = Future()
    (end,) = driver(A_WRITE, transport=answers(OK), journal=lambda record: promise)
    assert isinstance(end, NotSentError)
    assert end.cause == "it is asynchronous"
