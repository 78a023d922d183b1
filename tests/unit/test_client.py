"""The clients over transports made for the test: no socket, both modes from one body."""

import asyncio
import contextlib
import ssl
from decimal import Decimal
from typing import Any

import httpcore
import httpx
import pytest

import chessa
from chessa import ConfigurationError, JournalRecord, NotSentError, Outcome
from chessa._transport.evidence import EXTENSION, Evidence
from tests.credentials import ID_HEADER, SECRET_HEADER
from tests.marks import table

from .calls import A_READ, A_WRITE, CLIENT_ID, CLIENT_SECRET, DRIVERS, TOUCH, Driver, printed
from .journals import opened_and_closed
from .transports import Factory, answers

OK = (200, {"id": "t1"})


def test_results_are_exact(driver: Driver) -> None:
    """Numbers arrive with every digit; a 204 gives None."""
    transport = answers((200, b'{"amount": 12345678901234567.89}'), (204, b""))
    read, touched = driver(A_READ, (TOUCH, {"thing_id": "t"}), transport=transport)
    assert read == {"amount": Decimal("12345678901234567.89")}
    assert touched is None


def test_any_2xx_that_decodes_is_a_result(driver: Driver) -> None:
    """Documented number or not."""
    assert driver(A_READ, A_WRITE, transport=answers((299, {"a": 1}))) == [{"a": 1}] * 2


def test_requests_are_whole(driver: Driver) -> None:
    """A transport of the user's sees a complete httpx request, credentials included."""
    transport = answers(OK)
    driver(A_WRITE, transport=transport, base_url="https://gateway.example/p")
    (request,) = transport.requests
    assert (request.method, str(request.url)) == ("POST", "https://gateway.example/p/v1/things")
    assert request.content == b'{"name":"n1"}'
    seen = transport.seen[0]
    assert (seen[ID_HEADER], seen[SECRET_HEADER]) == (CLIENT_ID, CLIENT_SECRET)
    assert seen["host"] == "gateway.example"
    assert "cookie" not in seen


@pytest.mark.parametrize("end", [OK, (500, b"x"), httpx.ReadError("x"), KeyError("x")])
def test_no_request_keeps_the_credentials(driver: Driver, end: Any) -> None:
    """However an attempt ends, the credentials are off its request again."""
    transport = answers(end)
    for call in (A_READ, A_WRITE):
        with contextlib.suppress(KeyError):  # it is not the wire's, and comes out as itself
            driver(call, transport=transport, max_retries=0)
    assert len(transport.requests) == 2
    for request in transport.requests:
        assert ID_HEADER not in request.headers
        assert SECRET_HEADER not in request.headers


def test_a_factory_makes_one_transport_per_write_and_one_for_reads(driver: Driver) -> None:
    """Writes share nothing; reads share one; all are closed."""
    transport = answers(OK)
    driver(A_READ, A_WRITE, A_READ, A_WRITE, A_READ, transport=transport)
    assert (transport.made, transport.closed) == (3, 3)


@table("status_code", [429, 500, 502, 503, 504])
def test_reads_are_repeated_and_writes_are_not(driver: Driver, status_code: int) -> None:
    """A read gets three attempts, a write one, whatever the response says."""
    transport = answers((status_code, b"<html>", {"retry-after": "0"}))
    read, write = driver(A_READ, A_WRITE, transport=transport)
    assert len(transport.requests) == 4
    assert isinstance(read, chessa.ApiError)
    assert (read.attempts, read.outcome, read.retry_after) == (3, Outcome.REJECTED, 0.0)
    assert isinstance(write, chessa.OutcomeUnknownError)
    assert (write.attempts, write.status_code, write.body) == (1, status_code, "<html>")


def test_a_read_recovers(driver: Driver) -> None:
    """A retry that succeeds returns its result."""
    transport = answers((503, b""), httpx.ReadError("x"), OK)
    assert driver(A_READ, transport=transport) == [{"id": "t1"}]


def test_max_retries_can_be_none(driver: Driver) -> None:
    """With `max_retries=0` there is one attempt."""
    transport = answers((503, b""))
    (error,) = driver(A_READ, transport=transport, max_retries=0)
    assert error.attempts == len(transport.requests) == 1


def test_a_long_retry_after_ends_the_call_at_once(driver: Driver) -> None:
    """Beyond 60 s nothing is waited for, and the error says how long it would have been."""
    transport = answers((429, {}, {"Retry-After": "1000000000"}))
    (error,) = driver(A_READ, transport=transport)
    assert isinstance(error, chessa.RateLimitError)
    assert (error.attempts, error.retry_after) == (1, 1e9)
    assert "The server asks to wait 1000000000 s." in str(error)


ENVELOPE = {"error": "not_found", "message": ["a", "b"], "statusCode": 404}


def test_the_envelope_is_mapped(driver: Driver) -> None:
    """Code, messages, body, headers and request id of the vendor's error are on the error."""
    transport = answers((404, ENVELOPE, {"X-Request-Id": "r-1", "Set-Cookie": "s=1"}))
    for error in driver(A_READ, A_WRITE, transport=transport):
        assert type(error) is chessa.NotFoundError
        assert error.code == chessa.ErrorCode.NOT_FOUND
        assert (error.message, error.messages) == ("a; b", ("a", "b"))
        assert error.body == ENVELOPE
        assert error.request_id == "r-1"
        assert error.headers["x-request-id"] == "r-1"
        assert "set-cookie" not in error.headers
        assert error.operation in ("things.retrieve", "things.create")
        assert 0 <= error.elapsed < 5


BODIES = [b"", b"<html>", b"{", b"[]", b"null", b'"x"', b"7", b"NaN", b"\xff", b"[" * 100_000]


@table("body", BODIES)
def test_an_unusable_2xx_is_done_on_a_write(driver: Driver, body: bytes) -> None:
    """A success that cannot be read is DONE on a write, a ResponseError on a read."""
    read, write = driver(A_READ, A_WRITE, transport=answers((200, body)))
    assert isinstance(read, chessa.ResponseError)
    assert read.attempts == 1
    assert isinstance(write, chessa.OutcomeUnknownError)
    assert (write.outcome, write.status_code) == (Outcome.DONE, 200)


@table("body", BODIES)
def test_a_read_is_mapped_by_status_whatever_the_body(driver: Driver, body: bytes) -> None:
    """The class of a read's error depends on its status alone."""
    for status_code in (400, 404, 418, 302, 599, 999):
        (error,) = driver(A_READ, transport=answers((status_code, body)))
        assert type(error) is chessa.ApiError.for_status(status_code)


def test_credentials_in_doubt_are_said_first(driver: Driver) -> None:
    """A 401 without the envelope is unknown on a write, and names the credentials."""
    (error,) = driver(A_WRITE, transport=answers((401, {"message": "no", "statusCode": 401})))
    assert isinstance(error, chessa.OutcomeUnknownError)
    assert "credentials" in str(error)


def test_a_body_past_the_cap_is_not_read(driver: Driver) -> None:
    """A body longer than `max_response_bytes` is unusable, and a client may allow more."""
    transport = answers((200, {"x": "y" * 2000}))
    read, write = driver(A_READ, A_WRITE, transport=transport, max_response_bytes=1000)
    assert isinstance(read, chessa.ResponseError)
    assert write.outcome is Outcome.DONE
    (result,) = driver(A_READ, transport=transport, max_response_bytes=3000)
    assert result == {"x": "y" * 2000}


@table(
    "failure",
    [
        httpx.ConnectError("x"),
        httpx.ConnectTimeout("x"),
        httpx.PoolTimeout("x"),
        httpx.ReadTimeout("x"),
        httpx.RemoteProtocolError("x"),
        httpx.LocalProtocolError("x"),
        OSError("x"),
        OSError(104, CLIENT_SECRET),
        ssl.SSLError(1, CLIENT_SECRET),
        httpcore.ReadError("x"),
        TimeoutError("x"),
    ],
)
def test_without_evidence_a_failed_write_is_unknown(driver: Driver, failure: Exception) -> None:
    """A transport that does not keep watch proves nothing, whatever it raises."""
    transport = answers(failure)
    (error,) = driver(A_WRITE, transport=transport)
    assert isinstance(error, chessa.OutcomeUnknownError)
    assert (error.outcome, error.attempts) == (Outcome.UNKNOWN, 1)
    assert error.cause is not None
    assert error.cause.startswith(type(failure).__name__)
    assert error.__context__ is None
    assert CLIENT_SECRET not in str(error)
    is_about_connecting = isinstance(failure, httpx.ConnectError | httpx.ConnectTimeout)
    assert ("may have been sent" in str(error)) >= is_about_connecting
    (error,) = driver(A_READ, transport=transport, max_retries=0)
    assert isinstance(error, chessa.ResponseError)


OWN = [KeyError("x"), RuntimeError("x"), RecursionError(), TypeError("x"), LookupError("x")]


@table("error", OWN)
def test_what_a_transport_raises_of_its_own_comes_out_as_itself(
    driver: Driver, error: Exception
) -> None:
    """It is not the wire's: not swallowed, not retried, with note and record on a write."""
    records: list[JournalRecord] = []
    transport = answers(error)
    settings: dict[str, Any] = {"transport": transport, "journal": records.append}
    with pytest.raises(type(error)) as caught:
        driver(A_READ, **settings)
    assert caught.value is error
    assert (records, len(transport.requests), transport.closed) == ([], 1, 1)
    assert not hasattr(error, "__notes__")
    with pytest.raises(type(error)) as caught:
        driver(A_WRITE, **settings)
    assert caught.value is error
    assert opened_and_closed(records).outcome is Outcome.UNKNOWN
    assert (len(transport.requests), transport.closed) == (2, 2)
    assert any("whether it happened is unknown" in note for note in error.__notes__)
    assert CLIENT_SECRET not in printed(error)
    vars(error).clear()  # the other mode raises it again


def test_a_transport_of_another_event_loop_is_an_error_of_ours() -> None:
    """A RuntimeError that asyncio itself raises comes from the networking: UNKNOWN on a write."""

    async def main() -> asyncio.Future[None]:
        return asyncio.get_running_loop().create_future()

    foreign = asyncio.run(main())

    class Transport(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            foreign.get_loop().call_soon(print)  # raises: that loop is closed
            raise AssertionError("not reached")

    read, write = DRIVERS["async"](A_READ, A_WRITE, transport=Transport, max_retries=0)
    assert isinstance(read, chessa.ResponseError)
    assert isinstance(write, chessa.OutcomeUnknownError)
    assert (write.outcome, write.cause) == (Outcome.UNKNOWN, "RuntimeError")


@pytest.mark.parametrize("mode", DRIVERS)
def test_a_closed_client_of_the_callers_has_sent_nothing(mode: str) -> None:
    """An `http_client` that was closed before the call: NOT_SENT."""

    def brought() -> Any:
        if mode == "sync":
            closed = httpx.Client()
            closed.close()
            return closed
        closed_async = httpx.AsyncClient()
        asyncio.run(closed_async.aclose())
        return closed_async

    for error in DRIVERS[mode](A_READ, A_WRITE, http_client=brought()):
        assert isinstance(error, NotSentError)
        assert error.cause == "ClientClosedError"


@pytest.mark.parametrize(
    ("marks_sent", "failure", "outcome", "attempts"),
    [
        (False, httpx.ConnectError("x"), Outcome.NOT_SENT, 3),
        (True, httpx.ConnectError("x"), Outcome.UNKNOWN, 1),
        (False, httpx.ReadError("x"), Outcome.UNKNOWN, 1),
        (False, httpx.UnsupportedProtocol("x"), Outcome.NOT_SENT, 1),
        (False, TimeoutError("x"), Outcome.UNKNOWN, 1),
    ],
)
def test_with_evidence_a_write_that_was_not_sent_is_repeated(
    driver: Driver, marks_sent: bool, failure: Exception, outcome: Outcome, attempts: int
) -> None:
    """NOT_SENT, and so a retry, requires the evidence and a failure to connect."""

    def handle(request: httpx.Request) -> httpx.Response:
        evidence: Evidence = request.extensions[EXTENSION]
        evidence.track()
        if marks_sent:
            evidence.mark_sent()
        raise failure

    transport = Factory(handle)
    (error,) = driver(A_WRITE, transport=transport)
    assert (error.outcome, error.attempts) == (outcome, attempts)
    assert len(transport.requests) == transport.made == transport.closed == attempts


@table("makes", [lambda: 1 / 0, lambda: 5, lambda: None, lambda: httpx])
def test_a_factory_that_gives_no_transport_has_sent_nothing(driver: Driver, makes: Any) -> None:
    """A request that no transport was given was not sent, whatever the factory did instead."""
    for error in driver(A_READ, A_WRITE, transport=makes):
        assert isinstance(error, NotSentError)
        assert (error.outcome, error.attempts) == (Outcome.NOT_SENT, 1)
        assert error.cause is not None
        assert error.cause.partition(":")[0] in ("ZeroDivisionError", "UnusableTransportError")
        assert "Check what transport= is given" in str(error)


@pytest.mark.parametrize(
    ("mode", "transport"), [("sync", httpx.AsyncBaseTransport), ("async", httpx.BaseTransport)]
)
def test_a_transport_of_the_other_mode_has_sent_nothing(mode: str, transport: Any) -> None:
    """An async transport in a sync client, or the reverse, is refused before it is used.

    Its class is refused as the client is made, what a function returns at the first call.
    """
    with pytest.raises(ConfigurationError, match="such as transport=lambda"):
        DRIVERS[mode](A_READ, transport=transport)
    for error in DRIVERS[mode](A_READ, A_WRITE, transport=lambda: transport()):
        assert isinstance(error, NotSentError)
        assert error.cause is not None
        assert error.cause.partition(":")[0] == "UnusableTransportError"
