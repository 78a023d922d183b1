"""Very many calls on one client, and what it holds afterwards: memory and descriptors.

Nine reads to a write, from four threads or twenty tasks. Differences, of after all calls and after
a warm-up.
"""

import asyncio
import gc
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from .. import clients
from ..loopback import loopback
from ..run import Run

THREADS: Final = 4
TASKS: Final = 20
WARM_UP: Final = 4_000
_STATM: Final = Path("/proc/self/statm")
_AFTER: Final = "after the warm-up"


def in_threads(run: Run) -> None:
    """Soak a `Chessa`."""

    def some(client: Any, calls: int) -> None:
        read = clients.blocking(clients.CHESSA_READ, client)
        write = clients.blocking(clients.CHESSA_WRITE, client)
        for number in range(calls):
            (read if number % 10 else write)()

    def work(client: Any, calls: int) -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(some, [client] * THREADS, [calls // THREADS] * THREADS))

    _soak(run, "sync", clients.our_client, work, lambda client: client.close())


def in_tasks(run: Run) -> None:
    """Soak an `AsyncChessa`."""

    async def some(client: Any, calls: int) -> None:
        read = clients.awaited(clients.CHESSA_READ, client)
        write = clients.awaited(clients.CHESSA_WRITE, client)
        for number in range(calls):
            await (read if number % 10 else write)()

    async def all_of(client: Any, calls: int) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(TASKS):
                group.create_task(some(client, calls // TASKS))
        await asyncio.sleep(0.1)  # in which the event loop closes what the last calls have left

    async def close(client: Any) -> None:
        await client.aclose()
        await asyncio.sleep(0.1)

    with asyncio.Runner() as runner:
        runner.run(asyncio.sleep(0))
        _soak(
            run,
            "async",
            clients.our_async_client,
            lambda client, calls: runner.run(all_of(client, calls)),
            lambda client: runner.run(close(client)),
        )


def _soak(
    run: Run,
    part: str,
    open_client: Callable[[str], Any],
    work: Callable[[Any, int], None],
    close: Callable[[Any], None],
) -> None:
    files, memory = f"descriptors, {part}", f"memory, {part}"
    if not _STATM.is_file():
        return run.skip(memory, _AFTER, "this system has no /proc")
    with loopback() as server:
        before = _held()
        client = open_client(server.url)
        work(client, WARM_UP)
        warm = _held()
        work(client, run.of(100_000, 5_000))
        used = _held()
        close(client)
        closed = _held()
    for name, peer, unit, now, then in (
        (files, _AFTER, "", used[0], warm[0]),
        (f"{files}, closed", "before", "", closed[0], before[0]),
        (memory, _AFTER, "MiB", used[1], warm[1]),
    ):
        run.compare(name, peer, unit, [now], [then], kind="difference")
    return None


def _held() -> tuple[float, float]:
    """Return the descriptors of this process, and its resident memory in MiB."""
    gc.collect()
    pages = int(_STATM.read_text("utf-8").split()[1])
    return len(list(Path("/proc/self/fd").iterdir())), pages * os.sysconf("SC_PAGE_SIZE") / 2**20
