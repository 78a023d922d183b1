"""A random run: many calls on shared clients, faults on some, each call judged like the matrix's.

Half of the workers are threads that share a `Chessa`, half are tasks that share an `AsyncChessa`;
both talk to the same server. All is renewed every few thousand calls, so that ports are left.
"""

import asyncio
import itertools
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import attrs

import chessa
from tests.modes import ASYNC, SYNC, Mode

from .drawing import CALL_HEADER, Director, Drawn, draw
from .fault import FaultServer
from .invariants import broken_by, figures
from .leaks import CREDENTIALS, LogWatch, watched_logs
from .matrix import Observation, Watch, ask, counting_what_is_left, observed, tasks_left

WORKERS: Final = 6
"""In each mode."""
ROUND: Final = 3_000


@attrs.frozen
class Report:
    """The figures of a run."""

    seed: int
    calls: int
    seconds: float
    figures: Mapping[str, int]
    offender: str | None
    """The first call that broke something, and what is needed to see it again."""

    @property
    def is_sound(self) -> bool:
        """Return whether all figures are 0."""
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
        """Make the calls; arrivals of each are counted when nothing can arrive any more."""
        with FaultServer(self.director.play) as server:
            settings: dict[str, Any] = {**CREDENTIALS, "base_url": server.url}
            tasks = threading.Thread(target=lambda: asyncio.run(self._tasks(settings)))
            tasks.start()
            with chessa.Chessa(**settings) as client, ThreadPoolExecutor(WORKERS) as pool:
                done = [
                    pool.submit(SYNC.run, self._share(SYNC, client, share))
                    for share in self.shares[::2]
                ]
            tasks.join()
            for each in done:
                each.result()
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

    async def _tasks(self, settings: Mapping[str, Any]) -> None:
        async with chessa.AsyncChessa(**settings) as client, asyncio.TaskGroup() as group:
            for share in self.shares[1::2]:
                group.create_task(self._share(ASYNC, client, share))
        if (left := await tasks_left()) and self.noted:
            call, last = self.noted.pop()
            self.noted.append((call, attrs.evolve(last, tasks=left)))

    async def _share(self, mode: Mode, client: Any, share: Sequence[Drawn]) -> None:
        loop = asyncio.get_running_loop() if mode.is_async else None
        for call in share:
            self.director.expect(call)
            caller = client.with_options(
                timeout=call.deadline, extra_headers={CALL_HEADER: call.order_id}
            )
            with Watch(call.deadline, loop) as watch:
                answered = await ask(mode, caller, call.is_read, call.order_id)
            observation = observed(
                answered,
                call.order_id,
                watch,
                self.logs,
                fault="",
                is_read=call.is_read,
                mode=mode.name,
                expected=frozenset(),
                acted=True,
                to_deadline=None,
                processed=0,
                strays=0,
                deadline=call.deadline,
                tasks=0,
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
