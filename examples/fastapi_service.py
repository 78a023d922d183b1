"""A service that refunds: a request that is sent again gets the same result, and sends nothing.

    fastapi run fastapi_service.py
    curl -X POST localhost:8000/refunds --json \\
        '{"reference": "invoice 17", "order_id": "ord_…", "address": "bc1q…"}'

Reads CHESSA_CLIENT_ID, CHESSA_CLIENT_SECRET, CHESSA_JOURNAL (the URL of the ledger) and, for
PostgreSQL, CHESSA_JOURNAL_KEY. Several processes may serve one ledger.
"""

import contextlib
import os
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from chessa import ApiError, AsyncChessa, ChessaError, InProgressError, InvalidRequestError, Outcome
from chessa.journal import SqlJournal

STATUS = {
    Outcome.NOT_SENT: 503,  # the same request may be sent again
    Outcome.REJECTED: 422,  # the API refused; `code` says why
    Outcome.UNKNOWN: 202,  # it may have happened: read it later, and send no other reference
    Outcome.DONE: 202,
}


class Refund(BaseModel):
    """A refund: the reference is the caller's name for it, one for each."""

    reference: str
    order_id: str
    address: str


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the ledger and the client in the event loop that uses them."""
    url = os.environ["CHESSA_JOURNAL"]
    async with (
        SqlJournal(url, account="payouts") as journal,
        AsyncChessa(journal=journal) as chessa,
    ):
        app.state.journal, app.state.chessa = journal, chessa
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/refunds", status_code=201)
async def create_refund(refund: Refund, request: Request) -> dict[str, Any]:
    """Refund an order once for its reference."""
    chessa: AsyncChessa = request.app.state.chessa
    made = await chessa.once(refund.reference).orders.request_refund(
        order_id=refund.order_id, address=refund.address
    )
    return {"reference": refund.reference, "refund_id": made.refund_id, "status": made.status}


@app.get("/refunds/{reference}")
async def read_refund(reference: str, request: Request) -> JSONResponse:
    """Return what the ledger has of a refund."""
    journal: SqlJournal = request.app.state.journal
    for entry in await journal.afind(reference, "orders.request_refund"):
        ended = "made" if entry.outcome is None else entry.outcome.value
        return JSONResponse({"reference": reference, "outcome": ended, "code": entry.code})
    return JSONResponse({"reference": reference, "outcome": None}, 404)


@app.exception_handler(ChessaError)
async def respond(request: Request, error: ChessaError) -> JSONResponse:
    """Tell the caller by the outcome whether it may have happened."""
    status = STATUS[error.outcome]
    if isinstance(error, InvalidRequestError):  # a conflict of references is one
        status = 409
    body: dict[str, Any] = {"outcome": error.outcome.value, "error": type(error).__name__}
    if isinstance(error, ApiError):
        body["code"] = error.code
    if isinstance(error, InProgressError):
        body["in_progress"] = True
    return JSONResponse(body, status)
