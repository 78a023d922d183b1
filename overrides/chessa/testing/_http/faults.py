"""What shall go wrong with the next requests: a queue that a test fills and the sandbox empties.

In: faults, each for one request. Out: the first that fits a request. Each says whether the
operation acts all the same, for that is what a caller cannot see.
"""

from collections.abc import Mapping
from typing import Literal

import attrs

HTML = b"<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"


@attrs.frozen
class PlannedFault:
    """Something that goes wrong with one request."""

    kind: Literal["lose", "fail", "delay", "refuse"]
    operation: str | None = None
    """The name of the operation that it waits for; None for any."""
    acts: bool = True
    """Whether the operation is performed before, or in spite of it."""
    seconds: float = 0.0
    """How long the answer is held back, in real time."""
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
        """Let it happen, to this many requests. Raises `ValueError` for fewer than one."""
        if times < 1:
            raise ValueError("times must be at least 1")
        self._waiting += [fault] * times

    def take(self, operation: str | None) -> PlannedFault | None:
        """Take out the first fault that fits a request to this operation."""
        fault = self.peek(operation)
        if fault is not None:
            self._waiting.remove(fault)
        return fault

    def peek(self, operation: str | None) -> PlannedFault | None:
        """The first fault that fits, left where it is."""
        return next((f for f in self._waiting if f.operation in (None, operation)), None)
