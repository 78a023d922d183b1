"""The entries of a ledger, one for each write."""

import datetime
import enum
from collections.abc import Mapping
from typing import Any, Final

import attrs

from chessa_api.errors import Outcome


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
    """The entry of one write in a `SqlJournal`."""

    operation: str
    """As `orders.request_refund`; a step of yours by its name, after `step` and a colon."""
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
