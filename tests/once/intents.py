"""Claims of a ledger without a call around them."""

import datetime
import os
from collections.abc import Iterable, Iterator
from typing import Any, Final

from chessa import JournalRecord, Outcome
from chessa.journal import SqlJournal
from chessa.journal._claims import Intent

AT: Final = datetime.datetime(2026, 11, 30, 12, 0, tzinfo=datetime.UTC)
OPERATION: Final = "orders.request_refund"


def intent(reference: str | None, **given: Any) -> Intent:
    """Return an intent of the tests."""
    defaults: dict[str, Any] = {
        "operation": OPERATION,
        "account": "a",
        "subject": None,
        "canonical": b"arguments",
        "link": None,
        "lease": 3600.0,
    }
    return Intent(reference=reference, **{**defaults, **given})


def opened(asked: Intent, call_id: str | None = None) -> JournalRecord:
    """Return the opening record of a call."""
    return JournalRecord(
        event="opened",
        call_id=call_id or os.urandom(16).hex(),
        reference=asked.reference,
        operation=asked.operation,
        attempt=1,
        at=AT,
    )


def closed(of: JournalRecord, outcome: Outcome | None) -> JournalRecord:
    """Return the closing record of the same call."""
    return JournalRecord(
        event="closed",
        call_id=of.call_id,
        reference=of.reference,
        operation=of.operation,
        attempt=1,
        at=AT,
        outcome=outcome,
    )


def claim(journal: SqlJournal, asked: Intent) -> tuple[Any, JournalRecord]:
    """Claim an intent, blocking; return the claim, whose verdict is known, and its record."""
    made: Any = journal.bind(asked, is_async=False)
    record = opened(asked)
    made(record)
    return made, record


def claims(journal: SqlJournal, references: Iterable[str]) -> Iterator[bool]:
    """Claim each reference, and settle it; yield whether it could be sent."""
    for reference in references:
        made, record = claim(journal, intent(reference, subject=f"order of {reference}"))
        if made.verdict == "claim":
            made(closed(record, None))
        yield made.verdict == "claim"
