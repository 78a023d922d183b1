"""The exceptions of calls, and the outcome that each reports.

ChessaError               .outcome .operation .attempts .elapsed .request_id .timed_out .retry_after
├─ ConfigurationError     NOT_SENT   missing or malformed settings; never shows a value
├─ InvalidRequestError    NOT_SENT   refused by the client, before anything was sent
│  └─ ReferenceConflictError     the reference stands for another intent
├─ NotSentError           NOT_SENT   no connection: DNS, connect, TLS, pool, proxy; journal
├─ ApiError               REJECTED   the API rejected it
│  ├─ BadRequestError           400
│  ├─ AuthenticationError       401
│  ├─ PermissionDeniedError     403
│  ├─ NotFoundError             404
│  ├─ UnprocessableEntityError  422
│  ├─ RateLimitError            429
│  └─ ServerError               5xx (reads only)
├─ ResponseError          UNKNOWN    reads: a connection lost, or a response that cannot be used
└─ OutcomeUnknownError    UNKNOWN or DONE   writes only: it may have happened, or it has
   └─ InProgressError           another caller of the same reference is at work
"""

import enum
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Unpack

from chessa_api.errors import ChessaError as ChessaError
from chessa_api.errors import Circumstances as Circumstances
from chessa_api.errors import Outcome as Outcome

if TYPE_CHECKING:
    from .journal._entries import JournalEntry


class ErrorCode(enum.StrEnum):
    """The error codes that the vendor documents; `ApiError.code` may hold others."""

    INVALID_REFUND_REQUEST = "invalid_refund_request"
    NOT_FOUND = "not_found"


class ConfigurationError(ChessaError):
    """A setting is missing or malformed. The message names it and never shows its value."""


class InvalidRequestError(ChessaError):
    """Arguments that cannot make a request. Nothing was sent."""


class ReferenceConflictError(InvalidRequestError):
    """The reference, or what it would change, has another intent in the ledger. Nothing was sent.

    The earlier call had other arguments, or another reference for the same subject.
    """

    record: "JournalEntry | None"
    """The ledger's entry."""

    def __init__(
        self,
        text: str = "",
        /,
        *,
        record: "JournalEntry | None" = None,
        **circumstances: Unpack[Circumstances],
    ) -> None:
        super().__init__(text, **circumstances)
        self.record = record


class NotSentError(ChessaError):
    """Nothing was sent, for lack of a connection or of the journal: calling again is safe."""

    _is_retryable: ClassVar[bool] = True

    cause: str | None
    """The failure by its type and system error: `ConnectError: ECONNREFUSED`."""

    def __init__(
        self,
        text: str = "",
        /,
        *,
        cause: str | None = None,
        **circumstances: Unpack[Circumstances],
    ) -> None:
        super().__init__(text, **circumstances)
        self.cause = cause

    @property
    def retryable(self) -> bool:
        return self.cause != "ClientClosedError"

    _shown = (*ChessaError._shown, "cause")


class ApiError(ChessaError):
    """The API rejected the request: it did not act."""

    status_code: int
    code: str | None
    """The vendor's code, `invalid_refund_request`; see `ErrorCode`."""
    message: str
    """The vendor's message, "" when it sent none."""
    messages: tuple[str, ...]
    """The same, one by one: a validation error has several."""
    body: Any
    """The response body: parsed if it is JSON, else its text, cut."""
    headers: Mapping[str, str]
    """The response headers, names in lower case, without cookies."""

    _shown = (*ChessaError._shown, "status_code", "code")

    def __init__(
        self,
        text: str = "",
        /,
        *,
        status_code: int = 0,
        code: str | None = None,
        messages: Sequence[str] = (),
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **circumstances: Unpack[Circumstances],
    ) -> None:
        circumstances.setdefault("outcome", Outcome.REJECTED)
        super().__init__(text, **circumstances)
        self.status_code = status_code
        self.code = code
        self.messages = tuple(messages)
        self.message = "; ".join(self.messages)
        self.body = body
        self.headers = dict(headers or {})

    @classmethod
    def for_status(cls, status_code: int) -> type["ApiError"]:
        """Return the class for a status."""
        if 500 <= status_code <= 599:
            return ServerError
        return _BY_STATUS.get(status_code, ApiError)


class BadRequestError(ApiError):
    """400: the API refused the request as it stands."""


class AuthenticationError(ApiError):
    """401: the credentials are missing, wrong or withdrawn."""


class PermissionDeniedError(ApiError):
    """403: the credentials may not do this."""


class NotFoundError(ApiError):
    """404: the id does not exist, or not for these credentials."""


class UnprocessableEntityError(ApiError):
    """422: the request is well formed, but its content cannot be accepted."""


class RateLimitError(ApiError):
    """429: too many requests; `.retry_after` says how long to wait, when the server did."""

    _is_retryable: ClassVar[bool] = True


class ServerError(ApiError):
    """5xx on a read: the server failed. On a write that is an `OutcomeUnknownError`."""

    _is_retryable: ClassVar[bool] = True


class _NoResultError(ChessaError):
    """A request without a usable response."""

    status_code: int | None
    """The status, if one arrived."""
    body: Any
    """The part of the response body that arrived: parsed if it is JSON, else its text, cut."""
    code: str | None
    """The vendor's code in it, if any; it does not prove that nothing happened."""
    message: str
    """The vendor's message in it, "" when there is none."""
    cause: str | None
    """The failure by its type and system error, `ReadError: ECONNRESET`; None where the status
    alone proves nothing."""

    _shown = (*ChessaError._shown, "status_code", "cause")

    def __init__(
        self,
        text: str = "",
        /,
        *,
        status_code: int | None = None,
        code: str | None = None,
        message: str = "",
        body: Any = None,
        cause: str | None = None,
        **circumstances: Unpack[Circumstances],
    ) -> None:
        circumstances.setdefault("outcome", Outcome.UNKNOWN)
        super().__init__(text, **circumstances)
        self.status_code = status_code
        self.code = code
        self.message = message
        self.body = body
        self.cause = cause


class ResponseError(_NoResultError):
    """A read without a usable response. A read changes nothing: calling again is safe."""

    _is_retryable: ClassVar[bool] = True


class OutcomeUnknownError(_NoResultError):
    """A write that was sent: look up whether it happened before you call again.

    `.outcome` is UNKNOWN when it may have happened, DONE when it has and the response was lost.
    """

    record: "JournalEntry | None"
    """The ledger's entry, if the error is of an earlier call of the same reference: nothing was
    sent now."""

    def __init__(
        self,
        text: str = "",
        /,
        *,
        status_code: int | None = None,
        code: str | None = None,
        message: str = "",
        body: Any = None,
        cause: str | None = None,
        record: "JournalEntry | None" = None,
        **circumstances: Unpack[Circumstances],
    ) -> None:
        super().__init__(
            text,
            status_code=status_code,
            code=code,
            message=message,
            body=body,
            cause=cause,
            **circumstances,
        )
        self.record = record


class InProgressError(OutcomeUnknownError):
    """Another caller of the same reference has the claim; `record` says who, and until when.

    Nothing was sent now. Call again later: the same reference then gives the result.
    """

    _is_retryable: ClassVar[bool] = True


_BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}
