"""Event streams, `text/event-stream`: their parser, and the iterators that methods return.

The parser does what the HTML standard says (section 9.2, "Server-sent events"). No I/O: a source
reads the connection.
"""

import collections
import re
import warnings
from types import TracebackType
from typing import Any, Final, Generic, Protocol, Self, TypeVar

import attrs

T = TypeVar("T")
_BOM: Final = b"\xef\xbb\xbf"
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_MILLISECONDS: Final = re.compile(rb"[0-9]{1,15}")


@attrs.frozen
class Event(Generic[T]):
    """One event of a stream."""

    data: T
    """The value of its JSON, or its text: as the method says."""
    event: str = "message"
    """The name of its kind."""
    id: str = ""
    """The last id that the stream has sent; "" before the first."""
    retry: int | None = None
    """Milliseconds to wait before connecting again, as the stream last said."""


class EventTooLongError(Exception):
    """An event that is longer than the limit."""


class EventParser:
    """Parses the bytes of a stream, in pieces of any size.

    `limit` is the most bytes of one event that are kept. Bytes that are not UTF-8 stay as they are:
    what reads the data refuses them.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lines: collections.deque[bytes] = collections.deque()
        """The complete lines still to be read."""
        self._rest = bytearray()
        """The line that has begun."""
        self._is_after_cr = False
        self._is_first = True
        self._id = b""
        self._begin()
        self.last_event_id = b""
        self.retry: int | None = None

    def _begin(self) -> None:
        self._event, self._data, self._size = b"", list[bytes](), 0

    def add(self, piece: bytes | bytearray) -> None:
        """Take a piece."""
        if not piece:
            return
        start = 1 if self._is_after_cr and piece.startswith(b"\n") else 0
        self._is_after_cr = piece.endswith(b"\r")
        first, *others = _LINE_END.split(piece[start:])
        self._rest += first
        if others:
            self._lines += (bytes(self._rest), *others[:-1])
            self._rest[:] = others[-1]

    def take(self) -> Event[bytes] | None:
        """Return the next event, None until more has come. Raises `EventTooLongError`."""
        while self._lines:
            line = self._lines.popleft()
            if self._is_first:
                line, self._is_first = line.removeprefix(_BOM), False
            self._check(len(line))
            if line:
                self._field(line)
            elif (event := self._dispatched()) is not None:
                return event
        self._check(len(self._rest))
        return None

    def _check(self, more: int) -> None:
        if self._size + more > self._limit:
            raise EventTooLongError(f"an event longer than {self._limit} bytes")

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
            self._size += len(value) + 1
        elif name == b"event":
            self._event = value
        elif name == b"id" and b"\0" not in value:
            self._id = value
        elif name == b"retry" and _MILLISECONDS.fullmatch(value):
            self.retry = int(value)

    def _dispatched(self) -> Event[bytes] | None:
        """End an event; one without data is none."""
        name, data = self._event, self._data
        self._begin()
        self.last_event_id = self._id
        if not data:
            return None
        said, known = name.decode("utf-8", "replace"), self._id.decode("utf-8", "replace")
        return Event(b"\n".join(data), said or "message", known, self.retry)


class Source(Protocol[T]):
    """Reads the events of a stream."""

    @property
    def last_event_id(self) -> str: ...

    @property
    def is_open(self) -> bool: ...

    def next(self) -> Event[T] | None: ...

    def close(self) -> None: ...

    def drop(self) -> None: ...


class AsyncSource(Protocol[T]):
    """`Source` for asyncio."""

    @property
    def last_event_id(self) -> str: ...

    @property
    def is_open(self) -> bool: ...

    async def next(self) -> Event[T] | None: ...

    async def aclose(self) -> None: ...

    def drop(self) -> None: ...


class _Stream:
    _source: Any

    @property
    def last_event_id(self) -> str:
        """The last id that the stream has sent, for the header `Last-Event-ID` of another call."""
        return str(self._source.last_event_id)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, {'open' if self._source.is_open else 'closed'}>"

    def __del__(self) -> None:
        source = getattr(self, "_source", None)
        if source is None or not source.is_open:
            return
        source.drop()
        warnings.warn(f"an {type(self).__name__} was never closed", ResourceWarning, stacklevel=1)


class EventStream(_Stream, Generic[T]):
    """The events of a response, as they come: an iterator and a context manager.

    Each step waits for the next event, no longer than the timeout of the call; comments do not
    count. The stream is closed at its end, by an exception, and by `close`. It never connects
    again. For one thread at a time.
    """

    _source: Source[T]

    def __init__(self, source: Source[T]) -> None:
        self._source = source

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event[T]:
        event = self._source.next()
        if event is None:
            raise StopIteration
        return event

    def close(self) -> None:
        """Close the connection. Events that have not been read are lost."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncEventStream(_Stream, Generic[T]):
    """`EventStream` on asyncio: `async with await chessa.….events() as events: async for …`."""

    _source: AsyncSource[T]

    def __init__(self, source: AsyncSource[T]) -> None:
        self._source = source

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event[T]:
        event = await self._source.next()
        if event is None:
            raise StopAsyncIteration
        return event

    async def aclose(self) -> None:
        """Close the connection. Events that have not been read are lost."""
        await self._source.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()
