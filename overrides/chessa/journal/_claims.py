"""Claims: what a caller asks of a ledger, and what the entry of its reference means to it."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol, TypeAlias

import attrs

from chessa_api.errors import Outcome

from ._entries import JournalEntry, State
from ._keys import FingerprintKeys


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
    """Details of a closed call, and its response for replays."""

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

    def peek(self) -> Any:
        """Ask for the verdict, and claim nothing."""
        raise NotImplementedError


class Ledger(Protocol):
    """A journal that claims, such as `SqlJournal`."""

    @property
    def account(self) -> str | None: ...
    @property
    def keeps_results(self) -> bool: ...
    def bind(self, intent: Intent, *, is_async: bool) -> Claim: ...
