"""TLS in memory, and within the TLS to a proxy: broken, of another protocol, as configured."""

import ssl
from typing import Any

from chessa import NotSentError, Outcome, OutcomeUnknownError, ResponseError
from tests.marks import table

from .calls import A_READ, A_WRITE, Driver, check_plain
from .raw_server import Connection, RawServer, answering
from .tls_server import behind_tunnel, serving, trusting


def through(proxy: RawServer, context: ssl.SSLContext) -> dict[str, Any]:
    """Settings of a client whose calls go through this https proxy."""
    return {
        "base_url": "https://api.chessa.example",
        "proxy": f"https://localhost:{proxy.port}",
        "ssl_context": context,
        "max_retries": 0,
    }


def garbled(connection: Connection) -> None:
    """Respond with bytes that are not TLS, within the tunnel."""
    connection.read_request()
    outer: Connection = vars(connection)["_outer"]
    outer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" * 5)
    connection.wait_until_stopped(1.0)


def test_an_answer_that_the_proxy_garbled_is_lost(driver: Driver) -> None:
    """A proxy cannot respond in the API's place: a write is UNKNOWN, a read can be asked again."""
    with RawServer(behind_tunnel(garbled)) as proxy:
        read, write = driver(A_READ, A_WRITE, **through(proxy, trusting()))
    assert isinstance(read, ResponseError)
    assert isinstance(write, OutcomeUnknownError)
    assert write.outcome is Outcome.UNKNOWN
    for error in (read, write):
        assert not error.timed_out
        check_plain(error)


class Failing(ssl.SSLObject):
    """TLS that fails at the first thing that it is to encrypt for a host."""

    host = "api.chessa.example"

    def write(self, data: Any) -> int:
        if self.server_hostname == self.host:
            raise ssl.SSLError(1, "[SSL] it failed")
        return super().write(data)


def test_a_request_that_cannot_be_encrypted_is_not_called_safe(driver: Driver) -> None:
    """The first byte was about to go out, so the outcome is UNKNOWN, whatever TLS says."""
    context = trusting()
    context.sslobject_class = Failing
    with RawServer(behind_tunnel(answering)) as proxy:
        # httpcore goes on to wait for a response: a server may reject before it has read all
        (error,) = driver(A_WRITE, **through(proxy, context), timeout=1.0)
    assert isinstance(error, OutcomeUnknownError)
    assert (error.outcome, error.attempts) == (Outcome.UNKNOWN, 1)
    check_plain(error)


def test_a_tunnel_request_that_cannot_be_encrypted_is_not_sent(driver: Driver) -> None:
    """The handshake is not part of the request: NOT_SENT."""

    class AtProxy(Failing):
        host = "localhost"

    context = trusting()
    context.sslobject_class = AtProxy
    with RawServer(behind_tunnel(answering)) as proxy:
        (error,) = driver(A_WRITE, **through(proxy, context), timeout=1.0)
    assert isinstance(error, NotSentError)
    assert proxy.ledger == []
    check_plain(error)


ALPN = {"h2": False, "http/1.1": True}


@table(("protocol", "is_spoken"), ALPN.items())
def test_another_protocol_than_ours_is_not_sent(
    driver: Driver, protocol: str, is_spoken: bool
) -> None:
    """A context that offers HTTP/2 is used as it is; a server that takes that up gets nothing."""
    context, server_context = trusting(), serving()
    context.set_alpn_protocols([protocol])
    server_context.set_alpn_protocols([protocol])

    def play(connection: Connection) -> None:
        connection.sock = server_context.wrap_socket(connection.sock, server_side=True)
        answering(connection)

    with RawServer(play) as server:
        url = f"https://localhost:{server.port}"
        (outcome,) = driver(A_WRITE, base_url=url, ssl_context=context, max_retries=0)
    assert len(server.ledger) == (1 if is_spoken else 0)
    if is_spoken:
        assert outcome == {"id": "t1"}
    else:
        assert isinstance(outcome, NotSentError)
        assert outcome.cause == "ConnectError"


def test_a_context_of_the_callers_is_not_changed(driver: Driver) -> None:
    """The handshake offers the protocols of the context, and nothing is set on it."""
    offered: list[tuple[str | None, str | None]] = []

    def play(connection: Connection) -> None:
        sock = server_context.wrap_socket(connection.sock, server_side=True)
        offered.append((sock.selected_alpn_protocol(), sock.version()))
        connection.sock = sock
        answering(connection)

    context, server_context = trusting(), serving()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    server_context.set_alpn_protocols(["http/1.1"])
    with RawServer(play) as server:
        url = f"https://localhost:{server.port}"
        assert driver(A_WRITE, A_READ, base_url=url, ssl_context=context) == [{"id": "t1"}] * 2
    assert offered == [(None, "TLSv1.2")] * 2, "no ALPN was set on it"
