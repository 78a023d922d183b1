"""Many calls in flight on one event loop: calls a second.

All contenders share the loop, each with one client and the limits that it has by default.
"""

import asyncio
import contextlib
import functools
import statistics
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import aiohttp
import httpx

import chessa

from .. import clients
from ..loopback import loopback
from ..payload import CREDENTIALS
from ..run import OURS, Run, Times, Work, convert, exact, interleave

AT_ONCE: Final = 200
PLACES: Final = (1, 10, 50, 100, 200, 400)
_DIRECT: Final = "chessa, DirectTransport"
_TRIED: Final = 20

Open = Callable[[str], Any]
"""Returns a client that is yet to be entered."""
Contenders = Mapping[str, tuple[Callable[[Any], clients.AsyncWork], Open]]
"""By name, a call of a client, and how to open it."""


def reads(run: Run) -> None:
    """Measure 200 in flight, and 1 to 400 for the plot."""
    direct = functools.partial(clients.our_async_client, transport=chessa.AsyncDirectTransport)
    session = functools.partial(aiohttp.ClientSession, headers=CREDENTIALS)
    read = functools.partial(clients.awaited, clients.CHESSA_READ)
    contenders: Contenders = {
        OURS: (read, clients.our_async_client),
        _DIRECT: (read, direct),
        "httpx": (functools.partial(clients.awaited, clients.HTTPX_READ), _httpx_client),
        "aiohttp": (clients.aiohttp_read, session),
    }
    with _flight(run, contenders) as rates_of:
        rates = rates_of(AT_ONCE, run.of(800, 400), run.of(15, 5))
        run.against(f"{AT_ONCE} in flight", "calls/s", rates)
        run.against(f"{AT_ONCE} in flight, DirectTransport", "calls/s", rates, _DIRECT)
        lines: Times = {name: [] for name in contenders}
        for at_once in PLACES:
            calls = max(run.of(300, 100), 2 * at_once)
            for name, values in rates_of(at_once, calls, run.of(5, 1)).items():
                lines[name].append(exact(statistics.median(values)))
    run.series["throughput"] = {"places": PLACES, "lines": lines}


def writes(run: Run) -> None:
    """Measure 200 in flight: ours each on its own connection, httpx's on its pool."""
    contenders: Contenders = {
        OURS: (
            functools.partial(clients.awaited, clients.CHESSA_WRITE),
            clients.our_async_client,
        ),
        "httpx, pooled": (
            functools.partial(clients.awaited, clients.HTTPX_WRITE),
            _httpx_client,
        ),
    }
    with _flight(run, contenders, fresh=OURS) as rates_of:
        rates = rates_of(AT_ONCE, run.of(800, 400), run.of(15, 5))
    run.against(f"{AT_ONCE} in flight", "calls/s", rates)


def _httpx_client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, headers=CREDENTIALS, timeout=clients.PATIENCE)


@contextlib.contextmanager
def _flight(
    run: Run, contenders: Contenders, fresh: str = ""
) -> Iterator[Callable[[int, int, int], Times]]:
    """Open the clients on an event loop and check their connections; yield a function of calls in
    flight, calls and rounds, which returns calls a second."""

    async def opened(open_client: Open) -> Any:
        return await stack.enter_async_context(open_client(server.url))

    def work(name: str, at_once: int, calls: int) -> Work:
        return lambda: runner.run(_in_flight(calls_of[name], at_once, calls))

    def rates_of(at_once: int, calls: int, rounds: int) -> Times:
        run.say(f"{at_once} in flight")
        wall, _ = interleave({name: work(name, at_once, calls) for name in contenders}, rounds)
        return convert(wall, lambda seconds: calls / seconds)

    with loopback() as server, asyncio.Runner() as runner:
        stack = contextlib.AsyncExitStack()
        calls_of = {
            name: call_of(runner.run(opened(open_client)))
            for name, (call_of, open_client) in contenders.items()
        }
        for name in contenders:
            work(name, 1, 1)()
            server.check(name, work(name, 1, _TRIED), _TRIED, fresh=name == fresh)
        yield rates_of
        runner.run(stack.aclose())


async def _in_flight(call: clients.AsyncWork, at_once: int, calls: int) -> None:
    """Make so many calls by so many tasks, each of which makes one after the other."""

    async def one(share: int) -> None:
        for _ in range(share):
            await call()

    async with asyncio.TaskGroup() as group:
        for number in range(at_once):
            group.create_task(one(calls // at_once + (number < calls % at_once)))
    await asyncio.sleep(0)  # for what the calls have left to do
