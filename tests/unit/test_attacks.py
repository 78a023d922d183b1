"""Attacks on the transport that once succeeded."""

import asyncio
import logging
import ssl
import time
from typing import Any

import httpx
import pytest

import chessa
from chessa import NotSentError
from chessa._transport import asyncio_stream
from chessa._transport.evidence import Evidence, Watch
from chessa._transport.keepalive import ends_exactly
from tests.marks import table

from .calls import A_READ, A_WRITE, CLIENT_SECRET, Driver
from .raw_server import RawServer, answering
from .transports import Factory


def test_a_long_chunked_response_is_not_parsed_twice() -> None:
    """In tiny chunks it would take seconds after the deadline: its connection is closed."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    headers = [(b"transfer-encoding", b"chunked")]
    short, long = (head + b"1\r\nx\r\n" * count + b"0\r\n\r\n" for count in (10, 300_000))
    assert ends_exactly(short, 200, headers)
    began = time.process_time()
    assert not ends_exactly(long, 200, headers)
    assert time.process_time() - began < 0.5


def test_a_cancelled_race_leaves_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever the cancellation strikes, each address that connected is closed."""
    made: list[asyncio_stream.AsyncSocketStream] = []
    make = asyncio_stream.AsyncSocketStream.__init__

    def noted(self: asyncio_stream.AsyncSocketStream, watch: Watch) -> None:
        made.append(self)
        make(self, watch)

    async def addresses(*_: object) -> list[str]:
        return ["127.0.0.1", "127.0.0.2"]

    monkeypatch.setattr(asyncio_stream.AsyncSocketStream, "__init__", noted)
    monkeypatch.setattr(asyncio_stream, "resolve_async", addresses)
    monkeypatch.setattr("chessa._transport.racing.DELAY", 0.0)

    async def main(port: int, steps: int) -> None:
        watch = Watch()
        watch.begin(time.monotonic() + 5, Evidence())
        task = asyncio.ensure_future(asyncio_stream.connect_async("any", port, watch, {}))
        for _ in range(steps):
            await asyncio.sleep(0.001)
        task.cancel()
        for _ in range(20):
            await asyncio.sleep(0)
        if task.done() and not task.cancelled():
            task.result().close()
        await asyncio.sleep(0.01)
        assert all(s._transport is None or s._transport.is_closing() for s in made)

    with RawServer(answering) as server:
        for steps in range(12):
            asyncio.run(main(server.port, steps))
    assert made


@table("raw", [[(b"a", b"b", b"c")], [(b"a",)], [()]])
def test_headers_that_are_not_pairs_are_an_error_of_ours(driver: Driver, raw: Any) -> None:
    """A transport of the caller's may return anything."""

    def odd(_: httpx.Request) -> httpx.Response:
        response = httpx.Response(200, json={})
        response.headers = _Odd(raw)
        return response

    for error in driver(A_READ, A_WRITE, transport=Factory(odd)):
        assert isinstance(error, chessa.ChessaError)


class _Odd(httpx.Headers):
    def __init__(self, raw: Any) -> None:
        super().__init__()
        self._raw = raw

    @property
    def raw(self) -> Any:
        return self._raw


def test_the_log_of_httpx_has_no_reason_phrase(caplog: pytest.LogCaptureFixture) -> None:
    """A server may echo the secret there; httpx logs one line for each response of a client."""

    def play(connection: Any) -> None:
        while connection.read_request():
            connection.answer(f"400 {CLIENT_SECRET}")

    with RawServer(play) as server, httpx.Client() as http_client, caplog.at_level(logging.DEBUG):
        client = chessa.Chessa(
            client_id="any",
            client_secret=CLIENT_SECRET,
            base_url=server.url,
            http_client=http_client,
        )
        with pytest.raises(chessa.ApiError):
            client.orders.retrieve("ord_1")
    assert "400" in caplog.text
    assert CLIENT_SECRET not in caplog.text


def test_a_context_for_servers_is_not_sent(driver: Driver) -> None:
    """TLS that cannot even begin has sent nothing."""
    with RawServer(answering) as server:
        url = server.url.replace("http", "https")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (error,) = driver(A_WRITE, base_url=url, ssl_context=context)
    assert isinstance(error, NotSentError)
