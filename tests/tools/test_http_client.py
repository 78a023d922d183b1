"""Calls over an httpx client of the caller's: what of it counts, and how it fails."""

import asyncio
import gc
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

import chessa
from chessa import ApiError, NotFoundError, NotSentError, Outcome, OutcomeUnknownError
from tests.faults.fault import FaultServer, answering
from tests.unit.calls import CREDENTIALS
from tests.unit.raw_server import Connection, Play, after_request, refusing_port

from .calls import MODES, NOT_FOUND, READ, WRITE, Call, Mode, check_authorized, hook


@pytest.fixture
def _collected() -> Iterator[None]:
    yield
    gc.collect()  # objects that a test leaves unclosed are not another test's


def responding(status: str, body: bytes = b"", *headers: str) -> Play:
    """Respond to every request with these."""

    def play(connection: Connection) -> None:
        while connection.read_request():
            connection.answer(status, body, *headers)

    return play


def head(request: bytes) -> tuple[str, dict[str, str]]:
    """Return the request line and the headers of a request that a server received."""
    line, *lines = request.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
    pairs = [each.partition(": ") for each in lines]
    headers = {name.lower(): value for name, _, value in pairs}
    assert len(headers) == len(lines)
    return line, headers


def test_nothing_of_the_client_is_merged(
    mode: Mode, call: Call, server: FaultServer, library: Any
) -> None:
    """The server receives the request of the default client: line, headers and body."""
    call.check(mode.perform(call, base_url=server.url))
    call.check(
        mode.perform_over(
            lambda: mode.http_client(
                library,
                headers={"x-own": "1", "user-agent": "own", "accept": "text/html"},
                cookies={"own": "1"},
                auth=("own-user", "own-password"),
                base_url="https://other.example/own",
                params={"own": "1"},
            ),
            call,
            base_url=server.url,
        )
    )
    plain, over_client = server.received
    check_authorized(over_client)
    assert head(over_client) == head(plain)
    assert over_client.partition(b"\r\n\r\n")[2] == plain.partition(b"\r\n\r\n")[2]


def test_a_cookie_of_the_server_is_not_sent_back(mode: Mode, call: Call, library: Any) -> None:
    """A cookie that a response sets stays in the caller's client."""
    body = json.dumps(call.response).encode("ascii")

    async def calls(url: str) -> None:
        async with (
            mode.opened(mode.http_client(library)) as http_client,
            mode.chessa(base_url=url, http_client=http_client) as client,
        ):
            for _ in range(2):
                call.check(await mode.result_of(client, call))

    with FaultServer(responding("200 OK", body, "Set-Cookie: session=1; Path=/")) as server:
        mode.run(calls(server.url))
        assert len(server.received) == 2
        assert not any("cookie" in head(request)[1] for request in server.received)


def test_the_client_is_not_closed(
    mode: Mode, call: Call, server: FaultServer, library: Any
) -> None:
    """Closing ours leaves the caller's client open, and usable by the next one."""

    async def body() -> None:
        async with mode.opened(mode.http_client(library)) as http_client:
            for _ in range(2):
                async with mode.chessa(base_url=server.url, http_client=http_client) as client:
                    call.check(await mode.result_of(client, call))
                assert not http_client.is_closed

    mode.run(body())
    assert len(server.received) == 2


def test_redirects_are_not_followed(
    mode: Mode, call: Call, server: FaultServer, library: Any
) -> None:
    """A redirect is the end of the call, though the client follows redirects."""
    with FaultServer(
        responding("307 Temporary Redirect", b"", f"Location: {server.url}/")
    ) as first:
        error = mode.perform_over(
            lambda: mode.http_client(library, follow_redirects=True), call, base_url=first.url
        )
        assert len(first.received) == 1
    assert server.received == []
    assert error.status_code == 307
    assert error.outcome is (Outcome.REJECTED if call.is_read else Outcome.UNKNOWN)


def head_then_body(connection: Connection) -> None:
    """Respond with a 404 whose body comes some time after its head."""
    connection.read_request()
    body = json.dumps(NOT_FOUND).encode("ascii")
    connection.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n" % len(body))
    connection.wait_until_stopped(0.1)
    connection.send(body)


def reading_hook(mode: Mode) -> Callable[[Any], Any]:
    """Return a response hook that reads the body, and raises for the status."""

    def read(response: Any) -> None:
        response.read()
        response.raise_for_status()

    async def read_async(response: Any) -> None:
        await response.aread()
        response.raise_for_status()

    return read_async if mode.is_async else read


def test_a_hook_that_reads_and_raises_for_the_status(mode: Mode, call: Call, library: Any) -> None:
    """A response that a hook has read, and raised for, is the API's own rejection."""
    hooks = {"response": [reading_hook(mode)]}
    with FaultServer(head_then_body) as server:
        error = mode.perform_over(
            lambda: mode.http_client(library, event_hooks=hooks), call, base_url=server.url
        )
        assert len(server.received) == 1
    assert type(error) is NotFoundError
    assert error.code == NOT_FOUND["error"]


def test_a_hook_that_raises_for_the_status(mode: Mode, call: Call, library: Any) -> None:
    """A hook that raises closes a response whose body it has not read: only its status is known.

    A 404 without a body is not known to be the API's own, so that a write is UNKNOWN.
    """
    hooks = {"response": [hook(mode, lambda response: response.raise_for_status())]}
    with FaultServer(head_then_body) as server:
        error = mode.perform_over(
            lambda: mode.http_client(library, event_hooks=hooks), call, base_url=server.url
        )
        assert len(server.received) == 1
    assert error.status_code == 404
    assert error.code is None
    if call.is_read:
        assert type(error) is NotFoundError
    else:
        assert type(error) is OutcomeUnknownError
        assert error.outcome is Outcome.UNKNOWN


def test_a_hook_that_raises_for_a_success(mode: Mode, call: Call, server: FaultServer) -> None:
    """A response hook that finds nothing wrong leaves the result as it is."""
    hooks = {"response": [hook(mode, lambda response: response.raise_for_status())]}
    call.check(
        mode.perform_over(lambda: mode.http_client(event_hooks=hooks), call, base_url=server.url)
    )


def test_a_server_error_that_a_hook_raises_for(mode: Mode, call: Call, library: Any) -> None:
    """A 5xx that a hook raises for ends by its status, and a write of it is sent once."""
    hooks = {"response": [hook(mode, lambda response: response.raise_for_status())]}
    with FaultServer(responding("503 Service Unavailable")) as server:
        error = mode.perform_over(
            lambda: mode.http_client(library, event_hooks=hooks), call, base_url=server.url
        )
        assert len(server.received) == (3 if call.is_read else 1)
    assert error.status_code == 503
    assert isinstance(error, ApiError if call.is_read else OutcomeUnknownError)


class OwnError(Exception):
    """An error of the caller's hook."""


@pytest.mark.parametrize("event", ["request", "response"])
def test_an_error_of_a_hook_comes_out_as_itself(
    mode: Mode, call: Call, server: FaultServer, event: str
) -> None:
    """An exception of a hook that is not httpx's reaches the caller, at once."""

    def fail(_: Any) -> None:
        raise OwnError

    with pytest.raises(OwnError):
        mode.perform_over(
            lambda: mode.http_client(event_hooks={event: [hook(mode, fail)]}),
            call,
            base_url=server.url,
        )
    assert len(server.received) == (event == "response")


def test_a_closed_client_is_not_sent(
    mode: Mode, call: Call, server: FaultServer, library: Any
) -> None:
    """A call over a client that the caller has closed is NOT_SENT."""

    async def body() -> Any:
        async with mode.opened(mode.http_client(library)) as http_client:
            pass
        async with mode.chessa(base_url=server.url, http_client=http_client) as client:
            return await mode.end_of(client, call)

    error = mode.run(body())
    assert type(error) is NotSentError
    assert server.received == []


@pytest.mark.parametrize("is_closed", [True, False], ids=["closed", "suspended"])
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.usefixtures("_collected")
def test_a_client_of_another_event_loop(
    call: Call, server: FaultServer, library: Any, is_closed: bool
) -> None:
    """A client with connections of another event loop brings errors of ours, or a result."""
    mode = MODES[1]
    http_client = mode.http_client(library)
    client = chessa.AsyncChessa(
        base_url=server.url, http_client=http_client, timeout=2, **CREDENTIALS
    )
    first, second = asyncio.new_event_loop(), asyncio.new_event_loop()
    call.check(first.run_until_complete(mode.result_of(client, call)))
    if is_closed:
        first.close()
    end = second.run_until_complete(mode.end_of(client, call))
    second.close()
    if not is_closed:
        first.run_until_complete(http_client.aclose())
        first.close()
    sent = len(server.received) - 1
    if isinstance(end, chessa.ChessaError):
        assert sent == 0 or end.outcome is not Outcome.NOT_SENT
    else:
        call.check(end)
    assert sent <= (3 if call.is_read else 1)


def test_the_evidence_without_hooks(mode: Mode, library: Any) -> None:
    """A refused write over a client of the caller's is NOT_SENT, a lost one UNKNOWN."""
    with refusing_port() as url:
        error = mode.perform_over(lambda: mode.http_client(library), WRITE, base_url=url)
    assert type(error) is NotSentError
    with FaultServer(after_request(lambda connection: connection.reset())) as server:
        error = mode.perform_over(lambda: mode.http_client(library), WRITE, base_url=server.url)
        assert len(server.received) == 1
    assert type(error) is OutcomeUnknownError


def test_reads_share_a_connection_of_the_client(mode: Mode, library: Any) -> None:
    """Reads over a client of the caller's use its pool: one connection for several calls."""

    async def body(url: str) -> None:
        async with (
            mode.opened(mode.http_client(library)) as http_client,
            mode.chessa(base_url=url, http_client=http_client) as client,
        ):
            for _ in range(3):
                READ.check(await mode.result_of(client, READ))

    with FaultServer(answering) as server:
        mode.run(body(server.url))
        assert (server.accepted, len(server.received)) == (1, 3)


def test_a_client_of_the_other_mode_is_refused(mode: Mode) -> None:
    """A sync client is not taken by the async one, nor the other way round."""
    other = MODES[not mode.is_async]
    http_client = other.http_client(httpx)
    with pytest.raises(chessa.ConfigurationError, match="http_client"):
        mode.client(http_client=http_client, **CREDENTIALS)
