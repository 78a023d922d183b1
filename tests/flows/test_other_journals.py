"""Journals that `refund_safely` cannot read or ask, and journals of the caller's own."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

import chessa
from chessa import FileJournal, JournalRecord, NotSentError, Outcome
from chessa.flows import Confirmed, StillUnknown, _steps, refund_safely
from chessa.testing import Sandbox, SandboxOrder

from .runs import ADDRESS, READ, REFUND, ManualTime, Run, opened, operations, refund


@attrs.define
class Journal:
    """A journal of the caller's, such as one in a database."""

    find_records: Callable[[str, str], object]
    written: list[JournalRecord] = attrs.field(factory=list[JournalRecord])

    def __call__(self, record: JournalRecord) -> None:
        self.written.append(record)


def raising(error: BaseException) -> Journal:
    """Return a journal whose method fails so."""

    def find_records(reference: str, operation: str) -> object:
        raise error

    return Journal(find_records)


def test_nothing_is_sent_if_the_journal_cannot_be_read(
    run: Run, api: Sandbox, order: SandboxOrder, path: Path, journal: FileJournal
) -> None:
    """NotSentError, its cause the system's error."""
    path.unlink()
    with pytest.raises(NotSentError, match=r"journal could not be read") as caught:
        run(refund, order.id, ADDRESS, options={"journal": journal})
    error = caught.value
    assert (error.outcome, error.operation) == (Outcome.NOT_SENT, REFUND)
    assert error.cause == "FileNotFoundError: ENOENT"
    assert (error.__cause__, error.__context__) == (None, None)
    assert operations(api) == [READ]


@pytest.mark.parametrize(
    "error", [ValueError("a"), RuntimeError("b"), KeyboardInterrupt(), StopIteration()]
)
def test_another_error_of_a_journal_comes_out_as_itself(
    run: Run, api: Sandbox, order: SandboxOrder, error: BaseException
) -> None:
    """Only OSError says that a journal cannot be read. The note says that nothing was sent.

    A StopIteration, which no generator can raise, becomes a RuntimeError and does not hang.
    """
    expected = RuntimeError if isinstance(error, StopIteration) else type(error)
    with pytest.raises(expected) as caught:
        run(refund, order.id, ADDRESS, options={"journal": raising(error)})
    assert caught.value is error or expected is RuntimeError
    assert caught.value.__notes__ == [f"The refund of order {order.id} was not sent by this call."]
    assert operations(api) == [READ]
    error.__notes__ = []


def test_any_journal_with_the_method_is_asked(run: Run, api: Sandbox, order: SandboxOrder) -> None:
    """`find_records(reference, operation)` is called with both, and may return any iterable."""
    calls: list[tuple[str, str]] = []

    def find_records(reference: str, operation: str) -> Iterator[JournalRecord]:
        calls.append((reference, operation))
        yield opened(reference)

    journal = Journal(find_records)
    result = run(refund, order.id, ADDRESS, options={"journal": journal})
    assert isinstance(result, StillUnknown)
    assert calls == [(order.id, REFUND)]
    assert (journal.written, REFUND in operations(api)) == ([], False)


def test_a_function_cannot_be_asked(
    run: Run, api: Sandbox, order: SandboxOrder, journal: FileJournal
) -> None:
    """A plain function as a journal: a refund is sent as without one."""
    journal(opened(order.id))
    options = {"journal": lambda record: journal(record)}
    assert isinstance(run(refund, order.id, ADDRESS, options=options), Confirmed)
    assert operations(api) == [READ, REFUND]


async def find_one(reference: str, operation: str) -> list[JournalRecord]:
    """Find an open record."""
    await asyncio.sleep(0)
    return [opened(reference)]


@pytest.mark.parametrize("method", [find_one, lambda *both: find_one(*both)])
def test_an_asynchronous_method_is_awaited(
    api: Sandbox, order: SandboxOrder, time: ManualTime, method: Any
) -> None:
    """A coroutine function, or a function that returns an awaitable, under AsyncChessa."""

    async def main() -> Any:
        async with api.async_client(journal=Journal(method)) as client:
            running: Any = _steps.run(client, refund(order.id, ADDRESS), time)
            return await running

    assert isinstance(asyncio.run(main()), StillUnknown)
    with pytest.raises(chessa.ConfigurationError, match="only AsyncChessa can await") as caught:
        refund_safely(api.client(journal=Journal(method)), order.id, ADDRESS)
    assert caught.value.outcome is Outcome.NOT_SENT
    assert REFUND not in operations(api)


def test_a_blocking_journal_does_not_block_the_event_loop(
    api: Sandbox, order: SandboxOrder
) -> None:
    """It is read on a thread, and for no longer than the flow has time: then nothing is sent."""
    release = threading.Event()
    threads: list[threading.Thread] = []

    def find_records(reference: str, operation: str) -> list[JournalRecord]:
        threads.append(threading.current_thread())
        assert release.wait(60), "the event loop was blocked"
        return []

    async def main() -> None:
        async with api.async_client(journal=Journal(find_records)) as client:
            try:
                await refund_safely(client, order.id, ADDRESS, timeout=0.3)
            finally:
                release.set()

    with pytest.raises(NotSentError, match="journal could not be read") as caught:
        asyncio.run(main())
    assert caught.value.timed_out
    assert threading.main_thread() not in threads
    assert operations(api) == [READ]
