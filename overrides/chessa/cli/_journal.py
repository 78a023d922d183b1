"""`chessa journal`: read the ledger, find out what became of its open entries, close them."""

import datetime
import getpass
from collections.abc import Iterable
from typing import Any

import attrs
import click

from chessa_api.errors import Outcome

from .. import flows
from ..journal import JournalEntry
from ._connection import (
    Access,
    ask,
    journal_options,
    needed_journal,
    output_option,
    timeout_option,
    yes_option,
)
from ._groups import Group
from ._output import Form, say, show, show_text

_OUTCOMES = {"done": Outcome.DONE, "not-sent": Outcome.NOT_SENT, "rejected": Outcome.REJECTED}


@click.group("journal", cls=Group)
def COMMAND() -> None:  # noqa: N802  # as of every module here
    """Read the ledger of writes, a SqlJournal, and settle what is open.

    The journal is named by --journal or CHESSA_JOURNAL. Reading it needs no credentials.
    """


@COMMAND.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@journal_options
@output_option
def list_(limit: int, journal_url: str | None, account: str | None, form: Form) -> None:
    """List the latest writes, the newest first."""
    with needed_journal(journal_url, account) as journal:
        found = journal.latest(limit)
    show_entries(found, form)
    if not found:
        say("The journal has no entry.")


@COMMAND.command("open")
@journal_options
@output_option
def open_(journal_url: str | None, account: str | None, form: Form) -> None:
    """List the writes without a known end, the oldest first.

    Each may have been carried out. Find out with `chessa journal reconcile`.
    """
    with needed_journal(journal_url, account) as journal:
        found = journal.open()
    show_entries(found, form)
    left = [entry for entry in found if not entry.in_progress]
    if len(left) < len(found):
        say(f"{len(found) - len(left)} in progress: a caller still has each of them.")
    if left:
        say(f"{len(left)} open, the oldest for {age(left[0].age)}. Next: chessa journal reconcile")
    if not found:
        say("Nothing is open.")


@COMMAND.command("show", short_help="Show the writes of a reference: was it made?")
@click.argument("reference")
@click.argument("operation", required=False)
@journal_options
@output_option
def show_(
    reference: str,
    operation: str | None,
    journal_url: str | None,
    account: str | None,
    form: Form,
) -> int:
    """Show the writes of a reference, each with its history: was it made?

    Ends with 1 if the journal has none.
    """
    with needed_journal(journal_url, account) as journal:
        found = journal.find(reference, operation)
    if form != "table":
        show([full(entry) for entry in found], form)
    for number, entry in enumerate(found if form == "table" else ()):
        show_text("\n" if number else "")
        say_or_show(entry)
    if not found:
        say(f"The journal has no write of {reference!r}: none was sent through it.")
    return 0 if found else 1


def say_or_show(entry: JournalEntry) -> None:
    """Show one entry as a person reads it."""
    values = full(entry)
    history = values.pop("history")
    show({"verdict": verdict(entry), **values, "age": age(entry.age)}, "table")
    if history:
        show_text("\n")
        show(history, "table")


@COMMAND.command("reconcile", short_help="Find out what became of the open writes.")
@timeout_option("30 for each read")
@journal_options
@output_option
@click.pass_obj
def reconcile(
    access: Access,
    timeout: float | None,
    journal_url: str | None,
    account: str | None,
    form: Form,
) -> None:
    """Find out what became of the open writes, where the API shows it. Sends no write.

    Those that the API shows are closed as confirmed; the others stay open.
    """
    with (
        needed_journal(journal_url, account) as journal,
        access.client(timeout=timeout, journal=journal) as client,
    ):
        found = flows.reconcile(client, journal)
    if found or form != "table":
        show([_reconciled(each) for each in found], form)
    else:
        say("Nothing is open.")
    if any(each.state == "no way to check" for each in found):
        say("Where there is no way to check, a person decides: chessa journal resolve")


def _reconciled(each: flows.Reconciled) -> dict[str, Any]:
    return {
        "reference": each.entry.reference,
        "operation": each.entry.operation,
        "finding": each.state,
        "duplicate": "harmless" if each.duplicate_is_harmless else None,
        "error": None if each.error is None else str(each.error),
    }


@COMMAND.command("resolve", short_help="Close an open write by hand.")
@click.argument("reference")
@click.argument("operation")
@click.option(
    "--outcome",
    type=click.Choice(list(_OUTCOMES)),
    required=True,
    help="done: it was made. not-sent, rejected: it was not, and its reference may be used again.",
)
@click.option("--why", required=True, help="On which evidence.")
@click.option("--by", help="Who decides. [default: your login name]")
@click.option("--call-id", help="Of the entry, where several are open.")
@yes_option
@journal_options
@output_option
def resolve(
    reference: str,
    operation: str,
    outcome: str,
    why: str,
    by: str | None,
    call_id: str | None,
    yes: bool,
    journal_url: str | None,
    account: str | None,
    form: Form,
) -> None:
    """Close an open write by hand, after you have found out what became of it.

    After not-sent and rejected the same reference may send again: be sure that it was not made.
    """
    person = by or getpass.getuser()
    with needed_journal(journal_url, account) as journal:
        lines = [f"Close {operation} of {reference!r} as {outcome}", f"  by {person}: {why}"]
        ask(lines, "Close it?", yes=yes)
        entry = journal.resolve(
            reference, operation, outcome=_OUTCOMES[outcome], by=person, why=why, call_id=call_id
        )
    show_entries([entry], form)


@COMMAND.command("ddl", short_help="Print the statements that make the table.")
@click.argument("dialect", type=click.Choice(["postgresql", "sqlite"]), default="postgresql")
def ddl(dialect: Any) -> None:
    """Print the statements that make the ledger's table, for a migration of yours."""
    from ..journal import ddl as statements

    show_text(statements(dialect))


# ---- Entries ------------------------------------------------------------------------------------


def verdict(entry: JournalEntry) -> str:
    """Return what is known of a write: whether it was made."""
    if entry.outcome is None:
        return "made"
    if entry.in_progress:
        return "in progress"
    return {
        Outcome.DONE: "made, its response was lost",
        Outcome.UNKNOWN: "unknown: it may have been made",
        Outcome.REJECTED: "not made: the API rejected it",
        Outcome.NOT_SENT: "not made: it was not sent",
    }[entry.outcome]


def full(entry: JournalEntry) -> dict[str, Any]:
    """Return an entry as a JSON value."""
    values = attrs.asdict(entry)
    values["outcome"] = None if entry.outcome is None else entry.outcome.name
    values["age"] = int(entry.age)
    values["history"] = [dict(each) for each in entry.history]
    return {name: _json(value) for name, value in values.items()}


def _json(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="seconds")
    return value


def show_entries(entries: Iterable[JournalEntry], form: Form) -> None:
    """Print entries: a line for each, or all that is known of them as JSON."""
    if form == "json":
        show([full(entry) for entry in entries], form)
        return
    rows = [
        {
            "reference": entry.reference,
            "operation": entry.operation,
            "verdict": verdict(entry),
            "age": age(entry.age),
            "subject": entry.subject,
            "opened_at": _json(entry.opened_at),
        }
        for entry in entries
    ]
    if rows or form != "table":
        show(rows, form)


def age(seconds: float) -> str:
    """Return an age in its largest unit: `3 h`."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"
