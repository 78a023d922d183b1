"""Transports of the user's, as carriers: whatever httpx calls a transport.

In: attempts. Out: answers that arrive. The request that such a transport is given is whole,
credentials and all, and they are taken off again when it is done. It is trusted, and it may keep
the evidence (`request.extensions["chessa.evidence"]`); else a failure proves nothing.
"""

import functools
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import httpx

from .._call.events import Attempt
from .._secrets import CREDENTIAL_HEADERS
from .base import Arriving, AsyncArriving, AsyncCarrier
from .evidence import EXTENSION
from .network import CONNECT_TIMEOUT

_T = TypeVar("_T")


class UserTransport:
    """An `httpx.BaseTransport` as a carrier."""

    def __init__(self, factory: Callable[[], Any]) -> None:
        self._transport = _checked(factory(), httpx.BaseTransport)

    def send(self, attempt: Attempt) -> Arriving:
        request = _written(attempt)
        try:
            response = self._transport.handle_request(request)
        finally:
            _take_off_credentials(request)
        stream = response.stream
        if not isinstance(stream, httpx.SyncByteStream):
            raise TypeError("the transport of a sync client returned an async body")
        try:
            return Arriving(*_head(response), stream, lambda _: stream.close())
        except TypeError:
            stream.close()
            raise

    def close(self) -> None:
        self._transport.close()


class AsyncUserTransport(AsyncCarrier):
    """An `httpx.AsyncBaseTransport` as a carrier."""

    def __init__(self, factory: Callable[[], Any]) -> None:
        self._transport = _checked(factory(), httpx.AsyncBaseTransport)

    async def send(self, attempt: Attempt) -> AsyncArriving:
        request = _written(attempt)
        try:
            response = await self._transport.handle_async_request(request)
        finally:
            _take_off_credentials(request)
        stream = response.stream
        if not isinstance(stream, httpx.AsyncByteStream):
            raise TypeError("the transport of an async client returned a sync body")
        try:
            return AsyncArriving(*_head(response), stream, lambda _: stream.aclose())
        except TypeError:
            await stream.aclose()
            raise

    async def aclose(self) -> None:
        await self._transport.aclose()


def _checked(made: Any, kind: type[_T]) -> _T:
    if not isinstance(made, kind):
        raise TypeError(f"transport= gave no httpx.{kind.__name__}")
    return made


def _written(attempt: Attempt) -> httpx.Request:
    attempt.evidence.track()  # should the request be none that can be written
    request = attempt.request
    written = httpx.Request(
        request.method,
        _url(request.origin + request.target),
        headers=[*request.headers, *attempt.credentials.headers()],
        stream=httpx.ByteStream(request.body or b""),
        extensions={EXTENSION: attempt.evidence, "timeout": _timeouts(attempt)},
    )
    written.headers.encoding = "ascii"
    written.read()  # so that it finds `request.content`
    attempt.evidence.entrust()
    return written


def _head(response: httpx.Response) -> tuple[int, list[tuple[bytes, bytes]]]:
    """Status and headers. Raises `TypeError` for what is none."""
    status_code, headers = response.status_code, response.headers.raw
    kinds = {type(part) for pair in headers for part in pair}
    if type(status_code) is not int or not kinds <= {bytes}:
        raise TypeError("the transport returned something else than an httpx.Response")
    return status_code, headers


def _timeouts(attempt: Attempt) -> dict[str, float]:
    left = max(0.001, attempt.deadline - time.monotonic())
    return {"connect": min(left, CONNECT_TIMEOUT), "read": left, "write": left, "pool": left}


_url: Final = functools.lru_cache(maxsize=256)(httpx.URL)  # who waits asks for the same again


def _take_off_credentials(request: httpx.Request) -> None:
    for name in CREDENTIAL_HEADERS:
        try:
            del request.headers[name]
        except KeyError:
            pass  # the transport has done so
