"""What is to be reached, by the median of a figure. Figures not named here are for the record."""

from typing import Final

from .figures import Limit, at_least, at_most

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
    ("decode", "from values", "pydantic"): at_most(0.9),
    ("decode", "from values", "openapi-python-client"): at_most(1.2),
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
    ("soak", "descriptors, sync", "after the warm-up"): at_most(0),
    ("soak", "descriptors, async", "after the warm-up"): at_most(0),
    ("soak", "memory, sync", "after the warm-up"): at_most(5),
    ("soak", "memory, async", "after the warm-up"): at_most(5),
}
"""By case, name of the figure, and peer. Ratios; of `import chessa` milliseconds, of the soak
descriptors and MiB, each more than after the warm-up."""
