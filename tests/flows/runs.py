"""The harness of the tests of flows: a time of their own, and flows with the defaults of users."""

import asyncio
import datetime
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import attrs

from chessa import JournalRecord, Outcome
from chessa.flows._predicates import ENDS, read_until
from chessa.flows._refund import RefundFlow
from chessa.flows._steps import Time
from chessa.flows._wait import WaitFlow
from chessa.testing import Sandbox

ADDRESS: Final = "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"
REFUND, READ = "orders.request_refund", "orders.retrieve"
AT: Final = datetime.datetime(2026, 11, 25, 12, 0, tzinfo=datetime.UTC)

Run: TypeAlias = Callable[..., Any]
"""Runs a flow in one mode: `run(refund, order_id, …)`, with `options` for the client."""


@attrs.define
class ManualTime(Time):
    """A time that moves while a flow sleeps, and records the waits."""

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


def refund(order_id: Any, address: Any, tag: Any = None, timeout: Any = 120.0) -> RefundFlow:
    """Return the flow of `refund_safely`."""
    return RefundFlow(order_id, address, tag, timeout)


def wait(order_id: str, until: object = ENDS, timeout: float = 600.0) -> WaitFlow:
    """Return the flow of `wait_for_order`."""
    return WaitFlow(order_id, read_until(until), timeout)


def operations(api: Sandbox) -> list[str]:
    """Return the operations that the sandbox received, in order."""
    return [str(request.operation) for request in api.requests]


def interrupt() -> None:
    """Raise what Ctrl-C raises."""
    raise KeyboardInterrupt


def opened(reference: str, call_id: str = "c1", operation: str = REFUND) -> JournalRecord:
    """Return the first record of a call."""
    return JournalRecord(
        event="opened", call_id=call_id, reference=reference, operation=operation, attempt=1, at=AT
    )


def closed(reference: str, outcome: Outcome | None, call_id: str = "c1") -> JournalRecord:
    """Return the last record of a call."""
    status = 200 if outcome in (None, Outcome.DONE) else None
    record = opened(reference, call_id)
    return attrs.evolve(record, event="closed", outcome=outcome, status_code=status)
