"""One way to use the sandbox from both clients, in the process and over HTTP.

In: a sandbox and a mode. Out: a `Caller`, to which a test gives what to do with a client.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

import chessa
from chessa.testing import Sandbox, serve

IN_PROCESS: Final = ("sync", "async")
MODES: Final = (*IN_PROCESS, "sync over HTTP", "async over HTTP")

Use: TypeAlias = Callable[[Any], Any]


class Caller:
    """Performs calls in one mode: `call(lambda chessa: chessa.orders.retrieve("…"))`."""

    def __init__(self, api: Sandbox, mode: str, url: str | None, runner: asyncio.Runner) -> None:
        self._api = api
        self._is_async = mode.startswith("async")
        self._url = url
        self._runner = runner

    def __call__(self, use: Use, **settings: Any) -> Any:
        """Perform a call with a client of these settings, and close the client."""
        if self._is_async:
            return self._runner.run(self._use_async(use, settings))
        with self._client(settings) as client:
            return use(client)

    def _client(self, settings: dict[str, Any]) -> chessa.Chessa:
        if self._url is None:
            return self._api.client(**settings)
        return chessa.Chessa(**self._over_http(settings))

    async def _use_async(self, use: Use, settings: dict[str, Any]) -> Any:
        made = (
            self._api.async_client(**settings)
            if self._url is None
            else chessa.AsyncChessa(**self._over_http(settings))
        )
        async with made as client:
            return await use(client)

    def _over_http(self, settings: dict[str, Any]) -> dict[str, Any]:
        return {
            "base_url": self._url,
            "client_id": self._api.client_id,
            "client_secret": self._api.client_secret,
            **settings,
        }


@contextlib.contextmanager
def caller_in(mode: str, api: Sandbox) -> Iterator[Caller]:
    """A caller for as long as it is needed."""
    with contextlib.ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner())
        url = stack.enter_context(serve(api)) if mode.endswith("HTTP") else None
        yield Caller(api, mode, url, runner)


def refusal(call: Caller, use: Use, **settings: Any) -> chessa.ChessaError:
    """The error of a call that must fail."""
    try:
        answer = call(use, **settings)
    except chessa.ChessaError as error:
        return error
    raise AssertionError(f"not refused: {answer!r}")
