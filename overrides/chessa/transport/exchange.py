"""One attempt on one transport: the credentials put on and taken off, the answer read whole.

In: a transport and an `Attempt`. Out: `Answer` or `Failed`, never an `Exception`: it is turned into
a `Fault` here and dropped, together with the frames that hold the request. Cancellation and Ctrl-C
pass through.
"""

import asyncio
import functools
from typing import Final, Protocol

import httpx

from .._bodies import Collector, unpack
from .._secrets import CREDENTIAL_HEADERS
from .._steps import Answer, Attempt, Failed, Fault, Headers, Trouble
from .builtin import AsyncPooledTransport, AsyncSingleTransport, PooledTransport, SingleTransport
from .evidence import CURRENT, EXTENSION, CurrentAttempt
from .failures import fault
from .network import CONNECT_TIMEOUT

GRACE: Final = 0.1
"""Seconds past the deadline after which an async attempt is cancelled, should it not have ended."""


class _Progress:
    """How far an attempt has come, so that a failure can say what arrived."""

    __slots__ = ("_attempt", "_body", "_handed_over", "_headers", "_status_code")

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._handed_over = False
        self._status_code: int | None = None
        self._headers: Headers = ()
        self._body = Collector(attempt.max_response_bytes)

    def hand_over(self, transport: object) -> httpx.Request:
        """The request, credentials and all, for the transport."""
        request, credentials = self._attempt.request, self._attempt.credentials
        is_ours = isinstance(transport, _BUILT_IN)
        extensions: dict[str, object] = {
            EXTENSION: self._attempt.evidence,
            "timeout": self._timeouts(),
        }
        if is_ours:  # parsing a URL takes as long as all the rest of making a request
            url = _origin(request.origin)
            extensions["target"] = request.target.encode("ascii")
        else:
            url = httpx.URL(request.origin + request.target)
        made = httpx.Request(
            request.method,
            url,
            headers=[*request.headers, *credentials.headers()],
            stream=httpx.ByteStream(request.body or b""),
            extensions=extensions,
        )
        made.headers.encoding = "ascii"
        if not is_ours:
            made.read()  # so that a transport of the user's finds `request.content`
        self._handed_over = True
        return made

    def _timeouts(self) -> dict[str, float]:
        left = max(0.001, CurrentAttempt(self._attempt.deadline, self._attempt.evidence).left())
        return {"connect": min(left, CONNECT_TIMEOUT), "read": left, "write": left, "pool": left}

    def start(self, response: httpx.Response) -> None:
        """The head of the answer is here. Raises `TypeError` for what is none."""
        headers: Headers = tuple(response.headers.raw)
        kinds = {type(part) for pair in headers for part in pair}
        if type(response.status_code) is not int or not kinds <= {bytes}:
            raise TypeError("the transport returned something else than an httpx.Response")
        scrub = self._attempt.credentials.scrub
        self._headers = tuple((name, scrub(value)) for name, value in headers)
        self._status_code = response.status_code

    def add(self, chunk: bytes) -> None:
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
        return Failed(fault, not self._handed_over or self._attempt.evidence.nothing_sent)


_BUILT_IN: Final = (SingleTransport, PooledTransport, AsyncSingleTransport, AsyncPooledTransport)
_origin: Final = functools.lru_cache(maxsize=16)(httpx.URL)


def _take_off_credentials(request: httpx.Request) -> None:
    for name in CREDENTIAL_HEADERS:
        if name in request.headers:
            del request.headers[name]


class _Closes(Protocol):
    def close(self) -> None: ...


class _ClosesAsync(Protocol):
    async def aclose(self) -> None: ...


def close_quietly(resource: _Closes) -> None:
    """Close; a failure to do so changes nothing about what was received."""
    try:
        resource.close()
    except Exception:  # noqa: BLE001, S110  # the answer, or the failure, is known already
        pass


async def close_quietly_async(resource: _ClosesAsync) -> None:
    """Close, soon; a failure to do so changes nothing about what was received."""
    try:
        async with asyncio.timeout(GRACE):
            await resource.aclose()
    except Exception:  # noqa: BLE001, S110  # the answer, or the failure, is known already
        pass


_TOO_LATE: Final = Failed(
    Fault(Trouble.CONNECTING, "the deadline had passed", timed_out=True), nothing_sent=True
)
"""Hooks or a callable for the credentials took the time of the call."""


def exchange(transport: httpx.BaseTransport, attempt: Attempt) -> Answer | Failed:
    """Make one attempt."""
    progress = _Progress(attempt)
    current = CurrentAttempt(attempt.deadline, attempt.evidence)
    if current.left() <= 0:
        return _TOO_LATE
    token = CURRENT.set(current)
    try:
        _exchange(transport, progress)
        return progress.answer()
    except Exception as error:  # noqa: BLE001  # a transport may raise anything
        return progress.stopped(fault(error))
    finally:
        CURRENT.reset(token)


def _exchange(transport: httpx.BaseTransport, progress: _Progress) -> None:
    request = progress.hand_over(transport)
    try:
        response = transport.handle_request(request)
    finally:
        _take_off_credentials(request)
    stream = response.stream
    if not isinstance(stream, httpx.SyncByteStream):
        raise TypeError("the transport of a sync client returned an async body")
    try:
        progress.start(response)
        for chunk in stream:
            progress.add(chunk)
    finally:
        close_quietly(stream)


async def exchange_async(transport: httpx.AsyncBaseTransport, attempt: Attempt) -> Answer | Failed:
    """`exchange` on asyncio, cancelled should it outlast the deadline."""
    progress = _Progress(attempt)
    current = CurrentAttempt(attempt.deadline, attempt.evidence)
    if current.left() <= 0:
        return _TOO_LATE
    token = CURRENT.set(current)
    try:
        async with asyncio.timeout(max(0.0, current.left()) + GRACE):
            await _exchange_async(transport, progress)
        return progress.answer()
    except Exception as error:  # noqa: BLE001  # a transport may raise anything
        return progress.stopped(fault(error))
    finally:
        CURRENT.reset(token)


async def _exchange_async(transport: httpx.AsyncBaseTransport, progress: _Progress) -> None:
    request = progress.hand_over(transport)
    try:
        response = await transport.handle_async_request(request)
    finally:
        _take_off_credentials(request)
    stream = response.stream
    if not isinstance(stream, httpx.AsyncByteStream):
        raise TypeError("the transport of an async client returned a sync body")
    try:
        progress.start(response)
        async for chunk in stream:
            progress.add(chunk)
    finally:
        await close_quietly_async(stream)
