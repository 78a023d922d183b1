"""Bytes that nobody asked for, on connections that are kept: no call is ever answered by them.

In: servers that send too much: early, late, in parts, behind TLS. Out: each read has its own.
"""

import asyncio
import gc
import logging
import os
import socket
import threading
import time

import pytest

import chessa

from .calls import A_READ, CREDENTIALS, Driver
from .raw_server import Connection, RawServer
from .tls_server import over_tls, trusting

RIGHT, STRAY = b'{"id": "right"}', b'{"id": "stray"}'


def one_segment(connection: Connection) -> None:
    """Two answers to the first request, each a TLS record of its own, in one packet."""
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
    """What TLS has taken from the socket, and nobody has read, closes the connection."""
    with RawServer(over_tls(one_segment)) as server:
        settings = {"base_url": f"https://127.0.0.1:{server.port}", "ssl_context": trusting()}
        assert driver(A_READ, A_READ, A_READ, **settings) == [{"id": "right"}] * 3


@pytest.mark.parametrize(
    "part", [b"HTTP/1.1 200 OK\r\nX: a", b"H", b"\r\n"], ids=["half a head", "a letter", "a line"]
)
@pytest.mark.parametrize("is_later", [False, True])
def test_a_part_of_an_answer_spoils_its_connection(
    driver: Driver, part: bytes, is_later: bool
) -> None:
    """Sent with the answer or while the connection is idle: it serves no other call."""

    def play(connection: Connection) -> None:
        """Answer, then that part; whoever comes back gets an answer that is not his."""
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n" + RIGHT
        connection.read_request()
        connection.send(answer if is_later else answer + part)
        if is_later:
            time.sleep(0.02)
            connection.send(part)
        if connection.read_request():
            connection.answer("200 OK", STRAY)

    class Resting(dict[str, object]):
        """Arguments that are read some time after the call before."""

        def keys(self):  # type: ignore[no-untyped-def]
            time.sleep(0.05)
            return super().keys()

    operation, arguments = A_READ
    with RawServer(play) as server:
        calls = (A_READ, (operation, Resting(arguments)))
        assert driver(*calls, base_url=server.url) == [{"id": "right"}] * 2


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
