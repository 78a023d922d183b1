"""procrastinate tasks that refund, with queue and ledger in one PostgreSQL.

    procrastinate --app=procrastinate_app.app schema --apply
    procrastinate --app=procrastinate_app.app worker
    procrastinate --app=procrastinate_app.app defer refund \\
        '{"reference": "invoice 17", "order_id": "ord_…", "address": "bc1q…"}'

Reads CHESSA_CLIENT_ID, CHESSA_CLIENT_SECRET, CHESSA_JOURNAL (a postgresql:// URL) and
CHESSA_JOURNAL_KEY. `chessa.journal.ddl` returns the ledger's table.
"""

import functools
import os

from procrastinate import App, JobContext, PsycopgConnector

from chessa import AsyncChessa, NotSentError, OutcomeUnknownError
from chessa.flows import Confirmed, refund_safely
from chessa.journal import SqlJournal

STALLED = 30.0  # seconds without a heartbeat
PAUSE = 60

app = App(connector=PsycopgConnector(conninfo=os.environ["CHESSA_JOURNAL"]))


@functools.cache
def client() -> AsyncChessa:
    """Return the client of this process, whose worker has one event loop."""
    journal = SqlJournal(os.environ["CHESSA_JOURNAL"], account="payouts")
    return AsyncChessa(journal=journal)


@app.task(name="refund", pass_context=True, retry=False)
async def refund(context: JobContext, reference: str, order_id: str, address: str) -> str:
    """Refund an order once. A job that failed is for a person; its error says what is known."""
    try:
        result = await refund_safely(client(), order_id, address, reference=reference)
    except NotSentError:
        return await later(context)
    if isinstance(result, Confirmed):
        return "refunded"
    if isinstance(result.error, OutcomeUnknownError):
        return await later(context)
    raise result.error


async def later(context: JobContext) -> str:
    """Let a new job try again, with the same reference: it sends nothing twice."""
    again = context.job.task_kwargs
    await refund.configure(schedule_in={"seconds": PAUSE}).defer_async(**again)
    return "again"


@app.periodic(cron="* * * * *")
@app.task(name="requeue_stalled", queueing_lock="requeue_stalled", pass_context=True)
async def requeue_stalled(context: JobContext, timestamp: int) -> None:
    """Queue the jobs of dead workers again. That is safe: each write of theirs is claimed."""
    stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED)
    for job in stalled:
        await app.job_manager.retry_job(job)
