"""A fault: how a server plays it, and how a call that meets it may end.

Plays are made of steps. A play that hangs or
drips ends when its server is stopped, and by itself after two seconds.
"""

import collections
import json
import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final, Literal, TypeAlias

import attrs

from chessa import Outcome
from tests.unit.raw_server import Connection, Play, RawServer

Ending: TypeAlias = Outcome | Literal["result"]
Endings: TypeAlias = Ending | tuple[Ending, ...]
"""Several where the wire is a race."""
RESULT: Final[Literal["result"]] = "result"
NOT_SENT, REJECTED, UNKNOWN, DONE = Outcome

FAST: Final = 5.0
"""The deadline of a call whose fault ends by itself."""
SHORT: Final = 0.5
"""The deadline of a call whose fault does not."""
LONGEST_PLAY: Final = 2.0
_ID: Final = re.compile(rb"ord_[0-9a-z_]+")
_LAST_HEADER: Final = b"\r\n\r\n"


class Ledger(list[bytes]):
    """The complete requests that a server received, counted by the order that they name."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: collections.Counter[str] = collections.Counter()
        self._lock = threading.Lock()

    def append(self, request: bytes) -> None:
        with self._lock:
            super().append(request)
            self._counts[order_of(request)] += 1

    def count_of(self, order_id: str) -> int:
        """Count the complete requests that name this order."""
        with self._lock:
            return self._counts[order_id]


class FaultServer(RawServer):
    """A server with such a ledger, and with the address of another host to send clients to."""

    def __init__(self, play: Play, *, elsewhere: str = "") -> None:
        super().__init__(play)
        self.received = Ledger()
        self.ledger = self.received
        self.elsewhere = elsewhere


@attrs.frozen
class Site:
    """The place of a fault: the settings of the client, and the server that keeps the ledger."""

    settings: dict[str, Any] = attrs.field(repr=False)
    server: FaultServer | None = None
    stranger: RawServer | None = None
    """Another host, which must not hear of any call."""


Place: TypeAlias = Callable[[Play], AbstractContextManager[Site]]


def _endings(given: Endings) -> frozenset[Ending]:
    return frozenset(given if isinstance(given, tuple) else (given,))


@attrs.frozen
class Fault:
    """One way in which a call can go wrong, and how each kind of call may end then."""

    name: str
    place: Place = attrs.field(repr=False)
    play: Play = attrs.field(repr=False)
    write: frozenset[Ending]
    read: frozenset[Ending]
    to_deadline: bool = False
    """Whether nothing but the deadline ends it."""
    warmed: bool = False
    """Whether a read with a good response goes before it on the same client."""
    acted: bool = True
    """Whether the server may have acted: not where it rejects in the vendor's envelope."""
    padding: int = 0
    """Bytes that are added to the body of a write."""
    costly: bool = False
    """Whether decoding the response keeps the processor busy, deadline or not."""

    @property
    def deadline(self) -> float:
        """Seconds for a call that meets it."""
        return SHORT if self.to_deadline else FAST


def _as_read(ending: Ending) -> Ending:
    return UNKNOWN if ending is DONE else ending


def row(
    name: str,
    place: Place,
    play: Play,
    write: Endings,
    read: Endings | None = None,
    *,
    to_deadline: bool = False,
    warmed: bool = False,
    acted: bool = True,
    padding: int = 0,
    costly: bool = False,
) -> Fault:
    """A row. Where nothing else is said a read ends as a write does; it never is DONE."""
    written = _endings(write)
    derived: tuple[Ending, ...] = tuple(_as_read(ending) for ending in written)
    return Fault(
        name,
        place,
        play,
        written,
        _endings(derived if read is None else read),
        to_deadline,
        warmed,
        acted,
        padding,
        costly,
    )


def order_of(request: bytes) -> str:
    """The order that a request names, "" for none."""
    found = _ID.search(request)
    return found[0].decode("ascii") if found else ""


def healthy(request: bytes) -> bytes:
    """Return the body of a good response: it names the order that was asked for."""
    order_id = order_of(request)
    if request.startswith(b"GET"):
        return json.dumps({"order": {"id": order_id, "status": "created"}}).encode("ascii")
    refund = {"refundId": f"ref_{order_id}", "status": "pending", "orderId": order_id}
    return json.dumps(refund).encode("ascii")


Step: TypeAlias = Callable[[Connection, bytes], object]


def after(*steps: Step) -> Play:
    """Receive a complete request, then take these steps."""

    def play(connection: Connection) -> None:
        if request := connection.read_request():
            for step in steps:
                step(connection, request)

    return play


def say(template: bytes) -> Step:
    """Send these bytes, with what the request asks for in the places that are marked."""

    def step(connection: Connection, request: bytes) -> None:
        connection.send(filled(template, connection, request))

    return step


def filled(template: bytes, connection: Connection, request: bytes) -> bytes:
    """A template with its places filled."""
    if b"@" not in template:
        return template
    body = healthy(request)
    elsewhere = getattr(connection.server, "elsewhere", "").encode("ascii")
    for place, value in (
        (b"@BODY@", body),
        (b"@REST@", body[1:]),
        (b"@LENGTH@", b"%d" % len(body)),
        (b"@HEX@", b"%x" % len(body)),
        (b"@ELSEWHERE@", elsewhere),
    ):
        template = template.replace(place, value)
    return template


def whole(status: bytes, body: bytes, *headers: bytes) -> Step:
    """Send a well-formed response around a body that may be anything."""

    def step(connection: Connection, request: bytes) -> None:
        content = filled(body, connection, request)
        lines = [filled(line, connection, request) for line in headers]
        head = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(content), *lines]
        connection.send(b"\r\n".join(head) + _LAST_HEADER + content)

    return step


def reset(connection: Connection, _request: bytes = b"") -> None:
    """Close with an RST."""
    connection.reset()


def silence(connection: Connection, _request: bytes = b"") -> None:
    """Say nothing, and keep the connection."""
    connection.wait_until_stopped(LONGEST_PLAY)


def drip(drop: bytes) -> Step:
    """Send these bytes every 40 ms."""

    def step(connection: Connection, _request: bytes) -> None:
        for _ in range(int(LONGEST_PLAY / 0.04)):
            if connection.wait_until_stopped(0.04):
                return
            connection.send(drop)

    return step


def pause(connection: Connection, _request: bytes) -> None:
    """Wait for as long as it takes that two pieces arrive apart."""
    connection.wait_until_stopped(0.02)


def answer_well(connection: Connection, request: bytes) -> None:
    """Respond as the API does when nothing is wrong."""
    whole(b"200 OK", b"@BODY@")(connection, request)


def answering(connection: Connection) -> None:
    """Respond well to every request of a connection."""
    while request := connection.read_request():
        answer_well(connection, request)


def read_head(connection: Connection) -> bytes:
    """Receive the head of a request and no more; a request without a body is complete with it."""
    data = b""
    while _LAST_HEADER not in data:
        received = connection.sock.recv(1)
        if not received:
            return b""
        data += received
    if b"\r\ncontent-length:" not in data.lower():
        connection.server.ledger.append(data)
    return data
