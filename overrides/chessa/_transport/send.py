"""One attempt over one carrier: bounded, cleaned up after, every exception turned into words.

In: a carrier and an `Attempt`. Out: `Answer` or `Failed`, never an `Exception`: it is turned into a
`Fault` here and dropped, together with the frames that hold the request. Cancellation and Ctrl-C
pass through.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import attrs

from .._call.bodies import Collector, unpack
from .._call.events import Answer, Attempt, Failed, Fault, Headers, Trouble
from .base import GRACE, Arriving, AsyncArriving, AsyncCarrier, Carrier, Closing
from .evidence import CURRENT, CurrentAttempt
from .exceptions import fault


class _Progress:
    """How far an attempt has come, so that a failure can say what arrived."""

    __slots__ = ("_attempt", "_body", "_headers", "_status_code")

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._status_code: int | None = None
        self._headers: Headers = ()
        self._body = Collector(attempt.max_response_bytes)

    def start(self, arriving: Arriving | AsyncArriving) -> None:
        """The head of the answer is here."""
        self._headers = self._attempt.credentials.scrub_headers(arriving.headers)
        self._status_code = arriving.status_code

    def add(self, chunk: bytes | bytearray) -> None:
        """Another piece of the body is here."""
        self._body.add(chunk)

    def answer(self) -> Answer:
        """The whole answer. Raises `BodyError` when its body cannot be unpacked."""
        arrived = Answer(self._status_code or 0, self._headers, self._body.gathered())
        coding = arrived.header(b"content-encoding")
        if coding is None:
            return arrived
        body = unpack(arrived.body, coding, self._attempt.max_response_bytes)
        return Answer(arrived.status_code, arrived.headers, body)

    def stopped(self, fault: Fault) -> Answer | Failed:
        """What there is when something failed on the way."""
        if self._status_code is not None:
            return Answer(self._status_code, self._headers, self._body.gathered(), fault)
        return Failed(fault, self._attempt.evidence.nothing_sent)


_TOO_LATE: Final = Failed(
    Fault(Trouble.CONNECTING, "the deadline had passed", timed_out=True), nothing_sent=True
)
"""Hooks or a callable for the credentials took the time of the call."""


def exchange(carrier: Carrier, attempt: Attempt) -> Answer | Failed:
    """Make one attempt."""
    current = CurrentAttempt(attempt.deadline, attempt.evidence)
    if current.left() <= 0:
        return _TOO_LATE
    progress = _Progress(attempt)
    token = CURRENT.set(current)
    try:
        arriving = carrier.send(attempt)
        was_read = False
        try:
            progress.start(arriving)
            for chunk in arriving.chunks:
                progress.add(chunk)
            was_read = True
        finally:
            quietly(arriving.finish, was_read)
        return progress.answer()
    except Exception as error:  # noqa: BLE001  # a transport may raise anything
        return progress.stopped(fault(error))
    finally:
        CURRENT.reset(token)


async def exchange_async(carrier: AsyncCarrier, attempt: Attempt) -> Answer | Failed:
    """`exchange` on asyncio, cancelled should it outlast the deadline and the carrier's grace."""
    current = CurrentAttempt(attempt.deadline, attempt.evidence)
    if current.left() <= 0:
        return _TOO_LATE
    progress = _Progress(attempt)
    token = CURRENT.set(current)
    timer = None
    if carrier.grace is not None:
        timer = asyncio.timeout(max(0.0, current.left()) + carrier.grace)
    try:
        async with timer or contextlib.nullcontext():
            arriving = await carrier.send(attempt)
            was_read = False
            try:
                progress.start(arriving)
                async for chunk in arriving.chunks:
                    progress.add(chunk)
                was_read = True
            finally:
                await quietly_async(arriving.finish, was_read)
        return progress.answer()
    except Exception as error:  # noqa: BLE001  # a transport may raise anything
        found = fault(error)
        if timer is not None and timer.expired() and attempt.evidence.nothing_sent:
            found = attrs.evolve(found, trouble=Trouble.CONNECTING)
        return progress.stopped(found)
    finally:
        CURRENT.reset(token)


def quietly(close: Callable[..., None], *arguments: object) -> None:
    """Close or finish; a failure to do so changes nothing about what was received."""
    try:
        close(*arguments)
    except Exception:  # noqa: BLE001, S110  # the answer, or the failure, is known already
        pass


async def quietly_async(close: Callable[..., Closing], *arguments: object) -> None:
    """`quietly` on asyncio, and soon."""
    try:
        if (closing := close(*arguments)) is not None:
            async with asyncio.timeout(GRACE):
                await closing
    except Exception:  # noqa: BLE001, S110  # the answer, or the failure, is known already
        pass
