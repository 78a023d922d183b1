"""The ledger: a journal in SQLite or PostgreSQL, which lets one call of an intent send.

`_transactions` runs what it asks for, and `_sql_claims` has the claim of a call.
"""

import asyncio
import datetime
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from chessa_api.errors import Outcome

from .._errors import ConfigurationError, InvalidRequestError, NotSentError
from .._interruptions import starting_a_thread
from . import _statements
from ._claims import Claim, Intent, Stored
from ._engines import Engines
from ._entries import JournalEntry
from ._keys import FingerprintKeys, default_keys
from ._records import JournalError
from ._sql_claims import AwaitedClaim, BlockingClaim
from ._statements import Transaction
from ._step import Step, step_intent
from ._transactions import Transactions

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")
_LONGEST_ACCOUNT: Final = 300


class SqlJournal(Transactions):
    """A journal that claims: for one reference at most one request is sent, from any process.

    `Chessa(journal=SqlJournal("sqlite:///chessa-journal.db"))`, or `postgresql://…` for several
    machines; then `client.once("invoice 17").orders.request_refund(…)`. Each write has one entry,
    committed before its first byte. An entry never becomes free by time: a call that ended with its
    process is UNKNOWN. A write that is not under `once` is recorded, and not claimed.

    An entry holds the reference, ids, a keyed fingerprint of the arguments, and the response for a
    replay. It holds no credential. Where the response holds personal data, only ids are kept.

    Args:
        database: A URL, an `Engine` or an `AsyncEngine` of SQLAlchemy. The table of a PostgreSQL
            database is yours to make: see `ddl`. SQLite's is made in a file that a URL names.
            An engine is used in the process that made it, an `AsyncEngine` in one event loop.
        account: A name for whose money it is, the same in all processes. Default: the origin of the
            API and a digest of the client id. Required if the client id is a callable.
        fingerprint_key: A secret of 16 characters or more; of several, the first makes new
            fingerprints and all verify. Default: CHESSA_JOURNAL_KEY; for an SQLite file that a URL
            names, a key made once in a file next to it.
        keep_results: Whether responses are kept. Without, a replay reads the result from the API
            where that is possible.

    Raises `ConfigurationError` (NOT_SENT) for arguments that cannot be used.
    """

    def __init__(
        self,
        database: "str | URL | Engine | AsyncEngine",
        *,
        account: str | None = None,
        fingerprint_key: str | bytes | Sequence[str | bytes] | None = None,
        keep_results: bool = True,
    ) -> None:
        given = None if fingerprint_key is None else FingerprintKeys(fingerprint_key)
        del fingerprint_key  # a traceback prints what its frames hold
        if account is not None and not _is_name(account):
            raise ConfigurationError(
                f"account must be a str of 1 to {_LONGEST_ACCOUNT} characters."
            )
        engines = Engines(database)
        super().__init__(engines, (given or default_keys(engines.key_file)).checked())
        self.account: Final = account
        self.keeps_results: Final = keep_results

    def bind(self, intent: Intent, *, is_async: bool) -> Claim:
        """Return the journal of one call."""
        if is_async and self._engines.can_await:
            return AwaitedClaim(intent, self)
        return BlockingClaim(intent, self)

    # ---- Entries --------------------------------------------------------------------------------

    def open(self) -> list[JournalEntry]:
        """Return the writes without a known end, oldest first: in progress, UNKNOWN or DONE.

        The `age` of the first is worth an alarm. Raises `NotSentError` if the database cannot be
        read.
        """
        return _entries(self.ask(lambda: _statements.unsettled(self.account)))

    async def aopen(self) -> list[JournalEntry]:
        """Return the same, awaited."""
        return _entries(await self.ask_async(lambda: _statements.unsettled(self.account)))

    def latest(self, limit: int = 50) -> list[JournalEntry]:
        """Return so many writes, newest first. Raises `NotSentError` as `open` does."""
        return _entries(self.ask(lambda: _statements.latest(self.account, limit)))

    async def alatest(self, limit: int = 50) -> list[JournalEntry]:
        """Return the same, awaited."""
        return _entries(await self.ask_async(lambda: _statements.latest(self.account, limit)))

    def find(self, reference: str, operation: str | None = None) -> list[JournalEntry]:
        """Return the writes of a reference, oldest first. Raises `NotSentError` as `open` does."""
        return _entries(self.ask(lambda: _statements.find(self.account, reference, operation)))

    async def afind(self, reference: str, operation: str | None = None) -> list[JournalEntry]:
        """Return the same, awaited."""
        script = lambda: _statements.find(self.account, reference, operation)  # noqa: E731
        return _entries(await self.ask_async(script))

    def resolve(
        self,
        reference: str | None,
        operation: str,
        *,
        outcome: Outcome,
        by: str,
        why: str,
        call_id: str | None = None,
    ) -> JournalEntry:
        """Close an open entry by hand, after its lease.

        Args:
            reference: Of the entry; None if it has none.
            operation: Of the entry, `orders.request_refund`.
            outcome: DONE: it was made, and is no longer open. NOT_SENT or REJECTED: it was not,
                and its reference may be claimed again.
            by: Who decides.
            why: On which evidence.
            call_id: Of the entry, where several are open under the reference.

        Returns the entry; its history keeps who, why and when.

        Raises:
            InProgressError: A caller has the claim.
            InvalidRequestError: NOT_SENT. There is no open entry, or an argument is invalid.
            NotSentError: NOT_SENT. The database cannot be used.
        """
        event = _resolution(outcome, by, why)
        return self.ask(
            lambda: _statements.resolve(self.account, reference, operation, outcome, event, call_id)
        ).entry

    async def aresolve(
        self,
        reference: str | None,
        operation: str,
        *,
        outcome: Outcome,
        by: str,
        why: str,
        call_id: str | None = None,
    ) -> JournalEntry:
        """Do the same, awaited."""
        event = _resolution(outcome, by, why)
        found = await self.ask_async(
            lambda: _statements.resolve(self.account, reference, operation, outcome, event, call_id)
        )
        return found.entry

    def purge(self, *, before: datetime.datetime) -> int:
        """Delete the responses that were stored before a time; the entries stay.

        Returns their number. Raises `NotSentError` if the database cannot be used.
        """
        seconds = _aware(before)
        return self.ask(lambda: _statements.purge(self.account, seconds))

    async def apurge(self, *, before: datetime.datetime) -> int:
        """Do the same, awaited."""
        seconds = _aware(before)
        return await self.ask_async(lambda: _statements.purge(self.account, seconds))

    def step(
        self, reference: str, name: str, *, arguments: Any = None, lease: float = 300.0
    ) -> Step:
        """Claim a step of yours, such as the wallet's transaction: once, from any process.

            with journal.step("invoice 17", "broadcast") as step:
                if not step.is_done:
                    step.done(wallet.send(deposit.address, deposit.amount))

        Enter it with `with`, or `async with`. It is done once for a reference: a later caller finds
        `is_done` and what was `recorded`. A block that is left without `done`, or by an exception,
        may have done it: its entry is UNKNOWN until a person calls `resolve` with `step:broadcast`.
        Only `not_done` frees the reference. Do nothing else in the block: its end commits `done`.

        Args:
            reference: Your own name for the intent, as of `once`.
            name: Of the step, an identifier.
            arguments: Any JSON value that must be the same when it is called again, such as amount
                and address. A fingerprint of it is kept.
            lease: Seconds that the step may take. After that it is open to `resolve`, never free.

        Entering it raises:
            InProgressError: Another caller is at work; its `record` says who.
            OutcomeUnknownError: It was begun, and may have been done.
            ReferenceConflictError: NOT_SENT. It was begun with other arguments.
            NotSentError: NOT_SENT. The database cannot be used.

        Raises `ConfigurationError` (NOT_SENT) if the journal has no `account=`.
        """
        return Step(self, step_intent(self.account, reference, name, arguments, lease))

    # ---- Outside a call -------------------------------------------------------------------------

    def ask(self, script: Callable[[], Transaction[T]]) -> T:
        """Run a transaction outside a call, blocking. Raises `NotSentError`."""
        try:
            return self.run(script)
        except JournalError as error:
            cause = error.cause
        raise _unusable(cause)

    async def ask_async(self, script: Callable[[], Transaction[T]]) -> T:
        """Do the same, awaited."""
        try:
            if self._engines.can_await:
                return await self.run_async(script)
            with starting_a_thread():
                return await asyncio.to_thread(self.run, script)
        except JournalError as error:
            cause = error.cause
        raise _unusable(cause)

    # ---- Closing --------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the connections of this process, if a URL was given."""
        self._engines.close()

    async def aclose(self) -> None:
        """Close them, and those of this event loop."""
        await self._engines.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"SqlJournal({self._dialect!r})"


def _entries(found: Sequence[Stored]) -> list[JournalEntry]:
    return [each.entry for each in found]


def _unusable(cause: str) -> NotSentError:
    return NotSentError(f"The journal cannot be used ({cause}). Nothing was sent.", cause=cause)


def _resolution(outcome: Outcome, by: object, why: object) -> dict[str, Any]:
    if outcome not in (Outcome.DONE, Outcome.NOT_SENT, Outcome.REJECTED):
        raise InvalidRequestError("outcome must be Outcome.DONE, NOT_SENT or REJECTED.")
    for name, value in {"by": by, "why": why}.items():
        if not isinstance(value, str) or not value.strip():
            raise InvalidRequestError(f"{name} must be a str that is not blank.")
    at = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    return {"event": "resolved", "at": at, "outcome": outcome.value, "by": by, "why": why}


def _aware(time: object) -> float:
    if not isinstance(time, datetime.datetime) or time.tzinfo is None:
        raise InvalidRequestError("before must be a datetime with a time zone.")
    return time.timestamp()


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= _LONGEST_ACCOUNT
