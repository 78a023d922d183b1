"""Events that a call's state machine yields, and results that its drivers send back."""

import enum
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from .._credentials import CREDENTIAL_HEADERS, Credentials
from .._hooks import Progress, Record
from .._transport.evidence import Evidence
from .bodies import NO_BODY, ErrorBody

if TYPE_CHECKING:
    from pathlib import Path

    from chessa_api.files import SavedFile

    from .uploads import Upload

Headers = tuple[tuple[bytes, bytes], ...]


@attrs.frozen
class PreparedRequest:
    """One request without credentials, built once: every attempt sends these bytes."""

    method: str
    origin: str
    """Scheme and authority of the base URL."""
    target: str = attrs.field(repr=False)
    """Path and query."""
    headers: Headers = attrs.field(repr=False)
    body: "bytes | Upload | None" = attrs.field(repr=False)


@attrs.frozen
class Attempt:
    """Send this request, and give up at the deadline (a `time.monotonic` instant)."""

    request: PreparedRequest
    credentials: Credentials
    is_read: bool
    deadline: float
    max_response_bytes: int
    save_to: "Path | None" = None
    """Where the body of a 2xx is saved, however long it is."""
    is_stream: "Callable[[Response], bool] | None" = None
    """Returns whether the body of a response is left open; None where none is."""
    progress: Progress | None = None
    trace_headers: Headers = ()
    """Added where the credentials are, unless the request has them by then."""
    evidence: Evidence = attrs.field(factory=Evidence)

    @property
    def shares_connections(self) -> bool:
        """True if it may use a connection that others use: a stream would keep it."""
        return self.is_read and self.is_stream is None

    def added_headers(self, present: Iterable[tuple[bytes, bytes]]) -> Headers:
        """Return what is added to the headers of a request below whatever records it."""
        if not self.trace_headers:
            return self.credentials.headers()
        names = {name.lower() for name, _ in present}
        added = [each for each in self.trace_headers if each[0] not in names]
        return (*self.credentials.headers(), *added)


@attrs.frozen
class Sleep:
    """Wait before the next attempt."""

    seconds: float


@attrs.frozen
class Notify:
    """Pass this record to the hooks."""

    record: Record


class ErrorKind(enum.Enum):
    """Kinds of failure that decisions distinguish."""

    CONNECTING = "no connection could be made"
    CERTIFICATE = "the server's certificate could not be verified"
    UNSENDABLE = "the request could not be put on the wire"
    CLOSED = "the client is closed"
    NO_TRANSPORT = "the given transport cannot be used"
    JOURNAL = "the journal did not take its record"
    LATE = "its claim in the journal was over"
    EXCHANGE = "the connection failed"
    BODY = "the response's body cannot be used"
    UNEXPECTED = "unexpected error"


@attrs.frozen
class Failure:
    """Why an attempt failed: no exception, no frame, no request."""

    kind: ErrorKind
    cause: str
    """The type of what failed and its system error, never a message that a server wrote."""
    timed_out: bool = False


@attrs.frozen
class Response:
    """A response whose status line arrived; its body may be incomplete."""

    status_code: int
    headers: Headers = attrs.field(repr=False)
    """Names in lower case; without the client secret, should a server have sent it back."""
    body: bytes = attrs.field(repr=False)
    saved: "SavedFile | None" = None
    """The file that has the body."""
    opened: Any = attrs.field(default=None, repr=False)
    """The body that is still to be read, an `OpenBody` or `AsyncOpenBody`."""

    def header(self, name: bytes) -> str | None:
        """Return the first value of a header, by its lower-case name."""
        for key, value in self.headers:
            if key == name:
                return value.decode("latin-1")
        return None


@attrs.frozen
class AttemptResult:
    """The result of one attempt: a response, a failure or both, and the evidence of what was sent.

    The outcome table, the retry decision and the error builder read nothing else.
    """

    response: Response | None = None
    failure: Failure | None = None
    """Why there is no response, or why its body cannot be used."""
    nothing_sent: bool = False
    """The evidence: whether it is certain that no byte of the request was sent."""
    has_result: bool = False
    """Whether the body of a 2xx was read as the operation's success."""
    error: ErrorBody = attrs.field(default=NO_BODY, repr=False)
    """What could be read of a response without a result."""
    retry_after: float | None = None
    """Seconds that the server asks to wait."""

    @property
    def status_code(self) -> int | None:
        """The status; None when no status line arrived."""
        return self.response.status_code if self.response is not None else None

    @property
    def kind(self) -> ErrorKind | None:
        """The kind of the failure, if any."""
        return self.failure.kind if self.failure is not None else None

    @property
    def cause(self) -> str | None:
        """The cause of the failure, if any."""
        return self.failure.cause if self.failure is not None else None

    @property
    def timed_out(self) -> bool:
        """True if time ran out."""
        return self.failure is not None and self.failure.timed_out


Event = Attempt | Sleep | Notify

# Kept out of errors: what a server must not send back, and what identifies a session.
_WITHHELD = frozenset(
    {b"set-cookie", b"set-cookie2", b"authorization"}
    | {name.encode("ascii") for name in CREDENTIAL_HEADERS}
)


def plain_headers(headers: Headers) -> Mapping[str, str]:
    """Return headers as a dict: join duplicates, omit cookies and credentials."""
    plain: dict[str, str] = {}
    for name, value in headers:
        if name not in _WITHHELD:
            known = name.decode("latin-1")
            text = value.decode("latin-1")
            plain[known] = f"{plain[known]}, {text}" if known in plain else text
    return plain
