"""Faults of the next requests: a queue that a test fills and the sandbox empties, and chance.

Each fault says whether the operation acts, because a caller cannot see that.
"""

import random
import re
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import attrs

HTML = b"<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"

MOST_TIMES: Final = 10_000
LONGEST_DELAY: Final = 3600.0
"""Seconds."""
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FRAMING: Final = frozenset({"content-length", "transfer-encoding"})

FaultKind: TypeAlias = Literal["lose", "truncate", "fail", "delay", "refuse"]


@attrs.frozen
class PlannedFault:
    """A fault of one request. Raises `ValueError` for one that cannot be sent."""

    kind: FaultKind
    operation: str | None = None
    """The name of the operation that it waits for; None for any."""
    acts: bool = True
    """Whether the operation is performed all the same."""
    seconds: float = 0.0
    """Delay of the response, in real time."""
    status: int = 0
    error: str = ""
    message: str = ""
    html: bool = False
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.seconds <= LONGEST_DELAY:
            raise ValueError("seconds must be zero or more, and at most 3600")
        least = 200 if self.html else 400
        if self.kind == "fail" and not least <= self.status <= 599:
            raise ValueError(f"status must be from {least} to 599")
        if self.kind != "fail" and self.status:
            raise ValueError(f"a fault that is {self.kind!r} has no status")
        for name, value in self.headers.items():
            if not _HEADER.fullmatch(name) or name.lower() in _FRAMING:
                raise ValueError(f"{name!r} is not a header that a fault can have")
            if not all(each.isprintable() or each == "\t" for each in value):
                raise ValueError(f"the value of the header {name!r} is not one line of text")


def failing(status: int, *, acts: bool = False, html: bool = False) -> PlannedFault:
    """Return the fault of a response with this status."""
    message = "A fault that the test asked for"
    return PlannedFault(
        "fail", acts=acts, status=status, error="sandbox_fault", message=message, html=html
    )


_BY_CHANCE: Final = (
    PlannedFault("lose"),
    PlannedFault("truncate"),
    PlannedFault("refuse", acts=False),
    failing(503),
    failing(503, acts=True),
    failing(502, acts=True, html=True),
    failing(429),
)


class Chaos:
    """Faults by chance, the same for the same seed and the same requests.

    Args:
        rate: The share of requests with a fault, from 0 to 1.
        seed: Of the chance.
        operation: The only one that they happen to; None for all.
        drawn: The number of requests before.
    """

    def __init__(self, rate: float, seed: int, operation: str | None, drawn: int = 0) -> None:
        self.rate = rate
        self.seed = seed
        self.operation = operation
        self.drawn = drawn

    def draw(self, operation: str | None) -> PlannedFault | None:
        """Return the fault of the next request, or None."""
        if self.operation not in (None, operation):
            return None
        self.drawn += 1
        chance = random.Random((self.seed << 64) + self.drawn)  # noqa: S311  # the same for both
        return chance.choice(_BY_CHANCE) if chance.random() < self.rate else None


class FaultQueue:
    """The faults to come, first in, first out."""

    def __init__(self) -> None:
        self.waiting: list[PlannedFault] = []

    def add(self, fault: PlannedFault, times: int = 1) -> None:
        """Add a fault for this many requests, from one to 10,000. Raises `ValueError` else."""
        if not 1 <= times <= MOST_TIMES:
            raise ValueError(f"times must be at least 1, and at most {MOST_TIMES}")
        self.waiting += [fault] * times

    def put_first(self, fault: PlannedFault) -> None:
        """Add a fault for the very next request."""
        self.waiting.insert(0, fault)

    def take(self, operation: str | None) -> PlannedFault | None:
        """Remove and return the first fault for a request to this operation."""
        fault = self.peek(operation)
        if fault is not None:
            self.waiting.remove(fault)
        return fault

    def peek(self, operation: str | None) -> PlannedFault | None:
        """Return the first fault for it, left in the queue."""
        return next((f for f in self.waiting if f.operation in (None, operation)), None)
