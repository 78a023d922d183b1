"""A DBOS workflow that refunds. A step that DBOS runs again after a crash sends nothing again.

    python dbos_app.py "invoice 17" ord_… bc1q…

Run it again after a crash: DBOS recovers the workflow, and this prints its result. Reads
CHESSA_CLIENT_ID, CHESSA_CLIENT_SECRET, CHESSA_JOURNAL (the URL of the ledger), for PostgreSQL
CHESSA_JOURNAL_KEY, and DBOS_SYSTEM_DATABASE_URL: SQLite 3.35 or newer, or PostgreSQL.
"""

import functools
import os
import sys
from typing import Any

from dbos import DBOS, SetWorkflowID

from chessa import Chessa
from chessa.flows import Confirmed, NotApplied, refund_safely
from chessa.journal import SqlJournal

PAUSE = 60.0
ATTEMPTS = 60


@functools.cache
def client() -> Chessa:
    """Return the client of this process."""
    journal = SqlJournal(os.environ["CHESSA_JOURNAL"], account="payouts")
    return Chessa(journal=journal)


# Without retries_allowed: an error of a write is for the workflow to read, not to run again.
# The result is recorded by DBOS, so it is plain data.
@DBOS.step()
def try_refund(reference: str, order_id: str, address: str) -> dict[str, Any]:
    """Refund an order once, and return what is known."""
    result = refund_safely(client(), order_id, address, timeout=60, reference=reference)
    if isinstance(result, Confirmed):
        return {"reference": reference, "end": "refunded"}
    if isinstance(result, NotApplied):
        return {"reference": reference, "end": "refused", "detail": str(result.error)}
    return {"reference": reference, "end": "open", "detail": str(result.error)}


@DBOS.workflow()
def refund(reference: str, order_id: str, address: str) -> dict[str, Any]:
    """Refund an order, and read it again while it does not show what happened."""
    found: dict[str, Any] = try_refund(reference, order_id, address)
    for _ in range(ATTEMPTS):
        if found["end"] != "open":
            break
        DBOS.sleep(PAUSE)
        found = try_refund(reference, order_id, address)
    return found


def main() -> None:
    """Refund one order; its reference is the id of the workflow."""
    reference, order_id, address = sys.argv[1:]
    database = os.environ.get("DBOS_SYSTEM_DATABASE_URL", "sqlite:///dbos.db")
    DBOS(config={"name": "payouts", "system_database_url": database})
    DBOS.launch()  # recovers the workflows that this program has left
    with SetWorkflowID(reference):
        handle = DBOS.start_workflow(refund, reference, order_id, address)
    sys.stdout.write(f"{handle.get_result()}\n")
    DBOS.destroy()


if __name__ == "__main__":
    main()
