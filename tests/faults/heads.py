"""Faults of the head of a response: status lines, headers, lengths, and where it sends the client.

Rows of the catalogue. Without a status line a response says nothing: UNKNOWN. After a 2xx the
API has acted: DONE, where the rest cannot be used.
"""

from typing import Final

from .fault import (
    DONE,
    REJECTED,
    RESULT,
    UNKNOWN,
    Ending,
    Fault,
    after,
    answer_well,
    drip,
    reset,
    row,
    say,
    silence,
)
from .places import beside_another, plain

_OK: Final = b"HTTP/1.1 200 OK\r\n"
_LENGTH: Final = b"Content-Length: @LENGTH@\r\n"
_REST: Final = _LENGTH + b"\r\n@BODY@"
_HTTP_2: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"


def _head(name: str, answer: bytes, write: Ending, read: Ending | None = None) -> Fault:
    """Send this and no more."""
    return row(name, plain, after(say(answer)), write, read)


def _dripping(name: str, start: bytes, drop: bytes) -> Fault:
    """Send this, and then this every 40 ms."""
    return row(name, plain, after(say(start), drip(drop)), UNKNOWN, to_deadline=True)


def _status(line: bytes, write: Ending, read: Ending) -> Fault:
    """Send a well-formed response with an odd status line."""
    return _head(f"status line {line.decode('ascii')!r}", line + b"\r\n" + _REST, write, read)


def _redirect(status: bytes, place: bytes, label: str = "to another host") -> Fault:
    """Send a redirect, which the client must not follow."""
    answer = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nLocation: " + place + b"\r\n\r\n"
    name = f"{status.decode('ascii')} {label}"
    return row(name, beside_another, after(say(answer)), UNKNOWN, REJECTED)


ROWS: Final[tuple[Fault, ...]] = (
    # ---- Cut
    _head("half a status line", b"HTTP/1.1 20", UNKNOWN),
    row("half a status line, reset", plain, after(say(b"HTTP/1.1 20"), reset), UNKNOWN),
    _head("half the headers", _OK + b"Content-Le", UNKNOWN),
    row("half the headers, reset", plain, after(say(_OK + b"Content-Le"), reset), UNKNOWN),
    _head("a head without its end", _OK + b"Content-Length: 2\r\n", UNKNOWN),
    row("half the headers, silence", plain, after(say(_OK), silence), UNKNOWN, to_deadline=True),
    # ---- Slow, or without end
    _dripping("a status line that drips", b"HTTP/1.1 200 O", b"K"),
    _dripping("headers that drip", _OK, b"X-Drip: 1\r\n"),
    _dripping("a header that drips", _OK + b"X-Drip: ", b"1"),
    _dripping("100 without end", b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    _dripping("103 without end", b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
    _head("100, then a response", b"HTTP/1.1 100 Continue\r\n\r\n" + _OK + _REST, RESULT),
    _head("103, then a response", b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + _OK + _REST, RESULT),
    _head("103, then nothing", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", UNKNOWN),
    _head("unsolicited 101", b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", UNKNOWN),
    # ---- Too long
    _head("50,000 headers", _OK + b"X: y\r\n" * 50_000 + _REST, UNKNOWN),
    _head("one giant header", _OK + b"X: " + b"y" * 300_000 + b"\r\n" + _REST, UNKNOWN),
    _head("a giant status line", b"HTTP/1.1 200 " + b"y" * 300_000 + b"\r\n" + _REST, UNKNOWN),
    # ---- Lengths
    _head("two lengths", _OK + b"Content-Length: 2\r\n" + _REST, UNKNOWN),
    _head("one length twice", _OK + _LENGTH + _REST, RESULT),
    _head("a negative length", _OK + b"Content-Length: -2\r\n\r\n@BODY@", UNKNOWN),
    _head("a length that is not a number", _OK + b"Content-Length: 0x10\r\n\r\n@BODY@", UNKNOWN),
    _head("a length with a plus", _OK + b"Content-Length: +2\r\n\r\n@BODY@", UNKNOWN),
    _head(
        "a length of 20 digits", _OK + b"Content-Length: 18446744073709551616\r\n\r\n@BODY@", DONE
    ),
    _head("a length of 200 digits", _OK + b"Content-Length: " + b"9" * 200 + b"\r\n\r\n", UNKNOWN),
    _head("shorter than its length", _OK + b"Content-Length: 9999\r\n\r\n@BODY@", DONE),
    _head("longer than its length", _OK + b"Content-Length: 5\r\n\r\n@BODY@", DONE),
    _head(
        "a length and chunks",
        _OK
        + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n@HEX@\r\n@BODY@\r\n0\r\n\r\n",
        RESULT,
    ),
    _head("a transfer coding of its own", _OK + b"Transfer-Encoding: gzip\r\n\r\n@BODY@", UNKNOWN),
    _head(
        "chunks twice",
        _OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n@HEX@\r\n@BODY@\r\n0\r\n\r\n",
        UNKNOWN,
    ),
    # ---- Odd
    _head("a header without a colon", _OK + b"X\r\n" + _REST, UNKNOWN),
    _head("a header with a NUL", _OK + b"X: a\0b\r\n" + _REST, UNKNOWN),
    _head("a header without a name", _OK + b": b\r\n" + _REST, UNKNOWN),
    _head("a space before the colon", _OK + b"X : b\r\n" + _REST, UNKNOWN),
    _head("a folded header", _OK + b"X: a\r\n b\r\n" + _REST, RESULT),
    _head("a header that is not ASCII", _OK + b"X: \xff\xfe\r\n" + _REST, RESULT),
    _head("bare line feeds", (_OK + _REST).replace(b"\r\n", b"\n"), RESULT),
    _head("an empty line first", b"\r\n" + _OK + _REST, UNKNOWN),
    _head("HTTP/0.9", b"@BODY@\r\n", UNKNOWN),
    _head("HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\n@BODY@", RESULT),
    _head("HTTP/2", _HTTP_2, UNKNOWN),
    _head("another protocol", b"220 smtp.example ESMTP\r\n\r\n", UNKNOWN),
    _head("TLS where none is due", bytes.fromhex("1503030002 0228"), UNKNOWN),
    _head("noise", bytes(range(256)) * 8, UNKNOWN),
    # ---- Statuses that are none, or not assigned
    _status(b"HTTP/1.1 abc", UNKNOWN, UNKNOWN),
    _status(b"HTTP/1.1 20", UNKNOWN, UNKNOWN),
    _status(b"HTTP/1.1 -20 OK", UNKNOWN, UNKNOWN),
    _status(b"HTTP/1.1 099 ?", UNKNOWN, UNKNOWN),
    _status(b"HTTP/1.1 000 ?", UNKNOWN, UNKNOWN),
    _status(b"HTTP/1.1 2000 OK", UNKNOWN, UNKNOWN),
    _status(b"HTTP/1.1 200", RESULT, RESULT),
    _status(b"HTTP/1.1 299 ?", RESULT, RESULT),
    _status(b"HTTP/1.1 300 Multiple Choices", UNKNOWN, REJECTED),
    _status(b"HTTP/1.1 418 Teapot", UNKNOWN, REJECTED),
    _status(b"HTTP/1.1 499 ?", UNKNOWN, REJECTED),
    _status(b"HTTP/1.1 520 ?", UNKNOWN, REJECTED),
    _status(b"HTTP/1.1 600 ?", UNKNOWN, REJECTED),
    _status(b"HTTP/1.1 999 ?", UNKNOWN, REJECTED),
    # ---- Elsewhere
    _redirect(b"301 Moved Permanently", b"@ELSEWHERE@/v1/orders"),
    _redirect(b"302 Found", b"@ELSEWHERE@/v1/orders"),
    _redirect(b"303 See Other", b"@ELSEWHERE@/v1/orders"),
    _redirect(b"307 Temporary Redirect", b"@ELSEWHERE@/v1/orders"),
    _redirect(b"308 Permanent Redirect", b"@ELSEWHERE@/v1/orders"),
    _redirect(b"302 Found", b"http://[", "to no place"),
    _redirect(b"302 Found", b"/v1/orders", "to itself"),
    row(
        "201 with another host as its place",
        beside_another,
        after(say(b"HTTP/1.1 201 Created\r\nLocation: @ELSEWHERE@/\r\nContent-Length: 0\r\n\r\n")),
        DONE,
    ),
    row(
        "Refresh and Alt-Svc to another host",
        beside_another,
        after(say(_OK + b'Refresh: 0; url=@ELSEWHERE@/\r\nAlt-Svc: h2="x:1"\r\n' + _REST)),
        RESULT,
    ),
    row("a connection that is not to be kept", plain, after(answer_well), RESULT),
)
