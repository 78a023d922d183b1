"""What carries an attempt: one of our own connections, or a transport of the user's.

In: an `Attempt`. Out: `Arriving`, the head of an answer, its body still to come. A carrier puts the
credentials on at the last moment and takes them off again; whatever it raises is sorted out by
`exchange`.
"""

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from typing import Final, Protocol, TypeAlias

import attrs

from .._call.events import Attempt
from .keepalive import Headers

GRACE: Final = 0.1
"""Seconds for what keeps the deadline by itself, to say how it ended."""
Closing: TypeAlias = Awaitable[None] | None
"""What to wait for, if anything, on asyncio."""
Finish: TypeAlias = Callable[[bool], Closing]


@attrs.define
class Arriving:
    """The head of an answer; `finish` is called once, with whether the body was read to its end."""

    status_code: int
    headers: Headers
    chunks: Iterable[bytes | bytearray]
    finish: Callable[[bool], None]


@attrs.define
class AsyncArriving:
    """`Arriving` on asyncio."""

    status_code: int
    headers: Headers
    chunks: AsyncIterable[bytes | bytearray]
    finish: Finish


class Carrier(Protocol):
    """Sends a request and receives the head of its answer."""

    def send(self, attempt: Attempt, /) -> Arriving: ...

    def close(self) -> None: ...


class AsyncCarrier(Protocol):
    """`Carrier` on asyncio, to be derived from."""

    grace: float | None = GRACE
    """Seconds past the deadline after which `send`, or reading the body, is cancelled; None where
    each wait is sure to end with the call."""

    async def send(self, attempt: Attempt, /) -> AsyncArriving: ...

    async def aclose(self) -> None: ...
