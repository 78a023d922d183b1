"""Exceptions that are not of a call end a flow at once and come out as themselves, with a note."""

import asyncio
import contextlib
import signal
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest

import chessa
from chessa.flows import Confirmed, NotApplied, _polling, _refund, _steps, refund_safely
from chessa.flows._steps import Time
from chessa.testing import Sandbox, SandboxOrder
from tests.marks import CI, NIGHTLY

from .runs import ADDRESS, READ, REFUND, ManualTime, Run, operations, refund, wait


class WorkerLimitError(Exception):
    """The exception of a worker's signal handler in the middle of a task."""


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


@attrs.define
class AlarmedTime(Time):
    """The real time, in which each sleep starts the alarm."""

    start: Callable[[], None]
    begun: list[float] = attrs.field(factory=list[float])

    def sleep(self, seconds: float) -> None:
        self.begun.append(self.monotonic())
        self.start()
        super().sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        self.begun.append(self.monotonic())
        self.start()
        await super().sleep_async(seconds)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["refund_safely", "wait_for_order"])
def test_a_signal_handler_ends_a_flow_that_sleeps(
    api: Sandbox, name: str, kind: type[BaseException]
) -> None:
    """Its exception comes out as itself, long before the sleep is over, with the note on it."""
    error = kind("the limit of the worker")
    with alarm(error) as start:
        time = AlarmedTime(start)
        is_refund = name == "refund_safely"
        order = api.add_order().fail() if is_refund else api.add_order()
        api.show_refunds_late(reads=50)
        api.lose_next_answer(operation=REFUND)
        flow: Any = refund(order.id, ADDRESS, timeout=8) if is_refund else wait(order.id, timeout=8)
        with pytest.raises(kind) as caught:
            _steps.run(api.client(), flow, time)
        assert time.monotonic() - time.begun[0] < 0.45
    assert caught.value is error
    assert (len(time.begun), operations(api).count(REFUND)) == (1, is_refund)
    (note,) = error.__notes__
    expected = f"wait_for_order: order {order.id} was last seen as created."
    assert (
        ("was sent, and whether it was made is unknown" in note) if is_refund else note == expected
    )


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers")
def test_a_signal_handler_ends_a_flow_on_asyncio(api: Sandbox) -> None:
    """It stops the event loop, and so comes out of `asyncio.run` at once."""
    error = WorkerLimitError()
    with alarm(error) as start:
        time = AlarmedTime(start)

        async def main() -> None:
            async with api.async_client() as client:
                running: Any = _steps.run(client, wait(api.add_order().id, timeout=8), time)
                await running

        with pytest.raises(WorkerLimitError) as caught:
            asyncio.run(main())
        assert caught.value is error
        assert time.monotonic() - time.begun[-1] < 0.45


def test_a_cancelled_flow_has_its_note(api: Sandbox, order: SandboxOrder) -> None:
    """A task that is cancelled between two reads ends at once, its note on the exception."""
    api.show_refunds_late(reads=50)
    api.lose_next_answer(operation=REFUND)

    async def main() -> None:
        async with api.async_client() as client:
            task = asyncio.ensure_future(refund_safely(client, order.id, ADDRESS))
            for _ in range(1_000):
                if operations(api) == [READ, REFUND, READ]:
                    break
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert "was sent, and whether it was made is unknown" in caught.value.__notes__[0]

    asyncio.run(main())


# ---- At every line ------------------------------------------------------------------------------

FILES = {str(module.__file__) for module in (_refund, _polling, _steps)}
# Functions outside of every attempt to note something: they make the flow, and note.
OUTSIDE = {"run", "_run", "_run_async", "put_on", "<lambda>"}


@contextlib.contextmanager
def interrupted_at(number: int, error: BaseException) -> Iterator[list[str]]:
    """Raise this at so many lines of the flows; yield where it was raised."""
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
@pytest.mark.parametrize("every", [7, pytest.param(3, marks=CI), pytest.param(1, marks=NIGHTLY)])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_an_interruption_at_any_line_comes_out_with_what_is_known(
    run: Run, api: Sandbox, time: ManualTime, situation: str, every: int
) -> None:
    """At every line it comes out as itself, with a note that agrees with the requests."""
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
                ended = run(refund, order.id, ADDRESS)
            except WorkerLimitError as caught:
                ended = None if caught is error else caught
        api.backend.faults = type(api.backend.faults)()  # none is left for the next
        if where:
            assert ended is None, f"swallowed at {where}"
            notes = " ".join(error.__notes__)
            was_sent = REFUND in operations(api)[arrived:]
            assert order.id in notes, where
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
def test_an_exception_of_a_predicate_comes_out_as_itself(
    run: Run, api: Sandbox, time: ManualTime, error: BaseException
) -> None:
    """At the first read; an error of the package is not taken for a read that failed."""
    order = api.add_order()

    def until(order: Any) -> bool:
        raise error

    with pytest.raises(type(error)) as caught:
        run(wait, order.id, until)
    assert caught.value is error
    assert (operations(api), time.waits) == ([READ], [])
    if not isinstance(error, chessa.ChessaError):
        assert error.__notes__ == [f"wait_for_order: order {order.id} was last seen as created."]
    error.__notes__ = []
