"""One way to use the sandbox from both clients, in the process and over HTTP."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias, TypeVar

import pytest

import chessa
from chessa.testing import Sandbox, serve

IN_PROCESS: Final = ("sync", "async")
MODES: Final = (*IN_PROCESS, "sync over HTTP", "async over HTTP")

Use: TypeAlias = Callable[[Any], Any]
E = TypeVar("E", bound=chessa.ChessaError)


class Caller:
    """Performs calls in one mode: `call(lambda chessa: chessa.orders.retrieve("…"))`."""

    def __init__(self, api: Sandbox, mode: str, url: str | None, runner: asyncio.Runner) -> None:
        self._api = api
        self._is_async = mode.startswith("async")
        # No transport of the sandbox's: the client's own.
        self._over_http: Any = {} if url is None else {"base_url": url, "transport": None}
        self._runner = runner

    def __call__(self, use: Use, **settings: Any) -> Any:
        """Perform a call with a client of these settings, and close the client."""
        if self._is_async:
            return self._runner.run(self._use_async(use, settings))
        with self._api.client(**self._over_http, **settings) as client:
            return use(client)

    async def _use_async(self, use: Use, settings: dict[str, Any]) -> Any:
        async with self._api.async_client(**self._over_http, **settings) as client:
            return await use(client)


@contextlib.contextmanager
def caller_in(mode: str, api: Sandbox) -> Iterator[Caller]:
    """Give a caller, and close it at the end."""
    with contextlib.ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner())
        url = stack.enter_context(serve(api)) if mode.endswith("HTTP") else None
        yield Caller(api, mode, url, runner)


def refused(call: Caller, kind: type[E], use: Use, **settings: Any) -> E:
    """Return the error of a call that must fail with an error of this class."""
    with pytest.raises(kind) as caught:
        call(use, **settings)
    return caught.value
