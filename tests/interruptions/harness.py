"""Interrupt one call, and judge how it ended: an `Observation` and the `problems` that it shows."""

import asyncio
import random
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

import attrs

import chessa
from chessa import JournalRecord, Outcome
from tests.faults.leaks import CREDENTIALS
from tests.modes import Mode
from tests.pulse import Pulse

from .kinds import STUCK_LOOP, Strike, given_up, is_in_call
from .scenarios import ADDRESS, COMBINATIONS, Combination, Records
from .tracing import LineStrike

SEED: Final = 20_261_130
TOLERANCE: Final = 0.25
RECORD_SECONDS: Final = 1.0
"""The closing record's own time, at most."""
TIMEOUT: Final = 2.0
TIMEOUT_IN_THREAD: Final = 0.3
"""A thread gets the exception when its wait returns: with a short deadline, that is soon."""
STUCK: Final = 8.0
"""Seconds after which a call or an event loop counts as stuck."""
_TOLD: Final = {
    "before it was sent": Outcome.NOT_SENT,
    "was rejected by the API": Outcome.REJECTED,
    "in flight": Outcome.UNKNOWN,
    "was carried out": Outcome.DONE,
    "was sent, and whether it was made is": Outcome.UNKNOWN,
}
"""Parts of a note, and the outcome that they tell."""


@attrs.define
class End:
    """The end of a call: its error, if any, and its time."""

    error: BaseException | None = None
    at: float = 0.0
    came_out: BaseException | None = None
    """What left the event loop; for a sync call the same as `error`."""


@attrs.frozen
class Observation:
    """One interrupted call, in plain values."""

    label: str
    moment: float
    is_read: bool
    is_hit: bool
    """Whether the interruption was raised while the call was in flight."""
    where: str
    came_out: str
    is_itself: bool
    """Whether the exception came out as itself."""
    lost: tuple[str, ...]
    """Where Python itself dropped it."""
    late: float
    """Seconds beyond the tolerance, the closing record and the machine's own delays."""
    waited: float
    """Seconds between asking for it and raising it."""
    told: tuple[Outcome, ...]
    """By the notes."""
    records: list[JournalRecord] = attrs.field(repr=False)
    received: int
    """How often the server received the write completely."""

    @property
    def opened(self) -> int:
        """Return the number of opening records."""
        return len(self.records) - len(self.closed)

    @property
    def closed(self) -> list[Outcome | None]:
        """Return the outcomes of the closing records; None for a result."""
        return [record.outcome for record in self.records if record.event == "closed"]


def observe(combination: Combination, number: int, pulse: Pulse) -> Observation:
    """Interrupt one call, at the moment that its number draws."""
    scenario, mode = combination.scenario, combination.mode
    draw = random.Random(f"{SEED}-{combination.label}-{number}")
    strike = Strike(combination.kind, draw.uniform(0.0005, scenario.span))
    strike.is_async = mode == "async"
    order_id = f"ord_{uuid.uuid4().hex}"
    journal = scenario.journal(mode, number)
    in_thread = combination.kind.way == "thread"
    with scenario.place(scenario.play) as site:
        settings: dict[str, Any] = {
            **CREDENTIALS,
            **site.settings,
            "timeout": TIMEOUT_IN_THREAD if in_thread else TIMEOUT,
            "journal": journal,
        }
        drive = _drive if mode == "sync" else _drive_async
        end = drive(settings, lambda client: scenario.call(client, order_id), strike)
    ledger = site.server.ledger if site.server else []
    return _observation(combination, strike, end, journal, ledger, pulse)


def warm_up(pulse: Pulse) -> None:
    """Make a read and a write in each mode: the first of a process import what they need."""
    for combination in COMBINATIONS:
        if combination.kind.way in ("thread", "cancel") and "tls" in combination.scenario.name:
            observe(combination, 0, pulse)


def _drive(settings: dict[str, Any], call: Callable[[Any], Any], strike: Strike) -> End:
    end = End()
    with chessa.Chessa(**settings) as client:

        def work() -> None:
            try:
                strike.in_flight = True
                try:
                    call(client)
                except BaseException as error:  # noqa: BLE001  # it is judged
                    strike.in_flight = False
                    end.at = time.monotonic()
                    end.error = end.came_out = error
                strike.in_flight = False
            except BaseException:  # noqa: BLE001, S110  # raised just after the call
                pass

        if strike.kind.way == "thread":
            strike.into_thread(work)
            if end.error is strike.error and not _came_from_call(end.error):
                strike.error = None  # raised just before the call, or after it
        else:
            with strike.by_signal():
                strike.in_flight = True
                try:
                    with given_up(STUCK):
                        call(client)
                except BaseException as error:  # noqa: BLE001  # it is judged
                    end.at = time.monotonic()
                    end.error = end.came_out = error
    return end


def _came_from_call(error: BaseException | None) -> bool:
    traceback = error.__traceback__ if error else None
    while traceback is not None:
        if is_in_call(traceback.tb_frame) and traceback.tb_next is None:
            return True
        traceback = traceback.tb_next
    return False


def _drive_async(settings: dict[str, Any], call: Callable[[Any], Any], strike: Strike) -> End:
    end = End()

    async def perform() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(strike.report_of_loop)
        async with chessa.AsyncChessa(**settings) as client:
            if strike.kind.way == "cancel":
                strike.into_task(_current())
            strike.in_flight = True
            try:
                await call(client)
            except BaseException as error:
                end.at, end.error = time.monotonic(), error
                raise
            finally:
                strike.in_flight = False

    loop = asyncio.new_event_loop()
    runner = asyncio.Runner(loop_factory=lambda: loop)
    try:
        with strike.unless_stuck(loop, STUCK):
            if strike.kind.way == "signal":
                with strike.by_signal(), runner:
                    runner.run(perform())
            else:
                with runner:
                    runner.run(perform())
    except BaseException as error:  # noqa: BLE001  # it is judged
        end.came_out = error
    return end


def _current() -> "asyncio.Task[Any]":
    task = asyncio.current_task()
    assert task is not None
    return task


def _observation(
    combination: Combination,
    strike: Strike,
    end: End,
    journal: Records,
    ledger: list[bytes],
    pulse: Pulse,
) -> Observation:
    raised_at = strike.raised_at or end.at
    late = end.at - raised_at - min(journal.seconds["closed"], RECORD_SECONDS)
    late -= pulse.lag(raised_at, end.at) + TOLERANCE
    is_cancelled = isinstance(end.came_out, asyncio.CancelledError)
    return Observation(
        label=combination.label,
        moment=strike.moment,
        is_read=combination.scenario.is_read,
        is_hit=strike.error is not None,
        where=strike.where,
        came_out=type(end.came_out).__name__,
        is_itself=is_cancelled if strike.kind.way == "cancel" else end.came_out is strike.error,
        lost=tuple(strike.lost),
        late=max(0.0, late) if end.error is not None and not strike.lost else 0.0,
        waited=raised_at - (strike.asked_at or raised_at),
        told=told(end.error),
        records=journal.given,
        received=sum(request.startswith(b"POST") for request in ledger),
    )


@attrs.define
class Struck:
    """A call that was struck at a line, in either mode, and what came of it."""

    mode: Mode
    strike: LineStrike
    settings: dict[str, Any] = attrs.field(repr=False)
    is_read: bool = False
    warmed: bool = False
    """Whether a read goes before it on the same client."""
    is_awaited: bool = True
    """Whether the journal of an async call is a coroutine function; else it blocks, on a thread."""
    order_id: str = attrs.field(factory=lambda: f"ord_{uuid.uuid4().hex}")
    records: list[JournalRecord] = attrs.field(factory=list[JournalRecord])
    error: BaseException | None = None

    def made(self) -> "Struck":
        """Make the call."""
        try:
            self.mode.run(self._call())
        except KeyboardInterrupt as error:  # out of another task, which cancels the call
            is_cancelled = isinstance(self.error, asyncio.CancelledError)
            self.strike.is_lost = is_cancelled and error is self.strike.error
        return self

    async def _call(self) -> None:
        settings = {**CREDENTIALS, **self.settings, "journal": self.records.append}
        if self.mode.is_async:
            asyncio.get_running_loop().set_exception_handler(self.strike.report_of_loop)
            settings["journal"] = self._keep if self.is_awaited else self.records.append
        async with self.mode.opened(self.mode.client(**settings)) as client:
            if self.warmed:
                await self.mode.done(client.orders.retrieve("ord_0"))
            with self.strike.running():
                try:
                    await self.mode.done(self._begun(client))
                except BaseException as error:  # noqa: BLE001  # it is judged
                    self.error = error

    def observed(self, received: int) -> Observation:
        """Return what is to be said of it; lateness is not judged here."""
        return Observation(
            label=self.strike.where,
            moment=0.0,
            is_read=self.is_read,
            is_hit=self.strike.error is not None,
            where=self.strike.where,
            came_out=type(self.error).__name__,
            is_itself=self.error is self.strike.error,
            lost=("the event loop",) if self.strike.is_lost else (),
            late=0.0,
            waited=0.0,
            told=told(self.error),
            records=self.records,
            received=received,
        )

    async def _keep(self, record: JournalRecord) -> None:
        self.records.append(record)

    def _begun(self, client: Any) -> Any:
        if self.is_read:
            return client.orders.retrieve(self.order_id)
        return client.orders.request_refund(order_id=self.order_id, address=ADDRESS)


def told(error: BaseException | None) -> tuple[Outcome, ...]:
    """Return the outcomes that the notes of an exception tell."""
    notes = " ".join(getattr(error, "__notes__", ()))
    return tuple(outcome for words, outcome in _TOLD.items() if words in notes)


def problems(seen: Observation) -> list[str]:
    """Return what is wrong with one call; an interruption that struck no call shows nothing."""
    found: list[str] = []
    if seen.received > 1:
        found.append("sent twice")
    if STUCK_LOOP in seen.lost:
        return found
    is_not_begun = not seen.opened and seen.closed == [Outcome.NOT_SENT]
    if len(seen.closed) != seen.opened and not is_not_begun:
        found.append(f"{seen.opened} records opened, and closed as {seen.closed}")
    claims = {*seen.told, *seen.closed}
    if Outcome.REJECTED in claims:
        found.append("REJECTED, by a server that rejects nothing")
    if Outcome.NOT_SENT in claims and seen.received:
        found.append("NOT_SENT, and received")
    if claims & {Outcome.DONE, None} and not seen.received:
        found.append("carried out, and not received")
    if not seen.is_hit:
        return found
    if seen.came_out == "StuckError":
        found.append("stuck")
    if not seen.is_itself and not seen.lost:
        found.append(f"swallowed: {seen.came_out} came out")
    if seen.late > 0:
        found.append("late")
    if seen.is_itself and not seen.is_read and not seen.told and (seen.opened or seen.received):
        found.append("no note")
    return found
