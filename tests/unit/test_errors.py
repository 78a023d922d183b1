"""Errors as values: they say enough, hold nothing else, and survive copying and pickling."""

import copy
import itertools
import pickle
from decimal import Decimal
from typing import Any

import pytest

import chessa
from chessa import (
    ApiError,
    ChessaError,
    ErrorCode,
    NotFoundError,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
    ResponseError,
    ServerError,
)
from chessa._call.bodies import NO_BODY, ErrorBody
from chessa._call.events import AttemptResult, ErrorKind, Failure, Response
from chessa._call.messages import build_error
from chessa._errors import Circumstances
from tests.marks import table


def family(cls: type[ChessaError] = ChessaError) -> list[type[ChessaError]]:
    """Return a class and all below it that are public."""
    below = [child for sub in cls.__subclasses__() for child in family(sub)]
    return [cls, *below] if hasattr(chessa, cls.__name__) else below


def full(cls: type[ChessaError]) -> ChessaError:
    """Return an error with everything set that it can hold."""
    own: dict[str, Any] = {}
    if issubclass(cls, ApiError):
        own = {
            "status_code": 404,
            "code": "not_found",
            "messages": ("Order not found", "Look again"),
            "body": {"amount": Decimal("1.10"), "list": [1]},
            "headers": {"retry-after": "3"},
        }
    elif issubclass(cls, (OutcomeUnknownError, ResponseError)):
        own = {
            "status_code": 502,
            "code": "bad_gateway",
            "message": "Try again",
            "body": "<html>",
            "cause": "ReadError: ECONNRESET",
        }
    elif issubclass(cls, NotSentError):
        own = {"cause": "ConnectError: ECONNREFUSED"}
    return cls(
        "things.create did not go well.",
        operation="things.create",
        attempts=2,
        elapsed=0.25,
        request_id="r-1",
        timed_out=True,
        retry_after=3.0,
        **own,
    )


@table("cls", family())
def test_errors_pickle(cls: type[ChessaError]) -> None:
    """An error comes out of a pickle equal to itself, text, attributes and notes."""
    error = full(cls)
    error.add_note("seen by the worker")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        restored = pickle.loads(pickle.dumps(error, protocol))
        assert type(restored) is cls
        assert restored == error
        assert (str(restored), vars(restored)) == (str(error), vars(error))


@table("cls", family())
def test_errors_copy_and_compare(cls: type[ChessaError]) -> None:
    """Copies are equal, and as keys the same; a change in any attribute makes them differ."""
    error = full(cls)
    for twin in (copy.copy(error), copy.deepcopy(error), full(cls)):
        assert twin == error
        assert hash(twin) == hash(error)
    for name in vars(error):
        other = copy.copy(error)
        setattr(other, name, "something else")
        assert other != error
    assert error != cls("other words")


def test_errors_of_two_classes_are_never_equal() -> None:
    """The class is part of what an error says."""
    for one, other in itertools.combinations(family(), 2):
        assert one("text") != other("text")


@table("cls", family())
def test_errors_can_be_made_from_nothing_but_text(cls: type[ChessaError]) -> None:
    """Users raise them in their own tests: every attribute has a default."""
    error = cls("text")
    assert str(error) == "text"
    assert (error.operation, error.attempts, error.elapsed) == (None, 0, 0.0)
    assert (error.request_id, error.timed_out, error.retry_after) == (None, False, None)
    assert isinstance(error.outcome, Outcome)


@table("cls", family())
def test_repr_shows_the_circumstances_and_no_body(cls: type[ChessaError]) -> None:
    """A repr names the operation and outcome, and nothing that the server sent but its code."""
    text = repr(full(cls))
    assert text.startswith(f"{cls.__name__}(operation='things.create', outcome=Outcome.")
    assert "amount" not in text
    assert "html" not in text


def test_every_status_has_its_class() -> None:
    """The six named statuses have a class each, 5xx share one, and the rest is an ApiError."""
    named = {
        400: chessa.BadRequestError,
        401: chessa.AuthenticationError,
        403: chessa.PermissionDeniedError,
        404: chessa.NotFoundError,
        422: chessa.UnprocessableEntityError,
        429: chessa.RateLimitError,
    }
    for status_code in (0, *range(99, 700), 999):
        expected = named.get(status_code, ServerError if 500 <= status_code <= 599 else ApiError)
        assert ApiError.for_status(status_code) is expected


def test_codes_compare_with_what_came_over_the_wire() -> None:
    """`error.code` is compared with the vendor's documented codes."""
    assert getattr(full(NotFoundError), "code", None) == ErrorCode.NOT_FOUND
    assert ErrorCode("invalid_refund_request") is ErrorCode.INVALID_REFUND_REQUEST


RESPONSE = Response(502, ((b"x-a", b"1"), (b"set-cookie", b"s=1"), (b"x-a", b"2")), b"<html>")
LOST = Failure(ErrorKind.EXCHANGE, "ReadError: ECONNRESET")
REFUSED = Failure(ErrorKind.CONNECTING, "ConnectError: ECONNREFUSED")
NO_PERSON = ErrorBody(
    {"private": "body"},
    "not_valid",
    ("Account GB29 NWBK 6016 1331 9268 19 of ada@example.com is closed",),
)


def brought(
    status_code: int | None = None, failure: Failure | None = None, error: ErrorBody = NO_BODY
) -> AttemptResult:
    """Return what an attempt brought."""
    response = None if status_code is None else Response(status_code, (), b"")
    return AttemptResult(response, failure, error=error)


@table(
    ("result", "outcome", "is_read", "expected", "words"),
    [
        (
            brought(failure=REFUSED),
            Outcome.NOT_SENT,
            False,
            NotSentError,
            ["things.create was not sent", "ECONNREFUSED", "safe to call again"],
        ),
        (
            brought(failure=Failure(ErrorKind.CERTIFICATE, "ConnectError")),
            Outcome.NOT_SENT,
            False,
            NotSentError,
            ["certificate", "Check base_url"],
        ),
        (
            brought(failure=LOST),
            Outcome.UNKNOWN,
            False,
            OutcomeUnknownError,
            ["was sent", "unknown", "ECONNRESET", "Do not call it again before you have looked up"],
        ),
        (
            brought(failure=REFUSED),
            Outcome.UNKNOWN,
            False,
            OutcomeUnknownError,
            ["may have been sent", "Do not call it again before you have looked up"],
        ),
        (
            brought(401),
            Outcome.UNKNOWN,
            False,
            OutcomeUnknownError,
            ["status 401", "credentials are the first thing to check"],
        ),
        (
            brought(200, LOST),
            Outcome.DONE,
            False,
            OutcomeUnknownError,
            ["was carried out", "status 200", "Do not call it again; look up its result"],
        ),
        (
            brought(failure=Failure(LOST.kind, "X", timed_out=True)),
            Outcome.UNKNOWN,
            True,
            ResponseError,
            ["brought no usable response", "time ran out", "safe to call again"],
        ),
        (
            brought(400, error=NO_PERSON),
            Outcome.REJECTED,
            False,
            chessa.BadRequestError,
            ["was rejected with 400 not_valid", "It was not carried out", "is closed"],
        ),
    ],
)
def test_the_text_says_what_is_known_and_what_to_do(
    result: AttemptResult,
    outcome: Outcome,
    is_read: bool,
    expected: type[ChessaError],
    words: list[str],
) -> None:
    """A text says what happened, to which operation, what is known and what to do; no body."""
    circumstances = Circumstances(operation="things.create", attempts=1)
    error = build_error(result, outcome, circumstances, is_read=is_read)
    assert type(error) is expected
    assert error.outcome is outcome
    for word in words:
        assert word in str(error)
    for leak in ("private", "GB29", "9268", "ada@", "{", "<html"):
        assert leak not in str(error)


def rejection(error: ErrorBody) -> str:
    """Return the text of a write that was rejected with this body."""
    circumstances = Circumstances(operation="things.create")
    result = brought(400, error=error)
    return str(build_error(result, Outcome.REJECTED, circumstances, is_read=False))


def test_limits_are_quoted_and_accounts_are_not() -> None:
    """A caller reads what the limit is; numbers that could be personal are left out."""
    for message, quoted in (
        ("The amount is below the minimum limit of 500 NGN", "limit of 500 NGN"),
        ("between 2.50 and 10000", "between 2.50 and 10000"),
        ("account 0123456789 is closed", "account … is closed"),
        ("account 0123 4567 89 is closed", "account … … … is closed"),
        ("call +233544444444", "call …"),
        ("order N3LBXEU1 of ada@example.com", "order … of …"),
        ("order b647214f-3c33-4027", "order …"),
    ):
        content = ErrorBody({}, "e", (message,), 400)
        assert f'{quoted}"' in rejection(content), message


def test_a_harmless_duplicate_is_called_again() -> None:
    """The text of an unknown outcome says the same as the reference: what moves no money may."""
    result = brought(502)
    harmful, harmless = (
        str(build_error(result, Outcome.UNKNOWN, {}, is_read=False, is_harmless=each))
        for each in (False, True)
    )
    assert "Do not call it again before you have looked up" in harmful
    assert "a duplicate is harmless: call again" in harmless


def test_unknown_outcomes_carry_what_the_server_said() -> None:
    """A 409 proves nothing on a write; the error has its code and messages."""
    content = ErrorBody({"error": "e"}, "already_refunded", ("Twice?",), 409)
    error = build_error(brought(409, error=content), Outcome.UNKNOWN, {}, is_read=False)
    assert isinstance(error, OutcomeUnknownError)
    assert (error.code, error.message, error.cause) == ("already_refunded", "Twice?", None)


def test_errors_are_at_home_in_the_package() -> None:
    """A traceback and a pickle name the place that users import an error from."""
    for cls in family():
        assert cls.__module__ == "chessa"
        assert getattr(chessa, cls.__name__) is cls

    class OwnError(NotFoundError):
        """An error of the caller's own."""

    assert OwnError.__module__ == __name__


def test_headers_are_plain_and_without_cookies() -> None:
    """Headers come as a dict: duplicates joined, cookies left out."""
    result = AttemptResult(RESPONSE)
    error = build_error(result, Outcome.REJECTED, {"operation": "things.retrieve"}, is_read=True)
    assert isinstance(error, ServerError)
    assert error.headers == {"x-a": "1, 2"}


RETRYABLE = {"NotSentError", "RateLimitError", "ServerError", "ResponseError", "InProgressError"}


@table("cls", family())
def test_retryable_says_whether_the_same_call_can_succeed(cls: type[ChessaError]) -> None:
    """Nothing was sent, the server was busy, or it was a read: nothing else is worth a retry."""
    assert cls("text").retryable == (cls.__name__ in RETRYABLE)


def test_a_closed_client_is_not_worth_a_retry() -> None:
    """Calling it again cannot help."""
    assert not NotSentError("text", cause="ClientClosedError").retryable


def test_one_except_covers_reading_the_result() -> None:
    """Reading a field that the server left out raises a `ChessaError`, whose outcome is DONE."""
    order = chessa.models.Order.from_dict({"id": "ord_1", "status": "Failed"})
    with pytest.raises(ChessaError) as caught:
        _ = order.created_at
    assert isinstance(caught.value, AttributeError)
    assert caught.value.outcome is Outcome.DONE
    assert pickle.loads(pickle.dumps(caught.value)) == caught.value
