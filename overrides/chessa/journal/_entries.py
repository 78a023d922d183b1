"""The ledger's entries: one for each intent, and what a later caller of the same intent is told."""

import datetime
import enum
from collections.abc import Mapping
from typing import Any, Final, Literal, Protocol, TypeAlias, runtime_checkable

import attrs

from .._outcome import Outcome
from ._keys import FingerprintKeys


class State(enum.StrEnum):
    """The state of an entry."""

    CLAIMED = "claimed"
    """A caller has the claim. When its lease is over, the outcome is UNKNOWN."""
    NOT_SENT = "not_sent"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    DONE = "done"
    RESULT = "result"
    """The API confirmed it."""


FREE: Final = frozenset({State.NOT_SENT, State.REJECTED})
"""The states in which the server has not acted."""
_BY_OUTCOME: Final = {
    None: State.RESULT,
    Outcome.NOT_SENT: State.NOT_SENT,
    Outcome.REJECTED: State.REJECTED,
    Outcome.UNKNOWN: State.UNKNOWN,
    Outcome.DONE: State.DONE,
}
_OUTCOMES: Final[Mapping[State, Outcome | None]] = {
    State.CLAIMED: Outcome.UNKNOWN,
    **{state: outcome for outcome, state in _BY_OUTCOME.items()},
}


def outcome_of(state: State) -> Outcome | None:
    """Return the outcome that a state stands for; None for a result."""
    return _OUTCOMES[state]


def state_of(outcome: Outcome | None) -> State:
    """Return the state of an intent whose call ended so; None stands for a result."""
    return _BY_OUTCOME[outcome]


@attrs.frozen(kw_only=True)
class JournalEntry:
    """What a `SqlJournal` holds of one write."""

    operation: str
    """`orders.request_refund`; of a step of yours, `step:` and its name."""
    reference: str | None
    """The caller's, of `once` or `with_options(reference=…)`."""
    subject: str | None
    """What the write changes, of which there may be one such write: the order's id."""
    outcome: Outcome | None
    """None if the write has a result. A claimed write is UNKNOWN."""
    in_progress: bool
    """Whether a caller has the claim, and its lease is not over."""
    once: bool
    """Whether it was claimed; False for a write that was recorded only."""
    account: str
    call_id: str
    """Of the last call, as in the records of hooks and in the log."""
    host: str
    pid: int
    opened_at: datetime.datetime
    """When it was claimed, by the database's clock, in UTC."""
    lease_until: datetime.datetime
    """When the claim ends, by the same clock."""
    closed_at: datetime.datetime | None
    age: float
    """Seconds since `opened_at`, by the same clock."""
    attempts: int
    status_code: int | None
    """Of the response, if one arrived."""
    code: str | None
    """The vendor's error code, if it sent one."""
    cause: str | None
    """The failure by its type, if there was one."""
    history: tuple[Mapping[str, Any], ...] = ()
    """Earlier claims of the same reference, reads of `reconcile` and resolutions, oldest first."""


@attrs.frozen
class Stored:
    """An entry with what is kept for replays."""

    entry: JournalEntry
    state: State
    fingerprint: str | None = attrs.field(repr=False)
    link: Mapping[str, Any] | None = attrs.field(repr=False)
    """The read that shows it: operation and arguments."""
    result: str | None = attrs.field(repr=False)
    """The body of the response."""


@attrs.frozen
class Intent:
    """One write, as a ledger sees it."""

    operation: str
    account: str
    reference: str | None
    subject: str | None
    canonical: bytes = attrs.field(repr=False)
    """The arguments in their canonical form."""
    link: Mapping[str, Any] | None
    """The read that shows it, if its arguments are known before the response."""
    lease: float
    """Seconds."""
    once: bool = True
    retry_rejected: bool = False
    duplicate_is_harmless: bool = False
    """Then it may be claimed again after UNKNOWN."""


@attrs.frozen
class Kept:
    """What a closed call leaves for replays."""

    code: str | None = None
    cause: str | None = None
    link: Mapping[str, Any] | None = None
    result: str | None = attrs.field(default=None, repr=False)


Verdict: TypeAlias = Literal["claim", "replay", "in progress", "unknown", "conflict", "rejected"]


def verdict_on(stored: Stored, intent: Intent, keys: FingerprintKeys) -> Verdict:
    """Return what the caller of an intent is told of the entry that has its reference."""
    entry = stored.entry
    if entry.outcome is Outcome.NOT_SENT:
        return "claim"
    if entry.outcome is Outcome.REJECTED and intent.retry_rejected:
        return "claim"
    if not keys.match(stored.fingerprint, intent.canonical):
        return "conflict"
    if entry.outcome is Outcome.REJECTED:
        return "rejected"
    if entry.outcome is None:
        return "replay"
    if entry.in_progress:
        return "in progress"
    is_harmless = intent.duplicate_is_harmless and entry.outcome is Outcome.UNKNOWN
    return "claim" if is_harmless else "unknown"


@attrs.define
class Claim:
    """The journal of one call: claims with the opening record, settles with the closing one."""

    intent: Intent
    verdict: Verdict = "claim"
    """What the ledger says; known after the opening record."""
    stored: Stored | None = None
    """The entry that forbids to send."""
    may_be_stored: bool = False
    """Whether the claim was committed, or its COMMIT at least begun."""
    kept: Kept = Kept()
    """To be stored with the closing record."""


@runtime_checkable
class Ledger(Protocol):
    """A journal that claims, such as `SqlJournal`."""

    @property
    def account(self) -> str | None: ...
    @property
    def keeps_results(self) -> bool: ...
    def bind(self, intent: Intent, *, is_async: bool) -> Claim: ...
