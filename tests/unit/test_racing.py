"""The addresses of a host: tried 250 ms apart, the good one remembered; and TLS as it is given."""

import contextlib
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chessa import NotSentError
from chessa._transport.racing import DELAY, Race, in_order
from tests.faults.places import unanswered
from tests.marks import table

from .calls import A_READ, A_WRITE, Driver
from .raw_server import RawServer, answering
from .tls_server import serving, trusting

DEAD, GOOD = "127.0.0.2", "127.0.0.1"


@table(
    ("addresses", "remembered", "expected"),
    [
        ([], None, []),
        (["::1", "::2", "1.1.1.1", "2.2.2.2"], None, ["::1", "1.1.1.1", "::2", "2.2.2.2"]),
        (["1.1.1.1", "2.2.2.2", "::1"], None, ["1.1.1.1", "::1", "2.2.2.2"]),
        (["::1", "1.1.1.1"], "1.1.1.1", ["1.1.1.1", "::1"]),
        (["::1", "1.1.1.1"], "9.9.9.9", ["::1", "1.1.1.1"]),
        (["fe80::1%eth0", "1.1.1.1"], None, ["fe80::1%eth0", "1.1.1.1"]),
    ],
)
def test_families_take_turns_and_a_remembered_address_leads(
    addresses: list[str], remembered: str | None, expected: list[str]
) -> None:
    """RFC 8305, section 4; a remembered address counts while DNS still names it."""
    assert in_order(addresses, remembered) == expected


def test_the_next_address_waits_for_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address waits 250 ms for one that has not connected, and not at all after a failure."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    race = Race(["a", "b", "c"])
    assert (race.start(), race.start()) == ("a", None)
    assert race.wait() == pytest.approx(DELAY)
    now[0] += DELAY
    assert (race.start(), race.start()) == ("b", None)
    race.failed("b")
    assert race.start() == "c"
    race.failed("c")
    assert not race.is_over
    now[0] += 10
    assert race.expired() == ["a"]
    race.failed("a")
    assert race.is_over


@contextlib.contextmanager
def half_dead(monkeypatch: pytest.MonkeyPatch) -> Iterator[RawServer]:
    """Run a server behind a name whose first address ignores each SYN."""
    with unanswered([DEAD]) as port, RawServer(answering, port) as server:
        monkeypatch.setattr(
            "chessa._transport.resolver.socket.getaddrinfo",
            lambda *_, **__: [(2, 1, 6, "", (host, port)) for host in (DEAD, GOOD)],
        )
        yield server


def test_a_dead_first_address_costs_a_quarter_second_once(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first connection takes the second address, and every later one takes it at once."""
    tried: list[str] = []
    start = Race.start

    def counted(self: Race) -> str | None:
        if (address := start(self)) is not None:
            tried.append(address)
        return address

    monkeypatch.setattr(Race, "start", counted)
    with half_dead(monkeypatch) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        outcomes = driver(A_WRITE, A_WRITE, A_WRITE, base_url=url)
    assert outcomes == [{"id": "t1"}] * 3
    assert tried == [DEAD, GOOD, GOOD, GOOD]


def _offering(*protocols: str) -> ssl.SSLContext:
    context = trusting()
    context.set_alpn_protocols(list(protocols))
    return context


def test_a_context_of_the_callers_is_not_changed(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No protocol is set on it, no option, no authority: the server sees what the caller offers."""
    seen: list[str | None] = []
    context = serving()
    context.set_alpn_protocols(["http/1.1", "private"])

    def play(connection: Any) -> None:
        with contextlib.suppress(ssl.SSLError):
            connection.sock = context.wrap_socket(connection.sock, server_side=True)
            seen.append(connection.sock.selected_alpn_protocol())
            answering(connection)

    offered = trusting()
    monkeypatch.setattr(
        ssl.SSLContext, "set_alpn_protocols", _refusing(offered, ssl.SSLContext.set_alpn_protocols)
    )
    with RawServer(play) as server:
        url = server.url.replace("http:", "https:")
        assert driver(A_READ, A_WRITE, base_url=url, ssl_context=offered) == [{"id": "t1"}] * 2
    assert seen == [None, None]


def _refusing(
    untouched: ssl.SSLContext, otherwise: Callable[[ssl.SSLContext, Any], None]
) -> Callable[[ssl.SSLContext, Any], None]:
    def set_alpn(self: ssl.SSLContext, protocols: Any) -> None:
        assert self is not untouched
        otherwise(self, protocols)

    return set_alpn


def test_http_2_is_not_spoken_by_accident(driver: Driver) -> None:
    """A context that offers it, a server that chooses it: nothing is sent."""
    context = serving()
    context.set_alpn_protocols(["h2"])

    def play(connection: Any) -> None:
        with contextlib.suppress(ssl.SSLError):
            connection.sock = context.wrap_socket(connection.sock, server_side=True)
            connection.read_request()

    with RawServer(play) as server:
        url = server.url.replace("http:", "https:")
        (error,) = driver(A_WRITE, base_url=url, ssl_context=_offering("h2", "http/1.1"))
        assert server.ledger == []
    assert isinstance(error, NotSentError)
