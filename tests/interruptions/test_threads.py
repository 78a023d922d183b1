"""Exceptions raised into a thread that makes a call: `PyThreadState_SetAsyncExc`.

Python raises them once the thread is back from a system call: a call that waits for the network
gets them when its wait ends. As an OSError, raised in a function of the networking, such an
exception cannot be told from a failure of the network; an application uses a type of its own.
"""

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
