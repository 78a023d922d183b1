"""A signal handler that raises at any line of the client comes out, and the truth is told."""

import gc
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from tests.faults.fault import FaultServer, answering
from tests.marks import every, table
from tests.modes import ASYNC, MODES, Mode

from .harness import Struck, problems
from .kinds import TimeLimitError
from .tracing import LineStrike, Select, any_of, function, of_client, of_modules

pytestmark = [
    pytest.mark.untraced,
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    # An interruption within connecting or closing leaves the socket to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]
ERRORS: Final[dict[str, Callable[[], BaseException]]] = {
    "plain": TimeLimitError,
    "timeout": lambda: TimeoutError("limit"),
    "oserror": lambda: OSError("limit"),
    "interrupted": lambda: InterruptedError("limit"),
    "ctrl-c": KeyboardInterrupt,
}
SOME: Final = 41
"""The ordinary test interrupts every so manieth line."""


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    """Run a server that responds well."""
    with FaultServer(answering) as running:
        yield running


def _sweep(
    server: FaultServer,
    mode: Mode,
    error: str,
    *,
    is_read: bool,
    every: int = 1,
    first: int = 1,
    select: Select = of_client,
    fewest: int = 100,
    is_awaited: bool = True,
) -> list[str]:
    def struck(number: int) -> Struck:
        strike = LineStrike(select, number, ERRORS[error])
        settings = {"base_url": server.url, "timeout": 3}
        return Struck(mode, strike, settings, is_read, is_awaited=is_awaited).made()

    _, counting = struck(0), struck(0)  # the first call of a process imports what it needs
    assert counting.strike.lines > fewest
    found: list[str] = []
    for number in range(first, counting.strike.lines + 1, every):
        made = struck(number)
        received = sum(made.order_id.encode() in each for each in server.ledger)
        seen = made.observed(0 if is_read else received)
        found += [f"line {number}, {each}: {seen.where}" for each in problems(seen)]
    gc.collect()  # with these filters, not in another test
    return found


@table("is_read", [True, False])
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_some_lines(server: FaultServer, mode: Mode, is_read: bool) -> None:
    """The exception comes out as itself, with a note and a closing record that are true."""
    assert not _sweep(server, mode, "oserror", is_read=is_read, every=SOME, first=7)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_the_closing_record_is_written_once(server: FaultServer, mode: Mode) -> None:
    """An interruption at any line that writes to the journal loses no record and adds none."""
    select = of_modules("chessa._call.gate", "chessa._call.asyncio", "chessa.journal._records")
    assert not _sweep(server, mode, "oserror", is_read=False, select=select, fewest=25)


@pytest.mark.parametrize("error", every(2, ["ctrl-c", "oserror"]))
def test_a_record_on_its_way_to_a_thread_is_written_once(server: FaultServer, error: str) -> None:
    """The same where Python's own functions hand the record of a blocking journal to a thread.

    Not where they release a lock: a tracer strikes there, as no signal can.
    """
    names = ("to_thread", "__init__", "_adjust_thread_count")
    select = any_of(
        function(module, name)
        for module in ("asyncio.threads", "concurrent.futures.thread", "concurrent.futures._base")
        for name in names
    )
    faults = _sweep(server, ASYNC, error, is_read=False, select=select, fewest=30, is_awaited=False)
    assert not faults


@pytest.mark.nightly
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("is_read", [True, False], ids=["read", "write"])
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_every_line(server: FaultServer, mode: Mode, is_read: bool, error: str) -> None:
    """The same at each line, whatever the handler raises.

    But for a ValueError, which the JSON codec takes for its own.
    """
    assert not _sweep(server, mode, error, is_read=is_read)
