"""Celery tasks that make calls of a silent server; a worker of these runs in its own process.

`INTERRUPTIONS_FOLDER` has the broker's files, the journal and the reports of the tasks.
"""

import json
import os
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import chessa
from chessa import FileJournal
from chessa.flows import refund_safely, wait_for_order

celery: Any = import_module("celery")  # has no types, and need not be installed
exceptions: Any = import_module("celery.exceptions")
FOLDER = Path(os.environ["INTERRUPTIONS_FOLDER"])
JOURNAL = FOLDER / "journal.jsonl"
ADDRESS = "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"
SOFT_LIMIT = 1

app: Any = celery.Celery("interruptions", broker="filesystem://")
app.conf.update(
    broker_transport_options={
        "data_folder_in": str(FOLDER / "queue"),
        "data_folder_out": str(FOLDER / "queue"),
        "control_folder": str(FOLDER / "control"),
    },
    broker_connection_retry_on_startup=False,
    task_ignore_result=True,
    task_soft_time_limit=SOFT_LIMIT,
    task_time_limit=10,
    worker_concurrency=1,
    worker_prefetch_multiplier=1,
)


def _report(name: str, url: str, call: Any) -> None:
    """Make a call, and write down how it ended."""
    settings: dict[str, Any] = {
        "client_id": "id-1",
        "client_secret": "s-0b71f3a8c4de",
        "base_url": url,
    }
    began = time.monotonic()
    raised: BaseException | None = None
    with FileJournal(JOURNAL) as journal, chessa.Chessa(**settings, journal=journal) as client:
        try:
            call(client)
        except exceptions.SoftTimeLimitExceeded as limit:
            raised = limit
        except Exception as error:  # noqa: BLE001  # it is reported
            raised = error
    found = {
        "raised": type(raised).__name__,
        "notes": list(getattr(raised, "__notes__", ())),
        "elapsed": time.monotonic() - began,
    }
    partial = FOLDER / f"{name}.partial"
    partial.write_text(json.dumps(found))
    partial.rename(FOLDER / f"{name}.json")


@app.task(name="write")  # type: ignore[untyped-decorator]
def write(url: str) -> None:
    """Send a refund; the server never responds."""
    _report(
        "write", url, lambda client: client.orders.request_refund(order_id="ord_1", address=ADDRESS)
    )


@app.task(name="read")  # type: ignore[untyped-decorator]
def read(url: str) -> None:
    """Read an order; the server never responds."""
    _report("read", url, lambda client: client.orders.retrieve("ord_1"))


@app.task(name="wait")  # type: ignore[untyped-decorator]
def wait(url: str) -> None:
    """Wait for an order that stays as it is."""
    _report("wait", url, lambda client: wait_for_order(client, "ord_1", timeout=60))


@app.task(name="refund")  # type: ignore[untyped-decorator]
def refund(url: str) -> None:
    """Refund an order; the response is lost, and the order shows no refund."""
    _report("refund", url, lambda client: refund_safely(client, "ord_1", ADDRESS, timeout=60))
