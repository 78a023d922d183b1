"""respx, pytest-httpx and vcrpy in place of a server, over the default client."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
import respx
import vcr.errors

from chessa import (
    NotFoundError,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
    ResponseError,
)
from tests.faults.fault import FaultServer

from .calls import NOT_FOUND, READ, WRITE, Call, Mode, check_authorized, holds_credentials
from .mocks import TOOLS, Mocked, PytestHttpx, Reply, Respx, Tool, Vcr

Mocking: TypeAlias = Callable[[Reply], contextlib.AbstractContextManager[Mocked]]


@pytest.fixture(params=TOOLS, ids=lambda tool: tool.name)
def tool(request: pytest.FixtureRequest) -> Tool:
    """Each tool in turn."""
    found: Tool = request.param
    return found


@pytest.fixture
def mocking(
    tool: Tool, server: FaultServer, request: pytest.FixtureRequest, tmp_path: Path
) -> Mocking:
    """Start the tool in place of the server."""
    return lambda reply: tool.mocking(server.url, reply, request, tmp_path)


only_raising = pytest.mark.parametrize(
    "tool", [each for each in TOOLS if each.raises], ids=lambda tool: tool.name
)


def performed(mode: Mode, call: Call, mocked: Mocked, **settings: Any) -> Any:
    """Make a call under a mock; return its result or its error."""
    made = mocked.http_client
    if made is None:
        return mode.perform(call, **mocked.settings, **settings)
    return mode.perform_over(lambda: made(mode), call, **mocked.settings, **settings)


def test_a_mocked_call_does_not_reach_the_server(
    mode: Mode, call: Call, mocking: Mocking, server: FaultServer
) -> None:
    """The tool sees the call, once; the server receives nothing; the result is typed."""
    with mocking((200, call.response)) as mocked:
        call.check(performed(mode, call, mocked))
        assert mocked.count() == 1
    assert server.received == []
    assert server.accepted == 0


def test_a_tool_keeps_no_credentials(mode: Mode, call: Call, mocking: Mocking, tool: Tool) -> None:
    """No tool keeps the credentials, but for those that may: they sit below httpx."""
    with mocking((200, call.response)) as mocked:
        performed(mode, call, mocked)
        assert mocked.requests()
        assert tool.may_keep_credentials or not holds_credentials(mocked.requests())


def test_a_mocked_rejection_is_the_error_of_a_real_one(
    mode: Mode, call: Call, mocking: Mocking, server: FaultServer
) -> None:
    """A 404 in the vendor's envelope is a NotFoundError with its code and message."""
    with mocking((404, NOT_FOUND)) as mocked:
        error = performed(mode, call, mocked)
        assert mocked.count() == 1
    assert type(error) is NotFoundError
    assert (error.status_code, error.code) == (404, "order_not_found")
    assert "No such order" in str(error)
    assert error.outcome is Outcome.REJECTED
    assert server.received == []


@only_raising
def test_a_mocked_refusal_of_a_write(
    mode: Mode, mocking: Mocking, tool: Tool, server: FaultServer
) -> None:
    """A write that could not connect is NOT_SENT; over a client of the caller's nothing proves it.

    The default client knows that nothing was handed to the network, so that it tries again.
    """
    with mocking(httpx.ConnectError("refused")) as mocked:
        error = performed(mode, WRITE, mocked)
        attempts = mocked.count()
    if mocked.http_client is None:
        assert type(error) is NotSentError
        assert attempts == 3
    else:
        assert type(error) is OutcomeUnknownError
        assert error.outcome is Outcome.UNKNOWN
        assert attempts == 1
    assert "ConnectError" in str(error)
    assert server.received == []


@only_raising
def test_a_mocked_refusal_of_a_read_is_retried(
    mode: Mode, mocking: Mocking, server: FaultServer
) -> None:
    """A read that could not connect is tried again, and says how it failed."""
    with mocking(httpx.ConnectError("refused")) as mocked:
        error = performed(mode, READ, mocked)
        assert mocked.count() == 3
    assert isinstance(error, NotSentError if mocked.http_client is None else ResponseError)
    assert "ConnectError" in str(error)
    assert server.received == []


@only_raising
def test_a_mocked_timeout_of_a_write_is_unknown(
    mode: Mode, mocking: Mocking, server: FaultServer
) -> None:
    """A write whose response did not come in time is UNKNOWN, and is sent once."""
    with mocking(httpx.ReadTimeout("too late")) as mocked:
        error = performed(mode, WRITE, mocked)
        assert mocked.count() == 1
    assert type(error) is OutcomeUnknownError
    assert error.outcome is Outcome.UNKNOWN
    assert error.timed_out
    assert server.received == []


def test_calls_after_a_mock_are_real(mode: Mode, call: Call, server: FaultServer) -> None:
    """A client that was mocked, and is not any more, reaches the server with its credentials."""

    async def body() -> None:
        async with mode.chessa(base_url=server.url) as client:
            with respx.mock() as router:
                router.route().mock(return_value=httpx.Response(200, json=call.response))
                call.check(await mode.result_of(client, call))
            assert server.received == []
            call.check(await mode.result_of(client, call))

    mode.run(body())
    (request,) = server.received
    check_authorized(request)


def test_mocks_after_real_calls(mode: Mode, call: Call, server: FaultServer) -> None:
    """A client with open connections is mocked like a new one."""

    async def body() -> None:
        async with mode.chessa(base_url=server.url) as client:
            call.check(await mode.result_of(client, call))
            with respx.mock() as router:
                router.route().mock(return_value=httpx.Response(404, json=NOT_FOUND))
                assert type(await mode.end_of(client, call)) is NotFoundError
            call.check(await mode.result_of(client, call))

    mode.run(body())
    assert len(server.received) == 2


@pytest.mark.parametrize("using", ["httpcore", "httpx"])
def test_a_call_that_respx_lets_pass_is_real(
    mode: Mode, call: Call, server: FaultServer, using: str
) -> None:
    """A route that passes through reaches the server once, with the credentials."""
    with respx.mock(using=using) as router:
        router.route().pass_through()
        if using == "httpx":
            call.check(mode.perform_over(mode.http_client, call, base_url=server.url))
        else:
            call.check(mode.perform(call, base_url=server.url))
    (request,) = server.received
    check_authorized(request)


@pytest.mark.httpx_mock(should_mock=lambda request: False)
@pytest.mark.usefixtures("httpx_mock")
def test_a_call_that_pytest_httpx_lets_pass_is_real(
    mode: Mode, call: Call, server: FaultServer
) -> None:
    """A request that is not to be mocked reaches the server once, with the credentials."""
    call.check(mode.perform(call, base_url=server.url))
    (request,) = server.received
    check_authorized(request)


@pytest.mark.parametrize("using", ["httpcore", "httpx"])
def test_a_request_without_a_route_is_respx_own_error(
    mode: Mode, call: Call, server: FaultServer, using: str
) -> None:
    """respx's own error comes out as itself, at once, and names the request."""
    tool = Respx(using, may_keep_credentials=False)
    with respx.mock(assert_all_called=False, using=using) as router:
        router.get("https://other.example/").mock(return_value=httpx.Response(200))
        mocked = Mocked({"base_url": server.url}, int, list)
        if tool.using == "httpx":
            mocked = Mocked(mocked.settings, int, list, Mode.http_client)
        with pytest.raises(respx.models.AllMockedAssertionError, match=call.method):
            performed(mode, call, mocked)
    assert server.received == []


def test_a_request_without_a_response_is_in_the_words_of_pytest_httpx(
    mode: Mode, call: Call, server: FaultServer, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The text of pytest-httpx reaches the user, with method and address."""
    with PytestHttpx().mocking("https://other.example", (200, {}), request, tmp_path):
        error = mode.perform(call, base_url=server.url)
    assert isinstance(error, ResponseError if call.is_read else OutcomeUnknownError)
    words = f"No response can be found for {call.method} request on {server.url}{call.path}"
    assert words in str(error)
    assert server.received == []


def test_a_request_that_is_not_on_the_cassette_is_vcrpy_own_error(
    mode: Mode, call: Call, server: FaultServer, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """vcrpy's own error comes out as itself."""
    with (
        Vcr().mocking("https://other.example", (200, {}), request, tmp_path),
        pytest.raises(
            vcr.errors.CannotOverwriteExistingCassetteException,
            match="no recorded interaction matches",
        ),
    ):
        mode.perform(call, base_url=server.url)
    assert server.received == []
