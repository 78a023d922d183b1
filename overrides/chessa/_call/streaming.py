"""Event streams: the call that opened one goes on with each event, under a deadline of its own.

The decisions are here for sync and async; the two sources read the connection and nothing else.
"""

import time
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeAlias, TypeVar

import attrs

from chessa_api.errors import Outcome
from chessa_api.events import AsyncEventStream, Event, EventParser, EventStream, EventTooLongError
from chessa_api.operation import Operation

from .._errors import ChessaError, Circumstances
from .._interruptions import bare
from .._transport.streams import OpenBody, Piece
from .events import AttemptResult, ErrorKind, Failure, Response
from .messages import build_error
from .outcomes import is_success, outcome_of

if TYPE_CHECKING:
    from .._transport.streams_async import AsyncOpenBody

T = TypeVar("T")
_TYPE: Final = "text/event-stream"
"""Whatever charset the server names: it is always UTF-8."""
_INTERRUPTED: Final = Failure(ErrorKind.EXCHANGE, "an exception closed the stream")


class Opener(Protocol[T]):
    """The call that opened a stream."""

    @property
    def operation(self) -> Operation[T]: ...

    def decoded(
        self, status_code: int, body: bytes, content_type: str | None, /
    ) -> tuple[T, Any] | Failure: ...

    def circumstances(self) -> Circumstances: ...


@attrs.frozen
class Limits:
    """The limits of each event."""

    seconds: float
    size: int
    """Bytes."""


class Reading(Generic[T]):
    """The state of a stream."""

    def __init__(self, call: Opener[T], response: Response, limits: Limits) -> None:
        self._call = call
        self._response = attrs.evolve(response, opened=None)
        self._seconds = limits.seconds
        self._parser = EventParser(limits.size)
        self._failure: Failure | None = None
        self._has_ended = False
        self.is_open = True

    @property
    def last_event_id(self) -> str:
        return self._parser.last_event_id.decode("utf-8", "replace")

    def _deadline(self) -> float:
        """Return the deadline of an event that is asked for now. Raises how the stream ended."""
        if self._failure is not None:
            raise self._error(self._failure)
        return time.monotonic() + self._seconds

    def _event(self) -> Event[T] | None:
        """Return the next event of what has come in. Raises a `ChessaError` if it cannot be."""
        try:
            event = self._parser.take()
        except EventTooLongError as error:
            problem = str(error)
        else:
            if event is None:
                return None
            found = self._call.decoded(self._response.status_code, event.data, _TYPE)
            if not isinstance(found, Failure):
                return Event(found[0], event.event, event.id, event.retry)
            del event  # a traceback prints what its frames hold, and an event may hold the secret
            raise self._error(found)
        raise self._error(Failure(ErrorKind.BODY, problem))

    def _take(self, piece: Piece) -> None:
        """Take what was read; None is the end. Raises a `ChessaError` for a failure."""
        if isinstance(piece, Failure):
            raise self._error(piece)
        if piece is None:
            self._has_ended = True
        else:
            self._parser.add(piece)

    def _error(self, failure: Failure) -> ChessaError:
        """Return the error for a stream that broke off; asking for more raises it again."""
        self._failure = failure
        is_read = self._call.operation.is_read
        result = AttemptResult(self._response, failure)
        return build_error(
            result,
            outcome_of(result, is_read=is_read) or Outcome.UNKNOWN,
            self._call.circumstances(),
            is_read=is_read,
            is_harmless=self._call.operation.duplicate_is_harmless,
        )

    def _ended(self, error: BaseException) -> BaseException:
        """Return what comes out in place of an event: an interruption without its frames."""
        if isinstance(error, ChessaError):
            return error
        self._failure = _INTERRUPTED
        return bare(error)


class Source(Reading[T]):
    """The events of an open body."""

    def __init__(self, call: Opener[T], response: Response, limits: Limits, body: OpenBody) -> None:
        super().__init__(call, response, limits)
        self._body = body

    def next(self) -> Event[T] | None:
        """Return the next event; None at the end. Raises a `ChessaError`."""
        deadline = self._deadline()
        try:
            while self.is_open:
                if (event := self._event()) is not None:
                    return event
                if self._has_ended:
                    break
                self._take(self._body.read(deadline))
        except BaseException as error:  # noqa: BLE001  # raised again
            ended = self._ended(error)
        else:
            self.close()
            return None
        self.close()
        raise ended

    def close(self) -> None:
        self.is_open = False
        self._body.close()

    drop = close


class AsyncSource(Reading[T]):
    """`Source` on asyncio."""

    def __init__(
        self, call: Opener[T], response: Response, limits: Limits, body: "AsyncOpenBody"
    ) -> None:
        super().__init__(call, response, limits)
        self._body = body

    async def next(self) -> Event[T] | None:
        """Return the next event; None at the end. Raises a `ChessaError`."""
        deadline = self._deadline()
        try:
            while self.is_open:
                if (event := self._event()) is not None:
                    return event
                if self._has_ended:
                    break
                self._take(await self._body.read(deadline))
        except BaseException as error:  # noqa: BLE001  # raised again
            ended = self._ended(error)
        else:
            await self.aclose()
            return None
        if isinstance(ended, GeneratorExit):  # the caller has dropped it: await nothing
            self.drop()
        else:
            await self.aclose()
        raise ended

    async def aclose(self) -> None:
        self.is_open = False
        await self._body.aclose()

    def drop(self) -> None:
        """Close at once, waiting for nothing."""
        self.is_open = False
        self._body.drop()


Stream: TypeAlias = Source[Any] | AsyncSource[Any]


def is_stream(operation: Operation[Any], response: Response) -> bool:
    """Return whether the body of a response is left open: its events, or a documented nothing."""
    essence = (response.header(b"content-type") or "").partition(";")[0].strip().lower()
    is_of_events = essence == _TYPE
    status = response.status_code
    return is_success(status) and (is_of_events or operation.answers_nothing(status))


def stream_of(
    call: Opener[T], response: Response, limits: Limits
) -> tuple[Stream, EventStream[T] | AsyncEventStream[T]]:
    """Return the events of a response whose body is left open, and what the method returns."""
    if isinstance(response.opened, OpenBody):
        source = Source(call, response, limits, response.opened)
        return source, EventStream(source)
    on_asyncio = AsyncSource(call, response, limits, response.opened)
    return on_asyncio, AsyncEventStream(on_asyncio)
