"""What the tests of the flows share: names, a time of their own, and what the sandbox was asked.

In: waits of the flows. Out: a clock that they move.
"""

import asyncio
import datetime
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import attrs

from chessa import JournalRecord, Outcome
from chessa.testing import Sandbox

ADDRESS: Final = "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"
REFUND, READ = "orders.request_refund", "orders.retrieve"


@attrs.define
class Time:
    """A clock that moves when somebody sleeps, and tells what was waited for."""

    now: float = 1_000.0
    waits: list[float] = attrs.field(factory=list[float])
    while_asleep: Callable[[], object] = lambda: None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        self.while_asleep()

    async def sleep_async(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.sleep(seconds)


Run: TypeAlias = Callable[..., Any]
"""Performs a flow: `run(flow, order_id, …)`, with `options` for the client."""


def asked(api: Sandbox) -> list[str]:
    """Which operations were performed, in order."""
    return [str(request.operation) for request in api.requests]


AT: Final = datetime.datetime(2026, 11, 25, 12, 0, tzinfo=datetime.UTC)


def opened(reference: str, call_id: str = "c1", operation: str = REFUND) -> JournalRecord:
    """The first record of a call."""
    return JournalRecord(
        event="opened", call_id=call_id, reference=reference, operation=operation, attempt=1, at=AT
    )


def closed(reference: str, outcome: Outcome | None, call_id: str = "c1") -> JournalRecord:
    """The last record of a call."""
    status = 200 if outcome in (None, Outcome.DONE) else None
    record = opened(reference, call_id)
    return attrs.evolve(record, event="closed", outcome=outcome, status_code=status)
