"""The journal as a gate around the attempts of a write: opened before the first byte, closed once.

It decides and builds records; the drivers write them.
"""

import datetime
from collections.abc import Iterator, Mapping
from operator import length_hint
from typing import Any, Final, Literal, NamedTuple, cast

from chessa_api.errors import Outcome
from chessa_api.operation import Operation

from .. import _log
from .._errors import ChessaError
from ..journal._records import (
    PATIENCE,
    PATIENCE_INTERRUPTED,
    TIMED_OUT,
    Journal,
    JournalRecord,
)
from .events import AttemptResult, ErrorKind, Failure
from .machine import Call, Result
from .messages import build_error


class ReadThrough(NamedTuple):
    """The read that brings the result of an earlier call."""

    operation: Operation[Any]
    arguments: Mapping[str, Any]
    failed: ChessaError
    """The error if the read brings nothing."""

    def call(self, call: Call[Any]) -> Call[Any]:
        """Return the call of the read."""
        return Call(self.operation, call.plan)


class Gate:
    """The two records of a write in its journal."""

    def __init__(self, call: Call[Any], journal: Journal) -> None:
        self._call = call
        self.journal: Final = journal
        self._due: Iterator[None] = iter(())

    @property
    def is_open(self) -> bool:
        """Return whether a closing record is due."""
        return length_hint(self._due) > 0

    @is_open.setter
    def is_open(self, is_due: bool) -> None:
        self._due = iter((None,) if is_due else ())

    def open(self) -> JournalRecord:
        """Return the opening record, to be written before anything is sent."""
        self.is_open = True
        return self._record("opened")

    def opened(self, cause: str | None) -> None:
        """Let the call pass. Raises `NotSentError` if its record was not written, for a cause."""
        if cause is None:
            return
        self.is_open = cause == TIMED_OUT  # then it may have been written, or will be
        failure = Failure(ErrorKind.JOURNAL, cause, timed_out=self.is_open)
        raise build_error(
            AttemptResult(failure=failure, nothing_sent=True),
            Outcome.NOT_SENT,
            self._call.circumstances(),
            is_read=False,
        )

    def replayed(self) -> Result[Any] | ReadThrough | None:
        """Return the result of an earlier call of the same intent, if the journal knows one."""
        return None

    def close(self, ended: BaseException | None, _result: object) -> JournalRecord:
        """Return the closing record of a call that brought its result, or was ended."""
        return self._record("closed", None if ended is None else self._call.known)

    def hand_over(self, record: JournalRecord) -> object:
        """Pass the closing record to the journal, once, even if that fails.

        Taking what is due from an iterator and calling the journal is one step: no signal handler
        runs between them, as it may between two statements, and of two threads one gets it.
        """
        handed = [self.journal(record) for _ in self._due]
        return handed[0] if handed else None

    async def hand_over_async(self, record: JournalRecord) -> None:
        """Do the same with a coroutine function."""
        [await cast("Any", self.journal)(record) for _ in self._due]

    def seconds(self, ended: BaseException | None) -> float:
        """Return how long to wait for the closing record where that can be bounded, in seconds."""
        left = max(0.0, self._call.left()) + PATIENCE
        return left if isinstance(ended, ChessaError | None) else min(left, PATIENCE_INTERRUPTED)

    def closed(self, record: JournalRecord, cause: str | None) -> None:
        """Log a closing record that was not written; the call itself ends as it would have."""
        if cause is not None:
            _log.journal_failed(record.operation, record.call_id, cause)

    def _record(
        self, event: Literal["opened", "closed"], outcome: Outcome | None = None
    ) -> JournalRecord:
        call, is_closed = self._call, event == "closed"
        return JournalRecord(
            event=event,
            call_id=call.call_id,
            reference=call.plan.options.reference,
            operation=call.operation.name,
            attempt=call.attempts if is_closed else 1,
            at=datetime.datetime.now(datetime.UTC),
            outcome=outcome,
            status_code=call.status_code,
            elapsed=call.elapsed() if is_closed else None,
        )
