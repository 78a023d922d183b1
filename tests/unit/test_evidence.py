"""The evidence over httpx's own transports: read from `trace`; without it a failure is UNKNOWN."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

import chessa
from chessa import NotSentError, Outcome, OutcomeUnknownError
from tests.marks import table

from .calls import A_READ, A_WRITE, CLIENT_SECRET, DRIVERS, check_plain
from .raw_server import Connection, RawServer, after_request, answering, refusing_port, reset
from .tls_server import behind_connect, tls_server, trusting


class Retrying(httpx.HTTPTransport):
    """A transport of the caller's that tries once more by itself."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return super().handle_request(request)
        except httpx.TransportError:
            return super().handle_request(request)


class AsyncRetrying(httpx.AsyncHTTPTransport):
    """The same on asyncio."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except httpx.TransportError:
            return await super().handle_async_request(request)


STOCK: dict[str, Any] = {"sync": httpx.HTTPTransport, "async": httpx.AsyncHTTPTransport}
RETRYING: dict[str, Any] = {"sync": Retrying, "async": AsyncRetrying}


@pytest.fixture(params=STOCK)
def mode(request: pytest.FixtureRequest, without_waiting: None) -> str:
    """Yield each mode in turn."""
    name: str = request.param
    return name


def test_calls_over_a_stock_transport(mode: str) -> None:
    """Reads share one, each write has one, and the credentials arrive."""
    with RawServer(answering) as server:
        calls = (A_READ, A_WRITE, A_READ, A_WRITE)
        outcomes = DRIVERS[mode](*calls, base_url=server.url, transport=STOCK[mode])
    assert outcomes == [{"id": "t1"}] * 4
    assert server.accepted == 3
    assert all(CLIENT_SECRET.encode() in request for request in server.ledger)


def test_a_refused_connection_is_not_sent(mode: str) -> None:
    """The failure to connect is in the trace: NOT_SENT, and retried."""
    with refusing_port() as url:
        (error,) = DRIVERS[mode](A_WRITE, base_url=url, transport=STOCK[mode])
    assert isinstance(error, NotSentError)
    assert error.attempts == 3
    check_plain(error)


def test_a_certificate_that_is_not_trusted_is_not_sent(mode: str) -> None:
    """The handshake that failed is in the trace: NOT_SENT, and not retried."""
    with tls_server(answering) as server:
        (error,) = DRIVERS[mode](A_WRITE, base_url=server.url, transport=STOCK[mode])
    assert isinstance(error, NotSentError)
    assert error.attempts == 1
    assert server.ledger == []


@table("leave", [lambda c: None, reset])
def test_a_request_that_was_received_is_unknown(
    mode: str, leave: Callable[[Connection], object]
) -> None:
    """The start of its headers is in the trace: UNKNOWN, and not retried."""
    with RawServer(after_request(leave)) as server:
        (error,) = DRIVERS[mode](A_WRITE, base_url=server.url, transport=STOCK[mode])
    assert isinstance(error, OutcomeUnknownError)
    assert (error.outcome, error.attempts, len(server.ledger)) == (Outcome.UNKNOWN, 1, 1)


def test_a_request_that_was_sent_stays_sent(mode: str) -> None:
    """A transport that retries by itself and then finds no server: UNKNOWN, not NOT_SENT."""

    def play(connection: Connection) -> None:
        if connection.read_request():
            server.refuse()

    with RawServer(play) as server:
        (error,) = DRIVERS[mode](A_WRITE, base_url=server.url, transport=RETRYING[mode])
    assert error.cause == "ConnectError: ECONNREFUSED"
    assert isinstance(error, OutcomeUnknownError)
    assert (error.outcome, error.attempts, len(server.ledger)) == (Outcome.UNKNOWN, 1, 1)
    assert "may have been sent" in str(error)


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "502 Bad Gateway"])
def test_a_proxy_that_refuses_the_tunnel_is_not_sent(mode: str, status: str) -> None:
    """CONNECT asks for a tunnel, it is not the request."""
    with RawServer(after_request(lambda c: c.answer(status))) as proxy:
        made = STOCK[mode](proxy=f"http://127.0.0.1:{proxy.port}")
        url = "https://api.chessa.example"
        (error,) = DRIVERS[mode](A_WRITE, base_url=url, transport=made, max_retries=0)
    assert isinstance(error, NotSentError)
    assert b"".join(proxy.ledger).startswith(b"CONNECT ")


def test_a_request_through_a_tunnel_is_unknown(mode: str) -> None:
    """Once the tunnel stands it is the request that is sent."""
    with RawServer(behind_connect(after_request())) as proxy:
        made = STOCK[mode](verify=trusting(), proxy=f"http://127.0.0.1:{proxy.port}")
        url = "https://api.chessa.example"
        (error,) = DRIVERS[mode](A_WRITE, base_url=url, transport=made)
    assert isinstance(error, OutcomeUnknownError)
    assert error.outcome is Outcome.UNKNOWN
    assert len(proxy.ledger) == 2


def test_a_transport_that_traces_nothing_proves_nothing(mode: str) -> None:
    """No event at all: what fails to connect may have been sent before."""

    class Silent(httpx.BaseTransport, httpx.AsyncBaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("no")

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("no")

    (error,) = DRIVERS[mode](A_WRITE, transport=Silent)
    assert isinstance(error, OutcomeUnknownError)
    assert "may have been sent" in str(error)


def test_a_trace_of_the_callers_own_is_called_as_well(mode: str) -> None:
    """It does not take the place of ours: the evidence stays."""
    seen: list[str] = []

    class Tracing(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            request.extensions["trace"] = lambda name, info: seen.append(name)
            return super().handle_request(request)

    class AsyncTracing(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            async def trace(name: str, info: dict[str, Any]) -> None:
                seen.append(name)

            request.extensions.update(trace=trace)
            return await super().handle_async_request(request)

    made = Tracing if mode == "sync" else AsyncTracing
    with refusing_port() as url:
        (error,) = DRIVERS[mode](A_WRITE, base_url=url, transport=made, max_retries=0)
    assert isinstance(error, chessa.NotSentError)
    assert seen[-1] == "connection.connect_tcp.failed"
