"""The journal of an async client: on the event loop or off it, in time, cancelled, dropped."""

import asyncio
import threading
import time
from typing import Any

import pytest

import chessa
from chessa import JournalRecord, NotSentError, Outcome

from .calls import A_WRITE, CREDENTIALS, DRIVERS
from .journals import never, opened_and_closed
from .raw_server import RawServer
from .transports import answers

OK = (201, {"id": "t1"})


def test_an_async_client_takes_either_kind() -> None:
    """A coroutine function is awaited, another function runs on a thread and may return one."""
    threads: list[int] = []

    async def async_journal(record: JournalRecord) -> None:
        await asyncio.sleep(0)
        threads.append(threading.get_ident())

    class Object:
        async def __call__(self, record: JournalRecord) -> None:
            await async_journal(record)

    def blocking(record: JournalRecord) -> None:
        time.sleep(0.01)
        threads.append(threading.get_ident())

    def late(record: JournalRecord) -> Any:
        return async_journal(record)

    expected = {async_journal: True, Object(): True, blocking: False, late: True}
    for journal, on_the_loop in expected.items():
        threads.clear()
        assert DRIVERS["async"](A_WRITE, transport=answers(OK), journal=journal) == [{"id": "t1"}]
        assert [each == threading.get_ident() for each in threads] == [on_the_loop] * 2


def test_a_blocking_journal_does_not_block_the_event_loop() -> None:
    """Other tasks go on while it writes."""
    ticks: list[str] = []

    def blocking(record: JournalRecord) -> None:
        time.sleep(0.1)
        ticks.append(record.event)

    async def main() -> None:
        async def tick() -> None:
            while True:
                ticks.append("tick")
                await asyncio.sleep(0.01)

        ticking = asyncio.create_task(tick())
        async with chessa.AsyncChessa(
            **CREDENTIALS, transport=answers(OK), journal=blocking
        ) as client:
            await client._performer.perform(*A_WRITE)
        ticking.cancel()

    asyncio.run(main())
    assert ticks.index("opened") > 2


def test_a_slow_journal_ends_with_the_deadline() -> None:
    """An opening record that is not there in time: not sent, in time, and closed if it can be."""
    records: list[JournalRecord] = []

    async def slow_to_open(record: JournalRecord) -> None:
        records.append(record)
        if record.event == "opened":
            await asyncio.sleep(60)

    transport = answers(OK)
    begun = time.monotonic()
    (error,) = DRIVERS["async"](A_WRITE, transport=transport, journal=slow_to_open, timeout=0.1)
    assert time.monotonic() - begun < 10
    assert isinstance(error, NotSentError)
    assert error.timed_out
    assert opened_and_closed(records).outcome is Outcome.NOT_SENT
    assert transport.requests == []


def test_a_slow_closing_record_costs_no_result() -> None:
    """The result comes with the deadline at the latest, whatever the journal does."""

    async def slow_to_close(record: JournalRecord) -> None:
        if record.event == "closed":
            await never(record)

    begun = time.monotonic()
    ends = DRIVERS["async"](A_WRITE, transport=answers(OK), journal=slow_to_close, timeout=0.2)
    assert ends == [{"id": "t1"}]
    assert time.monotonic() - begun < 10


def cancelled(journal: Any, *, after: float, drop: bool = False) -> BaseException | None:
    """Cancel a write on a server that never responds, or drop its coroutine."""

    async def main(url: str) -> BaseException | None:
        client = chessa.AsyncChessa(**CREDENTIALS, base_url=url, journal=journal)
        if drop:
            coroutine = client._performer.perform(*A_WRITE)
            waiter = coroutine.send(None)
            assert waiter is not None
            coroutine.close()
            await client.aclose()
            return None
        task = asyncio.create_task(client._performer.perform(*A_WRITE))
        await asyncio.sleep(after)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError as error:
            return error
        finally:
            await client.aclose()
        raise AssertionError("it was not cancelled")

    def silent(connection: Any) -> None:
        connection.read_request()
        connection.wait_until_stopped()

    with RawServer(silent) as server:
        return asyncio.run(main(server.url))


def test_a_cancelled_write_is_closed() -> None:
    """Cancelled while it waits for its response: CancelledError, and a record that says UNKNOWN."""
    records: list[JournalRecord] = []
    error = cancelled(records.append, after=0.2)
    assert isinstance(error, asyncio.CancelledError)
    assert opened_and_closed(records).outcome is Outcome.UNKNOWN


def test_a_write_cancelled_in_its_journal_is_closed_in_order() -> None:
    """Cancelled while the opening record is written: both records, nothing sent."""
    records: list[JournalRecord] = []

    def slow(record: JournalRecord) -> None:
        if record.event == "opened":
            time.sleep(0.1)
        records.append(record)

    assert isinstance(cancelled(slow, after=0.07), asyncio.CancelledError)
    assert opened_and_closed(records).outcome is Outcome.NOT_SENT


def test_a_dropped_coroutine_is_closed_where_that_needs_no_waiting() -> None:
    """A coroutine that is closed cannot wait; a plain journal gets its record all the same."""
    records: list[JournalRecord] = []

    class Plain:
        def __call__(self, record: JournalRecord) -> None:
            records.append(record)

    cancelled(Plain(), after=0, drop=True)
    assert [record.event for record in records if record.event == "closed"] == ["closed"]


def test_a_journal_that_is_cancelled_by_itself_has_failed() -> None:
    """A journal's own wait that is cancelled does not cancel the call."""

    async def main(at: str) -> Any:
        gone = asyncio.get_running_loop().create_future()
        gone.cancel()

        async def journal(record: JournalRecord) -> None:
            if record.event == at:
                await gone

        settings: dict[str, Any] = {**CREDENTIALS, "transport": answers(OK), "journal": journal}
        async with chessa.AsyncChessa(**settings) as client:
            return await client._performer.perform(*A_WRITE)

    assert asyncio.run(main("closed")) == {"id": "t1"}
    with pytest.raises(NotSentError) as caught:
        asyncio.run(main("opened"))
    assert caught.value.cause == "CancelledError"


def test_a_cancelled_call_does_not_wait_for_a_journal_that_hangs() -> None:
    """The closing record is given a moment, not what is left of the call."""

    async def hangs_at_the_end(record: JournalRecord) -> None:
        if record.event == "closed":
            await never(record)

    begun = time.monotonic()
    assert isinstance(cancelled(hangs_at_the_end, after=0.1), asyncio.CancelledError)
    assert time.monotonic() - begun < 20
