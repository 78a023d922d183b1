"""The parser of event streams, by the cases of the HTML standard, in pieces of any size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chessa_api.events import Event, EventParser, EventTooLongError

E = Event[bytes]
Seen = list[Event[bytes]]
WHATWG: list[tuple[str, bytes, Seen]] = [
    ("one", b"data: x\n\n", [E(b"x")]),
    ("two blocks", b"data: 1\n\ndata: 2\n\n", [E(b"1"), E(b"2")]),
    ("several lines", b"data: YHOO\ndata: +2\ndata: 10\n\n", [E(b"YHOO\n+2\n10")]),
    ("the standard's third", b"data\n\ndata\ndata\n\ndata:", [E(b""), E(b"\n")]),
    ("one space at most", b"data:test\n\ndata:  test\n\n", [E(b"test"), E(b" test")]),
    (
        "ids stay",
        b": x\n\ndata: 1\nid: 1\n\ndata:2\nid\n\ndata: 3\n\n",
        [E(b"1", id="1"), E(b"2"), E(b"3")],
    ),
    (
        "an id with NUL",
        b"id: a\ndata: 1\n\nid: b\0c\ndata: 2\n\n",
        [E(b"1", id="a"), E(b"2", id="a")],
    ),
    ("an id without data", b"id: a\n\ndata: 1\n\n", [E(b"1", id="a")]),
    (
        "a name for one event",
        b"event: add\ndata: 1\n\ndata: 2\n\n",
        [E(b"1", event="add"), E(b"2")],
    ),
    ("a name without data", b"event: add\n\ndata: 2\n\n", [E(b"2")]),
    ("the last name", b"event: a\nevent: b\nevent\ndata: 1\n\n", [E(b"1")]),
    (
        "retry",
        b"retry: 30\ndata: 1\n\nretry: 3x\nretry: -1\nretry:\ndata: 2\n\n",
        [E(b"1", retry=30), E(b"2", retry=30)],
    ),
    ("retry of other digits", "retry: \u0661\ndata: 1\n\n".encode(), [E(b"1")]),
    ("a retry without end", b"retry: " + b"9" * 5000 + b"\ndata: 1\n\n", [E(b"1")]),
    ("fields that are not known", b"Data: 1\n data: 2\ndata : 3\nx: 4\ndata: 5\n\n", [E(b"5")]),
    ("comments", b":\n: data: 1\n:x\ndata: 2\n:y\n\n:\n\n", [E(b"2")]),
    ("CR", b"data: 1\rdata: 2\r\rdata: 3\r\r", [E(b"1\n2"), E(b"3")]),
    ("CRLF", b"data: 1\r\ndata: 2\r\n\r\n", [E(b"1\n2")]),
    ("all of them", b"data: 1\r\ndata: 2\rdata: 3\n\r\ndata: 4\n\r", [E(b"1\n2\n3"), E(b"4")]),
    ("LF CR is two", b"data: 1\n\rdata: 2\n\n", [E(b"1"), E(b"2")]),
    (
        "other ends are none",
        "data: 1\x0b\x0c\x85\u2028\n\n".encode(),
        [E("1\x0b\x0c\x85\u2028".encode())],
    ),
    ("a BOM", b"\xef\xbb\xbfdata: 1\n\n", [E(b"1")]),
    ("two BOMs", b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\ndata: 2\n\n", [E(b"2")]),
    ("a BOM later", b"data: 1\n\n\xef\xbb\xbfdata: 2\n\n", [E(b"1")]),
    ("an event that is not complete", b"data: 1\n\ndata: 2\n", [E(b"1")]),
    ("a line that is not complete", b"data: 1\n\ndata: 2\n\nda", [E(b"1"), E(b"2")]),
    ("a colon in a value", b"data: a: b:\n\n", [E(b"a: b:")]),
    (
        "texts",
        "event: \u00fc\nid: \U0001f600\ndata: \u00fc\n\n".encode(),
        [E("\u00fc".encode(), event="\u00fc", id="\U0001f600")],
    ),
    ("nothing", b"", []),
    ("empty lines", b"\n\r\n\r\n\n", []),
]


def parsed(pieces: list[bytes], limit: int = 10_000) -> Seen | str:
    """Return the events, or what is said of the one that is too long."""
    parser, seen = EventParser(limit), Seen()
    try:
        for piece in pieces:
            parser.add(piece)
            while (event := parser.take()) is not None:
                seen.append(event)
    except EventTooLongError as error:
        return f"{len(seen)} and {error}"
    return seen


@pytest.mark.parametrize(
    ("stream", "events"), [case[1:] for case in WHATWG], ids=[case[0] for case in WHATWG]
)
def test_the_cases_of_the_standard(stream: bytes, events: Seen) -> None:
    """In one piece, and byte by byte."""
    assert parsed([stream]) == events
    assert parsed([bytes([each]) for each in stream]) == events


PARTS = st.sampled_from(
    [
        *(b"data", b"id", b"event", b"retry", b":", b" ", b"\n", b"\r", b"\r\n", b"\n\n", b"1"),
        *(b"\0", b"\xef\xbb\xbf", "\u00fc".encode(), b"\xff", b"data: xyz\n\n"),
    ]
)


@given(st.lists(PARTS, max_size=40), st.data(), st.sampled_from([4, 9, 10_000]))
def test_the_pieces_do_not_matter(parts: list[bytes], data: st.DataObject, limit: int) -> None:
    """However the bytes are cut, the events are the same, and so is one that is too long."""
    stream = b"".join(parts)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert parsed(pieces, limit) == parsed([stream], limit)


@pytest.mark.parametrize("stream", [b"data: " + b"x" * 99, b"data: x\n" * 50, b":" + b"x" * 99])
def test_an_event_is_bounded(stream: bytes) -> None:
    """By a line without end, by lines without end; comments are dropped and do not add up."""
    assert parsed([b"data: 1\n\n", stream], 50) == "1 and an event longer than 50 bytes"
    assert parsed([b": x\n" * 1000, b"data: 1\n\n"], 50) == [E(b"1")]


def test_the_last_id_is_known_without_an_event() -> None:
    """A block with an id alone moves it; one that is not complete does not."""
    parser = EventParser(100)
    parser.add(b"id: a\n\nid: b\n")
    assert parser.take() is None
    assert parser.last_event_id == b"a"
