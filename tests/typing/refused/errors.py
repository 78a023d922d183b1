"""Wrong use of errors. Each marked line is refused, by both checkers, for what it names."""

from typing import assert_never

from chessa import ApiError, ChessaError, ErrorCode, NotSentError, Outcome, OutcomeUnknownError


def members() -> None:
    print(Outcome.FAILED)  # refused: attr-defined reportAttributeAccessIssue
    print(ErrorCode.CONFLICT)  # refused: attr-defined reportAttributeAccessIssue
    print(Outcome("lost").is_known)  # refused: attr-defined reportAttributeAccessIssue


def one_is_missing(outcome: Outcome) -> str:
    match outcome:
        case Outcome.NOT_SENT | Outcome.REJECTED:
            return "call again"
        case Outcome.UNKNOWN:
            return "look"
        case _:
            assert_never(outcome)  # refused: arg-type reportArgumentType


def what_errors_hold(error: ChessaError) -> None:
    print(error.status_code)  # refused: attr-defined reportAttributeAccessIssue
    print(error.response)  # refused: attr-defined reportAttributeAccessIssue
    error.outcome = "unknown"  # refused: assignment reportAttributeAccessIssue
    print(error.outcome == "unknown")  # refused: comparison-overlap reportUnnecessaryComparison
    print(error.request_id.upper())  # refused: union-attr reportOptionalMemberAccess
    print(error.elapsed.total_seconds())  # refused: attr-defined reportAttributeAccessIssue


def after_a_call() -> None:
    try:
        print()
    except NotSentError as error:
        print(error.status_code)  # refused: attr-defined reportAttributeAccessIssue
    except OutcomeUnknownError as error:
        print(error.status_code + 1)  # refused: operator reportOptionalOperand
    except ApiError as error:
        print(error.message["error"])  # refused: index reportArgumentType
        print(error.code.lower())  # refused: union-attr reportOptionalMemberAccess


class MyError(ApiError):
    """An error of the caller's own."""


MyError("it failed", outcome="unknown")  # refused: arg-type reportArgumentType
MyError("it failed", status="400")  # refused: call-arg reportCallIssue
MyError("it failed", status_code="400")  # refused: arg-type reportArgumentType
