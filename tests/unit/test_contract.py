"""Behaviour of httpcore and h11 that the client relies on, by public interfaces alone.

Of httpx, and of httpcore's `trace`, see `test_contract_httpx`. The evidence that nothing was sent
stands on it: which calls of a network backend come before the first byte of a request, what they
carry, and which exceptions come through. The tests of packaging run this with the oldest and newest
versions that `pyproject.toml` allows; of h11, httpcore 1.0.9 allows one.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

import attrs
import httpcore
import httpx
import pytest

from tests.marks import table

ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Echo: one\r\n\r\n{}"
TUNNEL: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"
HEAD, BODY = b"POST /v1/things HTTP/1.1\r\n", b'{"name": "n1"}'


@attrs.define
class Network:
    """Requests to the backends below, and their replies: bytes, or exceptions."""

    replies: list[bytes | BaseException] = attrs.field(factory=lambda: [ANSWER])
    on_connect: BaseException | None = None
    on_write: BaseException | None = None
    asked: list[tuple[str, Any]] = attrs.field(factory=list[tuple[str, Any]])

    def connect(self, *what: object) -> None:
        self.asked.append(("connect", what))
        if self.on_connect is not None:
            raise self.on_connect

    def read(self) -> bytes:
        self.asked.append(("read", None))
        reply = self.replies.pop(0) if self.replies else b""
        if isinstance(reply, BaseException):
            raise reply
        return reply

    def write(self, data: bytes) -> None:
        self.asked.append(("write", bytes(data)))
        if self.on_write is not None:
            raise self.on_write

    @property
    def steps(self) -> list[str]:
        """Return the calls in order, one after the other of the same name once."""
        names = [name for name, _ in self.asked]
        return [name for name, before in zip(names, [None, *names], strict=False) if name != before]

    @property
    def written(self) -> list[bytes]:
        return [what for name, what in self.asked if name == "write" and what]


class Stream(httpcore.NetworkStream):
    def __init__(self, network: Network) -> None:
        self.network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.network.read()

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.network.write(buffer)

    def close(self) -> None:
        self.network.asked.append(("close", None))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "Stream":
        self.network.asked.append(("start_tls", server_hostname))
        return self

    def get_extra_info(self, info: str) -> Any:
        return None


class Backend(httpcore.NetworkBackend):
    def __init__(self, network: Network) -> None:
        self.network = network

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Stream:
        self.network.connect(host, port, timeout)
        return Stream(self.network)


class AsyncStream(httpcore.AsyncNetworkStream):
    def __init__(self, network: Network) -> None:
        self.network = network

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.network.read()

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.network.write(buffer)

    async def aclose(self) -> None:
        self.network.asked.append(("close", None))

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "AsyncStream":
        self.network.asked.append(("start_tls", server_hostname))
        return self

    def get_extra_info(self, info: str) -> Any:
        return None


class AsyncBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, network: Network) -> None:
        self.network = network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncStream:
        self.network.connect(host, port, timeout)
        return AsyncStream(self.network)


Perform: TypeAlias = Callable[..., tuple[int, list[tuple[bytes, bytes]], bytes]]
POOL: Final[dict[str, Any]] = {
    "max_connections": 1,
    "max_keepalive_connections": 0,
    "retries": 0,
}


def request(scheme: str) -> httpcore.Request:
    """Return a request as our transports make it: body from an iterable, and a timeout for all."""
    return httpcore.Request(
        "POST",
        httpcore.URL(scheme=scheme, host="api.example", port=None, target="/v1/things"),
        headers=[(b"host", b"api.example"), (b"content-length", b"%d" % len(BODY))],
        content=httpx.ByteStream(BODY),
        extensions={"timeout": {"connect": 5.0, "read": 9.0, "write": 9.0, "pool": 9.0}},
    )


def sync(network: Network, scheme: str = "http", **pool: Any) -> Any:
    """Perform it on `ConnectionPool`."""
    made = httpcore.ConnectionPool(network_backend=Backend(network), **POOL, **pool)
    response = made.handle_request(request(scheme))
    body = b"".join(response.iter_stream())
    response.close()
    return response.status, response.headers, body


def on_asyncio(network: Network, scheme: str = "http", **pool: Any) -> Any:
    """Perform it on `AsyncConnectionPool`."""

    async def main() -> Any:
        made = httpcore.AsyncConnectionPool(network_backend=AsyncBackend(network), **POOL, **pool)
        response = await made.handle_async_request(request(scheme))
        body = b"".join([chunk async for chunk in response.aiter_stream()])
        await response.aclose()
        return response.status, response.headers, body

    return asyncio.run(main())


@pytest.fixture(params=[sync, on_asyncio], ids=["sync", "async"])
def perform(request: pytest.FixtureRequest) -> Perform:
    """Yield each pool in turn."""
    kind: Perform = request.param
    return kind


# ---- What a backend is asked, and when ----------------------------------------------------------


def test_a_request_is_written_after_the_connection_stands(perform: Perform) -> None:
    """Connect, then the request, head first; the parts of the response come as they are."""
    network = Network()
    status, headers, body = perform(network)
    assert (status, body) == (200, b"{}")
    assert (b"X-Echo", b"one") in headers
    assert network.steps[:3] == ["connect", "write", "read"]
    assert network.asked[0] == ("connect", ("api.example", 80, 5.0))
    assert network.written[0].startswith(HEAD)
    assert b"".join(network.written).endswith(b"\r\n\r\n" + BODY)


def test_tls_comes_before_the_request(perform: Perform) -> None:
    """The handshake is ours to make: no byte of the request is written before it."""
    network = Network()
    perform(network, "https", ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    assert network.steps[:4] == ["connect", "start_tls", "write", "read"]
    assert ("start_tls", "api.example") in network.asked


def test_a_tunnel_is_asked_for_by_connect(perform: Perform) -> None:
    """Of what is written to a proxy, `CONNECT ` is not the request; TLS and the request follow."""
    network = Network([TUNNEL, ANSWER])
    proxy = httpcore.Proxy(httpcore.URL(scheme="http", host="proxy.example", port=80, target="/"))
    perform(network, "https", ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), proxy=proxy)
    assert network.steps[:6] == ["connect", "write", "read", "start_tls", "write", "read"]
    assert network.asked[0] == ("connect", ("proxy.example", 80, 5.0))
    assert network.written[0].startswith(b"CONNECT api.example:443 ")
    assert BODY not in b"".join(network.written[: network.steps.index("start_tls") - 2])


def test_a_connection_that_is_not_kept_is_closed(perform: Perform) -> None:
    """After the response the connection is closed, and it served one request."""
    network = Network()
    perform(network)
    assert network.steps[-1] == "close"
    assert network.steps.count("connect") == 1


# ---- Which exceptions come through --------------------------------------------------------------


@table("error", [httpcore.ConnectError("no"), httpcore.ConnectTimeout("late")])
def test_failures_to_connect_come_through_and_nothing_is_written(
    perform: Perform, error: Exception
) -> None:
    """As they are, after one try."""
    network = Network(on_connect=error)
    with pytest.raises(type(error)):
        perform(network)
    assert network.steps == ["connect"]


@table(
    ("reply", "expected"),
    [
        (httpcore.ReadError("reset"), httpcore.ReadError),
        (httpcore.ReadTimeout("late"), httpcore.ReadTimeout),
        (b"", httpcore.RemoteProtocolError),
        (b"no HTTP\r\n\r\n", httpcore.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000, httpcore.RemoteProtocolError),
    ],
)
def test_failures_after_the_request_are_of_other_types(
    perform: Perform, reply: Any, expected: type[Exception]
) -> None:
    """None of them is one of those of connecting, and the connection is closed."""
    network = Network([reply])
    with pytest.raises(expected) as caught:
        perform(network)
    assert not isinstance(
        caught.value, (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout)
    )
    assert network.steps[-1] == "close"
    assert network.steps.count("connect") == 1


def test_a_write_that_fails_does_not_hide_an_answer(perform: Perform) -> None:
    """A response that comes before the server has read the request is read."""
    network = Network(on_write=httpcore.WriteError("reset"))
    assert perform(network)[0] == 200


# ---- Their log ----------------------------------------------------------------------------------


def test_their_log_has_the_form_that_we_cut(
    perform: Perform, caplog: pytest.LogCaptureFixture
) -> None:
    """The loggers' messages show a response behind ` return_value=` only."""
    with caplog.at_level(logging.DEBUG, "httpcore"):
        perform(Network())
    told = [record for record in caplog.records if "X-Echo" in record.getMessage()]
    assert {record.name for record in told} == {"httpcore.http11"}
    assert all(record.args in (None, ()) for record in told)
    assert all("X-Echo" not in r.getMessage().partition(" return_value=")[0] for r in told)
