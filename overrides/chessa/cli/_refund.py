"""`chessa refund`: send a refund once, and find out whether it was made."""

import shlex
from contextlib import ExitStack

import click

from chessa_api.errors import Outcome

from .. import flows
from ..flows._journal import REFUND
from ._connection import (
    Access,
    ask,
    journal_of,
    journal_options,
    output_option,
    timeout_option,
    yes_option,
)
from ._exits import RESULT
from ._operations import json_of
from ._output import Form, result_of_write, say, show


@click.command("refund")
@click.argument("order_id")
@click.argument("address")
@click.option("--tag", help="The tag or memo of the address, where its chain has one.")
@click.option(
    "--reference", metavar="NAME", help="Your own name for the refund. [default: the order's id]"
)
@timeout_option("120")
@journal_options
@yes_option
@output_option
@click.pass_obj
def COMMAND(  # noqa: N802  # as of every module here
    access: Access,
    order_id: str,
    address: str,
    tag: str | None,
    reference: str | None,
    timeout: float | None,
    journal_url: str | None,
    account: str | None,
    yes: bool,
    form: Form,
) -> int:
    """Refund an order that failed, and find out whether the refund was made.

    Reads the order first: nothing is sent unless it failed and shows no refund. After a lost
    response it reads the order until the refund shows. One run sends at most one refund; with a
    journal this holds for all runs, on all machines that use it.
    """
    with ExitStack() as stack:
        journal = journal_of(journal_url, account)
        if journal is not None:
            stack.enter_context(journal)
        client = stack.enter_context(access.client(journal=journal))
        lines = [f"Refund order {order_id}", f"  to address  {address}"]
        lines += [f"  with tag    {tag}"] if tag is not None else []
        if journal is None:
            lines.append("  without a journal: another run may send another refund (--journal URL)")
        else:
            lines.append(f"  once, as {reference or order_id!r}, by the journal")
        ask(lines, "Send the refund?", yes=yes)
        result = flows.refund_safely(
            client, order_id, address, tag, reference=reference, timeout=timeout or 120.0
        )
    match result:
        case flows.Confirmed():
            say(_confirmed(result))
            refund = result.order.refund if result.refund is None else result.refund
            with result_of_write(REFUND):
                show(json_of(refund), form)
            return RESULT
        case flows.NotApplied():
            say("This call made no refund.")
            if journal is None and result.error.outcome is Outcome.REJECTED:
                say(
                    "Without a journal it is not known if an earlier call did: ask before you "
                    "pay again."
                )
        case flows.StillUnknown():
            say(f"After {result.reads} reads the order shows no refund. That proves nothing.")
            say(f"Check: {shlex.join(['chessa', 'orders', 'retrieve', order_id])}")
            if journal is None:
                say("Without a journal, the same command again may send another refund.")
            else:
                say("Run the same command later: with this journal it only reads.")
    raise result.error


def _confirmed(result: flows.Confirmed) -> str:
    """Return how a refund is known to be made."""
    if result.error is None:
        return "The refund was made: the API confirmed it."
    if result.error.attempts == 0:
        return "An earlier call made the refund. Nothing was sent now."
    return "The refund was made: its response was lost, and the order shows it."
