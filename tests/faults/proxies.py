"""Faults of a proxy: until the tunnel stands nothing of the request has left, then it is the API's.

Rows of the catalogue.
"""

from typing import Final

from tests.unit.raw_server import Connection

from .fault import (
    DONE,
    NOT_SENT,
    RESULT,
    UNKNOWN,
    Ending,
    Fault,
    Step,
    after,
    answering,
    drip,
    reset,
    row,
    say,
    silence,
    whole,
)
from .places import proxied, proxied_over_tls, tunnelled, without_proxy

_MADE: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"
_HTML: Final = b"<html><h1>no</h1></html>"


def _proxy(name: str, *steps: Step, to_deadline: bool = False) -> Fault:
    """Play a proxy that takes these steps once it was asked for a tunnel."""
    return row(f"proxy: {name}", proxied, after(*steps), NOT_SENT, to_deadline=to_deadline)


def _within(name: str, *steps: Step, write: Ending, to_deadline: bool = False) -> Fault:
    """Play the API at the end of a tunnel."""
    play = tunnelled(after(*steps))
    return row(f"tunnel: {name}", proxied, play, write, to_deadline=to_deadline)


def _no_tls(connection: Connection, _request: bytes) -> None:
    """Wait for the handshake, and respond in plain HTTP."""
    connection.receive()
    connection.answer("200 OK", b"{}")


def _nothing(_connection: Connection, _request: bytes) -> None:
    """And so close."""


def _hello_then(step: Step) -> Step:
    """Wait for the first message of the handshake, then take this step."""
    return lambda connection, request: (connection.receive(), step(connection, request))


ROWS: Final[tuple[Fault, ...]] = (
    row("proxy: not there", without_proxy, answering, NOT_SENT),
    row("proxy: closed at once", proxied, lambda _: None, NOT_SENT),
    row("proxy: reset at once", proxied, reset, NOT_SENT),
    row("proxy: silence at once", proxied, lambda c: silence(c), NOT_SENT, to_deadline=True),
    row("proxy over TLS: closes", proxied_over_tls, after(), NOT_SENT),
    row("proxy over TLS: 502", proxied_over_tls, after(whole(b"502 Bad", _HTML)), NOT_SENT),
    row("proxy over TLS: responds itself", proxied_over_tls, after(say(_MADE), _no_tls), NOT_SENT),
    _proxy("407", whole(b"407 Proxy Authentication Required", b"", b"Proxy-Authenticate: Basic")),
    _proxy("403 as a page", whole(b"403 Forbidden", _HTML)),
    _proxy("502", whole(b"502 Bad Gateway", _HTML)),
    _proxy("503, and to wait", whole(b"503 Busy", b"", b"Retry-After: 1000000000")),
    _proxy("a redirect", whole(b"302 Found", b"", b"Location: http://127.0.0.1:1/")),
    _proxy("closes"),
    _proxy("resets", reset),
    _proxy("silence", silence, to_deadline=True),
    _proxy("another protocol", say(b"220 smtp.example ESMTP\r\n\r\n")),
    _proxy("noise", say(bytes(range(256)) * 4)),
    _proxy("half a status line", say(b"HTTP/1.1 20")),
    _proxy("half a head", say(b"HTTP/1.1 200 OK\r\n")),
    _proxy("half a head, reset", say(b"HTTP/1.1 200 OK\r\n"), reset),
    _proxy("half a head, silence", say(b"HTTP/1.1 200 OK\r\n"), silence, to_deadline=True),
    _proxy("a head that drips", say(b"HTTP/1.1 200 OK\r\n"), drip(b"X: y\r\n"), to_deadline=True),
    _proxy("100 without end", drip(b"HTTP/1.1 100 Continue\r\n\r\n"), to_deadline=True),
    _proxy("50,000 headers", say(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000)),
    _proxy(
        "two lengths", say(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n")
    ),
    _proxy("unsolicited 101", say(b"HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n")),
    _proxy("status line 'HTTP/1.1 abc'", say(b"HTTP/1.1 abc\r\n\r\n")),
    _proxy("closes once the tunnel stands", say(_MADE)),
    _proxy("resets once the tunnel stands", say(_MADE), reset),
    _proxy("silence once the tunnel stands", say(_MADE), silence, to_deadline=True),
    _proxy("closes in the handshake", say(_MADE), _hello_then(_nothing)),
    _proxy("resets in the handshake", say(_MADE), _hello_then(reset)),
    _proxy("responds in the API's place", say(_MADE), _no_tls),
    # ---- The API at the end of the tunnel
    row("tunnel: nothing wrong", proxied, tunnelled(answering), RESULT),
    row("tunnel: closed unread", proxied, tunnelled(lambda c: c.sock.recv(1)), UNKNOWN),
    _within("closed", write=UNKNOWN),
    _within("reset", reset, write=UNKNOWN),
    _within("silence", silence, write=UNKNOWN, to_deadline=True),
    _within("half a head", say(b"HTTP/1.1 200 OK\r\n"), write=UNKNOWN),
    _within("half a body", say(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), write=DONE),
    _within(
        "a body that drips",
        say(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"),
        drip(b" "),
        write=DONE,
        to_deadline=True,
    ),
)
