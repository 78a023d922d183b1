"""Reuse of connections: only if the response ended with the last byte received."""

import tracemalloc
from typing import Any

import h11
from hypothesis import given
from hypothesis import strategies as st

from chessa._transport.keepalive import Received, ends_exactly
from tests.marks import table


def headers(head: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Return the header fields of a response head."""
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
    """Return the status in a response head."""
    return int(head[9:12])


@table("answer", CLEAN.values())
def test_a_whole_answer_leaves_a_clean_connection(answer: tuple[bytes, bytes]) -> None:
    """With a length, in chunks, or without a body: nothing was left over."""
    head, body = answer
    assert ends_exactly(head + END + body, status_of(head), headers(head))


@table("rest", [b"\r\n", b"x", OTHER, OTHER[:7], b"0\r\n\r\n"])
@table("answer", CLEAN.values())
def test_whatever_follows_an_answer_spoils_the_connection(
    answer: tuple[bytes, bytes], rest: bytes
) -> None:
    """A second response after the first would be taken for that of the next call."""
    head, body = answer
    assert not ends_exactly(head + END + body + rest, status_of(head), headers(head))


@table("answer", DOUBTFUL.values())
def test_a_doubtful_end_spoils_the_connection(answer: tuple[bytes, bytes]) -> None:
    """Where the end cannot be told for certain, the connection is not used again."""
    head, body = answer
    assert not ends_exactly(head + END + body, status_of(head), headers(head))


def test_what_came_before_the_answer_spoils_the_connection() -> None:
    """A 1xx before the response, bare line ends or no head at all: not used again."""
    head, body = CLEAN["length"]
    whole = head + END + body
    assert not ends_exactly(EARLY + whole, 200, headers(head))
    assert not ends_exactly(whole.replace(b"\r\n", b"\n"), 200, headers(head))
    assert not ends_exactly(b"", 200, headers(head))


def record(data: bytes, *, is_kept: bool = True) -> Received:
    """Return what was received of a response that came in pieces."""
    made = Received(is_kept=is_kept)
    for start in range(0, len(data), 65_536):
        made.add(data[start : start + 65_536])
    return made


@table("status", [400, 404, 408, 429, 500, 503, 302])
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
    """A connection for one call records nothing."""
    made = record(LENGTH + END + b"body", is_kept=False)
    assert not made.is_clean(200, headers(LENGTH))


# ---- Next to h11 -------------------------------------------------------------------------------

STATUS_LINES = [
    *(b"HTTP/1.1 200 ", b"HTTP/1.1 201 Created", b"HTTP/1.1 299 ?", b"HTTP/1.1 200  \t"),
    *(b"HTTP/1.1 200", b"HTTP/1.1 200 \xff", b"HTTP/1.1 204 No", b"HTTP/1.1 404 Not Found"),
    *(b"HTTP/1.1 103 Hints", b"HTTP/1.1 2x0 OK", b"HTTP/1.0 200 OK", b"HTTP/1.1  200 OK"),
    *(b"http/1.1 200 OK", b"HTTP/2 200 OK", b""),
]
FIELDS = [
    *(b"Content-Length: 4", b"content-length:4", b"Content-Length: 4 ", b"Content-Length: +4"),
    *(b"Content-Length: 04", b"Content-Length: 4, 4", b"Content-Length: 5", b"Content-Length: "),
    *(b"Content-Length: " + b"0" * 30 + b"4", b"Content-Length\t: 4", b"Content-Length: \xb2"),
    *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", b"Content-Encoding: gzip"),
    *(b"Connection: keep-alive", b"Connection: Keep-Alive", b"Connection: close"),
    *(b"Connection: x, close", b"Upgrade: h2c", b"X: y", b"X:", b"X: \t y z\t ", b"X : y"),
    *(b" folded", b"\tfolded", b": y", b"X", b"X: a\0b", b"X: \xff", b"X(: y", b"X\x7f: y"),
    *(b"X: \x7f", b"_~!#$%&'*+-.^`|: y", b"X: a\rb", b"X: a\nb"),
]
BODIES = [b"", b"body", b"4\r\nbody\r\n0\r\n\r\n", b"bodybody", b"body\r\n", OTHER, b"bod"]


def read_by_h11(received: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes] | None:
    """Return a response as h11 reads it; None if it is incomplete or bytes follow it."""
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
    parser.send(h11.EndOfMessage())
    parser.receive_data(received)
    events: list[object] = []
    try:
        while not events or not isinstance(events[-1], h11.EndOfMessage):
            events.append(parser.next_event())
            if events[-1] is h11.NEED_DATA:
                return None
    except h11.RemoteProtocolError:
        return None
    head, *data, _ = events
    assert isinstance(head, h11.Response)
    if parser.trailing_data[0]:
        return None  # where the server is to close, httpcore does so whatever came in
    body = b"".join(bytes(each.data) for each in data if isinstance(each, h11.Data))
    return head.status_code, list(head.headers), body


def head_by_h11(received: bytes) -> tuple[int, list[tuple[bytes, bytes]]] | None:
    """Return status and headers as h11 hands them over; None where it finds no response."""
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
    parser.send(h11.EndOfMessage())
    parser.receive_data(received)
    try:
        while True:
            event = parser.next_event()
            if isinstance(event, h11.Response):
                return event.status_code, list(event.headers)
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return None
    except h11.RemoteProtocolError:
        return None


def seldom(usual: object, others: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw the usual, and one time in five something else."""
    return st.integers(0, 4).flatmap(lambda number: others if number == 4 else st.just(usual))


@given(
    seldom(b"HTTP/1.1 200 OK", st.sampled_from(STATUS_LINES)),
    st.lists(st.sampled_from(FIELDS), max_size=2),
    st.sampled_from(BODIES),
    seldom(True, st.just(False)),
    seldom(b"\r\n", st.sampled_from([b"\n", b"\r"])),
    seldom(None, st.tuples(st.integers(0, 120), st.binary(max_size=2))),
)
def test_what_ends_exactly_is_one_response_that_h11_reads_to_its_last_byte(
    status_line: bytes,
    fields: list[bytes],
    body: bytes,
    has_length: bool,
    line_end: bytes,
    change: tuple[int, bytes] | None,
) -> None:
    """Of what h11 has read, a response that ends exactly leaves nothing to h11 either."""
    length = [b"Content-Length: %d" % len(body)] if has_length else []
    received = line_end.join([status_line, *fields, *length, b"", body])
    if change is not None:
        at, put = change
        received = received[:at] + put + received[at + 1 :]
    read = head_by_h11(received)
    if read is not None and ends_exactly(received, *read):
        complete = read_by_h11(received)
        assert complete is not None
        assert complete[:2] == (read[0], list(read[1]))


@given(
    st.sampled_from([answer for answer in CLEAN.values() if status_of(answer[0]) // 100 == 2]),
    st.binary(min_size=1, max_size=40) | st.sampled_from([OTHER, EARLY, b"\r\n", b"0\r\n\r\n"]),
)
def test_nothing_that_follows_a_response_goes_unseen(
    answer: tuple[bytes, bytes], rest: bytes
) -> None:
    """Whatever the bytes are, glued to a response they spoil its connection."""
    head, body = answer
    assert ends_exactly(head + END + body, status_of(head), headers(head))
    assert not ends_exactly(head + END + body + rest, status_of(head), headers(head))


@table("answer", CLEAN.values())
def test_a_response_that_is_not_over_does_not_end_exactly(answer: tuple[bytes, bytes]) -> None:
    """Cut anywhere, it is not complete."""
    head, body = answer
    complete = head + END + body
    for at in range(len(complete)):
        assert not ends_exactly(complete[:at], status_of(head), headers(head))
