"""Transports and clients of httpx2, the successor of httpx, are accepted like those of httpx."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chessa import NotFoundError, NotSentError, Outcome, OutcomeUnknownError, ResponseError
from tests.faults.fault import FaultServer
from tests.marks import table
from tests.unit.raw_server import refusing_port

from .calls import NOT_FOUND, READ, WRITE, Call, Mode, check_authorized, holds_credentials, lose

Perform = Callable[..., Any]


def _over_a_factory(mode: Mode, call: Call, **settings: Any) -> Any:
    return mode.perform(call, transport=lambda: mode.transport(httpx2), **settings)


def _over_an_instance(mode: Mode, call: Call, **settings: Any) -> Any:
    async def body() -> Any:
        async with (
            mode.opened(mode.transport(httpx2)) as transport,
            mode.chessa(transport=transport, **settings) as client,
        ):
            return await mode.end_of(client, call)

    return mode.run(body())


def _over_a_client(mode: Mode, call: Call, **settings: Any) -> Any:
    return mode.perform_over(lambda: mode.http_client(httpx2), call, **settings)


WAYS = pytest.mark.parametrize("perform", [_over_a_factory, _over_an_instance, _over_a_client])


@WAYS
def test_a_call_reaches_the_server(
    mode: Mode, call: Call, perform: Perform, server: FaultServer
) -> None:
    """The server receives the request once, with the credentials; the result is typed."""
    call.check(perform(mode, call, base_url=server.url))
    (request,) = server.received
    check_authorized(request)


def test_a_mock_transport_gets_the_call(mode: Mode, call: Call) -> None:
    """A MockTransport gets a request of httpx2, and its response is that of the call."""
    requests: list[httpx2.Request] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        assert holds_credentials(request.headers.raw)
        return httpx2.Response(200, json=call.response)

    call.check(mode.perform(call, transport=lambda: httpx2.MockTransport(respond)))
    (request,) = requests
    assert type(request) is httpx2.Request
    assert (request.method, request.url.path) == (call.method, call.path)
    if not call.is_read:
        assert json.loads(request.content)["orderId"] == "ord_7"
    assert not holds_credentials(request.headers.raw)


def test_a_mock_transport_rejects(mode: Mode, call: Call) -> None:
    """A 404 in the vendor's envelope is a NotFoundError."""

    def respond(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(404, json=NOT_FOUND)

    error = mode.perform(call, transport=lambda: httpx2.MockTransport(respond))
    assert type(error) is NotFoundError
    assert error.code == NOT_FOUND["error"]


@WAYS
def test_a_refused_write_is_not_sent(mode: Mode, perform: Perform) -> None:
    """The evidence of a refused connection is that of httpx: the write is NOT_SENT."""
    with refusing_port() as url:
        error = perform(mode, WRITE, base_url=url)
    assert type(error) is NotSentError
    assert error.outcome is Outcome.NOT_SENT


@WAYS
def test_a_write_whose_response_is_lost_is_unknown(mode: Mode, perform: Perform) -> None:
    """A write that was sent and lost its response is UNKNOWN, and is sent once."""
    with FaultServer(lose) as server:
        error = perform(mode, WRITE, base_url=server.url)
        assert len(server.received) == 1
    assert type(error) is OutcomeUnknownError
    assert error.outcome is Outcome.UNKNOWN


@WAYS
def test_a_read_whose_response_is_lost_is_retried(mode: Mode, perform: Perform) -> None:
    """A read that lost its response is tried again, and ends as a ResponseError."""
    with FaultServer(lose) as server:
        error = perform(mode, READ, base_url=server.url)
        assert len(server.received) == 3
    assert type(error) is ResponseError


@table(
    ("raised", "outcome", "timed_out"),
    [
        (httpx2.ReadTimeout, Outcome.UNKNOWN, True),
        (httpx2.ReadError, Outcome.UNKNOWN, False),
        (httpx2.ConnectError, Outcome.UNKNOWN, False),
    ],
)
def test_what_a_mock_transport_raises(
    mode: Mode, raised: Any, outcome: Outcome, timed_out: bool
) -> None:
    """An exception of httpx2 is known by its kind; without evidence a write is UNKNOWN."""

    def respond(_request: httpx2.Request) -> httpx2.Response:
        raise raised("made up")

    error = mode.perform(WRITE, transport=lambda: httpx2.MockTransport(respond))
    assert type(error) is OutcomeUnknownError
    assert (error.outcome, error.timed_out) == (outcome, timed_out)
    assert raised.__name__ in str(error)
