"""The claim of one call in the ledger: opened, read and settled, blocking or awaited."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from . import _statements
from ._claims import Claim, Intent
from ._records import JournalError, JournalRecord
from ._statements import RefusedError, Transaction
from ._transactions import Transactions


class SqlClaim(Claim):
    """The parts of a claim that its two forms share."""

    def __init__(self, intent: Intent, ledger: Transactions) -> None:
        super().__init__(intent)
        self._ledger = ledger
        self._is_over = False

    def _script(self, record: JournalRecord) -> Callable[[], Transaction[Any]] | None:
        """Return the transaction for a record; None to close what was certainly not opened."""
        if record.event == "opened":
            if self._is_over:
                raise JournalError("the call had ended")
            return self._ledger.claiming(record, self.intent)
        self._is_over = True
        return (lambda: _statements.settle(record, self.kept)) if self.may_be_stored else None

    def _looking(self) -> Transaction[None]:
        return _statements.peek(self.intent, self._ledger.keys)

    def _committing(self) -> None:
        self.may_be_stored = True

    def _refuse(self, refused: RefusedError) -> None:
        self.verdict, self.stored = refused.verdict, refused.stored


def _check_settled(settled: object) -> None:
    if settled is False:
        raise JournalError("the entry was resolved meanwhile, or deleted")


# A call that is cancelled while it claims is closed while the claim goes on by itself: the lock
# puts the closing after it. Where both are on one thread, the claim is over: an interruption may
# have left its lock behind.


class BlockingClaim(SqlClaim):
    """A claim whose transactions block."""

    def __init__(self, intent: Intent, ledger: Transactions) -> None:
        super().__init__(intent, ledger)
        self._lock = threading.RLock()

    def __call__(self, record: JournalRecord) -> None:
        with self._lock:
            script = self._script(record)
            if script is None:
                return
            try:
                is_closing = record.event == "closed"
                settled = self._ledger.run(script, self._committing, repeats_cut=is_closing)
                _check_settled(settled)
            except RefusedError as refused:
                self._refuse(refused)

    def peek(self) -> None:
        try:
            self._ledger.run(self._looking)
        except RefusedError as refused:
            self._refuse(refused)


class AwaitedClaim(SqlClaim):
    """A claim whose transactions are awaited."""

    def __init__(self, intent: Intent, ledger: Transactions) -> None:
        super().__init__(intent, ledger)
        self._lock = asyncio.Lock()

    async def __call__(self, record: JournalRecord) -> None:
        async with self._lock:
            script = self._script(record)
            if script is None:
                return
            try:
                is_closing = record.event == "closed"
                settled = await self._ledger.run_async(
                    script, self._committing, repeats_cut=is_closing
                )
                _check_settled(settled)
            except RefusedError as refused:
                self._refuse(refused)

    async def peek(self) -> None:
        try:
            await self._ledger.run_async(self._looking)
        except RefusedError as refused:
            self._refuse(refused)
