"""Faults of the body of a 2xx: cut, chunked, packed, or not a body of the operation.

Rows of the catalogue. The API has acted, so that a write is DONE; a read can be retried.
"""

import gzip
import zlib
from collections.abc import Callable
from typing import Final

from tests.unit.raw_server import Connection

from .fault import (
    DONE,
    RESULT,
    Ending,
    Fault,
    Step,
    after,
    drip,
    healthy,
    reset,
    row,
    say,
    silence,
    whole,
)
from .places import plain, secured

_OK: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_LONG: Final = _OK + b"Content-Length: 9999\r\n\r\n"
_CHUNKED: Final = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_ONE_CHUNK: Final = _CHUNKED + b"@HEX@\r\n@BODY@\r\n"
_DEEP: Final = 200_000


def _cut(name: str, answer: bytes, expected: Ending = DONE) -> Fault:
    """Send this, and close the connection."""
    return row(name, plain, after(say(answer)), expected)


def _then(name: str, answer: bytes, step: Step, *, to_deadline: bool = False) -> Fault:
    """Send this, and then take a step."""
    return row(name, plain, after(say(answer), step), DONE, to_deadline=to_deadline)


def _json(name: str, body: bytes, expected: Ending = DONE, *headers: bytes) -> Fault:
    """Send a well-formed response around this."""
    return row(name, plain, after(whole(b"200 OK", body, *headers)), expected)


def _deep(name: str, body: bytes) -> Fault:
    """The same, of so many levels that they take time to count."""
    return row(name, plain, after(whole(b"200 OK", body)), DONE, costly=True)


def _packed(
    name: str, pack: Callable[[bytes], bytes], coding: bytes, expected: Ending = DONE
) -> Fault:
    """A good body, packed like this, under this name."""

    def step(connection: Connection, request: bytes) -> None:
        header = b"Content-Encoding: " + coding
        whole(b"200 OK", pack(healthy(request)), header)(connection, request)

    return row(name, plain, after(step), expected)


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def _bomb(body: bytes) -> bytes:
    """A good body with 5 MB of white space in it."""
    return gzip.compress(body[:-1] + b" " * 5_000_000 + b"}", compresslevel=1, mtime=0)


def _wrong_checksum(body: bytes) -> bytes:
    packed = _gzip(body)
    return packed[:-8] + bytes(4) + packed[-4:]


ROWS: Final[tuple[Fault, ...]] = (
    # ---- Cut
    _cut("half a body", _LONG + b'{"id"'),
    _then("half a body, reset", _LONG + b'{"id"', reset),
    _then("half a body, silence", _LONG + b'{"id"', silence, to_deadline=True),
    row("half a body, over TLS", secured, after(say(_LONG + b'{"id"')), DONE),
    row("no length, cut, over TLS", secured, after(say(_OK + b'\r\n{"id"')), DONE),
    _cut("no length, cut", _OK + b'\r\n{"id"'),
    _cut("no length, whole", _OK + b"\r\n@BODY@", RESULT),
    _cut("a body that is not there", _LONG),
    # ---- Slow, or without end
    _then("a body that drips", _LONG, drip(b" "), to_deadline=True),
    _then("a body without a length that drips", _OK + b"\r\n", drip(b" "), to_deadline=True),
    _then("chunks that drip", _CHUNKED, drip(b"1\r\n \r\n"), to_deadline=True),
    _then("a chunk that drips", _CHUNKED + b"fff\r\n", drip(b" "), to_deadline=True),
    _then("the size of a chunk that drips", _CHUNKED + b"1;", drip(b"x"), to_deadline=True),
    _then("trailers that drip", _ONE_CHUNK + b"0\r\n", drip(b"X: y\r\n"), to_deadline=True),
    _then("the last chunk does not come", _ONE_CHUNK, silence, to_deadline=True),
    # ---- Chunks
    _cut("chunks", _ONE_CHUNK + b"0\r\n\r\n", RESULT),
    _cut("chunks with an extension", _CHUNKED + b"@HEX@;a=b\r\n@BODY@\r\n0\r\n\r\n", RESULT),
    _cut("chunks with a trailer", _ONE_CHUNK + b"0\r\nX: y\r\n\r\n", RESULT),
    _cut("a chunk that is cut", _CHUNKED + b'ff\r\n{"id"'),
    _then("a chunk that is cut, reset", _CHUNKED + b'ff\r\n{"id"', reset),
    _cut("the last chunk is missing", _ONE_CHUNK),
    _cut("half of the last chunk is missing", _ONE_CHUNK + b"0\r\n"),
    _cut("the size of a chunk is not a number", _CHUNKED + b"zz\r\n@BODY@\r\n0\r\n\r\n"),
    _cut("the size of a chunk is negative", _CHUNKED + b"-5\r\n@BODY@\r\n0\r\n\r\n"),
    _cut("the size of a chunk is missing", _CHUNKED + b"\r\n@BODY@\r\n0\r\n\r\n"),
    _cut("the size of a chunk is huge", _CHUNKED + b"f" * 20 + b"\r\n@BODY@"),
    _cut("the size of a chunk has 300,000 digits", _CHUNKED + b"f" * 300_000 + b"\r\n@BODY@"),
    _cut("a chunk that is longer than it says", _CHUNKED + b"2\r\n@BODY@\r\n0\r\n\r\n"),
    # ---- Not what is due
    _json("empty", b""),
    _json("white space", b" \r\n\t "),
    _json("a page", b"<html><h1>Welcome</h1></html>", DONE, b"Content-Type: text/html"),
    _json("not JSON", b"{'id': 1}"),
    _json("half of JSON", b'{"extra": 1, "order"'),
    _json("JSON, and more", b"@BODY@ x"),
    _json("JSON twice", b"@BODY@@BODY@"),
    _json("not UTF-8", b'{"extra": "\xff\xfe", @REST@'),
    _json("UTF-16", '{"id": "t1"}'.encode("utf-16")),
    _json("a byte order mark", b"\xef\xbb\xbf@BODY@", RESULT),
    _json("NaN", b'{"extra": NaN, @REST@'),
    _json("Infinity", b'{"extra": -Infinity, @REST@'),
    _json("1e999", b'{"extra": 1e999, @REST@', RESULT),
    _json("an integer of 5,000 digits", b'{"extra": ' + b"9" * 5_000 + b", @REST@", RESULT),
    _json("a lone surrogate", b'{"extra": "\\ud800", @REST@', RESULT),
    _deep("arrays, 200,000 deep", b"[" * _DEEP + b"]" * _DEEP),
    _deep("objects, 100,000 deep", b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    _json("deep within a text", b'{"extra": "' + b"[" * _DEEP + b'", @REST@', RESULT),
    _json("a name twice", b'{"extra": 1, "extra": 2, @REST@'),
    _json("an array where an object is due", b"[@BODY@]"),
    _json("an empty array", b"[]"),
    _json("an empty object", b"{}"),
    _json("null", b"null"),
    _json("a text", b'"ok"'),
    _json("a number", b"200"),
    _json("true", b"true"),
    _json(
        "ids of null", b'{"order": {"id": null, "status": "x"}, "refundId": null, "status": "x"}'
    ),
    _json("ids of numbers", b'{"order": {"id": 7, "status": "x"}, "refundId": 7, "status": "x"}'),
    _json("ids of lists", b'{"order": {"id": [], "status": "x"}, "refundId": [], "status": "x"}'),
    _json("ids that are missing", b'{"order": {"status": "x"}, "status": "x"}'),
    _json("a text where an object is due", b'{"order": "ok", "refundId": {}, "status": "x"}'),
    _json("an envelope of no within 200", b'{"error":"no","message":"No","statusCode":400}'),
    _json("longer than 1 MiB", b'{"extra": "' + b"x" * 1_100_000 + b'", @REST@'),
    _json("nearly 1 MiB", b'{"extra": "' + b"x" * 1_000_000 + b'", @REST@', RESULT),
    row("204", plain, after(say(b"HTTP/1.1 204 No Content\r\n\r\n")), DONE),
    row("205", plain, after(whole(b"205 Reset Content", b"")), DONE),
    row("206", plain, after(whole(b"206 Partial Content", b'{"order"')), DONE),
    row("202, a page", plain, after(whole(b"202 Accepted", b"<html>")), DONE),
    # ---- Packed
    _packed("gzip", _gzip, b"gzip", RESULT),
    _packed("x-gzip", _gzip, b" X-GZip ", RESULT),
    _packed("identity", bytes, b"identity", RESULT),
    _packed("gzip that is none", bytes, b"gzip"),
    _packed("gzip without its trailer", lambda body: _gzip(body)[:-8], b"gzip"),
    _packed("gzip without half its trailer", lambda body: _gzip(body)[:-4], b"gzip"),
    _packed("gzip that is cut", lambda body: _gzip(body)[:20], b"gzip"),
    _packed("gzip with a wrong checksum", _wrong_checksum, b"gzip"),
    _packed("gzip, followed by something", lambda body: _gzip(body) + b"x", b"gzip"),
    _packed("gzip, followed by gzip", lambda body: _gzip(body) * 2, b"gzip"),
    _packed("a bomb", _bomb, b"gzip"),
    _packed("a bomb within gzip", lambda body: _gzip(_bomb(body)), b"gzip, gzip"),
    _packed("gzip twice, said once", lambda body: _gzip(_gzip(body)), b"gzip"),
    _packed("gzip twice, said twice", lambda body: _gzip(_gzip(body)), b"gzip, gzip"),
    _packed("deflate", zlib.compress, b"deflate"),
    _packed("brotli", bytes, b"br"),
    _packed("zstd", bytes, b"zstd"),
    _packed("an unknown coding", bytes, b"x-unknown"),
)
