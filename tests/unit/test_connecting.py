"""No connection comes about: names, addresses, handshakes and proxies that fail or hang.

Until a connection stands nothing of a request has left, and every error says so.
"""

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

import chessa
from chessa import NotSentError, Outcome
from tests.marks import table

from .calls import A_READ, A_WRITE, CLIENT_SECRET, Driver, check_plain
from .raw_server import (
    Play,
    RawServer,
    after_request,
    answering,
    on_time,
    refusing_port,
    reset,
    send,
)

DEADLINE = 0.4


def test_nobody_listening_is_not_sent(driver: Driver) -> None:
    """A refused connection is NOT_SENT, and tried again for reads and writes alike."""
    with refusing_port() as url:
        for error in driver(A_READ, A_WRITE, base_url=url):
            assert isinstance(error, NotSentError)
            assert (error.outcome, error.attempts) == (Outcome.NOT_SENT, 3)
            assert error.cause == "ConnectError: ECONNREFUSED"
            check_plain(error)


def test_a_handshake_that_stalls_is_not_sent(driver: Driver) -> None:
    """TLS that does not come about in time: NOT_SENT, at the deadline."""
    with RawServer(lambda c: c.wait_until_stopped()) as server, on_time(DEADLINE):
        url = server.url.replace("http:", "https:")
        (error,) = driver(A_WRITE, base_url=url, timeout=DEADLINE, max_retries=0)
    assert isinstance(error, NotSentError)
    assert error.timed_out
    check_plain(error)


def test_a_server_without_tls_is_not_sent(driver: Driver) -> None:
    """A server that responds without TLS never sees the request: NOT_SENT."""
    with RawServer(lambda c: c.send(b"no TLS\r\n")) as server:
        url = server.url.replace("http:", "https:")
        (error,) = driver(A_WRITE, base_url=url, max_retries=0)
    assert isinstance(error, NotSentError)
    assert not error.timed_out
    check_plain(error)


PROXY_FAULTS = {
    "no HTTP": after_request(send(b"220 smtp.example ESMTP\r\n\r\n")),
    "two lengths": after_request(
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n")
    ),
    "unsolicited 101": after_request(send(b"HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n")),
    "refuses": after_request(lambda c: c.answer("407 Proxy Authentication Required")),
    "fails": after_request(lambda c: c.answer("502 Bad Gateway")),
    "drops": after_request(),
    "resets": after_request(reset),
}


@table("play", PROXY_FAULTS.values())
def test_a_proxy_that_makes_no_tunnel_is_not_sent(driver: Driver, play: Play) -> None:
    """Until the tunnel stands nothing of the request has left, and the evidence says so."""
    with RawServer(play) as server:
        (error,) = driver(A_WRITE, **through(server), max_retries=0)
    check_no_tunnel(error, server)
    assert not error.timed_out


def test_a_proxy_that_hangs_is_not_sent(driver: Driver) -> None:
    """A tunnel that does not come about in time: NOT_SENT, at the deadline."""
    with RawServer(after_request(lambda c: c.wait_until_stopped())) as server, on_time(DEADLINE):
        (error,) = driver(A_WRITE, **through(server), timeout=DEADLINE, max_retries=0)
    check_no_tunnel(error, server)
    assert error.timed_out


def through(proxy: RawServer) -> dict[str, Any]:
    """Settings of a client whose calls go through this proxy."""
    return {
        "base_url": "https://api.chessa.example",
        "proxy": f"http://user:hunter2@127.0.0.1:{proxy.port}",
    }


def check_no_tunnel(error: chessa.ChessaError, proxy: RawServer) -> None:
    """Check that the proxy was asked for a tunnel only, and that the error shows no secret."""
    assert isinstance(error, NotSentError)
    (request,) = proxy.ledger
    assert request.startswith(b"CONNECT api.chessa.example:443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic" in request
    assert CLIENT_SECRET.encode() not in request
    assert "hunter2" not in f"{error} {error!r} {vars(error)}"


def test_a_name_that_does_not_exist_is_not_sent(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS failure is NOT_SENT, and says which kind it was."""

    def fail(*_: object, **__: object) -> Any:
        raise socket.gaierror(-2, f"no such name {CLIENT_SECRET}")

    monkeypatch.setattr("socket.getaddrinfo", fail)
    (error,) = driver(A_WRITE, base_url="https://nobody.example")
    assert isinstance(error, NotSentError)
    assert error.cause == "ConnectError: name not resolved (-2)"
    check_plain(error)


def test_slow_names_end_with_the_deadline(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that does not respond holds neither the call nor the end of the event loop."""

    def hang(*_: object, **__: object) -> Any:
        time.sleep(1.5)
        return []

    monkeypatch.setattr("socket.getaddrinfo", hang)
    with on_time(DEADLINE):
        (error,) = driver(A_WRITE, base_url="https://slow.example", timeout=DEADLINE)
    assert isinstance(error, NotSentError)
    assert error.timed_out


def test_every_address_of_a_name_is_tried(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dead addresses are passed over, within the deadline; the last failure is told."""
    with RawServer(answering) as server:

        def several(*_: object, **__: object) -> Any:
            return [(2, 1, 6, "", (host, server.port)) for host in ("127.0.0.9", "127.0.0.1")]

        monkeypatch.setattr("chessa._transport.resolver.socket.getaddrinfo", several)
        outcomes = driver(A_WRITE, A_READ, base_url=server.url.replace("127.0.0.1", "localhost"))
    assert outcomes == [{"id": "t1"}] * 2


@contextlib.contextmanager
def hanging(host: str, port: int) -> Iterator[None]:
    """Have an address take no connection and refuse none: its backlog is full."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(socket.create_server((host, port), backlog=0))
        for _ in range(4):
            filling = stack.enter_context(socket.socket())
            filling.setblocking(False)
            filling.connect_ex((host, port))
        yield


def named(*hosts: str) -> Any:
    """Return a `getaddrinfo` that finds these addresses."""
    return lambda host, port, **_: [(2, 1, 6, "", (each, port)) for each in hosts]


def test_an_address_that_hangs_holds_up_nothing(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next is tried 250 ms later, and the one that took the connection leads from then on."""
    with RawServer(answering) as server, hanging("127.0.0.9", server.port):
        monkeypatch.setattr("socket.getaddrinfo", named("127.0.0.9", "127.0.0.1"))
        url = server.url.replace("127.0.0.1", "localhost")
        begun = time.monotonic()
        outcomes = driver(A_WRITE, *[A_WRITE] * 8, base_url=url)
        took = time.monotonic() - begun
    assert outcomes == [{"id": "t1"}] * 9
    assert 0.2 < took < 1.5


def test_a_remembered_address_is_used_only_while_it_is_named(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that moves away is followed, whatever worked before."""
    with RawServer(answering) as server:
        names = [named("127.0.0.1"), named("127.0.0.9")]

        def moving(*arguments: Any, **options: Any) -> Any:
            return (names.pop(0) if len(names) > 1 else names[0])(*arguments, **options)

        monkeypatch.setattr("socket.getaddrinfo", moving)
        url = server.url.replace("127.0.0.1", "localhost")
        first, second = driver(A_WRITE, A_WRITE, base_url=url, max_retries=0)
    assert first == {"id": "t1"}
    assert isinstance(second, NotSentError)
    assert second.cause == "ConnectError: ECONNREFUSED"


def test_addresses_that_all_hang_are_not_sent_in_time(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many they are: NOT_SENT, at the deadline."""
    with RawServer(answering) as server, hanging("127.0.0.9", server.port):
        monkeypatch.setattr("socket.getaddrinfo", named("127.0.0.9"))
        url = server.url.replace("127.0.0.1", "localhost")
        with on_time(DEADLINE):
            (error,) = driver(A_WRITE, base_url=url, timeout=DEADLINE)
    assert isinstance(error, NotSentError)
    assert error.timed_out
