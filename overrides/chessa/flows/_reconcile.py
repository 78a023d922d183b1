"""`reconcile`: read what the ledger's open entries name, and close those that are shown."""

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, final, overload

import attrs

from chessa_api.errors import Outcome
from chessa_api.exact_json import loads
from chessa_api.index import OPERATIONS
from chessa_api.links import Link

from .._client import AsyncChessa, Chessa
from .._errors import ChessaError
from ._ledger import Ask, ledger_of, seen
from ._steps import Note, Perform, Steps, Time, run

if TYPE_CHECKING:
    from ..journal import JournalEntry, SqlJournal
    from ..journal._claims import Stored
    from ..journal._statements import Transaction

ReconciledState: TypeAlias = Literal[
    "confirmed", "not shown", "not read", "no way to check", "in progress"
]


@final
@attrs.frozen(kw_only=True)
class Reconciled:
    """The finding of `reconcile` on one open entry."""

    entry: "JournalEntry"
    """As it was before."""
    state: ReconciledState
    """`confirmed`: the API shows it, and the entry is closed. `not shown`: that proves nothing, and
    the entry stays open. `not read`: see `error`. `no way to check`: a person decides, with
    `journal.resolve`. `in progress`: its caller is at work."""
    duplicate_is_harmless: bool
    """Whether `once` with its reference sends it again, because a duplicate does no harm."""
    error: ChessaError | None = None
    """The failure of the read, or of closing the entry."""


@overload
def reconcile(
    client: Chessa, journal: "SqlJournal | None" = None, *, account: str | None = None
) -> list[Reconciled]: ...
@overload
def reconcile(
    client: AsyncChessa, journal: "SqlJournal | None" = None, *, account: str | None = None
) -> Coroutine[Any, Any, list[Reconciled]]: ...
def reconcile(
    client: Chessa | AsyncChessa,
    journal: "SqlJournal | None" = None,
    *,
    account: str | None = None,
) -> list[Reconciled] | Coroutine[Any, Any, list[Reconciled]]:
    """Find out what became of the writes without a known end, where the API shows it.

    For each entry that is UNKNOWN, DONE, or was never closed, call the operation that the overlay
    links to it. If its response has the evidence, close the entry as confirmed; else note the time
    of the read in its history, and leave it open. Nothing is sent again. Run it when a job starts,
    and now and then.

    Args:
        client: A `Chessa`, or an `AsyncChessa` to await it.
        journal: Default: the client's.
        account: Whose entries. Default: those that the client's own calls have.

    Returns what was found of each entry, oldest first. A read that fails does not stop it.

    Raises:
        ConfigurationError: NOT_SENT. There is no `SqlJournal`, or no account.
        NotSentError: NOT_SENT. The database cannot be read.
    """
    return run(client, ReconcileFlow(ledger_of(client, journal), account))


@attrs.frozen
class ReconcileFlow:
    """The decisions of `reconcile`."""

    name: ClassVar = "flows.reconcile"
    journal: Any
    account: str | None
    note: Note = attrs.field(factory=lambda: Note("reconcile was interrupted; it sends no write."))

    def steps(self, _clock: Time) -> Steps[list[Reconciled]]:
        from ..journal import _statements

        found: list[Stored] = yield Ask(_statements.unsettled, self.journal, self.account)
        results: list[Reconciled] = []
        for each in found:
            results.append((yield from self._reconciled(each)))  # noqa: PERF401
        return results

    def _reconciled(self, each: "Stored") -> Steps[Reconciled]:
        operation = OPERATIONS.get(each.entry.operation)
        is_harmless = operation is not None and operation.duplicate_is_harmless
        state, error = yield from self._state(each)
        is_open = each.entry.outcome is Outcome.UNKNOWN and not each.entry.in_progress
        return Reconciled(
            entry=each.entry,
            state=state,
            duplicate_is_harmless=is_harmless and is_open,
            error=error,
        )

    def _state(self, each: "Stored") -> Steps[tuple[ReconciledState, ChessaError | None]]:
        link = _link_of(each)
        if each.entry.in_progress:
            return "in progress", None
        if link is None or each.link is None:
            return "no way to check", None
        try:
            reader = OPERATIONS[link.operation]
            response = yield Perform(reader, each.link["arguments"], raw=True)
            is_shown = link.is_shown(loads(response.body))
            event = seen("confirmed" if is_shown else "not shown", link)
            outcome = None if is_shown else Outcome.UNKNOWN
            yield Ask(_amending(each, event, outcome), self.journal, self.account)
        except ChessaError as error:
            return "not read", error
        return ("confirmed" if is_shown else "not shown"), None


def _amending(
    each: "Stored", event: Mapping[str, Any], outcome: Outcome | None
) -> "Callable[[str], Transaction[bool]]":
    from ..journal import _statements

    return lambda _account: _statements.amend(each, event, outcome)


def _link_of(each: "Stored") -> Link | None:
    """Return the link of an entry, if its evidence is known."""
    operation = OPERATIONS.get(each.entry.operation)
    name = (each.link or {}).get("operation")
    links = () if operation is None else operation.links
    found = (link for link in links if link.operation == name and link.evidence is not None)
    return next((link for link in found if link.operation in OPERATIONS), None)
