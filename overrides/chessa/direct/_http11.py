"""HTTP/1.1 as bytes (RFC 9112): a request encoded, its response read by h11. No I/O.

Each response is read by a parser of its own, so that no byte of one is ever part of the next.
"""

import functools
import re
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

import h11

from .._call.events import Attempt
from .._transport.library import httpcore, httpx

READ_SIZE: Final = 64 * 1024
_LONGEST_HEAD: Final = 100 * 1024
_HEAD: Final = re.compile(
    rb"[A-Z]+ [!-~]+ HTTP/1\.1\r\n(?:[!#-'*+\-.0-9A-Z^-z|~]+: [\t -~]*\r\n)+\r\n"
)
"""What may be sent as a head: whatever an argument contains, it adds no line of its own."""
Headers: TypeAlias = list[tuple[bytes, bytes]]


def encoded_request(request: httpx.Request, body: bytes) -> bytes:
    """Return a request of httpx as bytes. Raises `LocalProtocolError` for what is not a request."""
    fields = [field for field in request.headers.raw if field[0].lower() != b"transfer-encoding"]
    if len(fields) < len(request.headers.raw):  # a body that was a stream
        fields.append((b"content-length", b"%d" % len(body)))
    return _encoded(request.method, request.url.raw_path, fields, body)


def encoded_attempt(attempt: Attempt) -> bytes:
    """Return the request of an attempt, credentials and all: to be sent, and held by no name.

    Raises `LocalProtocolError` for what is not a request.
    """
    request = attempt.request
    fields = (*request.headers, *attempt.added_headers(request.headers))
    body = request.body if isinstance(request.body, bytes) else b""  # an upload follows, in pieces
    return _encoded(request.method, request.target.encode(), fields, body)


def _encoded(
    method: str, target: bytes, fields: Iterable[tuple[bytes, bytes]], body: bytes
) -> bytes:
    lines = [b"%b %b HTTP/1.1" % (method.encode(), target)]
    lines += [b"%b: %b" % field for field in fields]
    head = b"\r\n".join([*lines, b"", b""])
    if _HEAD.fullmatch(head) is None:
        raise httpcore.LocalProtocolError("the request has no form in HTTP/1.1")
    return head + body


@functools.cache
def _shown(method: str) -> h11.Request:
    return h11.Request(method=method, target="/", headers=[("host", "shown")])


class Reader:
    """Reads the one response to a request."""

    def __init__(self, method: str) -> None:
        """Show h11 a request of this method, which says whether a body follows."""
        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
        self._parser.send(_shown(method))
        self.status_code = 0
        self.headers: Headers = []

    def receive(self, data: bytes) -> None:
        """Take what came in; nothing means that the server has closed the connection."""
        try:
            self._parser.receive_data(data)
        except RuntimeError:  # more after the end
            raise httpcore.RemoteProtocolError("data after the end of the connection") from None

    def has_head(self) -> bool:
        """Return whether the head of the final response is here."""
        while (event := self._next()) is not h11.NEED_DATA:
            if type(event) is h11.Response:
                self.status_code, self.headers = event.status_code, event.headers.raw_items()
                return True
        return False

    def piece(self) -> bytes | bytearray | None:
        """Return the next piece of the body, empty at its end; None where more has to come."""
        event = self._next()
        if type(event) is h11.Data:
            return event.data
        return None if event is h11.NEED_DATA else b""

    def _next(self) -> Any:
        try:
            return self._parser.next_event()
        except h11.RemoteProtocolError as error:
            raise httpcore.RemoteProtocolError(str(error)) from None
