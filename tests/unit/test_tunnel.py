"""TLS within the TLS to a proxy, broken: what of the request may have arrived is not made up."""

import ssl
from typing import Any

import chessa
from chessa import Outcome, OutcomeUnknownError, ResponseError

from .calls import A_READ, A_WRITE, Driver, check_plain, sync_driver
from .raw_server import Connection, RawServer, answering
from .tls_server import behind_tunnel, trusting


def through(proxy: RawServer, context: ssl.SSLContext) -> dict[str, Any]:
    """Settings of a client whose calls go through this https proxy."""
    return {
        "base_url": "https://api.chessa.example",
        "proxy": f"https://localhost:{proxy.port}",
        "ssl_context": context,
        "max_retries": 0,
    }


def garbled(connection: Connection) -> None:
    """Answer with bytes that are no TLS, within the tunnel."""
    connection.read_request()
    outer: Connection = vars(connection)["_outer"]
    outer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" * 5)
    connection.wait_until_stopped(1.0)


def test_an_answer_that_the_proxy_garbled_is_lost(driver: Driver) -> None:
    """A proxy cannot answer in the API's place: a write is UNKNOWN, a read can be asked again."""
    with RawServer(behind_tunnel(garbled)) as proxy:
        read, write = driver(A_READ, A_WRITE, **through(proxy, trusting()))
    assert isinstance(read, ResponseError)
    assert isinstance(write, OutcomeUnknownError)
    assert write.outcome is Outcome.UNKNOWN
    for error in (read, write):
        assert not error.timed_out
        check_plain(error)


class Failing(ssl.SSLObject):
    """TLS that fails at the first thing that it shall encrypt."""

    def write(self, data: Any) -> int:
        raise ssl.SSLError(1, "[SSL] it failed")


def test_a_request_that_cannot_be_encrypted_is_not_called_safe() -> None:
    """The first byte was about to go out, so the outcome is UNKNOWN, whatever TLS says."""
    context = trusting()
    context.sslobject_class = Failing
    with RawServer(behind_tunnel(answering)) as proxy:
        # httpcore goes on to wait for an answer: a server may refuse before it has read everything
        (error,) = sync_driver(A_WRITE, **through(proxy, context), timeout=1.0)
    assert isinstance(error, chessa.OutcomeUnknownError)
    assert (error.outcome, error.attempts) == (Outcome.UNKNOWN, 1)
    check_plain(error)
