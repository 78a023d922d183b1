"""Flows in a process that is killed after its POST, and run again in another one."""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from chessa import FileJournal
from chessa.testing import Sandbox, sandbox, serve
from tests.marks import NIGHTLY, every

from .runs import ADDRESS, REFUND

RECIPIENT, CREATE, ACCEPT = "recipients.create", "orders.create", "orders.prepare_funding"
PROGRAM: Final = textwrap.dedent("""
    import asyncio, sys, chessa
    from chessa.flows import refund_safely

    mode, url, name, secret, path, order_id, address = sys.argv[1:]
    settings = dict(base_url=url, client_id=name, client_secret=secret, max_retries=0)

    async def main(journal):
        async with chessa.AsyncChessa(**settings, journal=journal) as client:
            return await refund_safely(client, order_id, address, timeout=20)

    def opened():
        if path.endswith(".db"):
            return chessa.journal.SqlJournal(f"sqlite:///{path}", account="acme")
        return chessa.FileJournal(path)

    with opened() as journal:
        if mode == "async":
            result = asyncio.run(main(journal))
        else:
            result = refund_safely(
                chessa.Chessa(**settings, journal=journal), order_id, address, timeout=20
            )
    print(type(result).__name__, flush=True)
""")
# The wallet is a file with a line for each payment.
PAYOUT: Final = textwrap.dedent(r"""
    import os, sys, chessa
    from chessa.flows import accept_quote, quote_payout
    from tests.samples import BANK_ACCOUNT

    wallet, url, name, secret, path, reference, _ = sys.argv[1:]
    settings = dict(base_url=url, client_id=name, client_secret=secret, max_retries=0)
    asked = dict(chain="Solana", origin_asset="USDC", origin_amount=10, max_origin_amount=10)
    asked |= dict(destination_asset="NGN", recipient=BANK_ACCOUNT)

    with chessa.journal.SqlJournal(f"sqlite:///{path}", account="acme") as journal:
        client = chessa.Chessa(**settings, journal=journal)
        quote = quote_payout(client, reference=reference, **asked)
        deposit = accept_quote(client, quote, reference=reference, timeout=20)
        with journal.step(reference, "broadcast") as step:
            if not step.is_done:
                with open(wallet, "a") as file:
                    file.write(f"{deposit.address} {deposit.amount}\n")
                    file.flush()
                    os.fsync(file.fileno())
                step.done(deposit.address)
    print("paid", flush=True)
""")
# The response of the POST: the process is killed in its call, between two reads, or shortly after
# its end.
RESPONSES: dict[str, Callable[[Sandbox], None]] = {
    "late": lambda api: api.delay_next(3, operation=REFUND),
    "lost": lambda api: api.lose_next_answer(operation=REFUND),
    "502": lambda api: api.fail_next(502, html=True, acts=True, operation=REFUND),
    "fine": lambda api: None,
}


def start(
    mode: str, api: Sandbox, url: str, path: Path, order_id: str, program: str = PROGRAM
) -> "subprocess.Popen[str]":
    """Start a process that refunds an order, or another program."""
    arguments = [mode, url, api.client_id, api.client_secret, str(path), order_id, ADDRESS]
    paths = [path for path in sys.path if path]  # this tree, whatever is installed
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdout=subprocess.PIPE,
        text=True,
    )


def references(path: Path, operation: str = "%") -> set[str | None]:
    """Return the references in a journal."""
    if path.suffix != ".db":
        return {record.reference for record in FileJournal.records(path)}
    with contextlib.closing(sqlite3.connect(path)) as connection:
        query = "SELECT reference FROM chessa_journal WHERE operation LIKE ?"
        rows = connection.execute(query, (operation,)).fetchall()
    return {row[0] for row in rows}


def posts(api: Sandbox, operation: str = REFUND) -> int:
    """Return how many refunds, or other requests, the API received."""
    return [request.operation for request in api.requests].count(operation)


def kill_after(process: "subprocess.Popen[str]", api: Sandbox, operation: str, wait: float) -> None:
    """Kill a process so many seconds after such a request has arrived."""
    try:
        ends = time.monotonic() + 30
        while not posts(api, operation):
            assert time.monotonic() < ends, "the request did not arrive"
            time.sleep(0.001)
        time.sleep(wait)
    finally:
        process.kill()


def kill_and_run_again(mode: str, path: Path, number: int) -> None:
    """Kill a process at a random moment after its POST has arrived; run it again to its end."""
    draw = random.Random(number)
    with sandbox() as api, serve(api) as url:
        order = api.add_order().fail()
        api.show_refunds_late(reads=draw.randint(0, 4))
        RESPONSES[sorted(RESPONSES)[number % len(RESPONSES)]](api)
        with start(mode, api, url, path, order.id) as process:
            kill_after(process, api, REFUND, draw.choice([0.0, 0.002, 0.02, 0.6]) * draw.random())
        assert process.returncode in (-signal.SIGKILL, 0)
        assert references(path) == {order.id}
        with start(mode, api, url, path, order.id) as again:
            printed, _ = again.communicate(timeout=60)
        assert (again.returncode, printed) == (0, "Confirmed\n")
        assert (posts(api), len(api.refunds)) == (1, 1)


@pytest.mark.skipif(os.name != "posix", reason="kills with SIGKILL")
@pytest.mark.parametrize("number", every(4, range(4), NIGHTLY))
@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("name", every(2, ["ledger.db", "journal.jsonl"]))
def test_a_killed_refund_that_runs_again_sends_no_second_one(
    name: str, mode: str, tmp_path: Path, number: int
) -> None:
    """With the same journal and reference the second process only reads, and finds the refund."""
    kill_and_run_again(mode, tmp_path / name, number)


@pytest.mark.ci  # tests/once has processes that claim at once in ordinary runs
@pytest.mark.parametrize("mode", ["sync", "async"])
def test_processes_at_once_send_one_refund(mode: str, tmp_path: Path) -> None:
    """The ledger is a lock, too: both find the refund."""
    with sandbox() as api, serve(api) as url:
        order = api.add_order().fail()
        api.delay_next(0.3, operation=REFUND)
        path = tmp_path / "ledger.db"
        processes = [start(mode, api, url, path, order.id) for _ in range(2)]
        printed = [process.communicate(timeout=60)[0] for process in processes]
        assert printed == ["Confirmed\n"] * 2
        assert (posts(api), len(api.refunds)) == (1, 1)


def kill_payout_and_run_again(folder: Path, number: int) -> None:
    """Kill a payout when its acceptance has arrived, or later; run it again to its end."""
    path, wallet = folder / f"{number}.db", folder / f"{number}.txt"
    with sandbox() as api, serve(api) as url:
        if number % 2 == 0:
            api.delay_next(1, operation=ACCEPT)
        with start(str(wallet), api, url, path, "invoice 17", PAYOUT) as process:
            kill_after(process, api, ACCEPT, random.Random(number).uniform(0, 0.1))
        with start(str(wallet), api, url, path, "invoice 17", PAYOUT) as again:
            printed, _ = again.communicate(timeout=60)
        lines = wallet.read_text().splitlines() if wallet.exists() else []
        (order,) = api.orders.values()
        assert order.deposit_address is not None
        assert [posts(api, each) for each in (RECIPIENT, CREATE, ACCEPT)] == [1, 1, 1]
        assert lines in ([], [f"{order.deposit_address.address} 10"])
        if again.returncode == 0:
            assert (printed, len(lines)) == ("paid\n", 1)
        else:  # killed within the step: whether it was paid is for a person to find out
            assert references(path, "step:broadcast") == {"invoice 17"}


@pytest.mark.skipif(os.name != "posix", reason="kills with SIGKILL")
@pytest.mark.parametrize("number", every(4, range(4), NIGHTLY))
def test_a_killed_payout_that_runs_again_resumes(tmp_path: Path, number: int) -> None:
    """One recipient, one order, one acceptance, and one payment at most."""
    kill_payout_and_run_again(tmp_path, number)


@pytest.mark.nightly
@pytest.mark.skipif(os.name != "posix", reason="kills with SIGKILL")
def test_fifty_killed_payouts_pay_once(tmp_path: Path) -> None:
    """The same, killed at fifty moments."""
    for number in range(100, 150):
        kill_payout_and_run_again(tmp_path, number)


@pytest.mark.nightly
@pytest.mark.skipif(os.name != "posix", reason="kills with SIGKILL")
@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("suffix", [".jsonl", ".db"])
def test_fifty_killed_refunds_send_no_second_one(mode: str, suffix: str, tmp_path: Path) -> None:
    """The same, killed at fifty moments."""
    for number in range(100, 150):
        kill_and_run_again(mode, tmp_path / f"journal-{number}{suffix}", number)
