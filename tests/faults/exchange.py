"""Faults of a connection that stood: closed, reset or silent before, within and after the request.

Rows of the catalogue. Once a byte was sent the client cannot tell whether it was read, so that
a write is UNKNOWN; a reset may come before the first byte, and then it is NOT_SENT.
"""

import time
from typing import Final

from tests.unit.raw_server import Connection, Play

from .fault import (
    NOT_SENT,
    REJECTED,
    RESULT,
    UNKNOWN,
    Fault,
    Step,
    after,
    answer_well,
    answering,
    filled,
    pause,
    read_head,
    reset,
    row,
    say,
    silence,
    whole,
)
from .places import plain, secured

_ENVELOPE_413: Final = b'{"error": "too_large", "message": "Too large", "statusCode": 413}'
_LARGE: Final = 900_000


def _head_then(*steps: Step) -> Play:
    """Receive no more than the head of a request, then take these steps."""

    def play(connection: Connection) -> None:
        if head := read_head(connection):
            for step in steps:
                step(connection, head)

    return play


def _sip(connection: Connection) -> None:
    """Read a few bytes every 40 ms."""
    for _ in range(50):
        connection.wait_until_stopped(0.04)
        if not connection.sock.recv(64):
            return


def _second(*steps: Step) -> Play:
    """Respond well to the first request of each connection; take these steps at the second."""

    def play(connection: Connection) -> None:
        if request := connection.read_request():
            answer_well(connection, request)
            if request := connection.read_request():
                for step in steps:
                    step(connection, request)

    return play


def _first_then(*steps: Step) -> Play:
    """Respond well to the first request of each connection, then take these steps unasked."""
    return after(answer_well, *steps)


def _unread(connection: Connection, _request: bytes) -> None:
    """Close as soon as a second request has begun to arrive."""
    connection.sock.recv(1)


def _unread_reset(connection: Connection, request: bytes) -> None:
    _unread(connection, request)
    reset(connection)


def _unasked(connection: Connection) -> None:
    """Respond before the request, and well to the request that follows."""
    connection.answer("408 Request Timeout")
    answering(connection)


def _glued(connection: Connection) -> None:
    """Respond to each request, and append the response to another."""
    while request := connection.read_request():
        stray = request.replace(b"ord_", b"ord_stray_")
        answer_well(connection, request)
        answer_well(connection, stray)


def _stray_later(connection: Connection) -> None:
    """The same, some time after it."""
    while request := connection.read_request():
        answer_well(connection, request)
        time.sleep(0.02)
        answer_well(connection, request.replace(b"ord_", b"ord_stray_"))


_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: @LENGTH@\r\n\r\n@BODY@"


def _two_answers(connection: Connection, request: bytes) -> None:
    """Both in one piece."""
    stray = request.replace(b"ord_", b"ord_stray_")
    connection.send(b"".join(filled(_ANSWER, connection, each) for each in (request, stray)))


def _glued_at_once(connection: Connection) -> None:
    """The same, in one piece."""
    while request := connection.read_request():
        _two_answers(connection, request)


def _beside_itself(connection: Connection) -> None:
    """Send a byte too many after the first response, and from then on responses to others."""
    if request := connection.read_request():
        connection.send(filled(_ANSWER, connection, request) + b"\n")
    while request := connection.read_request():
        answer_well(connection, request.replace(b"ord_", b"ord_stray_"))


_HALF_BODY: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"

ROWS: Final[tuple[Fault, ...]] = (
    row("closed at once", plain, lambda _: None, (UNKNOWN, NOT_SENT)),
    row("reset at once", plain, reset, (UNKNOWN, NOT_SENT)),
    row("closed, the request unread", plain, lambda c: c.sock.recv(1), UNKNOWN),
    row("closed after the head", plain, _head_then(), UNKNOWN),
    row("reset after the head", plain, _head_then(reset), UNKNOWN),
    row("silence after the head", plain, _head_then(silence), UNKNOWN, to_deadline=True),
    row("closed after the request", plain, after(), UNKNOWN),
    row("reset after the request", plain, after(reset), UNKNOWN),
    row("closed after the request, over TLS", secured, after(), UNKNOWN),
    row("reset after the request, over TLS", secured, after(reset), UNKNOWN),
    row("silence", plain, after(silence), UNKNOWN, to_deadline=True),
    row("silence over TLS", secured, after(silence), UNKNOWN, to_deadline=True),
    row("nothing is read", plain, lambda c: silence(c), UNKNOWN, to_deadline=True, padding=_LARGE),
    row("read in sips", plain, _sip, UNKNOWN, to_deadline=True, padding=_LARGE),
    row(
        "413 before the body is read",
        plain,
        _head_then(whole(b"413 Content Too Large", b"")),
        UNKNOWN,
        REJECTED,
        padding=_LARGE,
    ),
    row(
        "413 in the vendor's envelope, the body unread",
        plain,
        _head_then(whole(b"413 Content Too Large", _ENVELOPE_413)),
        (REJECTED, UNKNOWN),  # the response may be lost with the connection
        REJECTED,
        acted=False,
        padding=_LARGE,
    ),
    # ---- On a connection that was used before. A write has one of its own.
    row("reused: closed while idle", plain, _first_then(), RESULT, warmed=True),
    row("reused: reset while idle", plain, _first_then(reset), RESULT, warmed=True),
    row("reused: closed unread", plain, _first_then(_unread), RESULT, warmed=True),
    row("reused: reset unread", plain, _first_then(_unread_reset), RESULT, warmed=True),
    row("reused: closed once read", plain, _second(), RESULT, warmed=True),
    row("reused: reset once read", plain, _second(reset), RESULT, warmed=True),
    row("reused: half a head", plain, _second(say(b"HTTP/1.1 200 OK\r\n")), RESULT, warmed=True),
    row("reused: half a body", plain, _second(say(_HALF_BODY)), RESULT, warmed=True),
    row("reused: half a body, reset", plain, _second(say(_HALF_BODY), reset), RESULT, warmed=True),
    row(
        "reused: silence",
        plain,
        _second(silence),
        RESULT,
        UNKNOWN,
        to_deadline=True,
        warmed=True,
    ),
    row(
        "reused: a response before the request",
        plain,
        _first_then(pause, say(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")),
        RESULT,
        warmed=True,
    ),
    row("reused: a response appended to the last", plain, _glued, RESULT, warmed=True),
    row("reused: a response some time after the last", plain, _stray_later, RESULT, warmed=True),
    row("reused: both responses in one piece", plain, _glued_at_once, RESULT, warmed=True),
    row("reused: a byte too many, another's response", plain, _beside_itself, RESULT, warmed=True),
    row("a response, and another's appended to it", plain, after(_two_answers, _unread), RESULT),
    row(
        "a response before the request",
        plain,
        _unasked,
        (NOT_SENT, UNKNOWN),  # it is not heard if it is there before the request
        (NOT_SENT, REJECTED),
    ),
)
