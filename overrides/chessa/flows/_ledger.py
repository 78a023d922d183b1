"""Ask the client's ledger, where its journal is one, what an earlier call of an intent has done."""

import asyncio
import datetime
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from chessa_api.links import Link
from chessa_api.operation import Operation

from .._call.asyncio import call_off_loop
from .._call.ledger import LedgerGate, account_of
from .._call.machine import Result
from .._errors import ApiError, ConfigurationError, OutcomeUnknownError, ReferenceConflictError
from ..journal._records import is_ledger

if TYPE_CHECKING:
    from ..journal._claims import Stored
    from ..journal._statements import Transaction
    from ..models import Refund

OnceError: TypeAlias = OutcomeUnknownError | ReferenceConflictError
"""The errors that the ledger's entry of an earlier call stands behind, in `record`."""


@attrs.frozen
class Earlier:
    """An earlier call, as the journal has it."""

    error: OnceError | None = None
    """The evidence of a call that may have been carried out."""
    result: "Refund | None" = None


@attrs.frozen
class Ask:
    """Run a transaction of the ledger for the client's account."""

    script: "Callable[[str], Transaction[Any]]"
    ledger: Any = None
    """Default: the client's journal."""
    account: str | None = None


def ask(client: Any, step: Ask) -> Any:
    """Return the result of a transaction; with an `AsyncChessa`, the awaitable for it."""
    ledger = ledger_of(client, step.ledger)
    core = client._core
    account = step.account or account_of(ledger, core.plan.settings, core.source)
    run = ledger.ask_async if client._mode == "async" else ledger.ask
    return run(lambda: step.script(account))


def ledger_of(client: Any, journal: object = None) -> Any:
    """Return the ledger that is given, else the client's. Raises `ConfigurationError`."""
    ledger = client._core.plan.journal if journal is None else journal
    if not is_ledger(ledger):
        raise ConfigurationError(
            "The client needs a journal that claims: Chessa(journal=SqlJournal(…))."
        )
    return ledger


def has_ledger(client: Any) -> bool:
    """Return whether a client's journal is a ledger."""
    return is_ledger(client._core.plan.journal)


# ---- Earlier calls of one intent ----------------------------------------------------------------


def look_up(client: Any, operation: Operation[Any], arguments: Mapping[str, Any]) -> "Earlier":
    """Return what the ledger has of an intent, blocking. Raises `OSError` if it cannot be read."""
    gate = _gate(client, operation, arguments)
    gate.peek()
    return _earlier(gate)


async def look_up_async(
    client: Any, operation: Operation[Any], arguments: Mapping[str, Any], seconds: float
) -> "Earlier":
    """Do the same, awaited, for so many seconds at most."""
    gate = _gate(client, operation, arguments)
    async with asyncio.timeout(max(0.0, seconds)):
        await call_off_loop(gate.peek)
    return _earlier(gate)


def _gate(client: Any, operation: Operation[Any], arguments: Mapping[str, Any]) -> LedgerGate:
    core, ledger = client._core, ledger_of(client)
    call = core.begin(operation)
    account = account_of(ledger, core.plan.settings, core.source)
    return LedgerGate(call, ledger, arguments, account, None, is_async=client._mode == "async")


def _earlier(gate: LedgerGate) -> Earlier:
    try:
        found = gate.replayed()
    except ApiError:  # which the call itself replays, or sends again
        return Earlier()
    except (OutcomeUnknownError, ReferenceConflictError) as error:
        return Earlier(error)
    return Earlier(None, found.parsed if isinstance(found, Result) else None)


# ---- Events of an entry's history ---------------------------------------------------------------


def confirming(
    operation: Operation[Any], *, reference: str | None = None, subject: str | None = None
) -> Ask:
    """Return the step that closes an open entry, after a read has confirmed it."""
    event = seen("confirmed", operation.links[0])

    def script(account: str) -> "Transaction[None]":
        from ..journal import _statements

        return _statements.confirm(
            account, operation.name, event, reference=reference, subject=subject
        )

    return Ask(script)


def finding(reference: str, operation: str | None = None) -> Ask:
    """Return the step that finds the entries of a reference: a list of `Stored`."""

    def script(account: str) -> "Transaction[list[Stored]]":
        from ..journal import _statements

        return _statements.find(account, reference, operation)

    return Ask(script)


def seen(event: str, link: Link) -> dict[str, Any]:
    """Return the event of a read."""
    at = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    counted = {"since": at, "times": 1} if event == "not shown" else {}
    return {"event": event, "at": at, "by": link.operation, "evidence": link.evidence, **counted}
