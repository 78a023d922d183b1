"""One connection to the API's origin, one request at a time.

In: an attempt, and what to do at the end of its answer. Out: the answer as it arrives. The request
is written here, credentials and all, and held by nothing once it is handed over. `pool` makes
carriers of these; `proxied` has the same for those who go by way of a proxy.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Self

import httpcore

from .._call.events import Attempt
from .asyncio_stream import LoopStream, connect
from .base import Arriving, AsyncArriving, Finish
from .endpoint import Route
from .http11 import READ_SIZE, Piece, Reader, written
from .keepalive import Record
from .network import GuardedBackend, GuardedStream


class Lane:
    """A connection that is opened when first needed. Its methods raise httpcore's exceptions."""

    def __init__(self, route: Route, *, keep: bool) -> None:
        self._route = route
        self._backend = GuardedBackend(Record(is_kept=keep))
        self._reader: Reader | None = None
        """Of the request under way, once all of it is sent."""
        self.idle_since = 0.0

    def send(self, attempt: Attempt, finish: Callable[[bool], None]) -> Arriving:
        """Send the request and receive the head of its answer."""
        attempt.evidence.track()
        stream = self._backend.stream or self._open()
        reader = Reader(attempt.request.method)
        with contextlib.suppress(httpcore.WriteError):  # who hangs up early may have answered
            stream.write(written(attempt))
            self._reader = reader
        reader.receive(stream.read(READ_SIZE))
        while not reader.has_head():
            reader.receive(stream.read(READ_SIZE))
        body = _body(stream, reader)
        return Arriving(reader.status_code, reader.headers, body, finish)

    def _open(self) -> GuardedStream:
        origin, tls = self._route.origin, self._route.tls
        stream = self._backend.connect_tcp(origin.host, self._route.port)
        return stream if tls is None else stream.start_tls(tls, origin.host)

    def is_reusable(self) -> bool:
        """Whether the answer, read to its end, left nothing on the connection."""
        reader, self._reader = self._reader, None  # an answer may name a person, or echo a secret
        return reader is not None and reader.is_clean(self._backend.record)

    def is_open(self) -> bool:
        """Whether the server has neither closed the connection nor sent something unasked."""
        stream = self._backend.stream
        return stream is not None and not stream.get_extra_info("is_readable")

    def close(self) -> None:
        """Close the connection."""
        self._backend.close()


def _body(stream: GuardedStream, reader: Reader) -> Iterator[Piece]:
    """The pieces of a body, as they come."""
    while (piece := reader.piece()) != b"":
        if piece is None:
            reader.receive(stream.read(READ_SIZE))
        else:
            yield piece


class AsyncLane:
    """`Lane` on asyncio."""

    def __init__(self, route: Route, *, keep: bool) -> None:
        self._route = route
        self._record = Record(is_kept=keep)
        self._stream: LoopStream | None = None
        self._reader: Reader | None = None
        self.idle_since = 0.0

    async def send(self, attempt: Attempt, finish: Finish) -> AsyncArriving:
        """Send the request and receive the head of its answer."""
        attempt.evidence.track()
        if self._stream is None:
            self._stream = await connect(self._route, self._record)
        stream, reader = self._stream, Reader(attempt.request.method)
        with contextlib.suppress(httpcore.WriteError):  # who hangs up early may have answered
            await stream.write(written(attempt))
            self._reader = reader
        reader.receive(await stream.read())
        while not reader.has_head():
            reader.receive(await stream.read())
        body = _AsyncBody(stream, reader)
        return AsyncArriving(reader.status_code, reader.headers, body, finish)

    def is_reusable(self) -> bool:
        """Whether the answer, read to its end, left nothing on the connection."""
        reader, self._reader = self._reader, None  # an answer may name a person, or echo a secret
        is_clean = reader is not None and reader.is_clean(self._record)
        return is_clean and self._stream is not None and self._stream.rest()

    def is_open(self) -> bool:
        """Whether the server has neither closed the connection nor sent something unasked."""
        return self._stream is not None and self._stream.is_open()

    def close(self) -> None:
        """Close the connection."""
        if self._stream is not None:
            self._stream.close()


class _AsyncBody:
    """The same, without what an event loop does for each async generator."""

    __slots__ = ("_reader", "_stream")

    def __init__(self, stream: LoopStream, reader: Reader) -> None:
        self._stream = stream
        self._reader = reader

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Piece:
        while (piece := self._reader.piece()) is None:
            self._reader.receive(await self._stream.read())
        if not piece:
            raise StopAsyncIteration
        return piece
