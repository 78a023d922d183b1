"""Celery tasks that refund. A task that is delivered again sends nothing again.

    celery --app celery_app worker
    python -c "from celery_app import refund; refund.delay('invoice 17', 'ord_…', 'bc1q…')"

Reads CHESSA_CLIENT_ID, CHESSA_CLIENT_SECRET, CHESSA_JOURNAL (the URL of the ledger), for PostgreSQL
CHESSA_JOURNAL_KEY, and CELERY_BROKER_URL.
"""

import functools
import os
from typing import Any

from celery import Celery, Task

from chessa import Chessa, NotSentError
from chessa.flows import Confirmed, NotApplied, refund_safely
from chessa.journal import SqlJournal

SECONDS = 60.0  # for a refund and its checks

app = Celery("payouts", broker=os.environ.get("CELERY_BROKER_URL", "redis://localhost"))
app.conf.update(
    task_acks_late=True,  # a worker that dies leaves the task to another: safe, since it is claimed
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_soft_time_limit=SECONDS + 15,  # comes out of the call, and the claim is closed
    task_time_limit=SECONDS + 30,  # kills: what was in flight stays UNKNOWN until it is checked
)


@functools.cache
def client() -> Chessa:
    """Return the client of this process."""
    journal = SqlJournal(os.environ["CHESSA_JOURNAL"], account="payouts")
    return Chessa(journal=journal)


# The reference is an argument, made with the business row: a copy of the task has the same one.
# Any other error than NotSentError is for a person, or comes again.
@app.task(bind=True, autoretry_for=(NotSentError,), retry_backoff=True, max_retries=10)
def refund(task: "Task[Any, Any]", reference: str, order_id: str, address: str) -> dict[str, Any]:
    """Refund an order once, and return what is known."""
    result = refund_safely(client(), order_id, address, timeout=SECONDS, reference=reference)
    if isinstance(result, Confirmed):
        return {"reference": reference, "end": "refunded"}
    if isinstance(result, NotApplied):
        return {"reference": reference, "end": "refused", "detail": str(result.error)}
    raise task.retry(exc=result.error, countdown=60)  # reads again, and sends nothing
