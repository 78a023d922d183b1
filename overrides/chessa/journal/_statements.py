"""The ledger's transactions: each yields statements, receives their results, and returns its own.

The database decides who may send: by the INSERT that makes an entry, or by the UPDATE that takes
one from a state that may be claimed.
"""

import datetime
import json
import os
import socket
from collections.abc import Callable, Generator, Mapping
from typing import Any, Final, TypeAlias, TypeVar

from sqlalchemy import Executable, Text, bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from chessa_api.errors import Outcome

from .._errors import ConfigurationError, InProgressError, InvalidRequestError
from ._claims import Intent, Kept, Stored, Verdict, verdict_on
from ._entries import FREE, JournalEntry, State, outcome_of, state_of
from ._keys import FingerprintKeys
from ._records import JournalRecord
from ._schema import JOURNAL, now

T = TypeVar("T")
Statement: TypeAlias = tuple[Executable, Mapping[str, Any]]
Transaction: TypeAlias = Generator[Statement, Any, T]
_C: Final = JOURNAL.c
_TURNS: Final = 5
"""How often a claim is decided anew, because another process changed the entry meanwhile."""
_CLOSED: Final = ("closed_at", "status_code", "code", "cause", "result")
NOT_SHOWN: Final = "not shown"
"""The event of a read that did not show a write."""
_HOST: Final = socket.gethostname()[:255]
_SECONDS: Final = 10
"""The longest statement of a transaction."""
UNSETTLED: Final = (State.CLAIMED, State.DONE, State.UNKNOWN)


def do(statement: Executable, **values: Any) -> Statement:
    """Return a statement with the values of its parameters."""
    return statement, values


# ---- The statements of each claim, built once ---------------------------------------------------


def _insert(construct: Callable[..., Any]) -> Executable:
    times = {
        "opened_at": now(),
        "lease_until": now() + bindparam("lease", type_=JOURNAL.c.opened_at.type),
    }
    statement: Executable = construct(JOURNAL).values(times).on_conflict_do_nothing()
    return statement.execution_options(preserve_rowcount=True)


_INSERTS: Final = {
    "sqlite": _insert(sqlite.insert),
    "postgresql": _insert(postgresql.insert),
}
_ENTRIES: Final = select(JOURNAL, now().label("now")).order_by(_C.opened_at)
_RIVALS: Final = _ENTRIES.where(
    _C.account == bindparam("account"),
    _C.operation == bindparam("operation"),
    or_(_C.reference == bindparam("reference"), _C.subject == bindparam("subject")),
    _C.call_id != bindparam("call_id"),
)
"""The other entries of an intent's reference, and of its subject if it has one."""
_SETTLE: Final = (
    update(JOURNAL)
    .where(_C.call_id == bindparam("mine"), _C.state == State.CLAIMED)
    .values(
        state=bindparam("ended"),
        closed_at=now(),
        attempts=bindparam("made"),
        status_code=bindparam("status"),
        code=bindparam("its_code"),
        cause=bindparam("its_cause"),
        result=bindparam("body"),
        link=func.coalesce(bindparam("found", type_=Text()), _C.link),
    )
)
_STATE: Final = select(_C.state).where(_C.call_id == bindparam("mine"))
_SETTINGS: Final = {
    "synchronous_commit": "on",
    "statement_timeout": f"{_SECONDS}s",
    "lock_timeout": f"{_SECONDS}s",
}
_BEGIN: Final = select(
    func.pg_is_in_recovery(), *(func.set_config(*each, True) for each in _SETTINGS.items())
)


class LostRaceError(Exception):
    """Another process changed the entry in each turn."""


class RefusedError(Exception):
    """The intent must not be sent: its transaction is rolled back."""

    def __init__(self, verdict: Verdict, stored: Stored) -> None:
        super().__init__(verdict)
        self.verdict: Verdict = verdict
        self.stored = stored


def begin(dialect: str) -> Transaction[bool]:
    """Set durability and time limit of a transaction. Return whether the database is a replica."""
    return dialect == "postgresql" and bool((yield do(_BEGIN)).first()[0])


# ---- Claiming and settling --------------------------------------------------------------------


def claim(
    dialect: str, record: JournalRecord, intent: Intent, keys: FingerprintKeys
) -> Transaction[None]:
    """Claim an intent, or record a write that is not under `once`.

    Raises `RefusedError` with the entry that forbids to send.
    """
    opened = _opened(record, intent, keys)
    inserted = (yield do(_INSERTS[dialect], lease=intent.lease, **opened)).rowcount == 1
    if not intent.once:
        return
    for _ in range(_TURNS):
        own = yield from _own(intent, keys, record.call_id)
        if inserted:
            return
        if own is not None:
            again = {**opened, **dict.fromkeys(_CLOSED), "history": _grown(own, _past(own))}
            again |= {"opened_at": now(), "lease_until": now() + intent.lease}
            unchanged = (_C.call_id == own.entry.call_id, _C.state == own.state)
            if (yield do(update(JOURNAL).where(*unchanged).values(again))).rowcount == 1:
                return
    raise LostRaceError


def peek(intent: Intent, keys: FingerprintKeys) -> Transaction[None]:
    """Do what `claim` does, and claim nothing."""
    yield from _own(intent, keys)


def _own(intent: Intent, keys: FingerprintKeys, call_id: str = "") -> Transaction[Stored | None]:
    """Return the earlier entry of an intent, if it may be claimed. Raises `RefusedError`."""
    rivals = yield do(
        _RIVALS,
        account=intent.account,
        operation=intent.operation,
        reference=intent.reference,
        subject=intent.subject,
        call_id=call_id,
    )
    found = [stored(row) for row in rivals.mappings().all()]
    own = next((each for each in found if _is_own(each, intent)), None)
    if own is not None:
        _check_key(own, keys)
        verdict = verdict_on(own, intent, keys)
        if verdict != "claim":
            raise RefusedError(verdict, own)
    for each in found:
        if each is not own and each.state not in FREE:
            raise RefusedError(_verdict_on_other(each, intent), each)
    return own


def settle(record: JournalRecord, kept: Kept) -> Transaction[bool]:
    """Close the claim of a call. Return false if it was not there, or was resolved by a person.

    A call that ends after its lease still tells its true end.
    """
    ended = state_of(record.outcome)
    changed = yield do(
        _SETTLE,
        mine=record.call_id,
        ended=ended,
        made=record.attempt,
        status=record.status_code,
        its_code=kept.code,
        its_cause=kept.cause,
        body=kept.result,
        found=None if kept.link is None else json.dumps(kept.link),
    )
    if changed.rowcount:
        return True
    states = (yield do(_STATE, mine=record.call_id)).scalars().all()
    return ended in states  # settled before: the result of that COMMIT was lost


def _opened(record: JournalRecord, intent: Intent, keys: FingerprintKeys) -> dict[str, Any]:
    return {
        "call_id": record.call_id,
        "account": intent.account,
        "operation": intent.operation,
        "reference": intent.reference,
        "subject": intent.subject,
        "once": intent.once,
        "state": State.CLAIMED,
        "fingerprint": keys.make(intent.canonical),
        "host": _HOST,
        "pid": os.getpid(),
        "attempts": 0,
        "link": None if intent.link is None else json.dumps(intent.link),
    }


def _is_own(each: Stored, intent: Intent) -> bool:
    return each.entry.once and each.entry.reference == intent.reference


def _verdict_on_other(each: Stored, intent: Intent) -> Verdict:
    """Return what an entry means that was not claimed, or that has another reference."""
    if each.entry.once and each.entry.reference != intent.reference:
        return "conflict"
    return "in progress" if each.entry.in_progress else "unknown"


def _check_key(own: Stored, keys: FingerprintKeys) -> None:
    if own.state is not State.NOT_SENT and not keys.know(own.fingerprint):
        raise ConfigurationError(
            f"The journal's entry of {own.entry.reference!r} has a fingerprint of another key. "
            "Pass the former key as well: fingerprint_key=[new, former]."
        )


# ---- Reading and resolving --------------------------------------------------------------------


def unsettled(account: str | None) -> Transaction[list[Stored]]:
    """Read the entries that are in progress, UNKNOWN or DONE, oldest first."""
    query = _ENTRIES.where(_C.state.in_(UNSETTLED))
    if account is not None:
        query = query.where(_C.account == account)
    return [stored(row) for row in (yield do(query)).mappings().all()]


def latest(account: str | None, limit: int) -> Transaction[list[Stored]]:
    """Read the latest entries, newest first."""
    query = _ENTRIES.order_by(None).order_by(_C.opened_at.desc()).limit(limit)
    if account is not None:
        query = query.where(_C.account == account)
    return [stored(row) for row in (yield do(query)).mappings().all()]


def find(
    account: str | None, reference: str | None, operation: str | None, call_id: str | None = None
) -> Transaction[list[Stored]]:
    """Read the entries of a reference, or that of a call, oldest first."""
    query = _ENTRIES.where(_C.reference == reference if call_id is None else _C.call_id == call_id)
    if operation is not None:
        query = query.where(_C.operation == operation)
    if account is not None:
        query = query.where(_C.account == account)
    return [stored(row) for row in (yield do(query)).mappings().all()]


def resolve(
    account: str | None,
    reference: str | None,
    operation: str,
    outcome: Outcome,
    event: Mapping[str, Any],
    call_id: str | None = None,
) -> Transaction[Stored]:
    """Close the open entry of a reference, or that of a call, by a person's word."""
    found = yield from find(account, reference, operation, call_id)
    opened = [each for each in found if each.state in UNSETTLED]
    if len(opened) != 1:
        several = "has several open entries" if opened else "has no open entry"
        which = f"{operation} of {reference!r}" if call_id is None else f"the call {call_id}"
        hint = " Pass the call_id= of one." if opened else ""
        raise InvalidRequestError(f"The journal {several} for {which}.{hint}")
    if opened[0].entry.in_progress:
        raise InProgressError(
            f"{operation} of {reference!r} is in progress until "
            f"{opened[0].entry.lease_until:%H:%M:%S} UTC: resolve it after that.",
            operation=operation,
            record=opened[0].entry,
        )
    is_made = outcome is Outcome.DONE  # looked up: its end is known
    if not (yield from amend(opened[0], event, None if is_made else outcome)):
        raise LostRaceError
    return next(
        each
        for each in (yield from find(account, reference, operation, call_id))
        if each.entry.call_id == opened[0].entry.call_id
    )


def amend(
    before: Stored, event: Mapping[str, Any], outcome: Outcome | None = Outcome.UNKNOWN
) -> Transaction[bool]:
    """Add an event to an entry's history, and close it unless that leaves it UNKNOWN.

    Return false, and change nothing, if the entry is another by now.
    """
    values: dict[str, Any] = {"history": _grown(before, event)}
    if outcome is not Outcome.UNKNOWN:
        values |= {"state": state_of(outcome), "closed_at": now()}
    unchanged = (_C.call_id == before.entry.call_id, _C.state == before.state)
    return bool((yield do(update(JOURNAL).where(*unchanged).values(values))).rowcount)


def confirm(
    account: str,
    operation: str,
    event: Mapping[str, Any],
    *,
    reference: str | None = None,
    subject: str | None = None,
) -> Transaction[None]:
    """Close the open claim of a reference or subject as confirmed, unless it is in progress."""
    same = _C.reference == reference if subject is None else _C.subject == subject
    query = _ENTRIES.where(
        _C.account == account,
        _C.operation == operation,
        _C.once,
        _C.state.in_(UNSETTLED),
        same,
    )
    for row in (yield do(query)).mappings().all():
        found = stored(row)
        if not found.entry.in_progress:
            yield from amend(found, event, None)


def purge(account: str | None, before: float) -> Transaction[int]:
    """Drop the stored responses of entries that were closed before a time. Entries stay."""
    statement = update(JOURNAL).where(_C.closed_at < before, _C.result.is_not(None))
    if account is not None:
        statement = statement.where(_C.account == account)
    changed: int = (yield do(statement.values(result=None))).rowcount
    return changed


# ---- Rows -------------------------------------------------------------------------------------


def stored(row: Mapping[Any, Any]) -> Stored:
    """Return an entry from its row, which has the database's time as `now`."""
    state = State(row["state"])
    entry = JournalEntry(
        operation=row["operation"],
        reference=row["reference"],
        subject=row["subject"],
        outcome=outcome_of(state),
        in_progress=state is State.CLAIMED and row["now"] <= row["lease_until"],
        once=bool(row["once"]),
        account=row["account"],
        call_id=row["call_id"],
        host=row["host"],
        pid=row["pid"],
        opened_at=_time(row["opened_at"]),
        lease_until=_time(row["lease_until"]),
        closed_at=None if row["closed_at"] is None else _time(row["closed_at"]),
        age=row["now"] - row["opened_at"],
        attempts=row["attempts"],
        status_code=row["status_code"],
        code=row["code"],
        cause=row["cause"],
        history=tuple(json.loads(row["history"] or "[]")),
    )
    link = None if row["link"] is None else json.loads(row["link"])
    return Stored(entry, state, row["fingerprint"], link, row["result"])


def _time(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def _past(own: Stored) -> dict[str, Any]:
    """Return a claim that is over, for the history."""
    entry = own.entry
    return {
        "event": "claimed",
        "call_id": entry.call_id,
        "at": entry.opened_at.isoformat(timespec="milliseconds"),
        "outcome": str(own.state),
        "status_code": entry.status_code,
        "code": entry.code,
        "cause": entry.cause,
    }


def _grown(own: Stored, event: Mapping[str, Any]) -> str:
    """Return the history with an event; of reads that showed nothing it keeps one, which counts."""
    past = list(own.entry.history)
    if past and past[-1]["event"] == event["event"] == NOT_SHOWN:
        last = past.pop()
        event = {**event, "since": last["since"], "times": last["times"] + 1}
    return json.dumps([*past, event])
