"""Targets for the median of a figure. Figures not named here are for the record."""

from typing import Final

Limit = dict[str, float]


def at_most(value: float) -> Limit:
    """Return an upper limit, which is itself allowed."""
    return {"at_most": value}


def at_least(value: float) -> Limit:
    """Return a lower limit, which is itself allowed."""
    return {"at_least": value}


def is_met(limit: Limit, median: float) -> bool:
    """Return whether a median is within a limit."""
    return limit.get("at_most", median) >= median >= limit.get("at_least", median)


TARGETS: Final[dict[tuple[str, str, str], Limit]] = {
    ("sync-read", "wall", "httpx"): at_most(0.85),
    ("sync-read", "cpu", "httpx"): at_most(0.85),
    ("sync-read", "wall, DirectTransport", "httpx"): at_most(0.60),
    ("sync-read", "cpu, DirectTransport", "httpx"): at_most(0.60),
    ("in-memory", "wall", "httpx"): at_most(0.60),
    ("in-memory", "cpu", "httpx"): at_most(0.60),
    ("async-reads", "200 in flight", "httpx"): at_least(3),
    ("async-reads", "200 in flight, DirectTransport", "httpx"): at_least(10),
    ("async-reads", "200 in flight, DirectTransport", "aiohttp"): at_least(0.5),
    ("writes", "200 in flight", "httpx, pooled"): at_least(2.0),
    ("one-write", "wall", "httpx, pooled"): at_most(1.0),
    ("one-write", "wall", "http.client, new connection"): at_most(2.0),
    ("once", "SQLite, 1 writing", "two transactions"): at_most(1.10),
    ("once", "SQLite, 8 writing", "two transactions"): at_most(1.10),
    ("once", "SQLite, 32 writing", "two transactions"): at_most(1.10),
    ("once", "PostgreSQL, 1 writing", "two transactions"): at_most(1.10),
    ("once", "PostgreSQL, 8 writing", "two transactions"): at_most(1.10),
    ("once", "PostgreSQL, 32 writing", "two transactions"): at_most(1.10),
    ("telemetry", "unused", "not asked"): at_most(1.01),
    ("telemetry", "unused, CPU", "not asked"): at_most(1.01),
    ("decode", "from values", "pydantic"): at_most(0.9),
    ("decode", "from values", "openapi-python-client"): at_most(0.8),
    ("memory", "kept", "openapi-python-client"): at_most(0.75),
    ("import", "import chessa", "bare interpreter"): at_most(15),
    ("import", "from chessa import Chessa", "import httpx"): at_most(1.20),
    ("first-call", "whole process", "httpx"): at_most(1.40),
    ("regenerate", "our document", "openapi-python-client"): at_most(1.5),
    ("regenerate", "10 operations", "openapi-python-client"): at_most(1.5),
    ("regenerate", "100 operations", "openapi-python-client"): at_most(1.5),
    ("regenerate", "1000 operations", "openapi-python-client"): at_most(1.5),
    ("growth", "regenerate, 10 to 100 operations", "the document's bytes"): at_most(1.0),
    ("growth", "regenerate, 100 to 1000 operations", "the document's bytes"): at_most(1.0),
    ("sandbox", "state of 1,000 orders", "nothing"): at_most(50),
    ("sandbox", "page of 1,000 orders, first rows", "nothing"): at_most(200),
    ("soak", "descriptors, sync", "after the warm-up"): at_most(0),
    ("soak", "descriptors, async", "after the warm-up"): at_most(0),
    ("soak", "memory, sync", "after the warm-up"): at_most(5),
    ("soak", "memory, async", "after the warm-up"): at_most(5),
}
"""By case, name of the figure, and peer. Ratios; of `import chessa` and the sandbox milliseconds,
of the soak descriptors and MiB, each more than after the warm-up."""
