"""Many reads in flight: calls a second, 200 at once, and over how many are in flight.

All contenders share an event loop, each with one client and the limits that it has by default.
"""

import asyncio
from contextlib import AsyncExitStack
from typing import Final

import aiohttp

import chessa

from .. import flight
from ..clients import DIRECT, OURS
from ..figures import Findings, Series
from ..interleaving import AsyncWork, Contender, interleave_async, throughput
from ..loopback import Loopback, check_connections, loopback
from ..payload import CREDENTIALS
from ..setting import Setting

NAME: Final = "async-reads"
AT_ONCE: Final = 200
PLACES: Final = (1, 10, 50, 100, 200, 400)


def measure(setting: Setting) -> Findings:
    """Ours against `httpx.AsyncClient`, and against aiohttp."""
    with loopback() as server:
        return asyncio.run(_measure(setting, server))


async def _measure(setting: Setting, server: Loopback) -> Findings:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(flight.our_client(server.url))
        direct = await stack.enter_async_context(
            flight.our_client(server.url, chessa.AsyncDirectTransport)
        )
        other = await stack.enter_async_context(flight.httpx_client(server.url))
        session = await stack.enter_async_context(
            aiohttp.ClientSession(server.url, headers=CREDENTIALS)
        )
        reading = {
            OURS: flight.chessa_read(client),
            DIRECT: flight.chessa_read(direct),
            "httpx": flight.httpx_read(other),
            "aiohttp": flight.aiohttp_read(session),
        }

        def contenders(at_once: int, calls: int) -> list[AsyncWork]:
            return [
                Contender(name, flight.in_flight(call, at_once, calls))
                for name, call in reading.items()
            ]

        for name, call in reading.items():
            await call()
            before = server.counts()
            await flight.in_flight(call, 1, 20)()
            check_connections(name, before, server.counts(), 20, fresh=False)
        calls = setting.of(800, 400)
        setting.say(f"{AT_ONCE} in flight")
        times = await interleave_async(contenders(AT_ONCE, calls), setting.of(15, 5))
        figures = throughput(NAME, f"{AT_ONCE} in flight", times, OURS, calls)
        figures += throughput(NAME, f"{AT_ONCE} in flight, DirectTransport", times, DIRECT, calls)
        series = Series([float(place) for place in PLACES], {name: [] for name in reading})
        for at_once in PLACES:
            setting.say(f"{at_once} in flight, for the plot")
            calls = max(setting.of(300, 100), 2 * at_once)
            times = await interleave_async(contenders(at_once, calls), setting.of(5, 1))
            for name, each in times.items():
                wall = sorted(each.wall)[len(each.wall) // 2]
                series.lines[name].append(calls / wall)
    return Findings(figures, {"throughput": series})
