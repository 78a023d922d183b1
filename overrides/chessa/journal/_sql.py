"""The ledger: a journal in SQLite or PostgreSQL, which lets one call of an intent send.

`_statements` has the transactions; here they are run, blocking or awaited.
"""

import asyncio
import datetime
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from sqlalchemy import Connection, exc

from chessa_api.errors import Outcome

from .._call.asyncio import drive_async
from .._call.sync import drive
from .._errors import ConfigurationError, InvalidRequestError, NotSentError
from . import _statements
from ._claims import Claim, Intent, Stored
from ._engines import Engines, cause_of, is_cut
from ._entries import JournalEntry
from ._keys import FingerprintKeys, default_keys
from ._records import JournalError, JournalRecord
from ._statements import LostRaceError, RefusedError, Statement, Transaction
from ._step import Step, step_intent

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")
_TRIES: Final = 3
"""How often a transaction is begun if others change the same entry, or a settling is cut."""
_LONGEST_ACCOUNT: Final = 300


class SqlJournal:
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
        self._engines: Final = Engines(database)
        self._dialect: Final = self._engines.dialect
        self.account: Final = account
        self.keeps_results: Final = keep_results
        self.keys: Final = (given or default_keys(self._engines.key_file)).checked()

    def bind(self, intent: Intent, *, is_async: bool) -> Claim:
        """Return the journal of one call."""
        if is_async and self._engines.can_await:
            return _AwaitedClaim(intent, self)
        return _BlockingClaim(intent, self)

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

    # ---- Transactions ---------------------------------------------------------------------------

    def run(
        self,
        script: Callable[[], Transaction[T]],
        before_commit: Callable[[], None] | None = None,
        *,
        repeats_cut: bool = False,
    ) -> T:
        """Run a transaction, blocking. Raises `JournalError` if it may not be committed.

        With `repeats_cut` a transaction whose connection was lost is begun again.
        """
        cause = ""
        for _ in range(_TRIES):
            try:
                with self._engines.blocking().connect() as connection, connection.begin():
                    self._check(connection)
                    perform = _performer(connection)
                    _refuse_replica(drive(_statements.begin(self._dialect), perform, hide=False))
                    result = drive(script(), perform, hide=False)
                    if before_commit is not None:
                        before_commit()
                return result
            except (exc.SQLAlchemyError, LostRaceError) as error:
                cause = cause_of(error)
                if not (_others_were_first(error) or (repeats_cut and is_cut(error))):
                    break
        raise JournalError(cause)

    async def run_async(
        self,
        script: Callable[[], Transaction[T]],
        before_commit: Callable[[], None] | None = None,
        *,
        repeats_cut: bool = False,
    ) -> T:
        """Run a transaction, awaited."""
        cause = ""
        for _ in range(_TRIES):
            try:
                async with self._engines.awaited().connect() as connection, connection.begin():
                    await connection.run_sync(self._check)
                    perform = _performer(connection)
                    begun = _statements.begin(self._dialect)
                    _refuse_replica(await drive_async(begun, perform, hide=False))
                    result = await drive_async(script(), perform, hide=False)
                    if before_commit is not None:
                        before_commit()
                return result
            except (exc.SQLAlchemyError, LostRaceError) as error:
                cause = cause_of(error)
                if not (_others_were_first(error) or (repeats_cut and is_cut(error))):
                    break
        raise JournalError(cause)

    def _check(self, connection: Connection) -> None:
        self._engines.check(connection)

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

    def claiming(self, record: JournalRecord, intent: Intent) -> Callable[[], Transaction[None]]:
        """Return the transaction that claims an intent."""
        dialect, keys = self._dialect, self.keys
        return lambda: _statements.claim(dialect, record, intent, keys)


class _SqlClaim(Claim):
    """The parts of a claim that its two forms share."""

    def __init__(self, intent: Intent, ledger: SqlJournal) -> None:
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


class _BlockingClaim(_SqlClaim):
    def __init__(self, intent: Intent, ledger: SqlJournal) -> None:
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


class _AwaitedClaim(_SqlClaim):
    def __init__(self, intent: Intent, ledger: SqlJournal) -> None:
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


def _others_were_first(error: Exception) -> bool:
    return isinstance(error, exc.IntegrityError | LostRaceError)


def _performer(connection: Any) -> Callable[[Statement], Any]:
    return lambda statement: connection.execute(*statement)


def _refuse_replica(is_replica: bool) -> None:
    if is_replica:
        raise ConfigurationError("SqlJournal is connected to a replica: entries need the primary.")


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
