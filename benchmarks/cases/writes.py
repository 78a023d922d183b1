"""Many writes in flight: calls a second, ours each on its own connection, httpx's on its pool."""

import asyncio
from contextlib import AsyncExitStack
from typing import Final

from .. import flight
from ..figures import Findings
from ..interleaving import Contender, interleave_async, throughput
from ..loopback import Loopback, check_connections, loopback
from ..setting import Setting

NAME: Final = "writes"
AT_ONCE: Final = 200
_TRIED: Final = 20


def measure(setting: Setting) -> Findings:
    """Ours against `httpx.AsyncClient`."""
    with loopback() as server:
        return asyncio.run(_measure(setting, server))


async def _measure(setting: Setting, server: Loopback) -> Findings:
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(flight.our_client(server.url))
        theirs = await stack.enter_async_context(flight.httpx_client(server.url))
        writing = {"chessa": flight.chessa_write(ours), "httpx, pooled": flight.httpx_write(theirs)}
        for name, call in writing.items():
            await call()
            before = server.counts()
            await flight.in_flight(call, 1, _TRIED)()
            after = server.counts()
            check_connections(name, before, after, _TRIED, fresh=name == "chessa")
        calls = setting.of(800, 400)
        contenders = [
            Contender(name, flight.in_flight(call, AT_ONCE, calls))
            for name, call in writing.items()
        ]
        times = await interleave_async(contenders, setting.of(15, 5))
    return Findings(throughput(NAME, f"{AT_ONCE} in flight", times, "chessa", calls))
