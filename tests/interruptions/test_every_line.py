"""A signal handler that raises at any line of the client comes out, and the truth is told."""

from collections.abc import Callable, Iterator
from typing import Final

import pytest

from chessa import Outcome
from tests.faults.fault import FaultServer, answering
from tests.modes import MODES, Mode

from .harness import Struck, told
from .kinds import TimeLimitError
from .tracing import LineStrike, of_client

pytestmark = [
    pytest.mark.untraced,
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]
ERRORS: Final[dict[str, Callable[[], BaseException]]] = {
    "plain": TimeLimitError,
    "timeout": lambda: TimeoutError("limit"),
    "oserror": lambda: OSError("limit"),
    "interrupted": lambda: InterruptedError("limit"),
    "ctrl-c": KeyboardInterrupt,
}
SOME: Final = 23
"""The ordinary test interrupts every so manieth line."""


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    """Run a server that responds well."""
    with FaultServer(answering) as running:
        yield running


def _wrong(server: FaultServer, made: Struck) -> list[str]:
    """Return what is wrong with a call that was struck."""
    strike, ended, records = made.strike, made.error, made.records
    received = sum(made.order_id.encode() in each for each in server.ledger)
    if strike.error is None:
        return []
    wrong: list[str] = []
    if ended is not strike.error and not strike.is_lost:
        wrong.append(f"swallowed: {type(ended).__name__} came out")
    if made.is_read:
        return wrong
    closed = [record.outcome for record in records if record.event == "closed"]
    is_not_begun = len(records) == 1 and closed == [Outcome.NOT_SENT]  # the opening one came to no
    if len(closed) != len(records) - len(closed) and not is_not_begun:
        wrong.append(f"{len(records) - len(closed)} records opened and {len(closed)} closed")
    claims = {*told(ended), *closed}
    if received > 1:
        wrong.append("sent twice")
    if Outcome.REJECTED in claims or (Outcome.NOT_SENT in claims and received):
        wrong.append(f"told {claims}, and received {received} times")
    if claims & {None, Outcome.DONE} and not received:
        wrong.append(f"told {claims}, and not received")
    if ended is strike.error and not told(ended) and records:
        wrong.append("no note")
    return wrong


def _sweep(
    server: FaultServer, mode: Mode, error: str, *, is_read: bool, every: int, first: int
) -> list[str]:
    def struck(number: int) -> Struck:
        strike = LineStrike(of_client, number, ERRORS[error])
        settings = {"base_url": server.url, "timeout": 3}
        return Struck(mode, strike, settings, is_read).made()

    _, counting = struck(0), struck(0)  # the first call of a process imports what it needs
    assert counting.strike.lines > 100
    found: list[str] = []
    for number in range(first, counting.strike.lines + 1, every):
        made = struck(number)
        found += [f"line {number}, {each}: {made.strike.where}" for each in _wrong(server, made)]
    return found


@pytest.mark.parametrize("is_read", [True, False], ids=["read", "write"])
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_some_lines(server: FaultServer, mode: Mode, is_read: bool) -> None:
    """The exception comes out as itself, with a note and a closing record that are true."""
    assert not _sweep(server, mode, "oserror", is_read=is_read, every=SOME, first=7)


@pytest.mark.nightly
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("is_read", [True, False], ids=["read", "write"])
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_every_line(server: FaultServer, mode: Mode, is_read: bool, error: str) -> None:
    """The same at each line, whatever the handler raises.

    But for a ValueError, which the JSON codec takes for its own.
    """
    assert not _sweep(server, mode, error, is_read=is_read, every=1, first=1)
