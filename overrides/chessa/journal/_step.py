"""A step of the caller's under a claim: the wallet's transaction, a file for the bank."""

import asyncio
import datetime
import os
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from chessa_api.arguments import BoundArguments
from chessa_api.errors import ModelError, Outcome
from chessa_api.exact_json import dumps, loads
from chessa_api.types import UNSET

from .. import _log
from .._call.asyncio import call_off_loop
from .._errors import (
    ConfigurationError,
    InProgressError,
    InvalidRequestError,
    NotSentError,
    OutcomeUnknownError,
    ReferenceConflictError,
)
from .._options import read_reference
from ._claims import Claim, Intent, Kept, Ledger
from ._entries import JournalEntry, State
from ._keys import canonical
from ._records import PATIENCE_INTERRUPTED, JournalRecord, cause_of

T = TypeVar("T")
_LONGEST_NAME: Final = 100
_LONGEST_CAUSE: Final = 200
_IN_FLIGHT: Final[set[asyncio.Future[Any]]] = set()


class Step:
    """A step of yours, claimed: made by `SqlJournal.step`, entered with `with` or `async with`.

    Within the block either `is_done` is true, and nothing must be done; or it is yours to do once,
    and `done` to be called after it.
    """

    def __init__(self, ledger: Ledger, intent: Intent) -> None:
        self._ledger = ledger
        self._intent = intent
        self._call_id = ""
        self._claim: Claim | None = None
        self._end: tuple[Outcome | None, Kept] | None = None
        self.is_done = False
        """Whether it was done before: nothing must be done."""
        self.recorded: Any = None
        """What was given to `done` then. None if nothing was, if it was purged, or if a person
        resolved the step as DONE."""
        self.record: JournalEntry | None = None
        """The entry of the step that was done before."""

    def done(self, recorded: Any = None) -> None:
        """Say that it is done; the block's end closes the entry.

        Args:
            recorded: What a later caller needs: any JSON value, such as the transaction's hash.

        Raises `InvalidRequestError` if that is not JSON; the step is closed as done all the same.
        """
        self._check()
        self._end = None, Kept()
        try:
            self._end = None, Kept(result=dumps(recorded).decode("utf-8"))
        except ModelError as error:
            problem = str(error)
        else:
            return
        raise InvalidRequestError(f"step.done takes a JSON value: {problem}.")

    def not_done(self, why: str) -> None:
        """Say that it was certainly not done; its reference may be claimed again.

        Args:
            why: On which evidence; it is kept in the history.
        """
        self._check()
        self._end = Outcome.NOT_SENT, Kept(cause=str(why)[:_LONGEST_CAUSE])

    def _check(self) -> None:
        if self._claim is None or self.is_done:
            raise InvalidRequestError(
                f"{self._intent.operation} is not yours to end: it was done before, or is not "
                "entered."
            )

    # ---- Entering -------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        claim = self._begin(is_async=False)
        try:
            claim_of(claim)(self._opened())
            self._entered(claim)
        except BaseException as error:
            if claim.may_be_stored:
                self._close(claim, Outcome.NOT_SENT, Kept(cause=_name(error)))
            if not isinstance(error, OSError):
                raise
            cause = cause_of(error)
        else:
            return self
        raise self._unusable(cause)

    async def __aenter__(self) -> Self:
        claim = self._begin(is_async=True)
        opening = asyncio.ensure_future(call_off_loop(claim_of(claim), self._opened()))
        try:
            await _finished(opening)
            self._entered(claim)
        except BaseException as error:
            await _finished(asyncio.ensure_future(self._abandon(claim, opening, _name(error))))
            if not isinstance(error, OSError):
                raise
            cause = cause_of(error)
        else:
            return self
        raise self._unusable(cause)

    async def _abandon(self, claim: Claim, opening: "asyncio.Future[Any]", cause: str) -> None:
        """Close what may be stored of a claim that was not used."""
        await asyncio.wait({opening})
        if claim.may_be_stored:
            await self._close_async(claim, Outcome.NOT_SENT, Kept(cause=cause))

    def _begin(self, *, is_async: bool) -> Claim:
        if self._claim is not None:
            raise InvalidRequestError(f"{self._intent.operation} was entered before.")
        self._call_id = os.urandom(16).hex()
        return self._ledger.bind(self._intent, is_async=is_async)

    def _entered(self, claim: Claim) -> None:
        """Take the permit, or what was done before. Raises the error of an open entry."""
        stored, verdict = claim.stored, claim.verdict
        self._claim = claim
        if verdict == "claim" or stored is None:
            return
        claim.may_be_stored = False
        entry, what = stored.entry, f"{self._intent.operation} of {self._intent.reference!r}"
        if verdict == "replay" or (verdict == "unknown" and stored.state is State.DONE):
            self.is_done, self.record = True, entry
            self.recorded = None if stored.result is None else loads(stored.result)
            return
        if verdict == "conflict":
            raise ReferenceConflictError(
                f"{what} was begun with other arguments. Nothing was done now.",
                record=entry,
                operation=self._intent.operation,
            )
        if verdict == "in progress":
            raise InProgressError(
                f"{what} is in progress, claimed by process {entry.pid} on {entry.host} until "
                f"{entry.lease_until:%H:%M:%S} UTC. Nothing was done now.",
                record=entry,
                operation=self._intent.operation,
            )
        raise OutcomeUnknownError(
            f"{what} was begun at {entry.opened_at:%Y-%m-%d %H:%M:%S} UTC and may have been done. "
            "Nothing was done now. Find out, then call journal.resolve.",
            record=entry,
            operation=self._intent.operation,
        )

    def _unusable(self, cause: str) -> NotSentError:
        return NotSentError(
            f"{self._intent.operation} was not begun: the journal cannot be used ({cause}).",
            operation=self._intent.operation,
            cause=cause,
        )

    # ---- Leaving --------------------------------------------------------------------------------

    def __exit__(
        self, _: object, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if self._claim is not None and not self.is_done:
            self._close(self._claim, *self._ended(error))

    async def __aexit__(
        self, _: object, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if self._claim is not None and not self.is_done:
            closing = self._close_async(self._claim, *self._ended(error))
            await _finished(asyncio.ensure_future(closing))

    def _ended(self, error: BaseException | None) -> tuple[Outcome | None, Kept]:
        if self._end is not None:
            return self._end
        cause = "left without done()" if error is None else _name(error)
        return Outcome.UNKNOWN, Kept(cause=cause)

    def _close(self, claim: Claim, outcome: Outcome | None, kept: Kept) -> None:
        claim.kept = kept
        try:
            claim_of(claim)(self._closed(outcome))
        except OSError as error:
            _log.journal_failed(self._intent.operation, self._call_id, cause_of(error))

    async def _close_async(self, claim: Claim, outcome: Outcome | None, kept: Kept) -> None:
        claim.kept = kept
        try:
            await call_off_loop(claim_of(claim), self._closed(outcome))
        except OSError as error:
            _log.journal_failed(self._intent.operation, self._call_id, cause_of(error))

    def _opened(self) -> JournalRecord:
        return JournalRecord(
            event="opened",
            call_id=self._call_id,
            reference=self._intent.reference,
            operation=self._intent.operation,
            attempt=0,
            at=datetime.datetime.now(datetime.UTC),
        )

    def _closed(self, outcome: Outcome | None) -> JournalRecord:
        return JournalRecord(
            event="closed",
            call_id=self._call_id,
            reference=self._intent.reference,
            operation=self._intent.operation,
            attempt=0 if outcome is Outcome.NOT_SENT else 1,
            at=datetime.datetime.now(datetime.UTC),
            outcome=outcome,
        )


def step_intent(
    account: str | None, reference: object, name: object, arguments: Any, lease: object
) -> Intent:
    """Return the intent of a step. Raises `ConfigurationError` or `InvalidRequestError`."""
    if account is None:
        raise ConfigurationError(
            "journal.step needs SqlJournal(…, account=…), a name for whose money it is: a step has "
            "no client, whose id would tell."
        )
    known = read_reference(reference)
    if known is None:
        raise ConfigurationError("reference must be a str of printable characters, not blank.")
    if not isinstance(name, str) or not name.isidentifier() or len(name) > _LONGEST_NAME:
        raise InvalidRequestError("name must be an identifier, such as 'broadcast'.")
    if isinstance(lease, bool) or not isinstance(lease, int | float) or not 0 < lease <= 86_400:
        raise ConfigurationError("lease must be a number of seconds, a day at most.")
    try:
        value = loads(dumps(arguments))
    except ModelError as error:
        problem = str(error)
    else:
        return Intent(
            operation=f"step:{name}",
            account=account,
            reference=known,
            subject=None,
            canonical=canonical(BoundArguments({}, (), (), UNSET), {"arguments": value}),
            link=None,
            lease=float(lease),
            retry_rejected=True,  # by a person: it was not done
        )
    raise InvalidRequestError(f"arguments must be a JSON value: {problem}.")


def claim_of(claim: Claim) -> Any:
    """Return a claim as the function that it is."""
    return claim


def _name(error: BaseException) -> str:
    return type(error).__name__[:_LONGEST_CAUSE]


async def _finished(task: "asyncio.Future[T]") -> T:
    """Await a task that a cancellation must not stop half-way."""
    _IN_FLIGHT.add(task)
    task.add_done_callback(_forget)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=PATIENCE_INTERRUPTED)
        raise


def _forget(task: "asyncio.Future[Any]") -> None:
    _IN_FLIGHT.discard(task)
    if not task.cancelled():
        task.exception()
