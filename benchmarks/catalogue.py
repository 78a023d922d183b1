"""The table of cases: what each compares, by which functions, and in which environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Case:
    """Functions that each measure in a process of their own."""

    summary: str
    functions: tuple[str, ...]
    environment: str = "peers"
    """A key of `environments.ENVIRONMENTS`."""
    seconds: float = 900.0
    """The time limit of a function; one that exceeds it is stopped and counts as crashed."""


_IN: Final = "benchmarks.cases"
CASES: Final[Mapping[str, Case]] = {
    "sync-read": Case("a read on a kept connection, wall and CPU", (f"{_IN}.calls:sync_read",)),
    "in-memory": Case("the same over httpx.MockTransport", (f"{_IN}.calls:in_memory",)),
    "async-reads": Case(
        "200 reads in flight, and throughput over 1 to 400", (f"{_IN}.flight:reads",)
    ),
    "writes": Case("200 writes in flight, each on its connection", (f"{_IN}.flight:writes",)),
    "one-write": Case("one write after the other", (f"{_IN}.calls:one_write",)),
    "once": Case(
        "a write that is claimed in a ledger, 1, 8 and 32 at once",
        (f"{_IN}.ledger:once",),
        environment="tools",
    ),
    "telemetry": Case(
        "a read, OpenTelemetry unused and used",
        (f"{_IN}.telemetry:unused", f"{_IN}.telemetry:used"),
        environment="tools",
    ),
    "decode": Case("10,000 orders of 25 fields, into models", (f"{_IN}.models:decode",)),
    "memory": Case("memory that 10,000 decoded orders keep", (f"{_IN}.models:memory",)),
    "import": Case("importing, in fresh processes", (f"{_IN}.programs:importing",)),
    "first-call": Case(
        "import and first call, in fresh processes", (f"{_IN}.programs:first_call",)
    ),
    "regenerate": Case(
        "scripts/regenerate.py next to openapi-python-client alone",
        (f"{_IN}.pipeline:regenerating",),
        environment="tools",
    ),
    "growth": Case(
        "regenerating 10, 100 and 1,000 operations",
        (f"{_IN}.pipeline:growth",),
        environment="tools",
        seconds=1800.0,
    ),
    "sandbox": Case(
        "a sandbox with 1,000 orders: its state over HTTP, its page in a browser",
        (f"{_IN}.sandbox:steering",),
        environment="tools",
    ),
    "soak": Case(
        "memory and descriptors over 100,000 calls",
        (f"{_IN}.soak:in_threads", f"{_IN}.soak:in_tasks"),
    ),
}
