"""The gate of a write whose journal is a ledger: claim, then permit, replay or refuse.

Pure decisions; the claim itself is the journal's.
"""

import datetime
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from chessa_api.arguments import BoundArguments
from chessa_api.errors import DecodeError, EncodeError, Outcome
from chessa_api.exact_json import dumps, loads
from chessa_api.index import OPERATIONS
from chessa_api.media import UnreadableFileError
from chessa_api.operation import Operation
from chessa_api.types import UNSET

from .._config import Settings
from .._credentials import Credentials, CredentialSource
from .._errors import (
    ApiError,
    ChessaError,
    ConfigurationError,
    InProgressError,
    InvalidRequestError,
    OutcomeUnknownError,
    ReferenceConflictError,
)
from .._interruptions import reading
from ..journal._claims import Intent, Kept, Ledger
from ..journal._entries import JournalEntry
from ..journal._keys import canonical
from ..journal._records import Journal, JournalRecord
from .bodies import printable_code
from .events import Response
from .gate import Gate, ReadThrough
from .machine import Call, Result

_GRACE: Final = 10.0
"""Seconds of a lease after the deadline of its call, for the closing record."""


class LedgerGate(Gate):
    """The claim of a write."""

    def __init__(
        self,
        call: Call[Any],
        ledger: Ledger,
        arguments: Mapping[str, object],
        account: str,
        credentials: Credentials | None,
        *,
        is_async: bool,
    ) -> None:
        self._credentials = credentials
        self._bound = call.operation.bind(arguments)
        intent = _intent(call, self._bound, arguments, account)
        self._claim = ledger.bind(intent, is_async=is_async)
        self._keeps_results = ledger.keeps_results
        super().__init__(call, cast("Journal", self._claim))
        call.is_late = _clock(intent.lease)

    def opened(self, cause: str | None) -> None:
        """Raise `NotSentError` if the claim was not committed; what may be stored is settled."""
        try:
            super().opened(cause)
        finally:
            self.is_open = True  # the claim knows whether there is anything to settle

    @property
    def peek(self) -> Callable[[], Any]:
        """The function that asks the ledger and claims nothing; it may be a coroutine function."""
        return self._claim.peek

    def replayed(self) -> "Result[Any] | ReadThrough | None":
        """Return the result of an earlier call, or how to read it; None lets the call send.

        Raises the error that stands for the entry of an earlier call.
        """
        stored, verdict = self._claim.stored, self._claim.verdict
        if verdict == "claim" or stored is None:
            return None
        self.is_open = False
        if verdict == "replay":
            result = self._result(stored.result, stored.entry.status_code)
            if result is not None:
                self._call.known = Outcome.DONE
                return result
        error = _refusal(verdict, stored.entry, self._call)
        self._call.known = error.outcome
        link: Mapping[str, Any] = stored.link or {}
        reader = OPERATIONS.get(link.get("operation", ""))
        if verdict == "replay" and _returns_the_same(reader, self._call.operation):
            return ReadThrough(cast("Any", reader), link["arguments"], error)
        raise error

    def close(self, ended: BaseException | None, result: object) -> JournalRecord:
        """Return the closing record, and leave with the claim what is kept."""
        self._claim.kept = self._kept(ended, None if ended is not None else result)
        return super().close(ended, result)

    def _result(self, body: str | None, status: int | None) -> Result[Any] | None:
        """Decode a stored response as the call would have; None if it cannot be decoded."""
        operation = self._call.operation
        if body is None or status is None:
            return None
        data = body.encode("utf-8")
        parsed: Any = None
        envelope: Any = None
        if data and not operation.answers_nothing(status):
            try:
                parsed, envelope = operation.decode(status, loads(data))
            except DecodeError:  # the models of a later version need what was not sent then
                return None
        response = Response(status, (), data)
        return Result(parsed, envelope, response, 0, self._call.elapsed(), None)

    def _kept(self, ended: BaseException | None, result: object) -> Kept:
        operation = self._call.operation
        if not isinstance(result, Result):
            code, cause = getattr(ended, "code", None), getattr(ended, "cause", None)
            return Kept(code=printable_code(code), cause=None if cause is None else cause[:200])
        status = result.response.status_code
        is_json = operation.answers_json(status)
        is_empty = operation.answers_nothing(status)
        body = result.response.body if is_json and not is_empty else b""
        body = body if body.strip() else b""  # what an undocumented request reads as nothing
        value = loads(body) if body else UNSET
        link = _link(operation, self._bound, value)
        if operation.is_personal or not self._keeps_results or not is_json:
            return Kept(link=link)
        clean = value if self._credentials is None else self._credentials.scrub_value(value)
        return Kept(link=link, result=(body if clean == value else dumps(clean)).decode("utf-8"))


def gate_of(
    call: Call[Any],
    ledger: Ledger,
    arguments: Mapping[str, object],
    source: CredentialSource,
    credentials: Credentials,
    *,
    is_async: bool,
) -> LedgerGate:
    """Return the gate of a write whose journal is a ledger. Raises `ConfigurationError`."""
    try:
        account = account_of(ledger, call.plan.settings, source)
    except ConfigurationError as error:
        refused: ChessaError = call.refused(error)
    else:
        try:
            return LedgerGate(call, ledger, arguments, account, credentials, is_async=is_async)
        except EncodeError as unreadable:
            problem = str(unreadable)
        refused = InvalidRequestError(f"{problem}. Nothing was sent.", **call.circumstances())
    raise refused


def _returns_the_same(one: Operation[Any] | None, other: Operation[Any]) -> bool:
    if one is None or one.unwrap != other.unwrap or one.streams or other.streams:
        return False
    return not _models(one).isdisjoint(_models(other))


def _models(operation: Operation[Any]) -> set[type]:
    found = [codec for status, codec in operation.responses.items() if status.startswith("2")]
    return {codec.find() for codec in found if codec is not None and codec.find is not None}


def account_of(ledger: Ledger, settings: Settings, source: CredentialSource) -> str:
    """Return the account of a client's calls. Raises `ConfigurationError`."""
    if ledger.account is not None:
        return ledger.account
    account = source.account()
    if account is not None:
        return f"{settings.origin.url} {account}"
    raise ConfigurationError(
        "SqlJournal needs account=, a name for whose money it is: the client id is a callable."
    )


def _intent(
    call: Call[Any], bound: BoundArguments, arguments: Mapping[str, object], account: str
) -> Intent:
    operation, options = call.operation, call.plan.options
    subject = None if operation.once_per is None else arguments.get(operation.once_per)
    extra = {
        "extra_query": sorted(options.extra_query),
        "extra_body": dict(options.extra_body),
    }
    return Intent(
        operation=operation.name,
        account=account,
        reference=options.reference,
        subject=subject if isinstance(subject, str) else None,
        canonical=_compared(operation, bound, extra),
        link=_link(operation, bound, UNSET),
        lease=max(0.0, call.left()) + _GRACE,
        once=options.once,
        retry_rejected=options.retry_rejected,
        duplicate_is_harmless=operation.duplicate_is_harmless,
    )


def _compared(
    operation: Operation[Any], bound: BoundArguments, extra: Mapping[str, object]
) -> bytes:
    """Return what is compared of a call. Of a body that is a file its name is not sent."""
    form = operation.body
    try:
        if form.kind == "binary" and bound.body is not UNSET:
            named = bound.body.media_type if "*" in form.media_type else form.media_type
            bound = bound._replace(body={"sha256": reading(bound.body.sha256), "type": named})
        return canonical(bound, {name: value for name, value in extra.items() if value})
    except UnreadableFileError as error:
        cause = str(error)
    raise EncodeError(f"{operation.name}: a file cannot be read: {cause}")


def _link(operation: Operation[Any], bound: BoundArguments, body: Any) -> dict[str, Any] | None:
    """Return the read that shows a write; None if its arguments are not known."""
    for link in operation.links:
        found = link.resolve(bound, body)
        if found is not None:
            return {"operation": link.operation, "arguments": found}
    return None


def _clock(lease: float) -> Callable[[], bool]:
    """Return a function that tells whether a lease is over.

    The larger of two clocks counts: one that runs while the machine is suspended, and the wall's.
    """
    started = _times()
    return lambda: max(now - then for now, then in zip(_times(), started, strict=True)) >= lease


def _times() -> tuple[float, float]:
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return (time.monotonic() if boot is None else time.clock_gettime(boot)), time.time()


def _refusal(verdict: str, entry: JournalEntry, call: Call[Any]) -> ChessaError:
    """Return the error that tells a caller of an earlier call."""
    name, reference = call.operation.name, entry.reference
    circumstances = call.circumstances()
    if verdict == "conflict":
        return ReferenceConflictError(
            f"{name} was not sent: {_conflict(entry, call)}.", record=entry, **circumstances
        )
    if verdict == "in progress":
        return InProgressError(
            f"{name} was not sent now: the reference {reference!r} is in progress, claimed by "
            f"process {entry.pid} on {entry.host} until {_at(entry.lease_until)}. Call again "
            "after that.",
            record=entry,
            **circumstances,
        )
    if verdict == "rejected":
        status = entry.status_code or 0
        code = f" {entry.code}" if entry.code else ""
        why = f"the API rejected {reference!r} with {status}{code}"
        if entry.status_code is None:
            why = f"{reference!r} was resolved as REJECTED"
        return ApiError.for_status(status)(
            f"{name} was not sent now: {why}. once(…, retry_rejected=True) sends it again.",
            status_code=status,
            code=entry.code,
            **circumstances,
        )
    is_made = entry.outcome in (None, Outcome.DONE)
    circumstances["outcome"] = Outcome.DONE if is_made else Outcome.UNKNOWN
    return OutcomeUnknownError(
        f"{name} was not sent now: the journal has it under {reference!r}, {_state(entry)}. "
        f"{_next_step(entry)}",
        status_code=entry.status_code,
        code=entry.code,
        cause=entry.cause,
        record=entry,
        **circumstances,
    )


def _next_step(entry: JournalEntry) -> str:
    if entry.outcome is None:  # closed, so that there is nothing to reconcile
        return "Look up its result: the journal has kept none."
    what = "its result" if entry.outcome is Outcome.DONE else "whether it happened"
    return f"Look up {what}; flows.reconcile does where the API shows it."


def _conflict(entry: JournalEntry, call: Call[Any]) -> str:
    if entry.reference != call.plan.options.reference:
        return (
            f"{entry.subject} has one already, under the reference {entry.reference!r}, "
            f"{_state(entry)}"
        )
    return f"the reference {entry.reference!r} was used with other arguments, {_state(entry)}"


def _state(entry: JournalEntry) -> str:
    since = _at(entry.closed_at or entry.opened_at)
    if entry.outcome is None:
        return f"carried out at {since}"
    if entry.in_progress:
        return f"in progress since {since}"
    if entry.closed_at is None:
        return f"opened at {since} and never closed"
    return f"closed at {since} as {entry.outcome.name}"


def _at(moment: datetime.datetime) -> str:
    return moment.isoformat(sep=" ", timespec="seconds")
