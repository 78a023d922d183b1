"""The direct transports by themselves: ordinary httpx transports in a plain httpx client."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from chessa import AsyncChessa, AsyncDirectTransport, Chessa, DirectTransport
from tests.faults.fault import answering

from .raw_server import Connection, RawServer
from .tls_server import over_tls, trusting

SETTINGS: dict[str, Any] = {"client_id": "id-1", "client_secret": "secret-12345"}
MODES = pytest.mark.parametrize("mode", ["sync", "async"])


def ask(mode: str, method: str, url: str, transport: dict[str, Any], **request: Any) -> Any:
    """Make one request with a plain httpx client, twice; the last response, or what was raised."""
    timeout = request.pop("timeout", 5.0)
    if mode == "sync":
        with httpx.Client(transport=DirectTransport(**transport), timeout=timeout) as client:
            return _tried(lambda: [client.request(method, url, **request) for _ in range(2)][-1])

    async def main() -> Any:
        direct = AsyncDirectTransport(**transport)
        async with httpx.AsyncClient(transport=direct, timeout=timeout) as client:
            try:
                await client.request(method, url, **request)
                return await client.request(method, url, **request)
            except httpx.HTTPError as error:
                return error

    return asyncio.run(main())


def _tried(call: Any) -> Any:
    try:
        return call()
    except httpx.HTTPError as error:
        return error


@MODES
def test_reads_share_a_connection_and_writes_do_not(mode: str) -> None:
    """Two GETs on one connection, two POSTs on one each, over TLS as well."""
    for play, scheme in ((answering, "http"), (over_tls(answering), "https")):
        with RawServer(play) as server:
            url = server.url.replace("http", scheme) + "/v1/orders/ord_1"
            options = {"ssl_context": trusting()}
            assert ask(mode, "GET", url, options).status_code == 200
            assert server.accepted == 1
            assert ask(mode, "POST", url, options, json={"a": 1}).status_code == 200
            assert server.accepted == 3


@MODES
def test_a_streamed_body_has_its_length(mode: str) -> None:
    """httpx announces chunks for it; the body goes out in one piece, and says how long it is."""

    def pieces() -> Iterator[bytes]:
        yield b"hello"
        yield b"world"

    async def pieces_async() -> AsyncIterator[bytes]:
        yield b"hello"
        yield b"world"

    async def main(url: str) -> None:
        async with httpx.AsyncClient(transport=AsyncDirectTransport()) as client:
            await client.post(url, content=pieces_async())

    with RawServer(answering) as server:
        if mode == "async":
            asyncio.run(main(server.url))
        else:
            with httpx.Client(transport=DirectTransport()) as client:
                client.post(server.url, content=pieces())
    (request,) = server.ledger
    assert b"transfer-encoding" not in request.lower()
    assert b"content-length: 10\r\n" in request.lower()
    assert request.endswith(b"helloworld")


@MODES
def test_connecting_keeps_the_time_limit_of_httpx(mode: str) -> None:
    """TLS included: a server that says nothing, or drips, ends with `timeout`, as httpx's error."""

    def drip(connection: Connection) -> None:
        while not connection.wait_until_stopped(0.05):
            connection.send(b"\x16")

    for play in (lambda c: c.wait_until_stopped(5), drip):
        with RawServer(play) as server:
            url = server.url.replace("http", "https")
            began = time.monotonic()
            error = ask(mode, "GET", url, {"ssl_context": trusting()}, timeout=0.3)
            assert time.monotonic() - began < 3
        assert isinstance(error, (httpx.ConnectTimeout, httpx.ConnectError))


@MODES
def test_errors_are_those_of_httpx(mode: str) -> None:
    """By name, as its own transports raise them."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with RawServer(lambda _: None) as server:
        url = server.url.replace("http", "https")
        assert isinstance(ask(mode, "GET", url, {"ssl_context": server_side}), httpx.ConnectError)
        assert isinstance(ask(mode, "GET", "ftp://127.0.0.1/", {}), httpx.UnsupportedProtocol)
    assert isinstance(ask(mode, "POST", server.url, {}), httpx.ConnectError)


def _replaced(sent: list[httpx.Request], body: dict[str, Any]) -> Any:
    def respond(_transport: object, request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=body)

    return respond


def test_what_replaces_its_handle_request_is_given_the_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A subclass, or a patch of the class: a call takes no shorter way past it."""
    sent: list[httpx.Request] = []
    rate = {"rate": {"rate": 15.3}}
    replaced = _replaced(sent, rate)
    kept = type("Kept", (DirectTransport,), {"handle_request": replaced})

    async def replaced_async(transport: object, request: httpx.Request) -> httpx.Response:
        return replaced(transport, request)  # type: ignore[no-any-return]

    async def ask_async(transport: Any) -> None:
        async with AsyncChessa(**SETTINGS, transport=transport) as client:
            await client.rates.retrieve("USDC", "GHS")

    def ask_sync(transport: Any) -> None:
        with Chessa(**SETTINGS, transport=transport) as client:
            client.rates.retrieve("USDC", "GHS")

    ask_sync(kept)
    asyncio.run(
        ask_async(type("Kept", (AsyncDirectTransport,), {"handle_async_request": replaced_async}))
    )
    monkeypatch.setattr(DirectTransport, "handle_request", replaced)
    monkeypatch.setattr(AsyncDirectTransport, "handle_async_request", replaced_async)
    ask_sync(DirectTransport)
    asyncio.run(ask_async(AsyncDirectTransport()))
    assert [request.url.path for request in sent] == ["/v1/rates/USDC/GHS"] * 4
