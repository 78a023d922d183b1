"""Run one fault: a read or a write, sync or async, through the public clients.

A `Case` becomes an `Observation`, plain values only, that `invariants` judges.
"""

import asyncio
import gc
import math
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

import attrs

import chessa
from chessa import Outcome
from tests.modes import MODES, Mode
from tests.pulse import Pulse

from .brought import Over, brought
from .catalogue import ALL
from .fault import RESULT, Ending, Fault, Site
from .leaks import CREDENTIALS, LogWatch, shown_by

ADDRESS: Final = "5u1gLZrAiyw6yAyYx3N6D916CUqEcoTkwvF54QwDGzRn"
_WARM: Final = "ord_warm"


@attrs.frozen
class Case:
    """A fault, and what meets it."""

    fault: Fault
    is_read: bool
    mode: Mode
    over: Over = "default"
    """What the client sends over."""

    @property
    def label(self) -> str:
        """The id of a test."""
        kind = "read" if self.is_read else "write"
        over = "" if self.over == "default" else f"-{self.over}"
        return f"{self.fault.name}-{kind}-{self.mode.name}{over}"

    @property
    def extra_body(self) -> dict[str, str]:
        """Return a body that makes a write as long as the fault needs it."""
        padding = 0 if self.is_read else self.fault.padding
        return {"padding": "x" * padding} if padding else {}

    @property
    def expected(self) -> frozenset[Ending]:
        """Return the ends that it may have."""
        return self.fault.read if self.is_read else self.fault.write


CASES: Final = tuple(
    Case(fault, is_read, mode) for fault in ALL for is_read in (False, True) for mode in MODES
)


@attrs.frozen
class Observation:
    """One call and all that is to be said of it."""

    fault: str
    is_read: bool
    mode: str
    expected: frozenset[Ending]
    acted: bool
    """Whether the server may have acted on what it received."""
    to_deadline: bool | None
    """Whether an error must say that time ran out; None where it may or may not."""
    ended: str
    """`result`, the name of the error's class, or `crossed` for a response to another call."""
    outcome: Outcome | None
    timed_out: bool
    processed: int
    """How often the server received the complete request."""
    strays: int
    """Connections to a host that has nothing to do with it."""
    elapsed: float
    deadline: float
    late: float
    """Seconds after the deadline, as late as a sleeper of this very run woke not counted."""
    tasks: int
    """Tasks that are left in the event loop."""
    secrets: tuple[str, ...]
    """Where a secret was found."""

    @property
    def ending(self) -> Ending | None:
        """The outcome or `result`; None for what no call may end with."""
        return RESULT if self.ended == RESULT else self.outcome


class Watch:
    """A stopwatch with a deadline, next to a sleeper.

    On a busy machine it wakes late, and so may the call. It is a thread; or, for a task among many,
    a timer of their event loop, which the others keep busy.
    """

    def __init__(self, deadline: float, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._deadline = deadline
        self._loop = loop
        self._pulse = Pulse()
        self._begun = 0.0
        self._woken = math.inf
        self.elapsed = self.late = 0.0

    def _wake(self) -> None:
        self._woken = time.monotonic()

    def __enter__(self) -> Self:
        self._begun = time.monotonic()
        if self._loop is None:
            self._pulse.__enter__()
        else:
            self._timer = self._loop.call_later(self._deadline, self._wake)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        ended = time.monotonic()
        self.elapsed = ended - self._begun
        due = self._begun + self._deadline
        if self._loop is None:
            self._pulse.__exit__()
            due += self._pulse.lag(self._begun, ended)
        else:
            self._timer.cancel()
            due = max(due, min(self._woken, ended))
        self.late = max(0.0, ended - due)


Answered: TypeAlias = str | BaseException
"""The order that a response names, or what was raised in its place."""


async def ask(mode: Mode, client: Any, is_read: bool, order_id: str) -> Answered:
    """Make one call. The frame that catches what it raises holds no secret."""
    try:
        if is_read:
            found: str = (await mode.done(client.orders.retrieve(order_id))).id
            return found
        call = client.orders.request_refund(order_id=order_id, address=ADDRESS)
        refunded: str = (await mode.done(call)).order_id
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is to be judged
        return error
    return refunded


async def tasks_left() -> int:
    """Return the number of other tasks, once those that are at their end have come to it."""
    for _ in range(10):
        await asyncio.sleep(0)
    return len(asyncio.all_tasks()) - 1


async def _asked(case: Case, site: Site, order_id: str, watch: Watch) -> tuple[Answered, int]:
    mode = case.mode
    settings = {**CREDENTIALS, **site.settings, "timeout": case.fault.deadline}
    async with brought(settings, mode, case.over) as given:
        async with mode.opened(mode.client(**given)) as client:
            if case.fault.warmed:
                await mode.done(client.orders.retrieve(_WARM))
                time.sleep(0.05)  # noqa: ASYNC251  # alone in its event loop
            caller = client.with_options(extra_body=case.extra_body)
            with watch:
                answered = await ask(mode, caller, case.is_read, order_id)
        return answered, await tasks_left() if mode.is_async else 0


def observed(
    answered: Answered, order_id: str, watch: Watch, logs: LogWatch, **known: Any
) -> Observation:
    """Return what is to be said of a call that has ended, with what is known otherwise."""
    error = answered if isinstance(answered, BaseException) else None
    ours = error if isinstance(error, chessa.ChessaError) else None
    crossed = RESULT if answered == order_id else "crossed"
    return Observation(
        ended=type(error).__name__ if error else crossed,
        outcome=ours.outcome if ours else None,
        timed_out=ours.timed_out if ours else False,
        elapsed=watch.elapsed,
        late=watch.late,
        secrets=(*(shown_by(error) if error else ()), *logs.taken(threading.get_ident())),
        **known,
    )


def observe(case: Case, logs: LogWatch) -> Observation:
    """Play the fault once, and make one call."""
    order_id = f"ord_{uuid.uuid4().hex}"
    fault, watch = case.fault, Watch(case.fault.deadline)
    logs.taken(threading.get_ident())
    with fault.place(fault.play) as site:
        answered, tasks = case.mode.run(_asked(case, site, order_id, watch))
    # The server is closed now: nothing can arrive any more.
    return observed(
        answered,
        order_id,
        watch,
        logs,
        fault=fault.name,
        is_read=case.is_read,
        mode=case.mode.name,
        expected=case.expected,
        acted=fault.acted,
        to_deadline=fault.to_deadline,
        processed=site.server.received.count_of(order_id) if site.server else 0,
        strays=site.stranger.accepted if site.stranger else 0,
        deadline=fault.deadline,
        tasks=tasks,
    )


@attrs.frozen
class Left:
    """The sockets and threads that a run left in the process."""

    sockets: int = 0
    threads: tuple[str, ...] = ()


def sockets() -> int:
    """The sockets that this process has open; 0 where that cannot be told."""
    folder = Path("/proc/self/fd")
    return sum(_is_socket(entry) for entry in folder.iterdir()) if folder.exists() else 0


def _is_socket(entry: Path) -> bool:
    try:
        return str(entry.readlink()).startswith("socket:")
    except OSError:
        return False


def counting_what_is_left() -> Callable[[], Left]:
    """Count now; what is returned counts again, and says what has come in addition."""
    gc.collect()
    before, known = sockets(), set(threading.enumerate())

    def count() -> Left:
        gc.collect()
        names = sorted(each.name for each in threading.enumerate() if each not in known)
        return Left(max(0, sockets() - before), tuple(names))

    def left() -> Left:
        patience = time.monotonic() + 5.0
        while (found := count()) != Left() and time.monotonic() < patience:
            time.sleep(0.05)
        return found

    return left
