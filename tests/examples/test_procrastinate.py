"""`examples/procrastinate_app.py` on PostgreSQL: the job of a killed worker is queued again."""

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.marks import needs

from .vendor import ADDRESS, PATIENCE, REFERENCE, Vendor, vendor

if TYPE_CHECKING:
    from tests.once.databases import Server

pytestmark = [needs("procrastinate"), pytest.mark.ci, pytest.mark.untraced]

RUN = """
import asyncio, sys
import procrastinate_app as example

async def main():
    async with example.app.open_async():
        if sys.argv[1] == "defer":
            await example.app.schema_manager.apply_schema_async()
            reference, order_id, address = sys.argv[2:]
            await example.refund.defer_async(
                reference=reference, order_id=order_id, address=address
            )
        if sys.argv[1] == "requeue":
            example.STALLED = 0.0
            await example.requeue_stalled.func(None, 0)
        await example.app.run_worker_async(
            wait=False, update_heartbeat_interval=0.2, stalled_worker_timeout=3600
        )

asyncio.run(main())
"""


def run(api: Vendor, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a worker until there is no job, or it is killed."""
    return subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        env=api.environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_a_requeued_job_sends_nothing_again(
    postgres: "Server", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies with its refund sent; another one takes the job, and it succeeds."""
    database = postgres.database()
    with vendor(database.url, monkeypatch, kills=1) as api:
        killed = run(api, "defer", REFERENCE, api.order_id, ADDRESS)
        assert killed.returncode == -9, killed.stderr
        again = run(api, "requeue")
        assert again.returncode == 0, again.stderr
        rows = database.execute("SELECT status FROM procrastinate_jobs WHERE task_name = 'refund'")
        assert rows == [("succeeded",)], again.stderr
        assert (len(api.killed), api.posts, len(api.api.refunds)) == (1, 1, 1)
