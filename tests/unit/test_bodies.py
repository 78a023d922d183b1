"""Bodies: bounded, unpacked, and what can be made of the strange ones."""

import gzip
import tracemalloc
import zlib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chessa._call.bodies import (
    BodyError,
    Collector,
    printable_code,
    printable_request_id,
    read_error,
    unpack,
)
from chessa._credentials import Credentials, Secret
from tests.marks import table

LIMIT = 1024 * 1024
TEXT = b'{"a": 1}' * 100


def test_a_body_is_gathered_up_to_the_cap() -> None:
    """A body of exactly the cap is taken; one byte more is refused, the rest kept."""
    collector = Collector(10)
    collector.add(b"12345")
    collector.add(b"67890")
    assert collector.gathered() == b"1234567890"
    with pytest.raises(BodyError, match="longer than 10 bytes"):
        collector.add(b"!")
    assert collector.gathered() == b"1234567890"


@table("coding", [None, "", "identity", " Identity "])
def test_a_body_without_coding_is_left_as_it_is(coding: str | None) -> None:
    """No coding, nothing to undo."""
    assert unpack(TEXT, coding, LIMIT) == TEXT


@table("coding", ["gzip", "x-gzip", " GZip "])
def test_gzip_is_undone(coding: str) -> None:
    """gzip is undone although it was not asked for: proxies add it."""
    assert unpack(gzip.compress(TEXT), coding, LIMIT) == TEXT
    assert unpack(gzip.compress(b""), coding, LIMIT) == b""


SQUEEZED = gzip.compress(TEXT, mtime=0)
SPOILT = {
    "without its end": SQUEEZED[:-1],
    "without its trailer": SQUEEZED[:-8],
    "half a head": SQUEEZED[:5],
    "nothing": b"",
    "and a byte": SQUEEZED + b"x",
    "and another": SQUEEZED * 2,
    "another sum": SQUEEZED[:-6] + b"\0" * 6,
    "plain text": TEXT,
    "zlib": zlib.compress(TEXT),
}


@table("body", SPOILT.values())
def test_gzip_that_is_not_whole_is_refused(body: bytes) -> None:
    """Cut, damaged, followed by something or no gzip at all: an error, never a part of a body."""
    with pytest.raises(BodyError):
        unpack(body, "gzip", LIMIT)


@table("coding", ["br", "zstd", "deflate", "gzip, gzip", "x"])
def test_other_codings_are_refused(coding: str) -> None:
    """Only identity was asked for; what cannot be unpacked within bounds is not tried."""
    with pytest.raises(BodyError, match="not asked for"):
        unpack(TEXT, coding, LIMIT)


def test_a_gzip_bomb_stays_small() -> None:
    """A megabyte that unpacks to a gigabyte is refused at the cap, in memory too."""
    squeeze = zlib.compressobj(9, wbits=31)
    block = bytes(1024 * 1024)
    head, more = (squeeze.compress(block) + squeeze.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    bomb = head + more * 1023 + squeeze.flush()
    tracemalloc.start()
    with pytest.raises(BodyError, match="once unpacked"):
        unpack(bomb, "gzip", LIMIT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * LIMIT


@given(st.binary(max_size=300), st.sampled_from(["gzip", None]))
def test_no_bytes_break_the_unpacking(body: bytes, coding: str | None) -> None:
    """Whatever arrives: bytes, or a BodyError."""
    try:
        unpacked = unpack(body, coding, LIMIT)
    except BodyError:
        return
    assert isinstance(unpacked, bytes)


CREDENTIALS = Credentials(Secret("id-1"), Secret("canary-7f1d9e3b"))


@table(
    ("body", "code", "messages", "envelope_status"),
    [
        (b'{"error":"not_found","message":"Gone","statusCode":404}', "not_found", ("Gone",), 404),
        (b'{"error":"e","message":["a","b",7],"statusCode":400}', "e", ("a", "b"), 400),
        (b'{"error":"e","message":"","statusCode":400}', "e", ("",), 400),
        (b'{"error":"e","statusCode":400}', "e", (), None),
        (b'{"error":"e","message":null,"statusCode":400}', "e", (), None),
        (b'{"error":"e","message":{"x":1},"statusCode":400}', "e", (), None),
        (b'{"error":"e","message":[],"statusCode":400}', "e", (), None),
        (b'{"error":1e999,"message":"m","statusCode":400}', None, ("m",), None),
        (b'{"message":"m","statusCode":400}', None, ("m",), None),
        (b'{"error":{"code":"e"},"message":"m","statusCode":400}', None, ("m",), None),
        (b'{"error":"e","message":"m","statusCode":"400"}', "e", ("m",), None),
        (b'{"error":"e","message":"m","statusCode":true}', "e", ("m",), None),
        (b'{"error":"e","message":"m","statusCode":400.0}', "e", ("m",), None),
        (b'{"error":"e","message":"m"}', "e", ("m",), None),
        (b"{}", None, (), None),
        (b"[]", None, (), None),
        (b'"text"', None, (), None),
        (b"null", None, (), None),
        (b"<html>", None, (), None),
        (b"", None, (), None),
        (b" \r\n", None, (), None),
    ],
)
def test_the_envelope_is_read_whatever_is_wrong_with_it(
    body: bytes, code: str | None, messages: tuple[str, ...], envelope_status: int | None
) -> None:
    """`{error, message, statusCode}`: it is the vendor's only with all three, none of them odd."""
    error = read_error(body, CREDENTIALS)
    assert (error.code, error.messages, error.envelope_status) == (code, messages, envelope_status)


@table(
    ("body", "expected"),
    [
        (b"", None),
        (b"<html>\xff</html>", "<html>\ufffd</html>"),
        (b'{"rate": 0.10, "n": 1}', {"rate": Decimal("0.10"), "n": 1}),
        (b'{"a": 1, "a": 2}', '{"a": 1, "a": 2}'),
        (b"NaN", "NaN"),
        (b"x" * 5000, "x" * 2000),
        ("é".encode() * 5000, "é" * 2000),
        (b"[" * 5000, "[" * 2000),
    ],
)
def test_a_body_is_kept_parsed_or_as_text_cut(body: bytes, expected: Any) -> None:
    """JSON is kept as values, exact; anything else as its first 2,000 characters."""
    assert read_error(body, CREDENTIALS).body == expected


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_no_body_breaks_the_reading(body: bytes) -> None:
    """Any bytes at all make an ErrorBody."""
    error = read_error(body, CREDENTIALS)
    assert error.code is None or isinstance(error.code, str)
    assert all(isinstance(message, str) for message in error.messages)


def test_an_echoed_secret_is_taken_out_of_json() -> None:
    """The secret is found however JSON writes it: as value, as name, and in escapes."""
    secret = "canary-7f1d9e3b"
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in secret)
    for text in (secret, escaped, f"x{secret}y", "canary\\u002d7f1d9e3b"):
        body = f'{{"message": "{text}", "{text}": ["{text}"], "n": 1.50}}'.encode()
        error = read_error(body, CREDENTIALS)
        assert secret not in f"{error.body}{error.messages}"
        assert error.body["n"] == Decimal("1.50")


def test_what_stands_in_logs_is_printable() -> None:
    """A code or request id that could forge a line or a field is left out of texts and logs."""
    assert printable_code("invalid_refund_request") == "invalid_refund_request"
    assert printable_request_id("7f1d-9e3b:1/2") == "7f1d-9e3b:1/2"
    for odd in (None, "", "a b", "a\nb", "é", "x" * 500):
        assert printable_code(odd) is None
        assert printable_request_id(odd) is None
