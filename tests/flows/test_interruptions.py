"""Exceptions that are not of a call end a flow at once and come out as themselves, with a note."""

import asyncio
import contextlib
import signal
import sys
import time as real_time
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import chessa
from chessa import flows
from chessa.flows import Confirmed, NotApplied, _steps, refund_safely, wait_for_order
from chessa.testing import Sandbox, sandbox

from .runs import ADDRESS, READ, REFUND, Run, Time, asked


class WorkerLimitError(Exception):
    """What a worker's signal handler raises in the middle of a task."""


KINDS = [WorkerLimitError, TimeoutError, OSError, ValueError, KeyboardInterrupt, SystemExit]


# ---- Signals ------------------------------------------------------------------------------------


@contextlib.contextmanager
def alarm(error: BaseException) -> Iterator[Callable[[], None]]:
    """Give a function that lets a signal handler raise this, 0.05 seconds later."""

    def handler(number: int, frame: types.FrameType | None) -> None:
        raise error

    before = signal.signal(signal.SIGALRM, handler)
    try:
        yield lambda: signal.setitimer(signal.ITIMER_REAL, 0.05) and None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def sleep_under(monkeypatch: pytest.MonkeyPatch, start: Callable[[], None]) -> list[float]:
    """Start the alarm whenever a flow sleeps, in real time; tells when it began to."""
    begun: list[float] = []

    def sleep(seconds: float) -> None:
        begun.append(real_time.monotonic())
        start()
        real_time.sleep(seconds)

    async def sleep_async(seconds: float) -> None:
        begun.append(real_time.monotonic())
        start()
        await asyncio.sleep(seconds)

    monkeypatch.setattr(_steps, "sleep", sleep)
    monkeypatch.setattr(_steps, "asyncio", types.SimpleNamespace(sleep=sleep_async))
    return begun


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["refund_safely", "wait_for_order"])
def test_a_signal_handler_ends_a_flow_that_sleeps(
    monkeypatch: pytest.MonkeyPatch, name: str, kind: type[BaseException]
) -> None:
    """What it raises comes out as itself, long before the sleep is over, with the note on it."""
    error = kind("the limit of the worker")
    with sandbox() as api, api.client() as client, alarm(error) as start:
        begun = sleep_under(monkeypatch, start)
        order = api.add_order().fail() if name == "refund_safely" else api.add_order()
        api.show_refunds_late(reads=50)
        api.lose_next_answer(operation=REFUND)
        perform: Callable[..., Any] = {
            "refund_safely": lambda each: refund_safely(client, each, ADDRESS, timeout=8),
            "wait_for_order": lambda each: wait_for_order(client, each, timeout=8),
        }[name]
        with pytest.raises(kind) as caught:
            perform(order.id)
        ended = real_time.monotonic()
        sent = asked(api).count(REFUND)
    assert caught.value is error
    assert ended - begun[-1] < 0.45
    assert len(begun) == 1
    (note,) = error.__notes__
    if name == "refund_safely":
        assert "was sent, and whether it was made is unknown" in note
        assert sent == 1
    else:
        assert note == f"wait_for_order: order {order.id} was last seen as created."


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers")
def test_a_signal_handler_ends_a_flow_on_asyncio(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stops the event loop, and so comes out of `asyncio.run` at once."""
    error = WorkerLimitError()
    with sandbox() as api, alarm(error) as start:
        begun = sleep_under(monkeypatch, start)
        order = api.add_order()

        async def main() -> None:
            async with api.async_client() as client:
                await wait_for_order(client, order.id, timeout=8)

        with pytest.raises(WorkerLimitError) as caught:
            asyncio.run(main())
        assert caught.value is error
        assert real_time.monotonic() - begun[-1] < 0.45


def test_a_cancelled_flow_has_its_note() -> None:
    """A task that is cancelled between two reads ends at once, its note on the exception."""

    async def main(api: Sandbox) -> None:
        async with api.async_client() as client:
            order = api.add_order().fail()
            api.show_refunds_late(reads=50)
            api.lose_next_answer(operation=REFUND)
            task = asyncio.ensure_future(refund_safely(client, order.id, ADDRESS))
            for _ in range(1_000):
                if asked(api) == [READ, REFUND, READ]:
                    break
                await asyncio.sleep(0.01)
            begun = real_time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert real_time.monotonic() - begun < 0.45
            assert "was sent, and whether it was made is unknown" in caught.value.__notes__[0]

    with sandbox() as api:
        asyncio.run(main(api))


# ---- At every line ------------------------------------------------------------------------------

FILES = {str(module.__file__) for module in (flows, _steps)}
# Functions outside of every attempt to note something: what makes the flow, and what notes it.
OUTSIDE = {"refund_safely", "run", "_noted", "_noted_async", "put_on"}


@contextlib.contextmanager
def interrupted_at(number: int, error: BaseException) -> Iterator[list[str]]:
    """Raise this at so many lines of the flows; tells where it was raised."""
    lines = 0
    where: list[str] = []

    def at_line(frame: types.FrameType, event: str, _: object) -> Any:
        nonlocal lines
        if event == "line" and not where:
            lines += 1
            if lines == number:
                where.append(f"{frame.f_code.co_name}:{frame.f_lineno}")
                raise error
        return at_line

    def at_call(frame: types.FrameType, event: str, _: object) -> Any:
        code = frame.f_code
        if code.co_filename in FILES and code.co_name not in OUTSIDE:
            return at_line
        return None

    before = sys.gettrace()
    sys.settrace(at_call)
    try:
        yield where
    finally:
        sys.settrace(before)


SITUATIONS: dict[str, Callable[[Sandbox], None]] = {
    "made": lambda api: None,
    "lost": lambda api: api.lose_next_answer(operation=REFUND),
    "rejected": lambda api: api.fail_next(400, operation=REFUND),
    "not sent": lambda api: api.refuse_next_connection(operation=REFUND),
}


@pytest.mark.untraced
@pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.ci)])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_an_interruption_at_any_line_comes_out_with_what_is_known(
    run: Run, api: Sandbox, time: Time, situation: str, every: int
) -> None:
    """Wherever it strikes: it comes out as itself, with a note that agrees with what was sent."""
    ended: object = None
    number = 0
    while ended is None:
        number += every
        order = api.add_order().fail()
        api.show_refunds_late(reads=1)
        SITUATIONS[situation](api)
        arrived, error = len(api.requests), WorkerLimitError()
        with interrupted_at(number, error) as where:
            try:
                ended = run(refund_safely, order.id, ADDRESS)
            except WorkerLimitError as caught:
                ended = None if caught is error else caught
        api.backend.faults = type(api.backend.faults)()  # none is left for the next
        if where:
            assert ended is None, f"swallowed at {where}"
            notes = " ".join(error.__notes__)
            assert order.id in notes, where
            was_sent = REFUND in asked(api)[arrived:]
            assert not (was_sent and "was not sent" in notes), where
            assert was_sent or "was made" not in notes, where
    assert isinstance(ended, Confirmed | NotApplied)
    assert number > 50


# ---- Functions of the caller --------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        WorkerLimitError("text"),
        TimeoutError("text"),
        chessa.NotSentError("text"),
        chessa.ResponseError("text"),
        KeyboardInterrupt(),
    ],
)
def test_what_a_predicate_raises_comes_out_as_itself(
    run: Run, api: Sandbox, time: Time, error: BaseException
) -> None:
    """At the first read; an error of the package is not taken for a read that failed."""
    order = api.add_order()

    def until(order: Any) -> bool:
        raise error

    with pytest.raises(type(error)) as caught:
        run(wait_for_order, order.id, until)
    assert caught.value is error
    assert (asked(api), time.waits) == ([READ], [])
    if not isinstance(error, chessa.ChessaError):
        assert error.__notes__ == [f"wait_for_order: order {order.id} was last seen as created."]
    error.__notes__ = []
