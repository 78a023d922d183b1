"""Did an answer end where the bytes ended? Otherwise the rest would answer somebody else's call.

In: every byte that came in for one answer. Out: whether the connection is clean for the next one.
A doubt counts as no: the connection is closed, which costs a handshake and nothing else. And the
answer itself, where it has the form that leaves no doubt.
"""

import re
from collections.abc import Sequence
from typing import Final

Headers = Sequence[tuple[bytes, bytes]]

_CRLF: Final = b"\r\n"
_HEAD_END: Final = b"\r\n\r\n"
_DIGITS: Final = 20
_MOST: Final = 2 * 1024 * 1024
"""Bytes of one answer that are remembered: more means a new connection for the next call."""


class Record:
    """The bytes that came in since the last request; none where the connection is for one call."""

    __slots__ = ("_chunks", "_is_kept", "_size")

    def __init__(self, *, is_kept: bool) -> None:
        self._is_kept = is_kept
        self._chunks: list[bytes] = []
        self._size = 0

    def clear(self) -> None:
        """Begin anew: another request goes out."""
        self._chunks.clear()
        self._size = 0

    def add(self, data: bytes) -> None:
        """Remember what came in."""
        self._size += len(data)
        if self._is_kept and self._size <= _MOST:
            self._chunks.append(data)

    def is_clean(self, status_code: int, headers: Headers) -> bool:
        """Whether all that came in was one answer of success, whole. Forgets it.

        After any other status the connection is closed: some servers send a 408 or a 400 unasked,
        and the answer to the request follows it.
        """
        is_whole = self._is_kept and self._size <= _MOST
        received = b"".join(self._chunks)
        self.clear()
        is_success = 200 <= status_code <= 299
        return is_whole and is_success and ends_exactly(received, status_code, headers)


_USUAL: Final = re.compile(
    rb"HTTP/1\.1 (2[0-9]{2}) [\t -~]*\r\n((?:[!#-'*+\-.0-9A-Z^-z|~]+:[\t -~]*\r\n)+)\r\n"
)
_ABOUT_THE_BODY: Final = frozenset({b"content-length", b"transfer-encoding"})


def usual_answer(received: bytes) -> tuple[int, tuple[tuple[bytes, bytes], ...], bytes] | None:
    """Read a success that is here whole, with its length, and nothing else: as almost all are.

    Returns status, headers (names in lower case) and body; None where a parser has to look. h11
    reads the same, in ten times the time: the tests hold the one against the other.
    """
    head = _USUAL.match(received)
    if head is None or head[1] == b"204":
        return None
    headers: list[tuple[bytes, bytes]] = []
    length: bytes | None = None
    for line in head[2].split(_CRLF)[:-1]:
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip(b"\t ")
        if name == b"content-length" and length is None and value.isdigit():
            length = value
        elif name in _ABOUT_THE_BODY or (name == b"connection" and value.lower() != b"keep-alive"):
            return None
        headers.append((name, value))
    if length is None or len(length) > _DIGITS or head.end() + int(length) != len(received):
        return None
    return int(head[1]), tuple(headers), received[head.end() :]


def ends_exactly(received: bytes, status_code: int, headers: Headers) -> bool:
    """Whether these bytes are one final response, whole, and nothing after it."""
    start = received.find(_HEAD_END) + len(_HEAD_END)
    if start < len(_HEAD_END) or received[8:13] != b" %3d " % status_code:
        return False  # a 1xx came first
    if b"\n" in received[:start].replace(_CRLF, b""):
        return False  # odd line ends, of which h11 would take two for the end of the head
    named: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        named.setdefault(name.lower(), []).append(value)
    codings, lengths = named.get(b"transfer-encoding", []), named.get(b"content-length", [])
    if status_code in (204, 304):
        return start == len(received)
    if codings:
        return (
            not lengths
            and [coding.lower() for coding in codings] == [b"chunked"]
            and _end_of_chunks(received, start) == len(received)
        )
    return len(lengths) == 1 and lengths[0].isdigit() and start + int(lengths[0]) == len(received)


def _end_of_chunks(received: bytes, at: int) -> int:
    """Where a chunked body ends; -1 where it cannot be told, trailers included."""
    while (line_end := received.find(_CRLF, at)) >= 0:
        size = received[at:line_end].split(b";")[0].strip()
        if not size or size.strip(b"0123456789abcdefABCDEF"):
            return -1
        at = line_end + len(_CRLF)
        length = int(size, 16)
        at += length
        if received[at : at + len(_CRLF)] != _CRLF:
            return -1
        at += len(_CRLF)
        if length == 0:
            return at
    return -1
