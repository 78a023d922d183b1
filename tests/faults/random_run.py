"""A random run: many calls on shared clients, faults on some, each call judged like the matrix's.

In: a number of calls and a seed. Out: a `Report`. Half of the workers are threads that share a
`Chessa`, half are tasks that share an `AsyncChessa`; both talk to the same server. All is renewed
every few thousand calls, so that no port is used up.
"""

import asyncio
import itertools
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

import chessa

from .drawing import CALL_HEADER, Director, Drawn, draw
from .fault import FaultServer
from .invariants import broken_by, figures
from .leaks import LogWatch, places_of_secrets, watched_logs
from .matrix import (
    Answered,
    Mode,
    Observation,
    Watch,
    ask,
    ask_async,
    counting_what_is_left,
    credentials,
    name_of,
    tasks_left,
)

WORKERS: Final = 6
"""In each mode."""
ROUND: Final = 3_000


@attrs.frozen
class Report:
    """How a run ended."""

    seed: int
    calls: int
    seconds: float
    figures: Mapping[str, int]
    offender: str | None
    """The first call that broke something, and what is needed to see it again."""

    @property
    def is_sound(self) -> bool:
        """Whether all figures are 0."""
        return not any(self.figures.values())

    def table(self) -> str:
        """For people."""
        width = max(map(len, self.figures))
        lines = [f"{name:<{width}}  {figure:>6}" for name, figure in self.figures.items()]
        rate = self.calls / self.seconds
        lines.append(f"{self.calls} calls, {rate:.0f} a second, seed {self.seed}")
        if self.offender:
            lines += ["", self.offender]
        return "\n".join(lines)


@attrs.frozen
class _Round:
    """One server, one client in each mode, and a share of the calls of each worker."""

    shares: Sequence[Sequence[Drawn]]
    logs: LogWatch
    director: Director = attrs.field(factory=Director)
    noted: list[tuple[Drawn, Observation]] = attrs.field(factory=list[tuple[Drawn, Observation]])

    def run(self) -> list[tuple[Drawn, Observation]]:
        """Make the calls; what arrived of each is counted when nothing can arrive any more."""
        with FaultServer(self.director.play) as server:
            settings: dict[str, Any] = {**credentials(), "base_url": server.url}
            tasks = threading.Thread(target=lambda: asyncio.run(self._tasks(settings)))
            tasks.start()
            with chessa.Chessa(**settings) as client:
                threads = [
                    threading.Thread(target=self._thread, args=(client, share))
                    for share in self.shares[::2]
                ]
                for thread in threads:
                    thread.start()
                for thread in (*threads, tasks):
                    thread.join()
        return [(call, self._judged(call, seen, server)) for call, seen in self.noted]

    def _judged(self, call: Drawn, seen: Observation, server: FaultServer) -> Observation:
        attempts = self.director.attempts_of(call.order_id)
        return attrs.evolve(
            seen,
            fault=call.met(attempts),
            expected=call.expected(attempts),
            acted=call.acted(attempts),
            processed=server.received.count_of(call.order_id),
        )

    def _thread(self, client: chessa.Chessa, share: Sequence[Drawn]) -> None:
        for call in share:
            self.director.expect(call)
            caller = client.with_options(
                timeout=call.deadline, extra_headers={CALL_HEADER: call.order_id}
            )
            with Watch(call.deadline) as watch:
                answered = ask(caller, call.is_read, call.order_id)
            self._note(call, "sync", answered, watch)

    async def _tasks(self, settings: Mapping[str, Any]) -> None:
        async with chessa.AsyncChessa(**settings) as client, asyncio.TaskGroup() as group:
            for share in self.shares[1::2]:
                group.create_task(self._task(client, share))
        if (left := await tasks_left()) and self.noted:
            call, last = self.noted.pop()
            self.noted.append((call, attrs.evolve(last, tasks=left)))

    async def _task(self, client: chessa.AsyncChessa, share: Sequence[Drawn]) -> None:
        loop = asyncio.get_running_loop()
        for call in share:
            self.director.expect(call)
            caller = client.with_options(
                timeout=call.deadline, extra_headers={CALL_HEADER: call.order_id}
            )
            with Watch(call.deadline, loop) as watch:
                answered = await ask_async(caller, call.is_read, call.order_id)
            self._note(call, "async", answered, watch)

    def _note(self, call: Drawn, mode: Mode, answered: Answered, watch: Watch) -> None:
        error = answered if isinstance(answered, BaseException) else None
        ours = error if isinstance(error, chessa.ChessaError) else None
        observation = Observation(
            fault="",
            is_read=call.is_read,
            mode=mode,
            expected=frozenset(),
            acted=True,
            to_deadline=None,
            ended=name_of(answered, call.order_id),
            outcome=ours.outcome if ours else None,
            timed_out=ours.timed_out if ours else False,
            processed=0,
            strays=0,
            elapsed=watch.elapsed,
            deadline=call.deadline,
            late=watch.late,
            tasks=0,
            secrets=(*(places_of_secrets(error) if error else ()), *self.logs.taken()),
        )
        self.noted.append((call, observation))


def run(calls: int, seed: int) -> Report:
    """Make so many calls. It stops by itself: every call and every play has a deadline."""
    begun = time.monotonic()
    count = counting_what_is_left()
    seen: list[tuple[Drawn, Observation]] = []
    workers = [draw(seed, number) for number in range(2 * WORKERS)]
    with watched_logs() as logs:
        for size in _rounds(calls):
            shares = [list(itertools.islice(w, n)) for w, n in _shared_out(workers, size)]
            seen += _Round(shares, logs).run()
    observations = [observation for _, observation in seen]
    return Report(
        seed,
        len(seen),
        time.monotonic() - begun,
        {**figures(observations, count()), "calls are missing": calls - len(seen)},
        next((_told(call, each) for call, each in seen if broken_by(each)), None),
    )


def _rounds(calls: int) -> Iterator[int]:
    for start in range(0, calls, ROUND):
        yield min(ROUND, calls - start)


def _shared_out(
    workers: Sequence[Iterator[Drawn]], size: int
) -> Iterator[tuple[Iterator[Drawn], int]]:
    for number, worker in enumerate(workers):
        yield worker, size // len(workers) + (number < size % len(workers))


def _told(call: Drawn, observation: Observation) -> str:
    broken = "; ".join(broken_by(observation))
    return f"First: {call.names}.\nBroken: {broken}.\n{observation}"
