"""When a connection is clean for the next call: only if the answer was the last byte on it."""

import tracemalloc

import pytest

from chessa.transport.framing import Record, ends_exactly


def headers(head: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """The header fields of a response head."""
    lines = head.split(b"\r\n")[1:]
    pairs = (line.partition(b":") for line in lines)
    return tuple((name, value.strip()) for name, _, value in pairs)


LENGTH = b"HTTP/1.1 200 OK\r\nContent-Type: x\r\nContent-Length: 4"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"
END = b"\r\n\r\n"
OTHER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"

CLEAN = {
    "length": (LENGTH, b"body"),
    "no body": (b"HTTP/1.1 200 OK\r\ncontent-length: 0", b""),
    "chunked": (CHUNKED, b"4\r\nbody\r\n0\r\n\r\n"),
    "chunks": (CHUNKED, b"2;x=y\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n"),
    "hex": (CHUNKED, b"A\r\n0123456789\r\n0\r\n\r\n"),
    "error": (b"HTTP/1.1 404 Not Found\r\nContent-Length: 4", b"body"),
    "204": (b"HTTP/1.1 204 No Content\r\nX: y", b""),
}
DOUBTFUL = {
    "short": (LENGTH, b"bod"),
    "two lengths": (LENGTH + b"\r\nContent-Length: 4", b"body"),
    "length and chunked": (CHUNKED + b"\r\nContent-Length: 4", b"4\r\nbody\r\n0\r\n\r\n"),
    "until close": (b"HTTP/1.1 200 OK\r\nX: y", b"body"),
    "odd length": (b"HTTP/1.1 200 OK\r\nContent-Length: +4", b"body"),
    "gzip, chunked": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked", b"0\r\n\r\n"),
    "trailers": (CHUNKED, b"0\r\nX: y\r\n\r\n"),
    "no last chunk": (CHUNKED, b"4\r\nbody\r\n"),
    "bad size": (CHUNKED, b"zz\r\nbody\r\n0\r\n\r\n"),
    "negative size": (CHUNKED, b"-4\r\nbody\r\n0\r\n\r\n"),
    "no size": (CHUNKED, b"\r\nbody\r\n0\r\n\r\n"),
    "line feeds": (b"HTTP/1.1 200 OK\nContent-Length: 4\n\nbody", b""),
    "a line feed": (b"HTTP/1.1 200 OK\r\nX: y\nContent-Length: 4", b"body"),
    "endless size": (CHUNKED, b"FFFFFFFFFFFFFFFF\r\nbody\r\n0\r\n\r\n"),
}


def status_of(head: bytes) -> int:
    """The status in a response head."""
    return int(head[9:12])


@pytest.mark.parametrize("answer", CLEAN.values(), ids=CLEAN)
def test_a_whole_answer_leaves_a_clean_connection(answer: tuple[bytes, bytes]) -> None:
    """With a length, in chunks, or without a body: nothing was left over."""
    head, body = answer
    assert ends_exactly(head + END + body, status_of(head), headers(head))


@pytest.mark.parametrize("rest", [b"\r\n", b"x", OTHER, OTHER[:7], b"0\r\n\r\n"])
@pytest.mark.parametrize("answer", CLEAN.values(), ids=CLEAN)
def test_whatever_follows_an_answer_spoils_the_connection(
    answer: tuple[bytes, bytes], rest: bytes
) -> None:
    """A second answer glued to the first would be taken for that of the next call."""
    head, body = answer
    assert not ends_exactly(head + END + body + rest, status_of(head), headers(head))


@pytest.mark.parametrize("answer", DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_doubtful_end_spoils_the_connection(answer: tuple[bytes, bytes]) -> None:
    """Where the end cannot be told for certain, the connection is not used again."""
    head, body = answer
    assert not ends_exactly(head + END + body, status_of(head), headers(head))


def test_what_came_before_the_answer_spoils_the_connection() -> None:
    """A 1xx before the answer, bare line ends or no head at all: not used again."""
    head, body = CLEAN["length"]
    whole = head + END + body
    assert not ends_exactly(EARLY + whole, 200, headers(head))
    assert not ends_exactly(whole.replace(b"\r\n", b"\n"), 200, headers(head))
    assert not ends_exactly(b"", 200, headers(head))


def record(data: bytes, *, is_kept: bool = True) -> Record:
    """What a connection remembers of an answer that came in pieces."""
    made = Record(is_kept=is_kept)
    for start in range(0, len(data), 65_536):
        made.add(data[start : start + 65_536])
    return made


@pytest.mark.parametrize("status", [400, 404, 408, 429, 500, 503, 302])
def test_only_a_success_leaves_a_clean_connection(status: int) -> None:
    """An error may have been sent unasked; the connection is not worth the risk."""
    head = b"HTTP/1.1 %d X\r\nContent-Length: 4" % status
    assert not record(head + END + b"body").is_clean(status, headers(head))
    head = b"HTTP/1.1 200 X\r\nContent-Length: 4"
    assert record(head + END + b"body").is_clean(200, headers(head))


def test_a_record_forgets() -> None:
    """It begins anew with each request, and once it was asked."""
    made = record(LENGTH + END + b"body")
    assert made.is_clean(200, headers(LENGTH))
    assert not made.is_clean(200, headers(LENGTH))
    made = record(b"rubbish")
    made.clear()
    made.add(LENGTH + END + b"body")
    assert made.is_clean(200, headers(LENGTH))


def test_a_record_has_an_end() -> None:
    """Past two megabytes nothing more is remembered, and the connection is not used again."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 3000000"
    tracemalloc.start()
    try:
        made = record(head + END + b"x" * 3_000_000)
        assert tracemalloc.get_traced_memory()[0] < 2_200_000
    finally:
        tracemalloc.stop()
    assert not made.is_clean(200, headers(head))


def test_a_connection_for_one_call_remembers_nothing() -> None:
    """What will not be used again needs no record."""
    made = record(LENGTH + END + b"body", is_kept=False)
    assert not made.is_clean(200, headers(LENGTH))
