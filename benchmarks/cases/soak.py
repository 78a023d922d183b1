"""Very many calls on one client, and what it holds afterwards: memory and descriptors.

Nine reads and a write, again and again, from four threads or twenty tasks; `sync` and `async` are
parts, each in a process of its own. Differences, of after all calls and after a warm-up.
"""

import asyncio
import gc
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .. import clients, flight
from ..figures import Figure, Findings, difference, skipped
from ..loopback import loopback
from ..setting import Setting

NAME: Final = "soak"
THREADS: Final = 4
TASKS: Final = 20
WARM_UP: Final = 4_000
_PEER: Final = "after the warm-up"
_MIB: Final = 1024 * 1024
_SETTLING: Final = 0.1
"""Seconds in which the event loop closes what the last calls have left."""
_FILES: Final = Path("/proc/self/fd")
_STATM: Final = Path("/proc/self/statm")


@dataclass(frozen=True)
class Held:
    """What this process holds."""

    descriptors: int
    memory: int
    """Bytes that are resident."""

    @classmethod
    def now(cls) -> "Held":
        gc.collect()
        pages = int(_STATM.read_text("utf-8").split()[1])
        return cls(len(list(_FILES.iterdir())), pages * os.sysconf("SC_PAGE_SIZE"))


def measure(setting: Setting) -> Findings:
    """One of the two parts."""
    calls = setting.of(100_000, 5_000)
    if not (_FILES.is_dir() and _STATM.is_file()):
        key = (NAME, f"memory, {setting.part}", _PEER)
        return Findings([skipped(key, "this system does not tell")])
    with loopback() as server:
        if setting.part == "sync":
            held = _sync(server.url, calls)
        else:
            held = asyncio.run(_async(server.url, calls))
    return Findings(_figures(setting.part, *held))


def _figures(part: str, before: Held, warm: Held, used: Held, closed: Held) -> list[Figure]:
    files, memory = f"descriptors, {part}", f"memory, {part}"
    return [
        _more((NAME, files, _PEER), "", used.descriptors, warm.descriptors),
        _more((NAME, f"{files}, closed", "before"), "", closed.descriptors, before.descriptors),
        _more((NAME, memory, _PEER), "MiB", used.memory / _MIB, warm.memory / _MIB),
    ]


def _more(key: tuple[str, str, str], unit: str, now: float, then: float) -> Figure:
    return difference(key, unit, [now], [then])


def _sync(url: str, calls: int) -> tuple[Held, Held, Held, Held]:
    before = Held.now()
    with clients.our_client(url, None) as client:
        work = [clients.chessa_read(client)] * 9 + [clients.chessa_write(client)]
        _in_threads(work, WARM_UP)
        warm = Held.now()
        _in_threads(work, calls)
        used = Held.now()
    return before, warm, used, Held.now()


def _in_threads(work: list[clients.Call], calls: int) -> None:
    done: list[int] = []

    def one() -> None:
        for turn in range(calls // THREADS):
            work[turn % len(work)]()
        done.append(1)

    threads = [threading.Thread(target=one) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(done) != THREADS:
        raise RuntimeError("a call failed")


async def _async(url: str, calls: int) -> tuple[Held, Held, Held, Held]:
    before = Held.now()
    async with flight.our_client(url) as client:
        work = [flight.chessa_read(client)] * 9 + [flight.chessa_write(client)]
        await _in_tasks(work, WARM_UP)
        warm = Held.now()
        await _in_tasks(work, calls)
        used = Held.now()
    await asyncio.sleep(_SETTLING)
    return before, warm, used, Held.now()


async def _in_tasks(work: list[flight.AsyncCall], calls: int) -> None:
    async def one() -> None:
        for turn in range(calls // TASKS):
            await work[turn % len(work)]()

    async with asyncio.TaskGroup() as group:
        for _ in range(TASKS):
            group.create_task(one())
    await asyncio.sleep(_SETTLING)
