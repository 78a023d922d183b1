"""Helpers for the tests of the journal: the two records of a call, and a journal that hangs."""

import asyncio

from chessa import JournalRecord


def opened_and_closed(records: list[JournalRecord]) -> JournalRecord:
    """Return the closing one of the two records of a call."""
    first, last = records
    assert (first.event, first.attempt, first.outcome, first.elapsed) == ("opened", 1, None, None)
    assert last.event == "closed"
    assert (first.call_id, first.operation) == (last.call_id, last.operation)
    assert first.at <= last.at
    assert first.at.utcoffset() == last.at.utcoffset() is not None
    return last


async def never(record: JournalRecord) -> None:
    """Return a journal that does not come back."""
    await asyncio.sleep(60)
