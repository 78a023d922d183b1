"""The cases: what each is called, compares, and runs in.

Out: the table that the command goes through.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

PEERS: Final = "peers"
"""benchmarks/.venv: chessa's run-time dependencies, and those it is compared with."""
TOOLS: Final = "tools"
""".venv: what chessa is developed with."""
HERE: Final = "here"
"""The Python that runs the command: for tests of the command."""


@dataclass(frozen=True)
class Case:
    """One case. It has a module with `measure`, and runs each of its parts in its own process."""

    says: str
    module: str
    parts: tuple[str, ...] = ("",)
    environment: str = PEERS
    seconds: float = 900.0
    """How long a part may take; then it is ended, and counts as crashed."""


CASES: Final[Mapping[str, Case]] = {
    "sync-read": Case("a read on a kept connection, wall and CPU", "benchmarks.cases.sync_read"),
    "in-memory": Case("the same over httpx.MockTransport", "benchmarks.cases.in_memory"),
    "async-reads": Case(
        "200 reads in flight, and throughput over 1 to 400", "benchmarks.cases.async_reads"
    ),
    "writes": Case("200 writes in flight, each on its connection", "benchmarks.cases.writes"),
    "one-write": Case("one write after the other", "benchmarks.cases.one_write"),
    "decode": Case("10,000 orders of 25 fields, into models", "benchmarks.cases.decode"),
    "memory": Case("what 10,000 decoded orders keep", "benchmarks.cases.memory"),
    "import": Case("importing, in fresh processes", "benchmarks.cases.importing"),
    "first-call": Case("import and first call, in fresh processes", "benchmarks.cases.first_call"),
    "regenerate": Case(
        "scripts/regenerate.py beside openapi-python-client alone",
        "benchmarks.cases.regenerate",
        environment=TOOLS,
    ),
    "growth": Case(
        "regenerating 10, 100 and 1,000 operations",
        "benchmarks.cases.growth",
        environment=TOOLS,
        seconds=1800.0,
    ),
    "soak": Case(
        "memory and descriptors over 100,000 calls",
        "benchmarks.cases.soak",
        parts=("sync", "async"),
    ),
}
