"""HTTP/1.1 as bytes (RFC 9112): a request written, its answer read by h11. No I/O.

In: an attempt, and what came in on its connection. Out: the bytes to send, in one piece; the head
of the answer and the pieces of its body. Each answer is read by a reader of its own, so that no
byte of one is ever part of the next.
"""

import re
from typing import Final, TypeAlias

import h11
import httpcore

from .._steps import Attempt, Headers
from .framing import Record

READ_SIZE: Final = 64 * 1024
_LONGEST_HEAD: Final = 100 * 1024
_END: Final = h11.EndOfMessage()
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
    """Reads the one answer to a request.

    h11 has to know of the request: its method says whether a body follows a head. It is shown one
    that is ready, since writing is our own matter.
    """

    __slots__ = ("_parser", "headers", "status_code")

    def __init__(self, method: str) -> None:
        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
        self._parser.send(_shown(method))
        self._parser.send(_END)
        self.status_code = 0
        self.headers: Headers = ()
        """Names in lower case."""

    def receive(self, data: bytes) -> None:
        """Take what came in; nothing means that the server has closed the connection."""
        if not data and self._parser.their_state is h11.SEND_RESPONSE:
            raise httpcore.RemoteProtocolError("the server closed without an answer")
        self._parser.receive_data(data)

    def has_head(self) -> bool:
        """Look whether what came in has status and headers of the answer, not of a 1xx only."""
        while True:
            event = self._next()
            if isinstance(event, h11.Response):
                self.status_code, self.headers = event.status_code, tuple(event.headers)
                return True
            if event is h11.NEED_DATA:
                return False

    def piece(self) -> Piece | None:
        """The next piece of the body, empty at its end; None where more has to be received."""
        event = self._next()
        if isinstance(event, h11.Data):
            return event.data
        return None if event is h11.NEED_DATA else b""

    def is_clean(self, record: Record) -> bool:
        """Whether the server takes another request, the answer being all that came in."""
        is_over = self._parser.their_state is h11.DONE
        return is_over and record.is_clean(self.status_code, self.headers)

    def _next(self) -> object:
        try:
            return self._parser.next_event()
        except h11.RemoteProtocolError as error:
            raise httpcore.RemoteProtocolError(str(error)) from None


_SHOWN: Final[dict[str, h11.Request]] = {}


def _shown(method: str) -> h11.Request:
    request = _SHOWN.get(method)
    if request is None:
        made = h11.Request(method=method, target="/", headers=[("host", "shown")])
        request = _SHOWN.setdefault(method, made)
    return request
