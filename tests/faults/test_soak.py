"""Many calls on one client, and nothing that grows: descriptors, tasks, threads, memory.

The long form makes CHESSA_SOAK_CALLS calls in each mode. The descriptors, tasks, threads and memory
of this process are compared after a warm-up and after all calls; `-s` shows the figures.
"""

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

import chessa
from tests.faults.peer import Peer, peer

CREDENTIALS: Final[dict[str, Any]] = {"client_id": "id-5d6c2e9f", "client_secret": "s-0b71f3a8c4de"}
ADDRESS: Final = "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"
WORKERS: Final = 4
WARM_UP: Final = 400
GROWTH: Final = 5 * 1024 * 1024
FORMS: Final = [
    500,
    pytest.param(int(os.environ.get("CHESSA_SOAK_CALLS", "10000")), marks=pytest.mark.nightly),
]


@attrs.frozen
class Held:
    """The resources that this process holds."""

    descriptors: int | None
    """None where the system does not tell."""
    memory: int | None
    """Bytes that are resident; None likewise."""
    threads: int
    tasks: int

    @classmethod
    def now(cls) -> "Held":
        gc.collect()
        files, statm = Path("/proc/self/fd"), Path("/proc/self/statm")
        return cls(
            len(list(files.iterdir())) if files.exists() else None,
            int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            if statm.exists()
            else None,
            threading.active_count(),
            _tasks(),
        )


def _tasks() -> int:
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:  # no loop is running
        return 0


@attrs.frozen
class Readings:
    """The resources before there was a client, after the warm-up, after all calls, and closed."""

    before: Held
    warm: Held
    used: Held
    closed: Held
    seconds: float

    def check(self, calls: int) -> None:
        """Nothing grew with the calls, and nothing is left of the client."""
        grown = None
        if self.used.memory is not None and self.warm.memory is not None:
            grown = self.used.memory - self.warm.memory
        assert (self.used.threads, self.used.tasks) == (self.warm.threads, self.warm.tasks)
        assert (self.closed.threads, self.closed.tasks) == (self.before.threads, self.before.tasks)
        if self.before.descriptors is not None and self.used.descriptors is not None:
            kept = self.used.descriptors - self.before.descriptors
            assert kept <= WORKERS, "one idle connection for each worker, at most"
            assert self.closed.descriptors == self.before.descriptors
        assert grown is None or grown < GROWTH
        print(  # noqa: T201  # figures, shown with -s
            f"\n{calls} calls, {calls / self.seconds:.0f}/s: RSS {(grown or 0) / 1024:+.0f} kB, "
            f"{self.before} -> {self.warm} -> {self.used} -> {self.closed}"
        )


def order_id(worker: int, turn: int) -> str:
    """An id that no other call asks for."""
    return f"order-{worker}-{turn}"


def check_counts(api: Peer, calls: int) -> None:
    """Every call arrived once, and the connections were shared."""
    reads = sum(turn % 10 != 9 for turn in range(calls // WORKERS)) * WORKERS
    writes = calls // WORKERS * WORKERS - reads
    warm_reads = WARM_UP * 9 // 10
    counts = api.wait_for(open=0)
    assert counts["reads"] == reads + warm_reads
    assert counts["writes"] == writes + WARM_UP - warm_reads
    assert counts["open"] == 0


def use(client: chessa.Chessa, worker: int, calls: int) -> int:
    """Nine reads and a write, again and again; return how many brought another's response."""
    crossed = 0
    for turn in range(calls):
        mine = order_id(worker, turn)
        if turn % 10 == 9:
            crossed += client.orders.request_refund(order_id=mine, address=ADDRESS).order_id != mine
        else:
            crossed += client.orders.retrieve(mine).id != mine
    return crossed


async def use_async(client: chessa.AsyncChessa, worker: int, calls: int) -> int:
    """`use` on asyncio."""
    crossed = 0
    for turn in range(calls):
        mine = order_id(worker, turn)
        if turn % 10 == 9:
            refund = await client.orders.request_refund(order_id=mine, address=ADDRESS)
            crossed += refund.order_id != mine
        else:
            crossed += (await client.orders.retrieve(mine)).id != mine
    return crossed


def in_threads(work: Callable[[int], int]) -> int:
    """Do this on every worker's thread, and add up."""
    done: list[int] = []
    threads = [
        threading.Thread(target=lambda number=number: done.append(work(number)))
        for number in range(WORKERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == WORKERS, "a call failed: pytest shows which"
    return sum(done)


@pytest.mark.parametrize("calls", FORMS)
def test_threads_that_call_and_call_leave_nothing_behind(calls: int) -> None:
    """After very many calls of `Chessa` no descriptor, thread or memory is held in addition."""
    with peer() as api:
        before = Held.now()
        with chessa.Chessa(**CREDENTIALS, base_url=api.url) as client:
            assert in_threads(lambda number: use(client, number, WARM_UP // WORKERS)) == 0
            warm = Held.now()
            begun = time.perf_counter()
            assert in_threads(lambda number: use(client, number, calls // WORKERS)) == 0
            seconds = time.perf_counter() - begun
            used = Held.now()
        check_counts(api, calls)
        Readings(before, warm, used, Held.now(), seconds).check(calls)


@pytest.mark.parametrize("calls", FORMS)
def test_tasks_that_call_and_call_leave_nothing_behind(calls: int) -> None:
    """After very many calls of `AsyncChessa` no descriptor, task or memory is held in addition."""

    async def all_of(client: chessa.AsyncChessa, calls: int) -> None:
        uses = [use_async(client, number, calls // WORKERS) for number in range(WORKERS)]
        assert await asyncio.gather(*uses) == [0] * WORKERS

    async def main(api: Peer) -> Readings:
        before = Held.now()
        async with chessa.AsyncChessa(**CREDENTIALS, base_url=api.url) as client:
            await all_of(client, WARM_UP)
            warm = Held.now()
            begun = time.perf_counter()
            await all_of(client, calls)
            seconds = time.perf_counter() - begun
            used = Held.now()
        await asyncio.sleep(0)
        return Readings(before, warm, used, Held.now(), seconds)

    with peer() as api:
        asyncio.run(main(api)).check(calls)
        check_counts(api, calls)
