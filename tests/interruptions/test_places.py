"""Exceptions of signal handlers in places where a timer hits once in a thousand runs."""

import asyncio
import gc
import logging
import signal
from collections.abc import Iterator
from typing import Any, Final

import pytest

import chessa
from chessa import JournalRecord, Outcome
from tests.faults.fault import FaultServer, answering
from tests.faults.matrix import credentials
from tests.faults.places import secured

from .harness import told
from .scenarios import ADDRESS
from .tracing import LineStrike, Select, function

LINES_OF_SENDING: Final = 30
"""More than asyncio takes for two flights of a handshake and a request."""
LIMITS: Final = (TimeoutError, OSError, InterruptedError)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that answers well."""
    with FaultServer(answering) as running:
        yield running


class Made:
    """A write that was struck: what came out, its records, and how often it was received."""

    def __init__(self, server: FaultServer, strike: LineStrike, *, url: str = "") -> None:
        self.records: list[JournalRecord] = []
        self.error: BaseException | None = None
        self.settings: dict[str, Any] = {**credentials(), "base_url": url or server.url}
        self.strike = strike

    def sync(self) -> "Made":
        """Send it with `Chessa`."""
        with chessa.Chessa(**self.settings, journal=self.records.append) as client:
            client.orders.retrieve("ord_0")
            with self.strike.running():
                try:
                    client.orders.request_refund(order_id="ord_1", address=ADDRESS)
                except BaseException as error:  # noqa: BLE001  # it is judged
                    self.error = error
        return self

    def on_asyncio(self) -> "Made":
        """Send it with `AsyncChessa`, and a journal that is awaited."""

        async def journal(record: JournalRecord) -> None:
            self.records.append(record)

        async def perform() -> None:
            async with chessa.AsyncChessa(**self.settings, journal=journal) as client:
                await client.orders.retrieve("ord_0")
                with self.strike.running():
                    try:
                        await client.orders.request_refund(order_id="ord_1", address=ADDRESS)
                    except BaseException as error:  # noqa: BLE001  # it is judged
                        self.error = error

        asyncio.run(perform())
        return self

    def check(self, outcome: Outcome | None) -> None:
        """Hold it to what every interrupted write must do, with this in the closing record."""
        assert self.strike.error is not None, "the line was never run"
        assert self.error is self.strike.error
        assert told(self.error)
        assert [record.event for record in self.records] == ["opened", "closed"]
        assert self.records[1].outcome is outcome


def strike(select: Select, number: int = 1, kind: type[BaseException] = TimeoutError) -> LineStrike:
    """Strike a function at its first line, or at a later one."""
    return LineStrike(select, number, lambda: kind("limit"))


def test_before_the_closing_record_sync(server: FaultServer) -> None:
    """Struck while the closing record is made, a finished write is closed all the same."""
    closing = strike(function("chessa._call.gate", "close"), 1)
    Made(server, closing).sync().check(Outcome.DONE)


def test_before_the_closing_record_async(server: FaultServer) -> None:
    """The same on asyncio."""
    closing = strike(function("chessa._call.gate", "close"), 1)
    Made(server, closing).on_asyncio().check(Outcome.DONE)


def test_after_the_closing_record(server: FaultServer) -> None:
    """Struck after that, the exception says that the write was carried out."""
    made = Made(server, strike(function("chessa._call.machine", "log_end"))).sync()
    made.check(None)
    assert told(made.error) == (Outcome.DONE,)


class _SlowHandler(logging.Handler):
    """A handler in which the time limit strikes."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith("orders.request_refund"):
            signal.raise_signal(signal.SIGALRM)


def test_in_a_handler_of_the_log(server: FaultServer) -> None:
    """A slow handler of the application's log does not swallow the time limit, nor its note."""
    logger, handler = logging.getLogger("chessa"), _SlowHandler()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        made = Made(server, LineStrike(lambda _: False, 0, lambda: TimeoutError("limit"))).sync()
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    made.check(None)
    assert told(made.error) == (Outcome.DONE,)


@pytest.mark.parametrize("kind", LIMITS)
def test_in_an_awaited_journal(server: FaultServer, kind: type[OSError]) -> None:
    """A signal handler's OSError is not the journal's word that nothing was written."""
    opening = strike(function("chessa._call.asyncio", "_write"), 2, kind)
    made = Made(server, opening).on_asyncio()
    assert made.error is opening.error
    assert told(made.error) == (Outcome.NOT_SENT,)


def test_as_the_response_arrives(server: FaultServer) -> None:
    """What asyncio reports with the end of a connection comes out, even if the response is here."""
    arriving = strike(function("chessa._transport.asyncio_stream", "data_received"), 2)
    made = Made(server, arriving).on_asyncio()
    assert made.error is arriving.error
    assert told(made.error)


@pytest.mark.parametrize("kind", LIMITS)
def test_as_the_first_of_two_addresses_is_tried(
    server: FaultServer, kind: type[OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not taken for the failure of an address, after which the next one is tried."""
    monkeypatch.setattr(
        "chessa._transport.sockets.resolve", lambda *_: ["127.0.0.1", "127.0.0.2", "127.0.0.1"]
    )
    begin = strike(function("chessa._transport.sockets", "_begin"), 4, kind)
    made = Made(server, begin, url=f"http://localhost:{server.port}").sync()
    assert made.error is begin.error
    assert told(made.error) == (Outcome.NOT_SENT,)


def test_as_asyncio_sends() -> None:
    """At no line of asyncio's own sending is it taken for a failure of the connection.

    An InterruptedError is: asyncio sends again after it.
    """
    wrong: list[str] = []
    with secured(answering) as site:
        assert site.server is not None
        for number in range(1, LINES_OF_SENDING):
            sending = strike(function("asyncio.selector_events", "write"), number)
            made = Made(site.server, sending)
            made.settings |= site.settings
            made.on_asyncio()
            if sending.error is not None and made.error is not sending.error:
                wrong.append(f"{type(made.error).__name__} came out: {sending.where}")
    assert wrong == []


def test_a_lost_place_leaves_no_error(recwarn: pytest.WarningsRecorder) -> None:
    """A place for a connection whose making was interrupted is dropped without an error."""
    from chessa._transport.stacks import Place

    with LineStrike(lambda _: False, 0, TimeoutError).running() as watching:
        lost: Any = Place.__new__(Place)
        del lost
        gc.collect()
    assert watching.unraisable == []
