"""The calls of a random run: for each worker a sequence, drawn from the seed alone.

The server plays to each attempt of a `Drawn` call the fault that was drawn for it, on
whatever connection it arrives.
"""

import random
import socket
import threading
from collections.abc import Iterator
from typing import Final

import attrs

from tests.unit.raw_server import Connection

from .catalogue import DRAWN
from .fault import FAST, RESULT, SHORT, UNKNOWN, Ending, Fault, answer_well, order_of
from .invariants import MOST_ATTEMPTS

CALL_HEADER: Final = "x-call"
"""Names the order in the head already, so that the server knows it before it reads the body."""

_FAULTY: Final = 0.3
_HANGING: Final = 0.08
"""Of the faults: those that only the deadline ends."""
_ENDING_FAULTS: Final = tuple(fault for fault in DRAWN if not fault.to_deadline)
_HANGING_FAULTS: Final = tuple(fault for fault in DRAWN if fault.to_deadline)


@attrs.frozen
class Drawn:
    """One call: what it is, and what each of its attempts meets; None for nothing wrong."""

    worker: int
    number: int
    is_read: bool
    faults: tuple[Fault | None, ...]

    @property
    def order_id(self) -> str:
        """The order that it asks for, which no other call does."""
        return f"ord_{self.worker}_{self.number}"

    @property
    def deadline(self) -> float:
        """Short where one of its attempts may hang."""
        return SHORT if any(fault and fault.to_deadline for fault in self.faults) else FAST

    @property
    def names(self) -> str:
        """The faults, for people."""
        kind = "read" if self.is_read else "write"
        met = ", ".join(fault.name if fault else "nothing" for fault in self.faults)
        return f"worker {self.worker}, call {self.number}, a {kind}, whose attempts meet: {met}"

    def met(self, attempts: int) -> str:
        """Name the faults that so many attempts met."""
        return " + ".join(fault.name if fault else "-" for fault in self.faults[:attempts])

    def expected(self, attempts: int) -> frozenset[Ending]:
        """Return the ends that it may have after so many attempts arrived."""
        met = self.faults[:attempts]
        endings: set[Ending] = {UNKNOWN} if self.deadline == SHORT else set()
        for fault in met:
            endings |= {RESULT} if fault is None else fault.read if self.is_read else fault.write
        return frozenset(endings)

    def acted(self, attempts: int) -> bool:
        """Return whether the server may have acted on the last of so many attempts."""
        last = self.faults[:attempts][-1:]
        return all(fault is None or fault.acted for fault in last)


def draw(seed: int, worker: int) -> Iterator[Drawn]:
    """The calls of a worker, without end."""
    source = random.Random(f"{seed}/{worker}")
    number = 0
    while True:
        number += 1
        is_read = source.random() < 0.5
        yield Drawn(worker, number, is_read, tuple(_fault(source) for _ in range(MOST_ATTEMPTS)))


def _fault(source: random.Random) -> Fault | None:
    if source.random() >= _FAULTY:
        return None
    return source.choice(_HANGING_FAULTS if source.random() < _HANGING else _ENDING_FAULTS)


class Director:
    """Plays to each attempt what was drawn for it."""

    def __init__(self) -> None:
        self._calls: dict[str, Drawn] = {}
        self._attempts: dict[str, int] = {}
        self._lock = threading.Lock()

    def expect(self, call: Drawn) -> None:
        """A call is about to be made."""
        with self._lock:
            self._calls[call.order_id] = call
            self._attempts[call.order_id] = 0

    def attempts_of(self, order_id: str) -> int:
        """Count the attempts of this call that arrived, complete or not."""
        with self._lock:
            return self._attempts[order_id]

    def _next(self, order_id: str) -> Fault | None:
        with self._lock:
            number = self._attempts[order_id]
            self._attempts[order_id] = number + 1
            faults = self._calls[order_id].faults
        return faults[number] if number < len(faults) else None

    def play(self, connection: Connection) -> None:
        """One connection: request after request, until a fault ends it."""
        while order_id := _announced(connection):
            fault = self._next(order_id)
            if fault is not None:
                fault.play(connection)
                return
            answer_well(connection, connection.read_request())


def _announced(connection: Connection) -> str:
    """The order of the request that is arriving, none of which is read yet; "" at the end."""
    while not connection.server.stopped.is_set():
        head = connection.sock.recv(65_536, socket.MSG_PEEK)
        if not head:
            return ""
        if b"\r\n\r\n" in head:
            return order_of(head)
        connection.wait_until_stopped(0.001)
    return ""
