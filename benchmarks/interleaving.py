"""Measuring: contenders take turns, so that whatever disturbs the machine disturbs them alike.

In: contenders, each a piece of work that is the same for all. Out: wall and processor time of each,
by round. The order turns around with every round; each turn begins after a full collection of
garbage, and the collector runs as ever while it lasts.
"""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from .figures import Figure, ratio

W_co = TypeVar("W_co", covariant=True)


@dataclass(frozen=True)
class Contender(Generic[W_co]):
    """A name and its work."""

    name: str
    work: W_co


Work = Contender[Callable[[], object]]
AsyncWork = Contender[Callable[[], Awaitable[object]]]


@dataclass
class Times:
    """Seconds of each round."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """Of this process, all threads."""


OURS: Final = "chessa"
"""How the names of our own contenders begin: they are not compared with each other."""


def turns(contenders: Sequence[Contender[W_co]], rounds: int) -> Iterator[Contender[W_co]]:
    """Whose turn it is: A B C, C B A, A B C, …"""
    for number in range(rounds):
        yield from contenders if number % 2 == 0 else contenders[::-1]


def interleave(contenders: Sequence[Work], rounds: int, warm_up: int = 1) -> dict[str, Times]:
    """Let them take turns. The rounds of the warm-up are not counted."""
    times = {each.name: Times() for each in contenders}
    for contender in turns(contenders, warm_up):
        contender.work()
    for contender in turns(contenders, rounds):
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        result = contender.work()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        times[contender.name].wall.append(wall)
        times[contender.name].cpu.append(cpu)
        del result  # when the clocks have stopped
    return times


async def interleave_async(
    contenders: Sequence[AsyncWork], rounds: int, warm_up: int = 1
) -> dict[str, Times]:
    """`interleave` on the event loop that runs."""
    times = {each.name: Times() for each in contenders}
    for contender in turns(contenders, warm_up):
        await contender.work()
    for contender in turns(contenders, rounds):
        await asyncio.sleep(0)  # what the turn before has left to do
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        result = await contender.work()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        times[contender.name].wall.append(wall)
        times[contender.name].cpu.append(cpu)
        del result  # when the clocks have stopped
    return times


def per_call(
    case: str, times: Mapping[str, Times], ours: str, calls: int, suffix: str = ""
) -> list[Figure]:
    """Microseconds of a call, wall and processor, of ours against each other that is not ours."""
    figures = []
    for name, of in (("wall", _wall), ("cpu", _cpu)):
        mine = [each / calls * 1e6 for each in of(times[ours])]
        for peer, theirs in times.items():
            if not peer.startswith(OURS):
                values = [each / calls * 1e6 for each in of(theirs)]
                figures.append(ratio((case, name + suffix, peer), "µs", mine, values))
    return figures


def throughput(
    case: str, name: str, times: Mapping[str, Times], ours: str, calls: int
) -> list[Figure]:
    """Calls a second, of ours against each other."""
    rates = {peer: [calls / wall for wall in each.wall] for peer, each in times.items()}
    return [
        ratio((case, name, peer), "calls/s", rates[ours], theirs)
        for peer, theirs in rates.items()
        if not peer.startswith(OURS)
    ]


def _wall(times: Times) -> list[float]:
    return times.wall


def _cpu(times: Times) -> list[float]:
    return times.cpu
