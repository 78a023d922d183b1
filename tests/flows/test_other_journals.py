"""Journals that `refund_safely` cannot read, cannot ask, or that are the caller's own."""

import asyncio
import threading
import time as real_time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

import chessa
from chessa import FileJournal, JournalRecord, NotSentError, Outcome
from chessa.flows import Confirmed, StillUnknown, refund_safely
from chessa.testing import Sandbox

from .runs import ADDRESS, READ, REFUND, Run, Time, asked, opened

# ---- Journals that cannot be read ---------------------------------------------------------------


def test_nothing_is_sent_if_the_journal_cannot_be_read(
    run: Run, api: Sandbox, path: Path, journal: FileJournal
) -> None:
    """NotSentError, its cause the system's error."""
    order = api.add_order().fail()
    path.unlink()
    with pytest.raises(NotSentError, match=r"journal could not be read") as caught:
        run(refund_safely, order.id, ADDRESS, options={"journal": journal})
    error = caught.value
    assert (error.outcome, error.operation) == (Outcome.NOT_SENT, REFUND)
    assert error.cause == "FileNotFoundError: ENOENT"
    assert (error.__cause__, error.__context__) == (None, None)
    assert asked(api) == [READ]


@attrs.define
class Journal:
    """A journal of the caller's, such as one in a database."""

    find_records: Callable[[str, str], object]
    written: list[JournalRecord] = attrs.field(factory=list[JournalRecord])

    def __call__(self, record: JournalRecord) -> None:
        self.written.append(record)


def raises(error: BaseException) -> Callable[[str, str], object]:
    """A method that fails so."""

    def find_records(reference: str, operation: str) -> object:
        raise error

    return find_records


@pytest.mark.parametrize("error", [ValueError("a"), RuntimeError("b"), KeyboardInterrupt()])
def test_another_error_of_a_journal_comes_out_as_itself(
    api: Sandbox, time: Time, error: BaseException
) -> None:
    """Only OSError says that a journal cannot be read; the note says that nothing was sent."""
    order = api.add_order().fail()
    with pytest.raises(type(error)) as caught:
        refund_safely(api.client(journal=Journal(raises(error))), order.id, ADDRESS)
    assert caught.value is error
    assert error.__notes__ == [f"The refund of order {order.id} was not sent by this call."]
    assert asked(api) == [READ]


def test_an_error_of_a_journal_comes_out_of_its_thread(api: Sandbox, time: Time) -> None:
    """Under AsyncChessa as well; a StopIteration, which no coroutine can raise, does not hang."""
    order = api.add_order().fail()

    async def main(error: Exception) -> None:
        async with api.async_client(journal=Journal(raises(error))) as client:
            await asyncio.wait_for(refund_safely(client, order.id, ADDRESS), 10)

    for error, expected in ((ValueError("a"), ValueError), (StopIteration(), RuntimeError)):
        with pytest.raises(expected) as caught:
            asyncio.run(main(error))
        assert "not sent by this call" in caught.value.__notes__[0]
    assert REFUND not in asked(api)


# ---- Other journals -----------------------------------------------------------------------------


def test_any_journal_with_the_method_is_asked(run: Run, api: Sandbox) -> None:
    """`find_records(reference, operation)` is called with both, and may return any iterable."""
    order = api.add_order().fail()
    calls: list[tuple[str, str]] = []

    def find_records(reference: str, operation: str) -> Iterator[JournalRecord]:
        calls.append((reference, operation))
        yield opened(reference)

    journal = Journal(find_records)
    result = run(refund_safely, order.id, ADDRESS, options={"journal": journal})
    assert isinstance(result, StillUnknown)
    assert calls == [(order.id, REFUND)]
    assert (journal.written, REFUND in asked(api)) == ([], False)


def test_a_function_cannot_be_asked(run: Run, api: Sandbox, journal: FileJournal) -> None:
    """A plain function as a journal: a refund is sent as without one."""
    order = api.add_order().fail()
    journal(opened(order.id))
    options = {"journal": lambda record: journal(record)}
    assert isinstance(run(refund_safely, order.id, ADDRESS, options=options), Confirmed)
    assert asked(api) == [READ, REFUND]


def test_an_asynchronous_method_is_awaited(api: Sandbox, time: Time) -> None:
    """A coroutine function, or a function that returns an awaitable, under AsyncChessa."""
    order = api.add_order().fail()

    async def find_records(reference: str, operation: str) -> list[JournalRecord]:
        await asyncio.sleep(0)
        return [opened(reference)]

    async def main(method: Any) -> Any:
        async with api.async_client(journal=Journal(method)) as client:
            return await refund_safely(client, order.id, ADDRESS)

    for method in (find_records, lambda *both: find_records(*both)):
        assert isinstance(asyncio.run(main(method)), StillUnknown)
        with pytest.raises(chessa.ConfigurationError, match="only AsyncChessa can await") as caught:
            refund_safely(api.client(journal=Journal(method)), order.id, ADDRESS)
        assert caught.value.outcome is Outcome.NOT_SENT
    assert REFUND not in asked(api)


def test_a_blocking_journal_does_not_block_the_event_loop(api: Sandbox) -> None:
    """It is read on a thread, and for no longer than the flow has time: then nothing is sent."""
    order = api.add_order().fail()
    release = threading.Event()
    threads: list[threading.Thread] = []

    def find_records(reference: str, operation: str) -> list[JournalRecord]:
        threads.append(threading.current_thread())
        release.wait(10)
        return []

    async def main() -> None:
        async with api.async_client(journal=Journal(find_records)) as client:
            try:
                await refund_safely(client, order.id, ADDRESS, timeout=0.3)
            finally:
                release.set()

    begun = real_time.monotonic()
    with pytest.raises(NotSentError, match="journal could not be read") as caught:
        asyncio.run(main())
    assert caught.value.timed_out
    assert real_time.monotonic() - begun < 5
    assert threading.main_thread() not in threads
    assert asked(api) == [READ]
