"""Did an answer end where the bytes ended? Otherwise the rest would answer somebody else's call.

In: every byte that came in for one answer. Out: whether the connection is clean for the next one.
A doubt counts as no: the connection is closed, which costs a handshake and nothing else.
"""

from .._steps import Headers

_CRLF = b"\r\n"
_HEAD_END = b"\r\n\r\n"


def ends_exactly(received: bytes, status_code: int, headers: Headers) -> bool:
    """Whether these bytes are one final response, whole, and nothing after it."""
    start = received.find(_HEAD_END) + len(_HEAD_END)
    if start < len(_HEAD_END) or received[8:13] != b" %3d " % status_code:
        return False  # odd line ends, or a 1xx came first
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
