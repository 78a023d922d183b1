"""Exceptions of signal handlers in places where a timer hits once in a thousand runs."""

import gc
import logging
import signal
from collections.abc import Iterator
from typing import Any, Final

import pytest

from chessa import Outcome
from tests.faults.fault import FaultServer, answering
from tests.faults.places import secured
from tests.modes import ASYNC, MODES, SYNC, Mode

from .harness import Struck, told
from .tracing import LineStrike, Select, function

LINES_OF_SENDING: Final = 30
"""More than asyncio takes for two flights of a handshake and a request."""
LIMITS: Final = (TimeoutError, OSError, InterruptedError)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """Run a server that responds well."""
    with FaultServer(answering) as running:
        yield running


def made(
    mode: Mode, server: FaultServer, strike: LineStrike, *, url: str = "", **settings: Any
) -> Struck:
    """Send a write that is struck, after a read."""
    return Struck(mode, strike, {"base_url": url or server.url, **settings}, warmed=True).made()


def check(struck: Struck, outcome: Outcome | None) -> None:
    """Hold it to what every interrupted write must do, with this in the closing record."""
    assert struck.strike.error is not None, "the line was never run"
    assert struck.error is struck.strike.error
    assert told(struck.error)
    assert [record.event for record in struck.records] == ["opened", "closed"]
    assert struck.records[1].outcome is outcome


def strike(select: Select, number: int = 1, kind: type[BaseException] = TimeoutError) -> LineStrike:
    """Strike a function at its first line, or at a later one."""
    return LineStrike(select, number, lambda: kind("limit"))


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_before_the_closing_record(server: FaultServer, mode: Mode) -> None:
    """Struck while the closing record is made, a finished write is closed all the same."""
    check(made(mode, server, strike(function("chessa._call.gate", "close"))), Outcome.DONE)


def test_after_the_closing_record(server: FaultServer) -> None:
    """Struck after that, the exception says that the write was carried out."""
    struck = made(SYNC, server, strike(function("chessa._call.machine", "log_end")))
    check(struck, None)
    assert told(struck.error) == (Outcome.DONE,)


class _SlowHandler(logging.Handler):
    """A handler in which the time limit strikes."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith("orders.request_refund: ok"):
            signal.raise_signal(signal.SIGALRM)


def test_in_a_handler_of_the_log(server: FaultServer) -> None:
    """A slow handler of the application's log does not swallow the time limit, nor its note."""
    logger, handler = logging.getLogger("chessa"), _SlowHandler()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        struck = made(SYNC, server, strike(lambda _: False, 0))
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    check(struck, None)
    assert told(struck.error) == (Outcome.DONE,)


@pytest.mark.parametrize("kind", LIMITS)
def test_in_an_awaited_journal(server: FaultServer, kind: type[OSError]) -> None:
    """A signal handler's OSError is not the journal's word that nothing was written."""
    opening = strike(function("chessa._call.asyncio", "_write"), 2, kind)
    struck = made(ASYNC, server, opening)
    assert struck.error is opening.error
    assert told(struck.error) == (Outcome.NOT_SENT,)


def test_as_the_response_arrives(server: FaultServer) -> None:
    """An error that asyncio reports as a connection ends comes out, even with a response."""
    arriving = strike(function("chessa._transport.asyncio_stream", "data_received"), 2)
    struck = made(ASYNC, server, arriving)
    assert struck.error is arriving.error
    assert told(struck.error)


@pytest.mark.parametrize("kind", LIMITS)
def test_as_the_first_of_two_addresses_is_tried(
    server: FaultServer, kind: type[OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not taken for the failure of an address, after which the next one is tried."""
    monkeypatch.setattr(
        "chessa._transport.sockets.resolve", lambda *_: ["127.0.0.1", "127.0.0.2", "127.0.0.1"]
    )
    begin = strike(function("chessa._transport.sockets", "_begin"), 4, kind)
    struck = made(SYNC, server, begin, url=f"http://localhost:{server.port}")
    assert struck.error is begin.error
    assert told(struck.error) == (Outcome.NOT_SENT,)


def test_as_asyncio_sends() -> None:
    """At no line of asyncio's own sending is it taken for a failure of the connection.

    An InterruptedError is: asyncio sends again after it.
    """
    wrong: list[str] = []
    with secured(answering) as site:
        assert site.server is not None
        for number in range(1, LINES_OF_SENDING):
            sending = strike(function("asyncio.selector_events", "write"), number)
            struck = made(ASYNC, site.server, sending, **site.settings)
            if sending.error is not None and struck.error is not sending.error:
                wrong.append(f"{type(struck.error).__name__} came out: {sending.where}")
    assert wrong == []


def test_a_lost_place_leaves_no_error(recwarn: pytest.WarningsRecorder) -> None:
    """A place for a connection whose making was interrupted is dropped without an error."""
    from chessa._transport.stacks import Place

    with LineStrike(lambda _: False, 0, TimeoutError).running() as watching:
        lost: Any = Place.__new__(Place)
        del lost
        gc.collect()
    assert watching.unraisable == []
