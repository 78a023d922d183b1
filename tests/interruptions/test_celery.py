"""Celery's soft time limit, in a real worker: it comes out of a call, and the journal is closed."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import pytest

from chessa import FileJournal, Outcome
from tests.faults.fault import FaultServer, after, answering, silence
from tests.marks import CI, needs, table

from .scenarios import losing_the_refund

# Ordinary runs raise from a signal handler of their own.
pytestmark = [needs("celery"), pytest.mark.untraced, CI]

ROOT: Final = Path(__file__).parents[2]
PATIENCE: Final = 40.0
"""Seconds for a worker to start, run four tasks and stop, on a machine however busy."""
HARD_LIMIT: Final = 10
PLAYS: Final = {
    "write": after(silence, silence, silence),
    "read": after(silence, silence, silence),
    "wait": answering,
    "refund": losing_the_refund,
}


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Run each task once; how each ended, the records of the journal, and the refunds received."""
    folder = tmp_path_factory.mktemp("celery")
    for name in ("queue", "control"):
        (folder / name).mkdir()
    path = os.pathsep.join(str(each) for each in (ROOT / "generated", ROOT / "overrides", ROOT))
    environment = {**os.environ, "INTERRUPTIONS_FOLDER": str(folder), "PYTHONPATH": path}
    servers = {name: FaultServer(play) for name, play in PLAYS.items()}
    options = ("--pool=prefork", "--without-gossip", "--without-mingle", "--without-heartbeat")
    program = "tests.interruptions.celery_program"
    command = [sys.executable, "-m", "celery", "-A", program, "worker", *options]
    with (folder / "log").open("wb") as log:
        worker = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            for server in servers.values():
                server.__enter__()
            _send({name: server.url for name, server in servers.items()}, environment, folder)
            found = {name: _report(folder, name, worker) for name in servers}
        finally:
            worker.terminate()
            try:
                worker.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
            for server in servers.values():
                server.__exit__(None, None, None)
    records = list(FileJournal.records(folder / "journal.jsonl"))
    received = {
        name: sum(each.startswith(b"POST") for each in server.ledger)
        for name, server in servers.items()
    }
    return {**found, "records": records, "received": received}


def _send(urls: dict[str, str], environment: dict[str, str], folder: Path) -> None:
    """Send the tasks from a process of its own: Celery leaves threads and settings behind."""
    code = "import sys; from tests.interruptions.celery_program import app; " + "; ".join(
        f"app.send_task({name!r}, args=[{url!r}])" for name, url in urls.items()
    )
    subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, check=True, timeout=PATIENCE
    )


def _report(folder: Path, name: str, worker: "subprocess.Popen[bytes]") -> dict[str, Any]:
    end = time.monotonic() + PATIENCE
    file = folder / f"{name}.json"
    while not file.exists():
        assert worker.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < end, (folder / "log").read_text()
        time.sleep(0.05)
    found: dict[str, Any] = json.loads(file.read_text())
    return found


@table("task", PLAYS)
def test_the_soft_limit_comes_out(ended: dict[str, Any], task: str) -> None:
    """`SoftTimeLimitExceeded` is what the task catches, well before the hard limit."""
    assert ended[task]["raised"] == "SoftTimeLimitExceeded"
    assert 0.5 < ended[task]["elapsed"] < HARD_LIMIT / 2


@pytest.mark.parametrize("task", ["write", "refund"])
def test_a_limited_write_says_what_is_known(ended: dict[str, Any], task: str) -> None:
    """It was sent once, and its note says that whether it happened is unknown."""
    assert ended["received"][task] == 1
    notes = " ".join(ended[task]["notes"])
    assert "in flight" in notes or "was sent, and whether it was made is unknown" in notes


def test_the_journal_is_closed(ended: dict[str, Any]) -> None:
    """Both writes have their two records, and the outcome is UNKNOWN."""
    records = ended["records"]
    assert [record.event for record in records] == ["opened", "closed"] * 2
    assert [record.outcome for record in records] == [None, Outcome.UNKNOWN] * 2
