"""Temporal activities that refund. An activity that runs again sends nothing again.

Register both with a worker of yours:

    async with AsyncChessa(journal=SqlJournal(url, account="payouts")) as chessa:
        refund = Refunds(chessa).refund
        await Worker(client, task_queue="q", workflows=[RefundOrder], activities=[refund]).run()

`once` makes a retry of the activity safe; `NO_RETRY` names the errors that no retry changes.
"""

import asyncio
import contextlib
import datetime
from collections.abc import AsyncIterator
from dataclasses import dataclass

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():  # chessa imports its modules when they are used
    from chessa import (
        AsyncChessa,
        AuthenticationError,
        BadRequestError,
        ConfigurationError,
        InvalidRequestError,
        NotFoundError,
        OutcomeUnknownError,
        PermissionDeniedError,
        ReferenceConflictError,
        UnprocessableEntityError,
    )
    from chessa.flows import (
        AlreadyRefundedError,
        Confirmed,
        NotApplied,
        NotRefundableError,
        refund_safely,
    )

SECONDS = 60.0
HEARTBEAT = 5.0
NO_RETRY = [  # Temporal compares names, and knows no base class
    each.__name__
    for each in (
        *(AlreadyRefundedError, AuthenticationError, BadRequestError, ConfigurationError),
        *(InvalidRequestError, NotFoundError, NotRefundableError, OutcomeUnknownError),
        *(PermissionDeniedError, ReferenceConflictError, UnprocessableEntityError),
    )
]


@dataclass
class Refund:
    """An order to refund. The reference is the caller's, as the id of the workflow may be."""

    reference: str
    order_id: str
    address: str


class Refunds:
    """The activities, with the client that they share."""

    def __init__(self, chessa: AsyncChessa) -> None:
        self.chessa = chessa

    @activity.defn
    async def refund(self, due: Refund) -> str:
        """Refund an order once, and return the end."""
        async with heartbeats():
            result = await refund_safely(
                self.chessa, due.order_id, due.address, timeout=SECONDS, reference=due.reference
            )
        if isinstance(result, Confirmed):
            return "refunded"
        if isinstance(result, NotApplied):
            raise result.error
        raise ApplicationError(str(result.error), type="StillUnknown")  # the retry only reads


@contextlib.asynccontextmanager
async def heartbeats() -> AsyncIterator[None]:
    """Send heartbeats: a cancellation arrives with their responses only."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(HEARTBEAT)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()


@workflow.defn
class RefundOrder:
    """A workflow that refunds one order."""

    @workflow.run
    async def run(self, due: Refund) -> str:
        """Refund the order, and try again for a day."""
        return await workflow.execute_activity_method(
            Refunds.refund,
            due,
            start_to_close_timeout=datetime.timedelta(seconds=SECONDS + 30),
            heartbeat_timeout=datetime.timedelta(seconds=4 * HEARTBEAT),
            schedule_to_close_timeout=datetime.timedelta(days=1),
            retry_policy=RetryPolicy(
                initial_interval=datetime.timedelta(seconds=10), non_retryable_error_types=NO_RETRY
            ),
        )
