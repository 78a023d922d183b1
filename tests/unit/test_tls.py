"""TLS: certificates are checked, the deadline holds, and a proxy's TLS changes neither."""

import ssl
from typing import Any

import pytest

import chessa
from chessa import NotSentError, Outcome, OutcomeUnknownError
from chessa._transport.tls import make_context

from .calls import A_READ, A_WRITE, CLIENT_SECRET, Driver
from .raw_server import Connection, RawServer, answering, on_time
from .tls_server import AUTHORITY, behind_tunnel, tls_server, trusting

DEADLINE = 0.5


def test_calls_over_tls(driver: Driver) -> None:
    """Reads share a connection, writes have one each, and the credentials arrive."""
    with tls_server(answering) as server:
        calls = (A_READ, A_READ, A_WRITE, A_WRITE)
        outcomes = driver(*calls, base_url=server.url, ssl_context=trusting())
    assert outcomes == [{"id": "t1"}] * 4
    assert server.accepted == 3
    assert all(CLIENT_SECRET.encode() in request for request in server.ledger)


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(driver: Driver) -> None:
    """NOT_SENT, said as what it is, and not tried again: it would be the same."""
    with tls_server(answering) as server:
        for error in driver(A_WRITE, A_READ, base_url=server.url):
            assert isinstance(error, NotSentError)
            assert error.attempts == 1
            assert "certificate could not be verified" in str(error)
            for setting in ("base_url", "proxy", "ssl_context", "trust_env=True", "SSL_CERT_FILE"):
                assert setting in str(error)
    assert server.ledger == []


def test_a_certificate_of_another_name_is_not_accepted(driver: Driver) -> None:
    """The name in the URL is what counts, whatever address it has."""
    with tls_server(answering) as server:
        url = f"https://[::1]:{server.port}"
        address = f"https://127.0.0.2:{server.port}"
        for wrong in (url, address):
            (error,) = driver(A_WRITE, base_url=wrong, ssl_context=trusting(), max_retries=0)
            assert isinstance(error, NotSentError)
    assert server.ledger == []


def test_the_context_of_our_own_is_strict() -> None:
    """Certificates and names are checked, nothing below TLS 1.2, no file of keys."""
    context = make_context(trust_env=False)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.keylog_filename is None


def test_the_environment_does_not_weaken_tls(
    driver: Driver, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """No variable adds an authority or writes the keys of connections, unless it is trusted."""
    bundle, keys = tmp_path / "ca.pem", tmp_path / "keys.log"
    AUTHORITY.cert_pem.write_to_path(bundle)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    with tls_server(answering) as server:
        (error,) = driver(A_READ, base_url=server.url)
        assert isinstance(error, NotSentError)
        (result,) = driver(A_READ, base_url=server.url, trust_env=True)
        assert result == {"id": "t1"}
    assert not keys.exists()


def through(proxy: RawServer) -> dict[str, Any]:
    """Settings of a client whose calls go through this https proxy."""
    return {
        "base_url": "https://api.chessa.example",
        "proxy": f"https://localhost:{proxy.port}",
        "ssl_context": trusting(),
    }


def test_calls_through_an_https_proxy(driver: Driver) -> None:
    """TLS within TLS: responses longer than one record, and a request hidden from the proxy."""
    long = b'{"id": "%s"}' % (b"x" * 100_000)

    def play(connection: Connection) -> None:
        while connection.read_request():
            connection.answer("200 OK", long)

    with RawServer(behind_tunnel(play)) as proxy:
        outcomes = driver(A_READ, A_READ, A_WRITE, **through(proxy))
    assert [outcome["id"] for outcome in outcomes] == ["x" * 100_000] * 3
    tunnels = [request for request in proxy.ledger if request.startswith(b"CONNECT")]
    assert len(tunnels) == proxy.accepted == 2
    assert all(CLIENT_SECRET.encode() not in request for request in tunnels)


def test_a_certificate_within_a_tunnel_is_checked(driver: Driver) -> None:
    """The proxy cannot stand in for the API: NOT_SENT, once."""
    with RawServer(behind_tunnel(answering)) as proxy:
        settings = {**through(proxy), "base_url": "https://other.example"}
        (error,) = driver(A_WRITE, **settings)
    assert isinstance(error, NotSentError)
    assert error.attempts == 1
    assert "certificate could not be verified" in str(error)


def test_a_tunnel_that_drips_ends_with_the_deadline(driver: Driver) -> None:
    """A handshake within the tunnel, byte by byte, is NOT_SENT in time."""
    with RawServer(behind_tunnel(answering, pause=0.05)) as proxy, on_time(DEADLINE):
        (error,) = driver(A_WRITE, **through(proxy), timeout=DEADLINE, max_retries=0)
    assert len(proxy.ledger) == 1, "the tunnel stood"
    assert isinstance(error, NotSentError)
    assert error.timed_out


def test_an_answer_that_drips_through_a_tunnel_ends_with_the_deadline(driver: Driver) -> None:
    """The request went out; a response that never comes to its end leaves it UNKNOWN, in time."""

    def play(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\n")
        while not connection.wait_until_stopped(0.05):
            connection.send(b"X")

    with RawServer(behind_tunnel(play)) as proxy, on_time(DEADLINE):
        (error,) = driver(A_WRITE, **through(proxy), timeout=DEADLINE)
    assert isinstance(error, OutcomeUnknownError)
    assert (error.outcome, error.timed_out) == (Outcome.UNKNOWN, True)


def test_a_tunnel_that_closes_is_a_lost_connection(driver: Driver) -> None:
    """A connection that ends within the tunnel is one whose outcome is unknown."""
    with RawServer(behind_tunnel(lambda c: c.read_request())) as proxy:
        (error,) = driver(A_WRITE, **through(proxy))
    assert isinstance(error, OutcomeUnknownError)
    assert error.outcome is Outcome.UNKNOWN


def test_ssl_context_is_used_as_it_is() -> None:
    """A context that was brought is the one that counts, and must be one."""
    with pytest.raises(chessa.ConfigurationError, match=r"ssl_context must be an ssl\.SSLContext"):
        chessa.Chessa(client_id="a", client_secret="b", ssl_context="bundle.pem")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
