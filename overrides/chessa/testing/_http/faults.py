"""Faults of the next requests: a queue that a test fills and the sandbox empties.

Each fault says whether the operation acts, because a caller cannot see that.
"""

from collections.abc import Mapping
from typing import Literal

import attrs

HTML = b"<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"


@attrs.frozen
class PlannedFault:
    """A fault of one request."""

    kind: Literal["lose", "fail", "delay", "refuse"]
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


class FaultQueue:
    """The faults to come, first in, first out."""

    def __init__(self) -> None:
        self._waiting: list[PlannedFault] = []

    def add(self, fault: PlannedFault, times: int = 1) -> None:
        """Add a fault for this many requests. Raises `ValueError` for fewer than one."""
        if times < 1:
            raise ValueError("times must be at least 1")
        self._waiting += [fault] * times

    def take(self, operation: str | None) -> PlannedFault | None:
        """Remove and return the first fault for a request to this operation."""
        fault = self.peek(operation)
        if fault is not None:
            self._waiting.remove(fault)
        return fault

    def peek(self, operation: str | None) -> PlannedFault | None:
        """Return the first fault for it, left in the queue."""
        return next((f for f in self._waiting if f.operation in (None, operation)), None)
