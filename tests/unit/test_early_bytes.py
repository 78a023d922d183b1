"""A server that speaks or closes before it is asked: it is not heard, and nothing is sent to it."""

import asyncio
import inspect
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

import pytest

from chessa import NotSentError, Outcome
from chessa._transport.asyncio_stream import AsyncSocketStream
from chessa._transport.sockets import SocketStream
from tests.marks import table

from .calls import A_READ, A_WRITE, DRIVERS, Driver, check_plain
from .raw_server import Connection, Play, RawServer, answering
from .tls_server import MemoryTls, behind_connect, behind_tunnel, over_tls, trusting

PATIENCE = 50
"""Looks, 10 ms apart."""

EARLY = {
    "a 400": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "a success": b'HTTP/1.1 201 Created\r\nContent-Length: 11\r\n\r\n{"id": "no"}',
    "a letter": b"H",
    "a greeting": b"220 smtp.example ESMTP\r\n",
    "its end": b"",
}


@pytest.fixture
def slow_to_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the check before the first byte wait until the server's early bytes have come."""
    for stream in (SocketStream, AsyncSocketStream):
        monkeypatch.setattr(stream, "peek", _after_a_while(stream.peek))


def _after_a_while(peek: Any) -> Any:
    async def peek_async(stream: AsyncSocketStream) -> Any:
        for _ in range(PATIENCE):
            if stream.get_extra_info("is_readable"):
                break
            await asyncio.sleep(0.01)
        return await peek(stream)

    def peek_sync(stream: SocketStream) -> Any:
        for _ in range(PATIENCE):
            if stream.get_extra_info("is_readable"):
                break
            time.sleep(0.01)
        return peek(stream)

    return peek_async if inspect.iscoroutinefunction(peek) else peek_sync


@pytest.mark.usefixtures("slow_to_begin")
@pytest.mark.parametrize("early", EARLY.values(), ids=EARLY)
def test_a_server_that_speaks_before_it_is_asked_is_not_heard(driver: Driver, early: bytes) -> None:
    """NOT_SENT: no byte of the request is sent, whatever the server sent or whether it closed."""

    def play(connection: Connection) -> None:
        if early:
            connection.send(early)
        else:
            connection.sock.shutdown(socket.SHUT_WR)
        received.append(connection.receive())

    received: list[bytes] = []
    with RawServer(play) as server:
        outcomes = driver(A_READ, A_WRITE, base_url=server.url)
    for error in outcomes:
        assert isinstance(error, NotSentError)
        assert (error.outcome, error.attempts) == (Outcome.NOT_SENT, 3)
        assert error.cause == "ConnectError"
        check_plain(error)
    assert server.accepted == 6
    assert b"".join(received) == b""


@pytest.mark.usefixtures("slow_to_begin")
def test_a_write_to_a_server_that_spoke_too_early_is_sent_on_a_new_connection(
    driver: Driver,
) -> None:
    """The first connection is given up with nothing sent; the second brings the result."""

    def play(connection: Connection) -> None:
        if server.accepted == 1:
            connection.answer("400 Bad Request")
            connection.wait_until_stopped(2)
        else:
            answering(connection)

    with RawServer(play) as server:
        assert driver(A_WRITE, base_url=server.url) == [{"id": "t1"}]
    assert (server.accepted, len(server.ledger)) == (2, 1)


ROUTES: dict[str, tuple[Callable[[Play], Play], str, str]] = {
    "TLS": (over_tls, "https://localhost:{port}", ""),
    "an http proxy": (behind_connect, "https://api.chessa.example", "http://127.0.0.1:{port}"),
    "an https proxy": (behind_tunnel, "https://api.chessa.example", "https://localhost:{port}"),
}


def settings(server: RawServer, base_url: str, proxy: str) -> dict[str, Any]:
    """Return the settings of a client whose calls take this route."""
    return {
        "base_url": base_url.format(port=server.port),
        "proxy": proxy.format(port=server.port) or None,
        "ssl_context": trusting(),
    }


@pytest.mark.usefixtures("slow_to_begin")
@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
def test_what_comes_early_through_tls_is_not_heard_either(
    driver: Driver, route: tuple[Callable[[Play], Play], str, str]
) -> None:
    """The check before the first byte covers TLS: NOT_SENT, and no request is received."""
    behind, *addresses = route

    def play(connection: Connection) -> None:
        connection.answer("400 Bad Request")
        received.append(connection.receive())

    received: list[bytes] = []
    with RawServer(behind(play)) as server:
        (error,) = driver(A_WRITE, **settings(server, *addresses), max_retries=0)
    assert isinstance(error, NotSentError)
    assert error.cause == "ConnectError"
    assert b"".join(received) == b""


@pytest.mark.usefixtures("slow_to_begin")
@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
def test_session_tickets_are_not_data(
    driver: Driver, route: tuple[Callable[[Play], Play], str, str]
) -> None:
    """TLS 1.3 sends tickets by itself after the handshake: they keep no request from being sent."""
    behind, *addresses = route
    with RawServer(behind(answering)) as server:
        outcomes = driver(A_WRITE, A_READ, A_READ, **settings(server, *addresses), max_retries=0)
    assert outcomes == [{"id": "t1"}] * 3


NO = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


@table("part", [0, 20])
def test_what_comes_with_the_end_of_the_handshake_is_not_heard(driver: Driver, part: int) -> None:
    """In one packet with the last message of TLS 1.2, so that the socket does not show it."""

    def play(connection: Connection) -> None:
        inner = MemoryTls(connection)
        inner.hold()
        inner.handshake()
        early = inner.record(NO)
        rest = inner.record(NO) if part else b""
        inner.send_raw(early + rest[:part])
        connection.wait_until_stopped(0.02)
        inner.send_raw(rest[part:])
        if inner.read_request():
            inner.answer("200 OK", b'{"id": "t1"}')

    context = trusting()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with RawServer(play) as server:
        url = f"https://localhost:{server.port}"
        (error,) = driver(A_WRITE, base_url=url, ssl_context=context, max_retries=0)
    assert isinstance(error, NotSentError)
    assert server.ledger == []


@table("early", EARLY.values())
def test_an_event_loop_that_was_busy_hides_nothing(
    early: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes in the socket count, although the event loop has not delivered them yet."""

    def play(connection: Connection) -> None:
        if early:
            connection.send(early)
        else:
            connection.sock.shutdown(socket.SHUT_WR)
        connection.wait_until_stopped(2)

    async def after_work(stream: AsyncSocketStream) -> Any:
        time.sleep(0.1)  # noqa: ASYNC251  # this is the work: nothing else runs meanwhile
        return await peek(stream)

    peek = AsyncSocketStream.peek
    monkeypatch.setattr(AsyncSocketStream, "peek", after_work)
    with RawServer(play) as server:
        (error,) = DRIVERS["async"](A_WRITE, base_url=server.url, max_retries=0)
    assert isinstance(error, NotSentError)
    assert server.ledger == []
