"""Errors and their outcomes: caught, told apart, made one's own. All of it checks."""

from collections.abc import Mapping
from typing import Any, assert_never, assert_type

from chessa import (
    ApiError,
    ChessaError,
    ConfigurationError,
    ErrorCode,
    InvalidRequestError,
    NotFoundError,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
    RateLimitError,
    ResponseError,
)


def what_to_do(error: ChessaError) -> str:
    """The outcomes are these four: a `match` over them needs no default."""
    match error.outcome:
        case Outcome.NOT_SENT:
            return "call again"
        case Outcome.REJECTED:
            return "fix the call"
        case Outcome.UNKNOWN | Outcome.DONE:
            return "look"


def said_in_ifs(outcome: Outcome) -> bool:
    if outcome is Outcome.NOT_SENT or outcome is Outcome.REJECTED:
        return True
    elif outcome is Outcome.UNKNOWN or outcome is Outcome.DONE:
        return False
    else:
        assert_never(outcome)


def caught(call: "type[object]") -> None:
    try:
        call()
    except NotFoundError as error:
        assert_type(error, NotFoundError)
        assert_type(error.code, str | None)
        assert_type(error.code == ErrorCode.NOT_FOUND, bool)
    except RateLimitError as error:
        assert_type(error.retry_after, float | None)
    except ApiError as error:
        assert_type(error.status_code, int)
        assert_type(error.message, str)
        assert_type(error.messages, tuple[str, ...])
        assert_type(error.headers, Mapping[str, str])
        assert_type(error.body, Any)
    except (ConfigurationError, InvalidRequestError, NotSentError) as error:
        assert_type(error, ConfigurationError | InvalidRequestError | NotSentError)
    except (ResponseError, OutcomeUnknownError) as error:
        assert_type(error.status_code, int | None)
        assert_type(error.cause, str | None)
    except ChessaError as error:
        assert_type(error.outcome, Outcome)
        assert_type(error.operation, str | None)
        assert_type(error.attempts, int)
        assert_type(error.elapsed, float)
        assert_type(error.request_id, str | None)
        assert_type(error.timed_out, bool)


class AlreadyRefundedError(ApiError):
    """An error of the caller's own, with what it knows more."""

    order_id: str = ""


def my_own() -> AlreadyRefundedError:
    error = AlreadyRefundedError("it was refunded before", status_code=400, operation="refunds")
    error.order_id = "o"
    assert_type(error.outcome, Outcome)
    assert_type(ApiError.for_status(404), type[ApiError])
    return error
