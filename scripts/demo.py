"""The demonstration of ./scripts/demo: the client in one minute, for a newcomer.

Each step shows a piece of Python, runs it and prints its result.
"""

import subprocess
import sys
import textwrap
import time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from chessa import Chessa, ChessaError, testing

ROOT: Final = Path(__file__).resolve().parent.parent

# A title; the code; the part of its result to show. Lines with `api.` command the sandbox.
STEPS: Final = (
    (
        "What can be paid out",
        "configurations = chessa.configurations.retrieve()",
        '", ".join(f"{p.country.code} {p.currency.code}" for p in configurations.payouts)',
    ),
    (
        "Whose account is it",
        'account = chessa.recipients.validate(account_number="233200000000", code="gh_mtn")',
        'f"{account.account_name} at {account.bank_name}"',
    ),
    (
        "Store the recipient",
        """recipient = chessa.recipients.create(
    account_name=account.account_name, account_number="233200000000",
    code="gh_mtn", country="GH", currency="GHS", type="mobile_money")""",
        'f"{recipient.type} {recipient.account_number}"',
    ),
    (
        "Quote",
        """order = chessa.orders.create(
    recipient_id=recipient.id, chain="Solana", origin_asset="USDC",
    origin_amount=Decimal("10.50"), destination_asset="GHS")""",
        'f"{order.origin_amount} {order.origin_asset} for "'
        ' f"{order.destination_amount} {order.destination_asset}, {order.status}"',
    ),
    (
        "Accept it",
        """order = chessa.orders.prepare_funding(
    order_id=order.id, chain=order.crypto_address_chain)""",
        'f"pay to {order.crypto_address}, {order.status}"',
    ),
    (
        "The payer pays, and the payout fails",
        "api.orders[order.id].fund().fail()",
        "chessa.orders.retrieve(order.id).status",
    ),
    (
        "Refund",
        """refund = chessa.orders.request_refund(
    order_id=order.id, address="5u1gLZrAiyw6yAyYx3N6D916CUqEcoTkwvF54QwDGzRn")""",
        'f"{refund.crypto_amount} {refund.crypto_asset}, {refund.status}"',
    ),
)
AGAIN: Final = """chessa.orders.request_refund(
    order_id=order.id, address="5u1gLZrAiyw6yAyYx3N6D916CUqEcoTkwvF54QwDGzRn")"""


def main() -> int:
    """Run the demonstration; return the exit status."""
    started = time.monotonic()
    say("1  The client, generated from the vendored spec")
    regenerate()
    with testing.sandbox() as api, testing.serve(api) as url:
        say(f"2  A sandbox of the API, over HTTP at {url}")
        with Chessa(
            base_url=url, client_id=api.client_id, client_secret=api.client_secret
        ) as chessa:
            say("3  An order, from quote to refund")
            names = walk(chessa, api)
            say("4  An error, mapped: the second refund of one order")
            refuse(names)
        print(f"\n   Refunds that the sandbox counted: {len(api.refunds)}")
    print(f"   Done in {time.monotonic() - started:.1f} s. Next: README.md, then ./scripts/test")
    return 0


def regenerate() -> None:
    """Run the regeneration and show its one line."""
    command = [sys.executable, "scripts/regenerate.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    show("$ python scripts/regenerate.py", done.stdout.strip())


def walk(chessa: Chessa, api: object) -> dict[str, Any]:
    """Run the steps; return the names that they made."""
    names: dict[str, Any] = {"chessa": chessa, "api": api, "Decimal": Decimal}
    for title, code, shown in STEPS:
        exec(code, names)  # noqa: S102 - the code that is shown is the code that runs
        show(code, str(eval(shown, names)), title)  # noqa: S307
    return names


def refuse(names: dict[str, Any]) -> None:
    """Ask for the refund once more, and show the error."""
    try:
        exec(AGAIN, names)  # noqa: S102
    except ChessaError as error:
        facts = ("status_code", "code", "message", "outcome")
        rows = [f"{name:<12} {getattr(error, name)}" for name in facts if hasattr(error, name)]
        show(AGAIN, "\n".join([f"raises {type(error).__name__}", *rows]))
    else:
        sys.exit("the second refund went through")


def say(heading: str) -> None:
    """Print a heading."""
    print(f"\n{bold(heading)}", flush=True)


def show(code: str, result: str, title: str = "") -> None:
    """Print code, and what came back."""
    if title:
        print(f"\n   {dim('# ' + title)}")
    print(textwrap.indent(code, "   "))
    first, *rest = result.splitlines()
    print(f"   → {first}", *(f"     {line}" for line in rest), sep="\n", flush=True)


def bold(text: str) -> str:
    """Return bold text for a terminal."""
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text


def dim(text: str) -> str:
    """Return dim text for a terminal."""
    return f"\033[2m{text}\033[0m" if sys.stdout.isatty() else text


if __name__ == "__main__":
    sys.exit(main())
