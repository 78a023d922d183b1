"""Well-formed responses of other statuses: the vendor's envelope, proxies, requests to wait.

A write is REJECTED by the API's own envelope with the status in it; any other
response proves nothing: UNKNOWN. A read is REJECTED by any of them.
"""

import json
from typing import Any, Final

from tests.unit.raw_server import Connection

from .fault import REJECTED, UNKNOWN, Fault, after, row, say, whole
from .leaks import CLIENT_SECRET
from .places import plain

_HTML: Final = b"<html><h1>no</h1></html>"
_PAST: Final = b"Mon, 01 Jan 2001 00:00:00 GMT"
_FUTURE: Final = b"Fri, 01 Jan 2100 00:00:00 GMT"


def _envelope(status: object, message: object = "No", error: object = "no") -> bytes:
    """Return the vendor's envelope."""
    envelope: dict[str, Any] = {"error": error, "message": message, "statusCode": status}
    return json.dumps(envelope).encode("ascii")


def _refused(status: int) -> Fault:
    """The API says no."""
    line = b"%d ?" % status
    play = after(whole(line, _envelope(status)))
    return row(f"{status} in the vendor's envelope", plain, play, REJECTED, acted=False)


def _perhaps(status: int) -> Fault:
    """The same envelope around a status that may mean that it acted."""
    play = after(whole(b"%d ?" % status, _envelope(status)))
    return row(f"{status} in the vendor's envelope", plain, play, UNKNOWN, REJECTED)


def _unspoken(name: str, status: int, body: bytes, *headers: bytes) -> Fault:
    """A status without the vendor's envelope."""
    return row(name, plain, after(whole(b"%d ?" % status, body, *headers)), UNKNOWN, REJECTED)


def _wait(value: bytes) -> Fault:
    """Too many requests, and when to come again."""
    step = whole(b"429 Too Many Requests", _envelope(429), b"Retry-After: " + value)
    name = f"429, Retry-After {value[:40]!r}"
    return row(name, plain, after(step), REJECTED, acted=False)


def _echoing(connection: Connection, request: bytes) -> None:
    """Respond with the request itself, as debug pages do."""
    whole(b"500 Internal Server Error", b"<pre>" + request + b"</pre>")(connection, request)


ROWS: Final[tuple[Fault, ...]] = (
    *map(_refused, (400, 401, 403, 404, 405, 406, 410, 412, 415, 418, 422, 428, 429, 451)),
    *map(_perhaps, (408, 409, 423, 425, 499, 500, 501, 502, 503, 504, 507, 520, 530)),
    _unspoken("401 without a word", 401, b""),
    _unspoken("403 without a word", 403, b"{}"),
    _unspoken("403 as a page", 403, _HTML, b"Content-Type: text/html"),
    _unspoken("404 as a page", 404, _HTML, b"Content-Type: text/html"),
    _unspoken("407 from nowhere", 407, b"", b"Proxy-Authenticate: Basic"),
    _unspoken("500 as a page", 500, _HTML),
    _unspoken("502 as a page", 502, _HTML, b"Content-Type: text/html"),
    _unspoken("503 as a page", 503, _HTML, b"Retry-After: 0"),
    _unspoken("504 without a word", 504, b""),
    _unspoken("503, and to wait for 30 s", 503, _envelope(503), b"Retry-After: 30"),
    _unspoken("304", 304, b""),
    _unspoken("400 within 422", 422, _envelope(400)),
    _unspoken("200 within 400", 400, _envelope(200)),
    _unspoken("400 as a text", 400, _envelope("400")),
    _unspoken("400 and a half", 400, b'{"error": "no", "message": "No", "statusCode": 400.5}'),
    _unspoken("400 twice", 400, b'{"error":"a","message":"b","statusCode":1,"statusCode":400}'),
    _unspoken("true as a status", 400, _envelope(True)),
    _unspoken("an envelope without a message", 400, _envelope(400, None)),
    _unspoken("an envelope with no messages", 400, _envelope(400, [])),
    _unspoken("an envelope without an error", 400, _envelope(400, "No", None)),
    _unspoken("an envelope in a list", 400, b"[" + _envelope(400) + b"]"),
    _unspoken("an envelope in UTF-16", 400, _envelope(400).decode("ascii").encode("utf-16")),
    row(
        "an envelope that is cut",
        plain,
        after(say(b"HTTP/1.1 400 ?\r\nContent-Length: 99\r\n\r\n" + _envelope(400))),
        UNKNOWN,
        REJECTED,
    ),
    row(
        "an envelope in an unknown coding",
        plain,
        after(whole(b"400 ?", _envelope(400), b"Content-Encoding: br")),
        UNKNOWN,
        REJECTED,
    ),
    row(
        "422 with several messages",
        plain,
        after(whole(b"422 ?", _envelope(422, ["one", "two"]))),
        REJECTED,
        acted=False,
    ),
    *map(_wait, (b"1e9", b"1000000000", b"9" * 400, b"nan", b"inf", b"-1", b"0", b"0.05")),
    *map(_wait, (b"soon", b"", b"\xff", _PAST, _FUTURE, b"Mon, 99 Jan 99999 00:00:00 GMT")),
    row("a response that shows the request", plain, after(_echoing), UNKNOWN, REJECTED),
    row(
        "a refusal that shows the secret in a header",
        plain,
        after(whole(b"401 ?", _envelope(401), b"X-Request-Id: " + CLIENT_SECRET.encode("ascii"))),
        REJECTED,
        acted=False,
    ),
    row(
        "a refusal that shows the secret",
        plain,
        after(whole(b"401 ?", _envelope(401, ["bad secret", CLIENT_SECRET], CLIENT_SECRET))),
        REJECTED,
        acted=False,
    ),
)
