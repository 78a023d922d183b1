"""The words between the engine, which decides, and the drivers, which send and sleep.

Out of the engine: `Attempt`, `Sleep`, `Tell`, `Enter`. Back to it, for an attempt: `Answer` or
`Failed`; for an entry, why it was not written.
"""

import enum
from collections.abc import Mapping

import attrs

from .._hooks import RequestInfo, ResponseInfo
from .._journal import JournalRecord
from .._secrets import CREDENTIAL_HEADERS, Credentials
from .._transport.evidence import Evidence

Headers = tuple[tuple[bytes, bytes], ...]


@attrs.frozen
class PreparedRequest:
    """One request, made once; every attempt sends these bytes. It holds no credentials."""

    method: str
    origin: str
    """Scheme and authority of the base URL."""
    target: str = attrs.field(repr=False)
    """Path and query."""
    headers: Headers = attrs.field(repr=False)
    body: bytes | None = attrs.field(repr=False)


@attrs.frozen
class Attempt:
    """Send this request, and give up at the deadline (a `time.monotonic` instant)."""

    request: PreparedRequest
    credentials: Credentials
    is_read: bool
    deadline: float
    max_response_bytes: int
    evidence: Evidence = attrs.field(factory=Evidence)


@attrs.frozen
class Sleep:
    """Wait before the next attempt."""

    seconds: float


@attrs.frozen
class Tell:
    """Give this record to the hooks."""

    record: RequestInfo | ResponseInfo


@attrs.frozen
class Enter:
    """Write this record to the journal, in so many seconds where that can be bounded."""

    record: JournalRecord
    seconds: float


class Trouble(enum.Enum):
    """What went wrong with an attempt, as far as a decision depends on it."""

    CONNECTING = "no connection could be made"
    CERTIFICATE = "the server's certificate could not be verified"
    UNSENDABLE = "the request could not be put on the wire"
    CLOSED = "the client is closed"
    NO_TRANSPORT = "the given transport cannot be used"
    JOURNAL = "the journal did not take its record"
    EXCHANGE = "the connection failed"
    BODY = "the answer's body cannot be used"
    UNEXPECTED = "something unforeseen failed"


@attrs.frozen
class Fault:
    """One trouble, in plain words: no exception, no frame, no request."""

    trouble: Trouble
    cause: str
    """The type of what failed and its system error, never its message."""
    timed_out: bool = False


@attrs.frozen
class Answer:
    """A status line arrived; `fault` says why the body is not whole, if it is not."""

    status_code: int
    headers: Headers = attrs.field(repr=False)
    """Names in lower case; without the client secret, should a server have sent it back."""
    body: bytes = attrs.field(repr=False)
    fault: Fault | None = None

    def header(self, name: bytes) -> str | None:
        """The first value of a header, by its lower-case name."""
        for key, value in self.headers:
            if key == name:
                return value.decode("latin-1")
        return None


@attrs.frozen
class Failed:
    """No status line arrived."""

    fault: Fault
    nothing_sent: bool
    """The evidence: whether it is certain that no byte of the request was handed over."""


Step = Attempt | Sleep | Tell | Enter
Reply = Answer | Failed | str | None

# Kept from errors: what a server has no business sending back, and what identifies a session.
_WITHHELD = frozenset(
    {b"set-cookie", b"set-cookie2", b"authorization"}
    | {name.encode("ascii") for name in CREDENTIAL_HEADERS}
)


def plain_headers(headers: Headers) -> Mapping[str, str]:
    """Headers as a plain dict: repeated ones joined, cookies left out."""
    plain: dict[str, str] = {}
    for name, value in headers:
        if name not in _WITHHELD:
            known = name.decode("latin-1")
            text = value.decode("latin-1")
            plain[known] = f"{plain[known]}, {text}" if known in plain else text
    return plain
