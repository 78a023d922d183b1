"""Everything that a call can raise, and what each says about the outcome.

ChessaError               .outcome .operation .attempts .elapsed .request_id .timed_out .retry_after
├─ ConfigurationError     NOT_SENT   missing or malformed settings; never shows a value
├─ InvalidRequestError    NOT_SENT   refused here, before anything was sent
├─ NotSentError           NOT_SENT   no connection: DNS, connect, TLS, pool, proxy; journal
├─ ApiError               REJECTED   the API answered no
│  ├─ BadRequestError           400
│  ├─ AuthenticationError       401
│  ├─ PermissionDeniedError     403
│  ├─ NotFoundError             404
│  ├─ UnprocessableEntityError  422
│  ├─ RateLimitError            429
│  └─ ServerError               5xx (reads only)
├─ ResponseError          UNKNOWN    reads: a connection lost, or an answer that could not be used
└─ OutcomeUnknownError    UNKNOWN or DONE   writes only: it may have happened, or it has
"""

import enum
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, TypedDict, TypeVar, Unpack

from ._outcome import Outcome


class ErrorCode(enum.StrEnum):
    """The error codes that the vendor documents; `ApiError.code` may hold others."""

    INVALID_REFUND_REQUEST = "invalid_refund_request"
    NOT_FOUND = "not_found"


class Circumstances(TypedDict, total=False):
    """What every error knows of its call."""

    outcome: Outcome
    operation: str | None
    attempts: int
    elapsed: float
    request_id: str | None
    timed_out: bool
    retry_after: float | None


class ChessaError(Exception):
    """A call did not return a result; `.outcome` says what it may have done.

    It holds plain values only, so that it can be pickled, copied, compared and logged: no request,
    no connection, no credentials.
    """

    outcome: Outcome
    """What is known of the call: see `Outcome`."""
    operation: str | None
    """The method that was called, `orders.request_refund`; None outside a call."""
    attempts: int
    """How often the request was tried; 0 when it was refused here."""
    elapsed: float
    """Seconds from the call to this error."""
    request_id: str | None
    """The server's own name for the request, if its answer gave one."""
    timed_out: bool
    """Whether time ran out."""
    retry_after: float | None
    """Seconds that the server asks to wait before the next call, if it said so."""

    _shown: ClassVar[tuple[str, ...]] = ("operation", "outcome", "attempts")
    __module__ = "chessa"

    def __init_subclass__(cls) -> None:
        if cls.__module__ == __name__:  # tracebacks and pickles say where users find it
            cls.__module__ = "chessa"

    def __init__(self, text: str = "", /, **circumstances: Unpack[Circumstances]) -> None:
        super().__init__(text)
        self.outcome = circumstances.get("outcome", Outcome.NOT_SENT)
        self.operation = circumstances.get("operation")
        self.attempts = circumstances.get("attempts", 0)
        self.elapsed = circumstances.get("elapsed", 0.0)
        self.request_id = circumstances.get("request_id")
        self.timed_out = circumstances.get("timed_out", False)
        self.retry_after = circumstances.get("retry_after")

    def __repr__(self) -> str:
        parts = [f"{name}={getattr(self, name)!r}" for name in self._shown]
        return f"{type(self).__name__}({', '.join(parts)})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ChessaError) or type(other) is not type(self):
            return NotImplemented
        return self.args == other.args and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), self.args))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.args, dict(vars(self)))


class ConfigurationError(ChessaError):
    """A setting is missing or malformed. The message names it and never shows its value."""


class InvalidRequestError(ChessaError):
    """The arguments cannot make a request: refused before anything was sent."""


class NotSentError(ChessaError):
    """Nothing was sent, for want of a connection or of its journal: calling again is safe."""

    cause: str | None
    """What failed, by its type and system error: `ConnectError: ECONNREFUSED`."""

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

    _shown = (*ChessaError._shown, "cause")


class ApiError(ChessaError):
    """The API answered that it did not do what was asked."""

    status_code: int
    code: str | None
    """The vendor's code, `invalid_refund_request`; see `ErrorCode`."""
    message: str
    """The vendor's words for people, "" when it sent none."""
    messages: tuple[str, ...]
    """The same, one by one: validation answers with several."""
    body: Any
    """The answer: parsed when it was JSON, else its text, cut."""
    headers: Mapping[str, str]
    """The answer's headers, names in lower case, cookies left out."""

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
        """The class that stands for this status."""
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
    """404: there is nothing of this id, or not for these credentials."""


class UnprocessableEntityError(ApiError):
    """422: the request is well formed, and its content cannot be accepted."""


class RateLimitError(ApiError):
    """429: too many requests; `.retry_after` says how long to wait, when the server did."""


class ServerError(ApiError):
    """5xx on a read: the server failed. On a write that is an `OutcomeUnknownError`."""


class _NoResultError(ChessaError):
    """Sent, and no usable answer came."""

    status_code: int | None
    """The status, if one arrived before the answer was lost."""
    body: Any
    """What arrived of the answer: parsed when it was JSON, else its text, cut."""
    code: str | None
    """The vendor's code in it, if there is one; it does not say that nothing happened."""
    message: str
    """The vendor's words in it, "" when there are none."""
    cause: str | None
    """What failed, by its type and system error: `ReadError: ECONNRESET`; None with a status that
    only proves nothing."""

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
    """A read brought no usable answer. Reading changes nothing: calling again is safe."""


class OutcomeUnknownError(_NoResultError):
    """A write was sent, and whether it happened must be looked up before anything is repeated.

    `.outcome` is UNKNOWN when it may have happened, DONE when it has and the answer was lost.
    """


_BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}

_E = TypeVar("_E", bound=ChessaError)


def _restore(cls: type[_E], args: tuple[Any, ...], values: dict[str, Any]) -> _E:
    error = cls.__new__(cls, *args)
    vars(error).update(values)
    return error
