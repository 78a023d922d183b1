"""Behaviour of httpx and of httpcore's `trace` that the client relies on, `_pool` included.

The default transport puts its own pool into `_pool`; the evidence of any other transport is read
from the events of `trace`. The tests of packaging run this with the oldest and newest versions that
`pyproject.toml` allows.
"""

import asyncio
import inspect
import ssl
from typing import Any, Final

import attrs
import httpcore
import httpx
import pytest

from chessa._transport.evidence import Evidence

from .test_contract import ANSWER, BODY, TUNNEL, AsyncBackend, Backend, Network


def test_httpx_keeps_what_a_transport_needs() -> None:
    """Requests keep their stream, their extensions and raw headers; responses their parts."""
    stream, extension = httpx.ByteStream(BODY), object()
    made = httpx.Request(
        "POST",
        httpx.URL("https://api.example"),
        headers=[(b"x-a", b"1"), (b"x-a", b"2")],
        stream=stream,
        extensions={"chessa.evidence": extension},
    )
    assert made.stream is stream
    assert made.extensions["chessa.evidence"] is extension
    assert [pair for pair in made.headers.raw if pair[0] == b"x-a"] == [
        (b"x-a", b"1"),
        (b"x-a", b"2"),
    ]
    response = httpx.Response(299, headers=[(b"X-A", b"1")], stream=stream)
    assert (response.status_code, list(response.headers.raw)) == (299, [(b"X-A", b"1")])
    assert response.stream is stream
    for method in (
        httpx.BaseTransport.handle_request,
        httpx.AsyncBaseTransport.handle_async_request,
    ):
        assert list(inspect.signature(method).parameters) == ["self", "request"]


# ---- The pool of a transport --------------------------------------------------------------------


@attrs.define
class Pool:
    """A pool that notes what it is asked, in either mode."""

    asked: list[str] = attrs.field(factory=list[str])

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        self.asked.append(request.url.target.decode())
        return httpcore.Response(204)

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        return self.handle_request(request)

    def close(self) -> None:
        self.asked.append("closed")

    async def aclose(self) -> None:
        self.close()


def test_a_transport_uses_the_pool_that_it_is_given() -> None:
    """`HTTPTransport` sends over `_pool`, and closes that."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    transport: Any = httpx.HTTPTransport(verify=context)
    assert isinstance(transport._pool, httpcore.ConnectionPool)
    transport._pool = pool = Pool()
    response = transport.handle_request(httpx.Request("GET", "https://api.example/a"))
    assert response.status_code == 204
    transport.close()
    assert pool.asked == ["/a", "closed"]


def test_an_async_transport_uses_the_pool_that_it_is_given() -> None:
    """`AsyncHTTPTransport` sends over `_pool`, and closes that."""

    async def main() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        transport: Any = httpx.AsyncHTTPTransport(verify=context)
        assert isinstance(transport._pool, httpcore.AsyncConnectionPool)
        transport._pool = pool = Pool()
        request = httpx.Request("GET", "https://api.example/a")
        assert (await transport.handle_async_request(request)).status_code == 204
        await transport.aclose()
        assert pool.asked == ["/a", "closed"]

    asyncio.run(main())


# ---- httpcore's trace ---------------------------------------------------------------------------


@attrs.define
class Trace:
    """The events of a request, in order, and the evidence that is read from them."""

    events: dict[str, dict[str, Any]] = attrs.field(factory=dict[str, dict[str, Any]])
    evidence: Evidence = attrs.field(factory=Evidence)
    sent_at: list[str] = attrs.field(factory=list[str])

    def take(self, name: str, info: dict[str, Any]) -> None:
        was_sent = "(sent)" in repr(self.evidence)
        self.evidence.trace(name, info)
        if not was_sent and "(sent)" in repr(self.evidence):
            self.sent_at.append(name)
        self.events[f"{len(self.events)} {name}"] = info

    async def take_async(self, name: str, info: dict[str, Any]) -> None:
        self.take(name, info)

    def info(self, name: str) -> list[dict[str, Any]]:
        """Return what came with the events of this name."""
        return [info for key, info in self.events.items() if key.partition(" ")[2] == name]

    @property
    def names(self) -> list[str]:
        """Return the names in order."""
        return [key.partition(" ")[2] for key in self.events]


MODES: Final = ("sync", "async")


def traced(mode: str, network: Network, scheme: str = "http", **pool: Any) -> Trace:
    """Send a request over httpcore's own pool, and return what was traced."""
    trace = Trace()
    taking = trace.take if mode == "sync" else trace.take_async
    request = httpcore.Request(
        "POST",
        httpcore.URL(scheme=scheme, host="api.example", port=None, target="/v1/things"),
        headers=[(b"host", b"api.example"), (b"content-length", b"%d" % len(BODY))],
        content=httpx.ByteStream(BODY),
        extensions={"trace": taking},
    )

    async def main() -> None:
        made = httpcore.AsyncConnectionPool(network_backend=AsyncBackend(network), **pool)
        response = await made.handle_async_request(request)
        await response.aread()

    try:
        if mode == "sync":
            made = httpcore.ConnectionPool(network_backend=Backend(network), **pool)
            made.handle_request(request).read()
        else:
            asyncio.run(main())
    except (httpcore.NetworkError, httpcore.ProxyError, httpcore.ProtocolError):
        pass
    return trace


@pytest.mark.parametrize("mode", MODES)
def test_the_start_of_request_headers_is_traced_before_a_byte_is_written(mode: str) -> None:
    """`http11.send_request_headers.started` carries the request; from then on it counts as sent."""
    trace = traced(mode, Network())
    names = trace.names
    assert names.index("connection.connect_tcp.complete") < names.index(
        "http11.send_request_headers.started"
    )
    (started,) = trace.info("http11.send_request_headers.started")
    assert started["request"].method == b"POST"
    (complete,) = trace.info("http11.receive_response_headers.complete")
    assert complete["return_value"][1] == 200
    assert trace.sent_at == ["http11.send_request_headers.started"]
    assert not trace.evidence.nothing_sent


@pytest.mark.parametrize("mode", MODES)
def test_a_failure_to_connect_is_traced_as_failed(mode: str) -> None:
    """`connection.connect_tcp.failed`, and nothing of the request before it."""
    trace = traced(mode, Network(on_connect=httpcore.ConnectError("no")))
    assert trace.names[-1] == "connection.connect_tcp.failed"
    assert trace.sent_at == []
    assert trace.evidence.nothing_sent


@pytest.mark.parametrize("mode", MODES)
def test_a_handshake_that_fails_is_traced_as_failed(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`connection.start_tls.failed`, and nothing of the request before it."""

    def fail(*_: object, **__: object) -> Any:
        raise httpcore.ConnectError("no TLS")

    monkeypatch.setattr("tests.unit.test_contract.Stream.start_tls", fail)
    monkeypatch.setattr("tests.unit.test_contract.AsyncStream.start_tls", fail)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trace = traced(mode, Network(), "https", ssl_context=context)
    assert "connection.start_tls.failed" in trace.names
    assert trace.sent_at == []
    assert trace.evidence.nothing_sent


def tunnelled(mode: str, *replies: bytes) -> Trace:
    """Return the trace of a request through an http proxy that sends this."""
    url = httpcore.URL(scheme="http", host="proxy.example", port=80, target="/")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    proxy = httpcore.Proxy(url)
    return traced(mode, Network([*replies]), "https", ssl_context=context, proxy=proxy)


@pytest.mark.parametrize("mode", MODES)
def test_a_tunnel_is_traced_as_a_connect(mode: str) -> None:
    """Its request headers are not the request's: their `method` says which are."""
    trace = tunnelled(mode, TUNNEL, ANSWER)
    methods = [info["request"].method for info in trace.info("http11.send_request_headers.started")]
    assert methods == [b"CONNECT", b"POST"]
    assert len(trace.sent_at) == 1
    assert not trace.evidence.nothing_sent


@pytest.mark.parametrize("mode", MODES)
def test_a_proxy_that_refuses_is_traced_with_its_status(mode: str) -> None:
    """`http11.receive_response_headers.complete` gives it, and nothing was sent."""
    trace = tunnelled(mode, b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
    (complete,) = trace.info("http11.receive_response_headers.complete")
    assert complete["return_value"][1] == 407
    assert trace.sent_at == []
    assert trace.evidence.nothing_sent


@pytest.mark.parametrize("mode", MODES)
def test_a_failure_after_the_start_is_never_not_sent(mode: str) -> None:
    """Whatever fails once the headers began, the start came first and stays."""
    for network in (
        Network([httpcore.ReadError("reset")]),
        Network([b""]),
        Network([httpcore.ReadError("reset")], on_write=httpcore.WriteError("reset")),
    ):
        trace = traced(mode, network)
        assert trace.sent_at == ["http11.send_request_headers.started"]
        assert not trace.evidence.nothing_sent


# ---- The connections and the lock of a pool -----------------------------------------------------


def test_a_pool_sends_over_the_connections_that_it_creates() -> None:
    """`create_connection` is called for the origin, and what it returns is given the request."""
    seen: list[tuple[bytes, object]] = []

    class Counting(httpcore.ConnectionPool):
        def create_connection(self, origin: httpcore.Origin) -> httpcore.ConnectionInterface:
            made = super().create_connection(origin)
            seen.append((origin.host, made))
            return made

    network = Network()
    pool = Counting(network_backend=Backend(network))
    assert pool.request("GET", "http://api.example/v1").status == 200
    assert [host for host, _ in seen] == [b"api.example"]
    assert pool.connections == [made for _, made in seen]


def test_a_pool_locks_itself_by_one_context_manager() -> None:
    """Ours serves one call at a time and replaces it, so that no interruption leaves it taken."""
    pool: Any = httpcore.ConnectionPool()
    assert hasattr(pool._optional_thread_lock, "__enter__")
    pool._optional_thread_lock = None
    with pytest.raises(TypeError):
        pool.request("GET", "http://api.example/v1")
