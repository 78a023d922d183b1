"""HTTP/1.1 as bytes (RFC 9112): a request written, its answer read. No I/O.

In: an attempt, and what came in on its connection. Out: the bytes to send, in one piece; the head
of the answer and the pieces of its body. Each answer is read by a reader of its own, so that no
byte of one is ever part of the next.
"""

import re
from typing import Final, TypeAlias

import h11
import httpcore

from .._call.events import Attempt, Headers
from .keepalive import Record, usual_answer

READ_SIZE: Final = 64 * 1024
_LONGEST_HEAD: Final = 100 * 1024
_HEAD: Final = re.compile(
    rb"[A-Z]+ [!-~]+ HTTP/1\.1\r\n(?:[!#-'*+\-.0-9A-Z^-z|~]+: [\t -~]*\r\n)+\r\n"
)
"""What may be sent as a head: whatever an argument holds, it adds no line of its own."""

Piece: TypeAlias = bytes | bytearray


def written(attempt: Attempt) -> bytes:
    """The whole request, credentials and all: to be handed over, and held by no name.

    Raises httpcore's `LocalProtocolError` for what is no request.
    """
    request = attempt.request
    lines = [f"{request.method} {request.target} HTTP/1.1".encode()]
    lines += [b"%b: %b" % field for field in request.headers]
    lines += [b"%b: %b" % field for field in attempt.credentials.headers()]
    head = b"\r\n".join([*lines, b"", b""])
    if _HEAD.fullmatch(head) is None:
        raise httpcore.LocalProtocolError("the request has no form in HTTP/1.1")
    return head + (request.body or b"")


class Reader:
    """Reads the one answer to a request: by h11, but for one that is here whole and as usual."""

    __slots__ = ("_body", "_method", "_parser", "headers", "status_code")

    def __init__(self, method: str) -> None:
        self._method = method
        self._parser: h11.Connection | None = None
        self._body = b""
        """What is left to be taken of a usual answer."""
        self.status_code = 0
        self.headers: Headers = ()
        """Names in lower case."""

    def receive(self, data: bytes) -> None:
        """Take what came in; nothing means that the server has closed the connection."""
        if self._parser is None:
            usual = None if self._method == "HEAD" else usual_answer(data)
            if usual is not None:
                self.status_code, self.headers, self._body = usual
                return
            self._parser = _parser(self._method)
        if not data and self._parser.their_state is h11.SEND_RESPONSE:
            raise httpcore.RemoteProtocolError("the server closed without an answer")
        self._parser.receive_data(data)

    def has_head(self) -> bool:
        """Look whether what came in has status and headers of the answer, not of a 1xx only."""
        while self._parser is not None:
            event = _next(self._parser)
            if isinstance(event, h11.Response):
                self.status_code, self.headers = event.status_code, tuple(event.headers)
                return True
            if event is h11.NEED_DATA:
                return False
        return self.status_code != 0

    def piece(self) -> Piece | None:
        """The next piece of the body, empty at its end; None where more has to be received."""
        if self._parser is None:
            body, self._body = self._body, b""
            return body
        event = _next(self._parser)
        if isinstance(event, h11.Data):
            return event.data
        return None if event is h11.NEED_DATA else b""

    def is_clean(self, record: Record) -> bool:
        """Whether the server takes another request, the answer being all that came in."""
        if self._parser is None:
            record.clear()
            return True
        is_over = self._parser.their_state is h11.DONE
        return is_over and record.is_clean(self.status_code, self.headers)


def _parser(method: str) -> h11.Connection:
    """A parser for the answer to a request of this method, which says whether a body follows.

    It has to be shown one; the request itself is none of its business.
    """
    parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
    parser.send(h11.Request(method=method, target="/", headers=[("host", "shown")]))
    parser.send(h11.EndOfMessage())
    return parser


def _next(parser: h11.Connection) -> object:
    try:
        return parser.next_event()
    except h11.RemoteProtocolError as error:
        raise httpcore.RemoteProtocolError(str(error)) from None
