"""Many calls on one client, and nothing that grows: descriptors, tasks, threads, memory.

The long form makes CHESSA_SOAK_CALLS calls in each mode. The descriptors, tasks, threads and memory
of this process are compared after a warm-up and after all calls; `-s` shows the figures.
"""

import asyncio
import gc
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from tests.faults.peer import Peer, peer
from tests.modes import MODES, Mode

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
    """Check that every call arrived once, and that the connections were shared."""
    turns = [turn for each in (calls, WARM_UP) for turn in range(each // WORKERS)]
    reads = WORKERS * sum(turn % 10 != 9 for turn in turns)
    counts = api.wait_for(open=0)
    assert counts["reads"] == reads
    assert counts["writes"] == WORKERS * len(turns) - reads
    assert counts["open"] == 0


async def use(mode: Mode, client: Any, worker: int, calls: int) -> int:
    """Make nine reads and a write, again and again; count the responses to another call."""
    crossed = 0
    for turn in range(calls):
        mine = order_id(worker, turn)
        if turn % 10 == 9:
            call = client.orders.request_refund(order_id=mine, address=ADDRESS)
            crossed += (await mode.done(call)).order_id != mine
        else:
            crossed += (await mode.done(client.orders.retrieve(mine))).id != mine
    return crossed


async def use_all(mode: Mode, client: Any, calls: int) -> None:
    """Share the calls out to tasks, or to threads."""
    uses = [use(mode, client, number, calls // WORKERS) for number in range(WORKERS)]
    if mode.is_async:
        crossed = await asyncio.gather(*uses)
    else:
        with ThreadPoolExecutor(WORKERS) as pool:
            crossed = [*pool.map(mode.run, uses)]
    assert crossed == [0] * WORKERS


async def readings(mode: Mode, api: Peer, calls: int) -> Readings:
    """Make the calls of a warm-up, then all others."""
    before = Held.now()
    async with mode.opened(mode.client(**CREDENTIALS, base_url=api.url)) as client:
        await use_all(mode, client, WARM_UP)
        warm = Held.now()
        begun = time.perf_counter()
        await use_all(mode, client, calls)
        seconds = time.perf_counter() - begun
        used = Held.now()
    await mode.done(asyncio.sleep(0) if mode.is_async else None)
    return Readings(before, warm, used, Held.now(), seconds)


@pytest.mark.parametrize("calls", FORMS)
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_many_calls_leave_nothing_behind(mode: Mode, calls: int) -> None:
    """After very many calls no descriptor, thread, task or memory is held in addition."""
    with peer() as api:
        mode.run(readings(mode, api, calls)).check(calls)
        check_counts(api, calls)
