"""Faults before there is a connection: ports, names, addresses, handshakes.

Rows of the catalogue. Nothing of a request has left, so that every row is NOT_SENT, but where
the connection comes about after all, or TLS 1.3 lets the client speak before it is refused.
"""

import socket
import threading
from typing import Final

from tests.unit.raw_server import Connection, Play

from .fault import (
    LONGEST_PLAY,
    NOT_SENT,
    RESULT,
    UNKNOWN,
    Fault,
    Step,
    answering,
    drip,
    reset,
    row,
    silence,
)
from .places import bare, deaf, misnamed, mutual, named, refusing, several_deaf, untrusted

_TLS_11_HELLO: Final = bytes.fromhex("16030200 2a 02000026 0302") + b"r" * 32 + b"\0\0\x2f\0"
_PROTOCOL_VERSION: Final = bytes.fromhex("15 0301 0002 0246")
_HANDSHAKE_FAILURE: Final = bytes.fromhex("15 0303 0002 0228")


def _no_such_name(_over: threading.Event) -> list[str]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _hangs(over: threading.Event) -> list[str]:
    over.wait(LONGEST_PLAY)
    return ["127.0.0.1"]


def _late(over: threading.Event) -> list[str]:
    over.wait(0.15)
    return ["127.0.0.1"]


def _hello(*steps: Step) -> Play:
    """Receive the first message of a handshake, then take these steps."""

    def play(connection: Connection) -> None:
        hello = connection.receive()
        for step in steps:
            step(connection, hello)

    return play


def _send(data: bytes) -> Step:
    return lambda connection, _: connection.send(data)


_DEAD: Final = ["127.0.0.8", "127.0.0.9", "127.0.0.10"]

ROWS: Final[tuple[Fault, ...]] = (
    row("connection refused", refusing, answering, NOT_SENT),
    row("no such name", named(_no_such_name), answering, NOT_SENT),
    row("a name without an address", named(lambda _: []), answering, NOT_SENT),
    row("a look-up that hangs", named(_hangs), answering, NOT_SENT, to_deadline=True),
    row("a look-up that is slow", named(_late), answering, RESULT),
    row("several dead addresses", named(lambda _: _DEAD), answering, NOT_SENT),
    row("dead addresses, then one", named(lambda _: [*_DEAD, "127.0.0.1"]), answering, RESULT),
    row("SYN unanswered", deaf, answering, NOT_SENT, to_deadline=True),
    row("SYN unanswered thrice", several_deaf, answering, NOT_SENT, to_deadline=True),
    row("TLS: untrusted authority", untrusted, answering, NOT_SENT),
    row("TLS: wrong name", misnamed, answering, NOT_SENT),
    row("TLS: a client certificate is asked for", mutual, answering, (UNKNOWN, NOT_SENT)),
    row("TLS: plain HTTP", bare, _hello(_send(b"HTTP/1.1 400 Bad Request\r\n\r\n")), NOT_SENT),
    row("TLS: another protocol", bare, lambda c: c.send(b"220 smtp.example\r\n"), NOT_SENT),
    row("TLS: silence", bare, lambda c: silence(c), NOT_SENT, to_deadline=True),
    row("TLS: silence after hello", bare, _hello(silence), NOT_SENT, to_deadline=True),
    row(
        "TLS: half a server hello",
        bare,
        _hello(_send(_TLS_11_HELLO[:20]), silence),
        NOT_SENT,
        to_deadline=True,
    ),
    row(
        "TLS: a record that drips",
        bare,
        _hello(_send(bytes.fromhex("1603034000")), drip(b"\2")),
        NOT_SENT,
        to_deadline=True,
    ),
    row("TLS: closed at once", bare, lambda _: None, NOT_SENT),
    row("TLS: closed after hello", bare, _hello(), NOT_SENT),
    row("TLS: reset at once", bare, reset, NOT_SENT),
    row("TLS: reset after hello", bare, _hello(reset), NOT_SENT),
    row("TLS: 1.1 and no later", bare, _hello(_send(_TLS_11_HELLO), silence), NOT_SENT),
    row("TLS: alert of the version", bare, _hello(_send(_PROTOCOL_VERSION)), NOT_SENT),
    row("TLS: alert of the handshake", bare, _hello(_send(_HANDSHAKE_FAILURE)), NOT_SENT),
)
