"""Keep-alive safety: whether a response ended where the bytes ended.

Otherwise the rest would be taken for the response to the next call. A doubt counts as no: the
connection is closed, which costs a handshake and nothing else.
"""

from collections.abc import Sequence
from typing import Final

import h11

Headers = Sequence[tuple[bytes, bytes]]

_CRLF: Final = b"\r\n"
_HEAD_END: Final = b"\r\n\r\n"
_LAST_CHUNK: Final = b"\r\n0\r\n\r\n"
"""Without trailers and extensions."""
_MOST: Final = 2 * 1024 * 1024
"""Bytes of one response that are remembered: more means a new connection for the next call."""
_MOST_PARSED: Final = 32 * 1024
"""Bytes in chunks that are parsed again: however small the chunks, it takes a tenth of a second."""
_LONGEST_HEAD: Final = 100 * 1024


class Received:
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
        """Return whether all that came in was one complete success response. Forgets it.

        After any other status the connection is closed: some servers send a 408 or a 400 unasked,
        and the response to the request follows it.
        """
        is_complete = self._is_kept and 0 < self._size <= _MOST
        received = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self.clear()
        is_success = 200 <= status_code <= 299
        return is_complete and is_success and ends_exactly(received, status_code, headers)


def ends_exactly(received: bytes, status_code: int, headers: Headers) -> bool:
    """Return whether these bytes are one final response, complete, and nothing after it."""
    start = received.find(_HEAD_END) + len(_HEAD_END)
    if start < len(_HEAD_END) or received[8:13] != b" %3d " % status_code:
        return False  # a 1xx came first
    if received.count(b"\n", 0, start) != received.count(_CRLF, 0, start):
        return False  # odd line ends, of which h11 takes two for the end of the head
    if status_code in (204, 304):
        return start == len(received)
    lengths = [value for name, value in headers if name.lower() == b"content-length"]
    codings = [value.lower() for name, value in headers if name.lower() == b"transfer-encoding"]
    if not codings:
        return (
            len(lengths) == 1 and lengths[0].isdigit() and start + int(lengths[0]) == len(received)
        )
    is_plain = not lengths and codings == [b"chunked"] and received.endswith(_LAST_CHUNK)
    return is_plain and len(received) <= _MOST_PARSED and _is_all_that_h11_reads(received)


def _is_all_that_h11_reads(received: bytes) -> bool:
    """Return whether h11, which has read this response before, leaves nothing of it."""
    parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
    parser.send(h11.Request(method="GET", target="/", headers=[("host", "any")]))
    parser.send(h11.EndOfMessage())
    parser.receive_data(received)
    try:
        while not isinstance(event := parser.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return False
    except h11.RemoteProtocolError:
        return False
    return parser.their_state is h11.DONE and parser.trailing_data == (b"", False)
