"""Ends of calls that hold canaries, and the search in all that each has left."""

import asyncio
import contextlib
import gc
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Final

import chessa
from tests.modes import ASYNC, MODES, SYNC, Mode
from tests.unit.raw_server import RawServer

from .leaks import ADDRESS, CLIENT_ID, CREDENTIALS, IBAN, LogWatch, in_error

ORDER: Final = "o-77"
MARK: Final = "== {} ==\n"
"""Stands in standard error before the output of an end."""
Settings = dict[str, Any]
_RAISED: Final = (chessa.ChessaError, KeyboardInterrupt, asyncio.CancelledError)


class Run:
    """Ends of calls, and the findings in each."""

    def __init__(self) -> None:
        self.watch = LogWatch()
        self.told: list[object] = []
        self.report: dict[str, list[dict[str, object]]] = {}
        logging.captureWarnings(True)
        warnings.simplefilter("always")
        logging.basicConfig(level=logging.DEBUG)  # to standard error too
        logging.getLogger().addHandler(self.watch)
        for name in ("asyncio", "chessa", "httpcore", "httpx"):
            logging.getLogger(name).setLevel(logging.DEBUG)

    def settings(self, **given: Any) -> Settings:
        """Return canaries for credentials, and hooks and a journal that keep what they are told."""
        hooks = chessa.Hooks(request=self.told.append, response=self.told.append)
        keep: Settings = {"hooks": hooks, "journal": self.told.append, "max_retries": 1}
        return {**CREDENTIALS, "client_id": CLIENT_ID, **keep, **given}

    def search(self, name: str, call: str, error: BaseException | None, *shown: object) -> None:
        """Search everything that this end has left."""
        found = in_error(error) if error is not None else []
        for thing in (*shown, *self.told):
            self.watch.search(type(thing).__name__, thing)
        self.told.clear()
        kind = type(error).__name__ if error is not None else ""
        where = [*found, *self.watch.taken()]
        self.report.setdefault(name, []).append({"call": call, "kind": kind, "found": where})

    @contextlib.contextmanager
    def named(self, name: str) -> Iterator[None]:
        """Write to standard error whose end follows."""
        sys.stderr.write(MARK.format(name))
        yield
        gc.collect()  # what is not closed warns here

    async def calls(
        self,
        name: str,
        mode: Mode,
        given: Settings,
        *,
        is_closed: bool = False,
        order_id: Any = ORDER,
        received: Callable[[], object] | None = None,
    ) -> None:
        """Make a read and a write; with `received`, cancel each once the server has it."""
        async with mode.opened(mode.client(**self.settings(**given))) as client:
            copied = client.with_options(extra_headers={"x-a": "1"}, reference="mine")
            if is_closed:
                await mode.done(client.aclose() if mode.is_async else client.close())
            for kind, call in calls_of(copied, order_id).items():
                error: BaseException | None = None
                task: object = None
                try:
                    if received is None:
                        await mode.done(call())
                    else:
                        task = await _cancelled(call(), received)
                except _RAISED as raised:
                    error = raised
                label = f"async {kind}" if mode.is_async else kind
                self.search(name, label, error, client, copied, client.orders, copied.orders, task)

    def both(self, name: str, given: Settings, **rest: Any) -> None:
        """Make all four calls."""
        for mode in MODES:
            mode.run(self.calls(name, mode, given, **rest))

    def sync(self, name: str, given: Settings) -> None:
        """Make the calls of `Chessa`."""
        SYNC.run(self.calls(name, SYNC, given))

    def cancelled(self, server: RawServer, received: Callable[[], object]) -> None:
        """Cancel calls of `AsyncChessa` once the server has them."""
        ASYNC.run(self.calls("cancelled", ASYNC, {"base_url": server.url}, received=received))

    def made(self, name: str, given: Settings) -> None:
        """Make clients that cannot be made."""
        for make in (chessa.Chessa, chessa.AsyncChessa):
            try:
                make(**self.settings(**given))
            except chessa.ConfigurationError as error:
                self.search(name, make.__name__, error)


async def _cancelled(call: Any, received: Callable[[], object]) -> object:
    task = asyncio.ensure_future(call)
    await asyncio.to_thread(received)
    task.cancel()
    await task
    return task


def calls_of(client: Any, order_id: Any) -> dict[str, Callable[[], Any]]:
    """Return a read and a write with personal data in their arguments."""
    return {
        "read": lambda: client.orders.retrieve(order_id),
        "write": lambda: client.orders.request_refund(order_id=order_id, address=ADDRESS, tag=IBAN),
    }
