"""A signal handler that raises at any line of the client: what comes out, and what is told."""

import asyncio
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

import chessa
from chessa import JournalRecord, Outcome
from tests.faults.fault import FaultServer, answering
from tests.faults.matrix import credentials

from .harness import told
from .kinds import Mode, TimeLimitError
from .scenarios import ADDRESS
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
    """A server that answers well."""
    with FaultServer(answering) as running:
        yield running


def call(server: FaultServer, mode: Mode, *, is_read: bool, strike: LineStrike) -> list[str]:
    """Make one call that is struck; return what was wrong."""
    order_id = f"ord_{uuid.uuid4().hex}"
    records: list[JournalRecord] = []
    settings: dict[str, Any] = {**credentials(), "base_url": server.url, "timeout": 3}
    ended: BaseException | None = None

    def perform(client: Any) -> Any:
        if is_read:
            return client.orders.retrieve(order_id)
        return client.orders.request_refund(order_id=order_id, address=ADDRESS)

    async def perform_async() -> None:
        nonlocal ended
        asyncio.get_running_loop().set_exception_handler(strike.report_of_loop)
        async with chessa.AsyncChessa(**settings, journal=journal) as client:
            with strike.running():
                try:
                    await perform(client)
                except BaseException as error:  # noqa: BLE001  # it is judged
                    ended = error

    if mode == "sync":
        with chessa.Chessa(**settings, journal=records.append) as client, strike.running():
            try:
                perform(client)
            except BaseException as error:  # noqa: BLE001  # it is judged
                ended = error
    else:

        async def journal(record: JournalRecord) -> None:
            records.append(record)

        try:
            asyncio.run(perform_async())
        except KeyboardInterrupt as error:  # out of another task, which cancels the call
            is_cancelled = isinstance(ended, asyncio.CancelledError)
            strike.is_lost = is_cancelled and error is strike.error
    received = sum(order_id.encode() in each for each in server.ledger)
    return _wrong(strike, ended, records, received, is_read=is_read)


def _wrong(
    strike: LineStrike,
    ended: BaseException | None,
    records: list[JournalRecord],
    received: int,
    *,
    is_read: bool,
) -> list[str]:
    if strike.error is None:
        return []
    wrong: list[str] = []
    if ended is not strike.error and not strike.is_lost:
        wrong.append(f"swallowed: {type(ended).__name__} came out")
    if is_read:
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
    def strike(number: int) -> LineStrike:
        return LineStrike(of_client, number, ERRORS[error])

    counting = strike(0)
    call(server, mode, is_read=is_read, strike=counting)
    counting = strike(0)
    call(server, mode, is_read=is_read, strike=counting)
    assert counting.lines > 100
    found: list[str] = []
    for number in range(first, counting.lines + 1, every):
        struck = strike(number)
        wrongs = call(server, mode, is_read=is_read, strike=struck)
        found.extend(f"line {number}, {wrong}: {struck.where}" for wrong in wrongs)
    return found


@pytest.mark.parametrize("is_read", [True, False], ids=["read", "write"])
@pytest.mark.parametrize("mode", ["sync", "async"])
def test_some_lines(server: FaultServer, mode: Mode, is_read: bool) -> None:
    """The exception comes out as itself, with a note and a closing record that are true."""
    assert not _sweep(server, mode, "oserror", is_read=is_read, every=SOME, first=7)


@pytest.mark.nightly
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("is_read", [True, False], ids=["read", "write"])
@pytest.mark.parametrize("mode", ["sync", "async"])
def test_every_line(server: FaultServer, mode: Mode, is_read: bool, error: str) -> None:
    """The same at each line, whatever the handler raises.

    But for a ValueError, which the JSON codec takes for its own.
    """
    assert not _sweep(server, mode, error, is_read=is_read, every=1, first=1)
