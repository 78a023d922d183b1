"""The harness of the tests of flows: a time of their own, and flows with the defaults of users."""

import asyncio
import datetime
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import attrs
from sqlalchemy import create_engine, select, update

from chessa import JournalRecord, Outcome
from chessa.flows._predicates import ENDS, read_until
from chessa.flows._refund import RefundFlow
from chessa.flows._steps import Time
from chessa.flows._wait import WaitFlow
from chessa.journal import JournalEntry, SqlJournal
from chessa.journal._schema import JOURNAL, now
from chessa.journal._statements import do, stored
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


@attrs.frozen
class Once:
    """Clients with a ledger: each call has its own, as if another process made it."""

    api: Sandbox
    url: str
    is_async: bool

    def __call__(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call a function with a client, and await its result."""
        if self.is_async:
            return asyncio.run(self._call_async(function, *arguments, **named))
        with self.ledger() as journal, self.api.client(**self._options(named, journal)) as client:
            return function(client, *arguments, **named)

    async def _call_async(self, function: Any, *arguments: Any, **named: Any) -> Any:
        journal = self.ledger()
        options = self._options(named, journal)
        async with journal, self.api.async_client(**options) as client:
            return await function(client, *arguments, **named)

    def _options(self, named: dict[str, Any], journal: SqlJournal) -> dict[str, Any]:
        return {"journal": journal, "max_retries": 0, **named.pop("options", {})}

    def ledger(self) -> SqlJournal:
        """Return the ledger."""
        return SqlJournal(self.url, account="acme")

    def entry(self, operation: str = REFUND) -> JournalEntry:
        """Return the only entry of an operation."""
        with self.ledger() as journal:
            entries: list[JournalEntry] = journal.ask(lambda: _entries(operation))
        (entry,) = entries
        return entry

    def lapse(self, seconds: float = 1, operation: str = "%") -> None:
        """Let the calls have ended with their process: their leases are over."""
        until = now() - seconds
        self._set(operation, state="claimed", lease_until=until, closed_at=None, result=None)

    def age(self, seconds: float) -> None:
        """Let so much time have passed since the calls."""
        self._set("%", opened_at=JOURNAL.c.opened_at - seconds)

    def _set(self, operation: str, **values: Any) -> None:
        engine = create_engine(self.url)
        with engine.begin() as connection:
            which = JOURNAL.c.operation.like(operation)
            connection.execute(update(JOURNAL).where(which).values(values))
        engine.dispose()


def _entries(operation: str) -> Any:
    query = select(JOURNAL, now().label("now")).where(JOURNAL.c.operation == operation)
    rows = yield do(query)
    return [stored(row).entry for row in rows.mappings().all()]


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
