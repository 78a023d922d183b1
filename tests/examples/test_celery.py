"""`examples/celery_app.py` in a real worker: killed, delivered again, and limited."""

import json
import os
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

from chessa import NotSentError, Outcome
from tests.marks import needs

from .vendor import ADDRESS, PATIENCE, REFERENCE, Vendor, vendor, wait_until

pytestmark = [needs("celery"), pytest.mark.untraced]

PROGRAM: Final = "tests.examples.celery_program"


class Worker:
    """A worker with a broker of files, and the results of its tasks."""

    def __init__(self, folder: Path, api: Vendor) -> None:
        self.folder = folder
        self.environment = api.environment(EXAMPLE_FOLDER=str(folder))
        for name in ("queue", "control", "results"):
            (folder / name).mkdir()

    def __enter__(self) -> "Worker":
        options = ("--pool=prefork", "--without-gossip", "--without-mingle", "--without-heartbeat")
        command = [sys.executable, "-m", "celery", "-A", PROGRAM, "worker", "-c1", *options]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def send(self, api: Vendor, **options: Any) -> None:
        """Send the task from a process of its own: Celery leaves threads and settings behind."""
        code = (
            f"from {PROGRAM} import refund; "
            f"refund.apply_async([{REFERENCE!r}, {api.order_id!r}, {ADDRESS!r}], **{options!r})"
        )
        command = [sys.executable, "-c", code]
        subprocess.run(command, cwd=self.folder, env=self.environment, check=True, timeout=PATIENCE)

    def result(self) -> dict[str, Any]:
        """Return how the task ended."""
        files = self.folder / "results"
        wait_until(lambda: any(files.iterdir()), (self.folder / "log").read_text())
        (file,) = files.iterdir()
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return found


@pytest.mark.ci
def test_a_task_of_a_killed_worker_sends_nothing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies with its refund sent; the task is delivered again, and has its result."""
    ledger = f"sqlite:///{tmp_path / 'ledger.db'}"
    with vendor(ledger, monkeypatch, kills=1) as api, Worker(tmp_path, api) as worker:
        worker.send(api)
        ended = worker.result()
        assert (ended["status"], ended["result"]["end"]) == ("SUCCESS", "refunded")
        assert (len(api.killed), api.posts, len(api.api.refunds)) == (1, 1, 1)


def test_the_settings() -> None:
    """The call ends before the soft limit, and that before the hard one; one error is retried."""
    example: Any = import_module("celery_app")
    settings = example.app.conf
    assert example.SECONDS < settings.task_soft_time_limit < settings.task_time_limit
    assert (settings.task_acks_late, settings.task_reject_on_worker_lost) == (True, True)
    assert example.refund.autoretry_for == (NotSentError,)


@pytest.mark.ci
def test_a_soft_limit_leaves_an_unknown_refund(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit comes out of the call, the claim is closed, and a new task only reads."""
    ledger = f"sqlite:///{tmp_path / 'ledger.db'}"
    limit = {"kills": 1, "with_signal": signal.SIGUSR1, "holds": 60}  # as billiard sends it
    with vendor(ledger, monkeypatch, **limit) as api, Worker(tmp_path, api) as worker:
        worker.send(api)
        ended = worker.result()
        assert ended["status"] == "FAILURE"
        assert ended["result"]["exc_type"] == "SoftTimeLimitExceeded"
        (entry,) = api.entries()
        assert (entry.outcome, entry.in_progress) == (Outcome.UNKNOWN, False)
        for file in (tmp_path / "results").iterdir():
            file.unlink()
        worker.send(api)
        assert worker.result()["result"]["end"] == "refunded"
        assert (api.posts, len(api.api.refunds)) == (1, 1)
