"""Calls that are interrupted: what is called, how the server behaves, how slow the journal is."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any, Final

import attrs

from chessa import JournalRecord
from chessa.flows import refund_safely, wait_for_order
from tests.faults.fault import (
    Place,
    Step,
    after,
    answering,
    drip,
    healthy,
    order_of,
    reset,
    say,
    silence,
)
from tests.faults.places import plain, refusing, secured
from tests.unit.raw_server import Connection, Play

from .kinds import KINDS, Kind, Mode

ADDRESS: Final = "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"
PIECES: Final = 4


class Records:
    """The records that a slow journal was given, and how long it took."""

    def __init__(self, opening: float, closing: float) -> None:
        self._pauses = {"opened": opening, "closed": closing}
        self.given: list[JournalRecord] = []
        self.seconds = {"opened": 0.0, "closed": 0.0}


class SlowJournal(Records):
    """A journal that takes its time."""

    def __call__(self, record: JournalRecord) -> None:
        self.given.append(record)
        began = time.monotonic()
        try:
            time.sleep(self._pauses[record.event])
        finally:
            self.seconds[record.event] += time.monotonic() - began


class SlowAsyncJournal(Records):
    """Such a journal as a coroutine function."""

    async def __call__(self, record: JournalRecord) -> None:
        self.given.append(record)
        began = time.monotonic()
        try:
            await asyncio.sleep(self._pauses[record.event])
        finally:
            self.seconds[record.event] += time.monotonic() - began


@attrs.frozen
class Scenario:
    """A call, and what it meets."""

    name: str
    place: Place = attrs.field(repr=False)
    play: Play = attrs.field(repr=False)
    call: Callable[[Any, str], Any] = attrs.field(repr=False)
    """Makes the call, or the awaitable of it."""
    is_read: bool
    span: float
    """Seconds from the start of the call within which it is interrupted."""
    opening: float = 0.0
    closing: float = 0.0

    def journal(self, mode: Mode, number: int) -> Records:
        """Return a new journal; every second async call has one that is awaited."""
        kind = SlowAsyncJournal if mode == "async" and number % 2 else SlowJournal
        return kind(self.opening, self.closing)


def _read(client: Any, order_id: str) -> Any:
    return client.orders.retrieve(order_id)


def _write(client: Any, order_id: str) -> Any:
    return client.orders.request_refund(order_id=order_id, address=ADDRESS)


def _refund_safely(client: Any, order_id: str) -> Any:
    return refund_safely(client, order_id, ADDRESS, timeout=4.0)


def _wait(client: Any, order_id: str) -> Any:
    return wait_for_order(client, order_id, timeout=2.0)


def _rest(seconds: float) -> Step:
    return lambda connection, _request: connection.wait_until_stopped(seconds)


def _in_pieces(connection: Connection, request: bytes) -> None:
    body = healthy(request)
    length = -(-len(body) // PIECES)
    for start in range(0, len(body), length):
        connection.send(body[start : start + length])
        if connection.wait_until_stopped(0.004):
            return


_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Length: @LENGTH@\r\n\r\n"
_SLOW: Final = after(_rest(0.01), say(_HEAD), _rest(0.004), _in_pieces)
_DRIP: Final = after(say(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n{"), drip(b" "))
_SILENT: Final = after(silence)


def losing_the_refund(connection: Connection) -> None:
    """Show a failed order to every read, and reset the connection after each refund."""
    while request := connection.read_request():
        if request.startswith(b"POST"):
            reset(connection)
            return
        order = {"id": order_of(request), "status": "Failed"}
        connection.answer("200 OK", json.dumps({"order": order}).encode("ascii"))


SCENARIOS: Final = (
    Scenario("read-slow", plain, _SLOW, _read, True, 0.06),
    Scenario("read-drip", plain, _DRIP, _read, True, 0.08),
    Scenario("read-silence", plain, _SILENT, _read, True, 0.04),
    Scenario("read-refused", refusing, _SILENT, _read, True, 0.1),
    Scenario("read-tls", secured, _SLOW, _read, True, 0.07),
    Scenario("write-slow", plain, _SLOW, _write, False, 0.06),
    Scenario("write-drip", plain, _DRIP, _write, False, 0.08),
    Scenario("write-silence", plain, _SILENT, _write, False, 0.04),
    Scenario("write-refused", refusing, _SILENT, _write, False, 0.1),
    Scenario("write-tls", secured, _SLOW, _write, False, 0.07),
    Scenario("slow-opening", plain, _SLOW, _write, False, 0.06, opening=0.03),
    Scenario("slow-closing", plain, _SLOW, _write, False, 0.1, closing=0.06),
    Scenario("refund-safely", plain, losing_the_refund, _refund_safely, False, 0.2),
    Scenario("wait-for-order", plain, answering, _wait, True, 0.2),
)


@attrs.frozen
class Combination:
    """A scenario, a mode, and a kind of interruption."""

    scenario: Scenario
    mode: Mode
    kind: Kind

    @property
    def label(self) -> str:
        """The id of a test."""
        return f"{self.scenario.name}-{self.mode}-{self.kind.name}"


COMBINATIONS: Final = tuple(
    Combination(scenario, mode, kind)
    for scenario in SCENARIOS
    for kind in KINDS
    for mode in kind.modes
)
