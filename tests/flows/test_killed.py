"""`refund_safely` in a process that is killed after its POST, and run again in another one."""

import os
import random
import signal
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
from tests.marks import every

from .runs import ADDRESS, REFUND

PROGRAM: Final = textwrap.dedent("""
    import asyncio, sys, chessa
    from chessa.flows import refund_safely

    mode, url, name, secret, path, order_id, address = sys.argv[1:]
    settings = dict(base_url=url, client_id=name, client_secret=secret, max_retries=0)

    async def main(journal):
        async with chessa.AsyncChessa(**settings, journal=journal) as client:
            return await refund_safely(client, order_id, address, timeout=20)

    with chessa.FileJournal(path) as journal:
        if mode == "async":
            result = asyncio.run(main(journal))
        else:
            result = refund_safely(
                chessa.Chessa(**settings, journal=journal), order_id, address, timeout=20
            )
    print(type(result).__name__, flush=True)
""")
# The response of the POST: the process is killed in its call, between two reads, or shortly after
# its end.
RESPONSES: dict[str, Callable[[Sandbox], None]] = {
    "late": lambda api: api.delay_next(3, operation=REFUND),
    "lost": lambda api: api.lose_next_answer(operation=REFUND),
    "502": lambda api: api.fail_next(502, html=True, acts=True, operation=REFUND),
    "fine": lambda api: None,
}


def start(mode: str, api: Sandbox, url: str, path: Path, order_id: str) -> "subprocess.Popen[str]":
    """Start a process that refunds an order."""
    arguments = [mode, url, api.client_id, api.client_secret, str(path), order_id, ADDRESS]
    paths = [path for path in sys.path if path]  # this tree, whatever is installed
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdout=subprocess.PIPE,
        text=True,
    )


def posts(api: Sandbox) -> int:
    """Return how many refunds the API received."""
    return [request.operation for request in api.requests].count(REFUND)


def kill_and_run_again(mode: str, path: Path, number: int) -> None:
    """Kill a process at a random moment after its POST has arrived; run it again to its end."""
    draw = random.Random(number)
    with sandbox() as api, serve(api) as url:
        order = api.add_order().fail()
        api.show_refunds_late(reads=draw.randint(0, 4))
        RESPONSES[sorted(RESPONSES)[number % len(RESPONSES)]](api)
        with start(mode, api, url, path, order.id) as process:
            try:
                ends = time.monotonic() + 30
                while not posts(api):
                    assert time.monotonic() < ends, "the refund did not arrive"
                    time.sleep(0.001)
                time.sleep(draw.choice([0.0, 0.002, 0.02, 0.6]) * draw.random())
            finally:
                process.kill()
        assert process.returncode in (-signal.SIGKILL, 0)
        assert {record.reference for record in FileJournal.records(path)} == {order.id}
        with start(mode, api, url, path, order.id) as again:
            printed, _ = again.communicate(timeout=60)
        assert (again.returncode, printed) == (0, "Confirmed\n")
        assert (posts(api), len(api.refunds)) == (1, 1)


@pytest.mark.skipif(os.name != "posix", reason="kills with SIGKILL")
@pytest.mark.parametrize("number", every(4, range(4)))
@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_killed_refund_that_runs_again_sends_no_second_one(
    mode: str, tmp_path: Path, number: int
) -> None:
    """With the same journal and reference the second process only reads, and finds the refund."""
    kill_and_run_again(mode, tmp_path / "journal.jsonl", number)


@pytest.mark.nightly
@pytest.mark.skipif(os.name != "posix", reason="kills with SIGKILL")
@pytest.mark.parametrize("mode", ["sync", "async"])
def test_fifty_killed_refunds_send_no_second_one(mode: str, tmp_path: Path) -> None:
    """The same, killed at fifty moments."""
    for number in range(100, 150):
        kill_and_run_again(mode, tmp_path / f"journal-{number}.jsonl", number)
