"""One attempt over one channel: bounded, cleaned up after, failures of the wire as plain values.

Everything else, such as cancellation, Ctrl-C or a worker's time limit, passes through.
"""

import contextlib
import time
from typing import TYPE_CHECKING, Any, Final

import attrs

from .._call.bodies import BodyError, Collector, unpack
from .._call.events import Attempt, AttemptResult, ErrorKind, Failure, Headers, Response
from .adapter import body_of, head_of
from .base import AsyncChannel, Channel
from .closing import GRACE, quietly, quietly_async, timer_of
from .exceptions import UnusableTransportError, failure_of
from .library import httpcore
from .log_filter import IN_CALL

if TYPE_CHECKING:
    from pathlib import Path

    from .._call.saving import Saving
    from .streams import OpenBody
    from .streams_async import AsyncOpenBody

_COMPLETE: Final = frozenset({200, 201, 202, 203, 226})
"""Statuses of a response that is all of its content: not 204, nor 206."""
_LONGEST_NUMBER: Final = 19


class _Progress:
    """The parts of a response that have arrived, for a failure to report."""

    __slots__ = ("_attempt", "_body", "_file", "_headers", "_is_decoded", "_status_code", "_total")

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._status_code: int | None = None
        self._headers: Headers = ()
        self._is_decoded = False
        self._body = Collector(attempt.max_response_bytes)
        self._file: Saving | None = None
        self._total: int | None = None

    def start(self, response: Any) -> None:
        """Take the head of the response."""
        status_code, headers = head_of(response)
        self._headers = self._attempt.credentials.scrub_headers(headers)
        self._is_decoded = getattr(response, "is_stream_consumed", False)
        self._status_code = status_code
        if self.is_stream and not self._is_decoded:
            _refuse_codings(self._headers)
        if self._attempt.save_to is not None and status_code in _COMPLETE:
            self._file = _opened(self._attempt.save_to, self._headers)
            length = self._head().header(b"content-length") or ""
            if length.isdecimal() and len(length) < _LONGEST_NUMBER:
                self._total = int(length)

    @property
    def is_stream(self) -> bool:
        """True if the body is to be left open."""
        is_stream = self._attempt.is_stream
        return is_stream is not None and is_stream(self._head())

    def _head(self) -> Response:
        return Response(self._status_code or 0, self._headers, b"")

    def left_open(self, opened: "OpenBody | AsyncOpenBody") -> AttemptResult:
        """Return the response with its body still to be read."""
        return AttemptResult(attrs.evolve(self._head(), opened=opened))

    def add(self, chunk: object) -> None:
        """Take another piece of the body."""
        if not isinstance(chunk, (bytes, bytearray)):
            raise UnusableTransportError("the transport returned a body that is not bytes")
        if self._file is None:
            self._body.add(chunk)
            return
        if time.monotonic() >= self._attempt.deadline:  # a given transport may not know it
            raise httpcore.ReadTimeout
        self._file.add(chunk)
        if self._attempt.progress is not None:
            self._attempt.progress(self._file.size, self._total)

    def completed(self) -> AttemptResult:
        """Return the complete response. Raises `BodyError` when its body cannot be unpacked."""
        response = Response(self._status_code or 0, self._headers, self._body.gathered())
        if self._file is not None:
            media_type = response.header(b"content-type")
            saved = self._file.finished(media_type, response.header(b"content-disposition"))
            name = self._attempt.credentials.scrub_value(saved.suggested_name)
            saved = attrs.evolve(saved, suggested_name=name)
            return AttemptResult(attrs.evolve(response, saved=saved))
        coding = response.header(b"content-encoding")
        if coding is not None and not self._is_decoded:
            body = unpack(response.body, coding, self._attempt.max_response_bytes)
            response = attrs.evolve(response, body=body)
        return AttemptResult(response)

    def close(self) -> None:
        """Delete a file that was not finished."""
        if self._file is not None:
            self._file.discard()

    def stopped(self, failure: Failure) -> AttemptResult:
        """Return what there is when something failed on the way."""
        if failure.kind is ErrorKind.EXCHANGE and self._attempt.evidence.is_at_proxy:
            failure = attrs.evolve(failure, kind=ErrorKind.CONNECTING)
        if self._status_code is None:
            return AttemptResult(failure=failure, nothing_sent=self._attempt.evidence.nothing_sent)
        body = self._body.gathered()
        return AttemptResult(Response(self._status_code, self._headers, body), failure)


def _opened(path: "Path", headers: Headers) -> "Saving":
    from .._call.saving import Saving  # for the operations that need it

    _refuse_codings(headers)
    return Saving(path)


def _refuse_codings(headers: Headers) -> None:
    codings = [value.strip().lower() for name, value in headers if name == b"content-encoding"]
    if {*codings} - {b"identity"}:
        raise BodyError("a content coding that was not asked for")


TOO_LATE: Final = AttemptResult(
    failure=Failure(ErrorKind.CONNECTING, "the deadline had passed", timed_out=True),
    nothing_sent=True,
)
"""Hooks or a callable for the credentials took the time of the call."""


def send(channel: Channel, attempt: Attempt) -> AttemptResult:
    """Make one attempt."""
    progress, was_read, opened = _Progress(attempt), False, None
    token = IN_CALL.set(True)
    try:
        try:
            response = channel.send(attempt)
            progress.start(response)
            if progress.is_stream:
                from .streams import OpenBody  # for the operations that need it

                opened = OpenBody(channel, response)
                return progress.left_open(opened)
            for chunk in body_of(response, "sync"):
                progress.add(chunk)
            was_read = True
        finally:
            if opened is None:
                quietly(channel.finish, is_ours=channel.is_ours, was_read=was_read)
        return progress.completed()
    except Exception as error:
        failure = failure_of(error, is_ours=channel.is_ours, note=channel.note(error))
        if failure is None:
            raise
        return progress.stopped(failure)
    finally:
        progress.close()
        IN_CALL.reset(token)


async def send_async(channel: AsyncChannel, attempt: Attempt) -> AttemptResult:
    """Make one attempt on asyncio, cancelled should its transport outlast the deadline."""
    progress, was_read, opened = _Progress(attempt), False, None
    token = IN_CALL.set(True)
    timer = None
    if not channel.is_ours:
        timer = timer_of(max(0.0, attempt.deadline - time.monotonic()) + GRACE)
    try:
        async with timer or contextlib.nullcontext():
            try:
                response = await channel.send(attempt)
                progress.start(response)
                if progress.is_stream:
                    from .streams_async import AsyncOpenBody  # for the operations that need it

                    opened = AsyncOpenBody(channel, response)
                    return progress.left_open(opened)
                async for chunk in body_of(response, "async"):
                    progress.add(chunk)
                was_read = True
            finally:
                if opened is None:
                    await quietly_async(channel.finish, is_ours=channel.is_ours, was_read=was_read)
        return progress.completed()
    except Exception as error:
        if timer is not None and timer.expired() and isinstance(error, TimeoutError):
            kind = ErrorKind.EXCHANGE
            if attempt.evidence.nothing_sent:
                kind = ErrorKind.CONNECTING
            return progress.stopped(Failure(kind, "TimeoutError", timed_out=True))
        failure = failure_of(error, is_ours=channel.is_ours, note=channel.note(error))
        if failure is None:
            raise
        return progress.stopped(failure)
    finally:
        progress.close()
        IN_CALL.reset(token)
