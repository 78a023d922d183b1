"""Sync and async as one: a test body is a coroutine over a `Mode`.

In the sync mode nothing in it ever waits, so that it is driven without an event loop, as users of
`Chessa` run their code.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Final, Literal, TypeAlias, TypeVar

import attrs

import chessa

T = TypeVar("T")
Name: TypeAlias = Literal["sync", "async"]


@attrs.frozen
class Mode:
    """Sync or async: the client of each, and how its calls are awaited."""

    name: Name
    client: Any = attrs.field(repr=False)

    @property
    def is_async(self) -> bool:
        """Return whether it is the async one."""
        return self.name == "async"

    def run(self, body: Coroutine[Any, Any, T]) -> T:
        """Run a test body to its end."""
        if self.is_async:
            return asyncio.run(body)
        try:
            body.send(None)
        except StopIteration as stopped:
            result: T = stopped.value
            return result
        raise AssertionError("a sync body waited")

    async def done(self, begun: Any) -> Any:
        """Return the result of a call that was begun."""
        return await begun if self.is_async else begun

    @contextlib.asynccontextmanager
    async def opened(self, made: T) -> AsyncIterator[T]:
        """Enter a client of any library, and close it at the end."""
        entered: Any = made
        if self.is_async:
            async with entered:
                yield made
        else:
            with entered:
                yield made


SYNC: Final = Mode("sync", chessa.Chessa)
ASYNC: Final = Mode("async", chessa.AsyncChessa)
MODES: Final = (SYNC, ASYNC)
