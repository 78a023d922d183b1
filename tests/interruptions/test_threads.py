"""Exceptions raised into a thread that makes a call: `PyThreadState_SetAsyncExc`.

Python raises them once the thread is back from a system call: a call that waits for the network
gets them when its wait ends. As an OSError, raised in a function of the networking, such an
exception cannot be told from a failure of the network; an application uses a type of its own.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

import chessa
from chessa import JournalRecord, Outcome
from chessa.flows import wait_for_order
from tests.faults.fault import FaultServer, after, answering, silence
from tests.faults.leaks import CREDENTIALS
from tests.modes import MODES, Mode
from tests.pulse import Pulse

from .harness import told
from .kinds import TimeLimitError, raise_in
from .scenarios import ADDRESS

MOMENT: Final = 0.2
TIMEOUT: Final = 1.5
LATE: Final = 0.25


@pytest.fixture
def pulse() -> Iterator[Pulse]:
    """Run a sleeper next to the call."""
    with Pulse() as beating:
        yield beating


def interrupted(work: Callable[[], object], pulse: Pulse) -> tuple[BaseException | None, float]:
    """Raise into a thread that does this; what came out, and how long after it was asked for."""
    ended: list[tuple[BaseException | None, float]] = []

    def run() -> None:
        error: BaseException | None = None
        try:
            work()
        except BaseException as caught:  # noqa: BLE001  # it is judged
            error = caught
        ended.append((error, time.monotonic()))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    time.sleep(MOMENT)
    asked = time.monotonic()
    assert thread.ident is not None
    raise_in(thread.ident, TimeLimitError)
    thread.join(30)
    assert not thread.is_alive(), "the call hangs"
    error, at = ended[0]
    return error, at - asked - pulse.lag(asked, at)


def _read(client: chessa.Chessa) -> object:
    return client.orders.retrieve("ord_1")


def _write(client: chessa.Chessa) -> object:
    return client.orders.request_refund(order_id="ord_1", address=ADDRESS)


def _wait(client: chessa.Chessa) -> object:
    return wait_for_order(client, "ord_1", timeout=3)


@pytest.mark.parametrize("call", [_read, _write], ids=["read", "write"])
def test_a_silent_server_does_not_hold_the_exception_back(
    call: Callable[[chessa.Chessa], object], pulse: Pulse
) -> None:
    """It comes out within 250 ms, not at the deadline of the call."""
    records: list[JournalRecord] = []
    with FaultServer(after(silence)) as server:
        settings: dict[str, Any] = {**CREDENTIALS, "base_url": server.url, "timeout": TIMEOUT}
        with chessa.Chessa(**settings, journal=records.append) as client:
            error, seconds = interrupted(lambda: call(client), pulse)
    assert isinstance(error, TimeLimitError)
    if call is _write:
        assert told(error) == (Outcome.UNKNOWN,)
        assert [record.outcome for record in records] == [None, Outcome.UNKNOWN]
    assert seconds <= LATE


def test_a_flow_that_sleeps_does_not_hold_the_exception_back(pulse: Pulse) -> None:
    """Between two reads of an order it comes out within 250 ms, not after the wait."""
    with FaultServer(answering) as server:
        settings: dict[str, Any] = {**CREDENTIALS, "base_url": server.url}
        with chessa.Chessa(**settings) as client:
            error, seconds = interrupted(lambda: _wait(client), pulse)
    assert isinstance(error, TimeLimitError)
    assert seconds <= LATE


def test_making_the_tls_context_swallows_nothing(
    pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading the authorities takes a while: what is raised then is not a failed transport."""

    def slow(**_settings: object) -> None:
        for _ in range(100):
            time.sleep(0.005)
        raise AssertionError("nothing was raised")

    monkeypatch.setattr("chessa._transport.pools.make_context", slow)
    with chessa.Chessa(**CREDENTIALS, base_url="https://api.chessa.example") as client:
        error, _ = interrupted(lambda: _read(client), pulse)
    assert isinstance(error, TimeLimitError)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_a_limit_that_strikes_as_a_thread_starts(
    mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes out as itself, though Python would raise a KeyError instead."""
    start: Any = vars(threading)["_start_new_thread"]
    struck: list[int] = []

    def start_and_strike(target: Callable[[], None], arguments: tuple[()]) -> int:
        number: int = start(target, arguments)
        limbo: dict[threading.Thread, object] = vars(threading)["_limbo"]
        while limbo and not struck:
            time.sleep(0.001)
        if not struck:
            struck.append(number)
            signal.raise_signal(signal.SIGALRM)
        return number

    def limit(*_: object) -> None:
        raise TimeLimitError

    async def call() -> None:
        settings = {
            **CREDENTIALS,
            "base_url": "https://localhost:1",
            "timeout": TIMEOUT,
            "journal": records.append,
        }
        async with mode.opened(mode.client(**settings)) as client:
            monkeypatch.setattr(threading, "_start_new_thread", start_and_strike)
            await mode.done(client.orders.request_refund(order_id="ord_1", address=ADDRESS))

    records: list[JournalRecord] = []
    before = signal.signal(signal.SIGALRM, limit)
    try:
        with pytest.raises(TimeLimitError) as caught:
            mode.run(call())
    finally:
        signal.signal(signal.SIGALRM, before)
    assert struck
    assert told(caught.value) == (Outcome.NOT_SENT,)
    assert {record.outcome for record in records if record.event == "closed"} == {Outcome.NOT_SENT}
