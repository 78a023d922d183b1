"""Unexpected bytes on connections that are kept: no call ever takes them for its response."""

import asyncio
import gc
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import attrs
import pytest

import chessa
from tests.marks import table

from .calls import A_READ, A_WRITE, CREDENTIALS, WRITE, Call, Driver
from .raw_server import Connection, Play, RawServer, answering
from .tls_server import (
    MemoryTls,
    behind_connect,
    behind_tunnel,
    in_memory,
    over_tls,
    tls_server,
    trusting,
)

RIGHT, STRAY = b'{"id": "right"}', b'{"id": "stray"}'


def answered(body: bytes) -> bytes:
    """Return a success with this body."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


class _Resting(dict[str, object]):
    """Arguments that are read some time after the call before."""

    def keys(self):  # type: ignore[no-untyped-def]
        time.sleep(0.05)
        return super().keys()


def after_a_rest() -> Call:
    """Return a read that begins some time after the call before."""
    operation, arguments = A_READ
    return operation, _Resting(arguments)


def one_segment(connection: Connection) -> None:
    """Send two responses to the first request in one packet, each a TLS record."""
    is_first = True
    while connection.read_request():
        raw = socket.socket(fileno=os.dup(connection.sock.fileno()))
        with raw:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
            connection.answer("200 OK", RIGHT)
            if is_first:
                connection.answer("200 OK", STRAY)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
        is_first = False


@pytest.mark.skipif(not hasattr(socket, "TCP_CORK"), reason="puts two records into one packet")
def test_an_answer_behind_another_in_tls_is_nobodys(driver: Driver) -> None:
    """Bytes that TLS has taken from the socket and no call has read close the connection."""
    with RawServer(over_tls(one_segment)) as server:
        settings = {"base_url": f"https://127.0.0.1:{server.port}", "ssl_context": trusting()}
        assert driver(A_READ, A_READ, A_READ, **settings) == [{"id": "right"}] * 3


@table("part", [b"HTTP/1.1 200 OK\r\nX: a", b"H", b"\r\n"])
@table("is_later", [False, True])
def test_a_part_of_an_answer_spoils_its_connection(
    driver: Driver, part: bytes, is_later: bool
) -> None:
    """Sent with the response or while the connection is idle: it serves no other call."""

    def play(connection: Connection) -> None:
        """Respond, then send that part; the next request gets a response that is not its own."""
        answer = answered(RIGHT)
        connection.read_request()
        connection.send(answer if is_later else answer + part)
        if is_later:
            time.sleep(0.02)
            connection.send(part)
        if connection.read_request():
            connection.answer("200 OK", STRAY)

    with RawServer(play) as server:
        assert driver(A_READ, after_a_rest(), base_url=server.url) == [{"id": "right"}] * 2


ROUTES: dict[str, tuple[Callable[[Play], Play], str, str]] = {
    "straight": (in_memory, "https://127.0.0.1:{port}", ""),
    "an http proxy": (behind_connect, "https://api.chessa.example", "http://127.0.0.1:{port}"),
    "an https proxy": (behind_tunnel, "https://api.chessa.example", "https://localhost:{port}"),
}


@table(("home", "base_url", "proxy"), ROUTES.values())
@table("is_later", [False, True])
def test_a_part_of_a_record_spoils_its_connection(
    driver: Driver, home: Callable[[Play], Play], base_url: str, proxy: str, is_later: bool
) -> None:
    """Half a TLS record after a response begins another, which no call requested."""

    def play(connection: Connection) -> None:
        """Respond, and begin another response; the next request gets the rest of it."""
        assert isinstance(connection, MemoryTls)
        if connection.read_request():
            answer = connection.record(answered(RIGHT))
            stray = connection.record(answered(STRAY))
            connection.send_raw(answer if is_later else answer + stray[:20])
            if is_later:
                time.sleep(0.02)
                connection.send_raw(stray[:20])
            if connection.read_request():
                connection.send_raw(stray[20:])

    with RawServer(home(play)) as server:
        settings: dict[str, Any] = {
            "base_url": base_url.format(port=server.port),
            "proxy": proxy.format(port=server.port) or None,
            "ssl_context": trusting(),
        }
        assert driver(A_READ, after_a_rest(), **settings) == [{"id": "right"}] * 2


@table("early", [answered(STRAY), b"H", b"\x17\x03\x03\x00\x01x"])
def test_what_comes_before_tls_is_no_answer(driver: Driver, early: bytes) -> None:
    """Bytes that a man in the middle adds without keys: nothing is sent."""

    def play(connection: Connection) -> None:
        connection.send(early)
        over_tls(answering)(connection)

    with RawServer(play) as server:
        settings = {"base_url": f"https://localhost:{server.port}", "ssl_context": trusting()}
        for error in driver(A_READ, A_WRITE, **settings, timeout=1.0, max_retries=0):
            assert isinstance(error, chessa.NotSentError)


def test_a_request_that_is_not_all_sent_keeps_no_connection_with_tls(driver: Driver) -> None:
    """A response came early, and the rest of the request would stand before the next one."""

    def early(connection: Connection) -> None:
        """Respond as soon as the head has come, and read no more, of a long request."""
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.receive()
        connection.answer("200 OK", RIGHT)
        if b"POST" in received:
            connection.wait_until_stopped()

    long = (attrs.evolve(WRITE, is_read=True), {"name": "n" * 8_000_000})
    with tls_server(early) as server:
        settings = {"base_url": server.url, "ssl_context": trusting(), "max_retries": 0}
        assert driver(long, A_READ, **settings, timeout=0.7)[1] == {"id": "right"}


def test_many_spoilt_connections_cost_no_attempt() -> None:
    """A balancer says 408 on all idle connections: the next read opens a new one, and is well."""
    everybody = threading.Barrier(4)

    def play(connection: Connection) -> None:
        connection.read_request()
        if server.accepted <= 4:
            everybody.wait(5)
        connection.answer("200 OK", RIGHT)
        if server.accepted <= 4:
            connection.answer("408 Request Timeout")
        connection.wait_until_stopped()

    async def main() -> object:
        settings = {**CREDENTIALS, "base_url": server.url, "max_retries": 0}
        async with chessa.AsyncChessa(**settings, timeout=5) as client:
            await asyncio.gather(*(client._performer.perform(*A_READ) for _ in range(4)))
            await asyncio.sleep(0.05)
            return await client._performer.perform(*A_READ)

    with RawServer(play) as server:
        assert asyncio.run(main()) == {"id": "right"}


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of the loop's own transports
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_closed_in_a_hurry_leaves_no_word(caplog: pytest.LogCaptureFixture) -> None:
    """Its async generators were not closed: the client goes on in another one, and is quiet."""

    def play(connection: Connection) -> None:
        while connection.read_request():
            connection.answer("200 OK", RIGHT)

    with RawServer(play) as server, caplog.at_level(logging.WARNING):
        client = chessa.AsyncChessa(**CREDENTIALS, base_url=server.url)
        loop = asyncio.new_event_loop()
        loop.run_until_complete(client._performer.perform(*A_READ))
        loop.close()
        assert asyncio.run(client._performer.perform(*A_READ)) == {"id": "right"}
        gc.collect()
    assert [record for record in caplog.records if "nclosed" in record.message] == []


CLOSING = {
    "closes": answered(RIGHT).replace(b"\r\n", b"\r\nConnection: close\r\n", 1),
    "HTTP/1.0": answered(RIGHT).replace(b"HTTP/1.1", b"HTTP/1.0"),
}


@table("response", CLOSING.values())
def test_a_connection_that_the_server_is_to_close_is_not_used_again(
    driver: Driver, response: bytes
) -> None:
    """A connection is closed whether or not the server closes it at once."""

    def play(connection: Connection) -> None:
        if connection.read_request():
            connection.send(response)
        if connection.read_request():
            connection.answer("200 OK", STRAY)

    with RawServer(play) as server:
        assert driver(A_READ, A_READ, A_READ, base_url=server.url) == [{"id": "right"}] * 3
        assert server.accepted == 3
