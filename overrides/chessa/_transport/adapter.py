"""Requests as httpx takes them, and transports and clients of the caller's.

What a caller brings is accepted by what it can do, whether it is httpx's or its successor's. It is
given the complete request, credentials and all, and they are taken off again when it is done. The
evidence comes from httpcore's `trace` extension, or from the transport itself
(`request.extensions["chessa.evidence"]`); without either a failure proves nothing.
"""

import functools
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, Literal, TypeGuard, cast

from .._call.bodies import BodyError
from .._call.events import Attempt
from .._credentials import CREDENTIAL_HEADERS
from .._interruptions import reading
from .evidence import EXTENSION
from .exceptions import UnusableTransportError
from .library import FAMILY, httpx
from .racing import CONNECT_TIMEOUT

if TYPE_CHECKING:
    from .._call.uploads import Upload

DEADLINE: Final = "chessa.deadline"
"""The `time.monotonic` instant at which the call ends, in `request.extensions`."""
UNTIL: Final = "chessa.until"
"""A function that moves the deadline while an event stream is read, in `response.extensions`."""
Mode = Literal["sync", "async"]
_SEND: Final = {"sync": "handle_request", "async": "handle_async_request"}

_url: Final = functools.lru_cache(maxsize=256)(httpx.URL)  # who polls asks for the same again
_headers: Final = functools.lru_cache(maxsize=64)(httpx.Headers)  # copied into each request


def is_transport(value: object, mode: Mode) -> bool:
    """Return whether this is a transport, and not a function or class that makes one."""
    return not isinstance(value, type) and callable(getattr(value, _SEND[mode], None))


def makes(value: object, mode: Mode) -> bool:
    """Return whether this is a function that may make a transport, or a class of this mode."""
    return hasattr(value, _SEND[mode]) if isinstance(value, type) else callable(value)


def is_client(value: object, mode: Mode) -> bool:
    """Return whether this is an httpx client of this mode, or the like of one."""
    closes = "aclose" if mode == "async" else "close"
    return not isinstance(value, type) and all(
        callable(getattr(value, name, None)) for name in ("send", "build_request", closes)
    )


def checked(made: Any, mode: Mode) -> Any:
    """Return a transport that a factory made. Raises `UnusableTransportError` for another thing."""
    if not is_transport(made, mode):
        raise UnusableTransportError(f"transport= gave nothing that has {_SEND[mode]}")
    return made


def library_of(brought: object) -> Any:
    """Return the library whose requests this object takes."""
    for cls in type(brought).__mro__:
        library = sys.modules.get(cls.__module__.partition(".")[0])
        if getattr(library, "__name__", "") in FAMILY and hasattr(library, "BaseTransport"):
            return library
    return httpx


class _Extensions(dict[str, Any]):
    """The extensions of a request: a caller's own `trace` is called after ours, not instead."""

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, _chained(self["trace"], value) if name == "trace" else value)

    def update(self, *others: Any, **named: Any) -> None:
        for name, value in dict(*others, **named).items():
            self[name] = value


def _chained(ours: Callable[..., Any], theirs: Callable[..., Any]) -> Callable[..., Any]:
    import inspect  # for those who trace

    if not inspect.iscoroutinefunction(ours):

        def trace(name: str, info: dict[str, Any]) -> Any:
            ours(name, info)
            return theirs(name, info)

        return trace

    async def trace_async(name: str, info: dict[str, Any]) -> None:
        await ours(name, info)
        await theirs(name, info)

    return trace_async


def plain_request(attempt: Attempt) -> httpx.Request:
    """Return the request of an attempt without credentials: they are added below httpx."""
    request = attempt.request
    built = httpx.Request(
        request.method,
        _url(request.origin + request.target),
        headers=_headers(request.headers),
        stream=_stream(attempt, httpx),
        extensions={"timeout": _own_timeouts(attempt)},
    )
    if not is_upload(request.body):
        built.read()  # so that what patches httpx finds `request.content`
    return built


def complete_request(attempt: Attempt, library: Any, mode: Mode) -> Any:
    """Return the request of an attempt, credentials and all, for what a caller brings."""
    evidence = attempt.evidence
    evidence.track()  # should the request be one that cannot be built
    request = attempt.request
    url = request.origin + request.target
    built = library.Request(
        request.method,
        _url(url) if library is httpx else library.URL(url),
        headers=[*request.headers, *attempt.added_headers(request.headers)],
        stream=_stream(attempt, library),
    )
    built.extensions = _Extensions(
        {
            EXTENSION: evidence,
            DEADLINE: attempt.deadline,
            "timeout": _timeouts(attempt),
            "trace": evidence.trace if mode == "sync" else evidence.trace_async,
        }
    )
    built.headers.encoding = "ascii"
    if not is_upload(request.body):
        built.read()  # so that it finds `request.content`
    evidence.entrust()
    return built


def is_upload(body: object) -> TypeGuard["Upload"]:
    return body is not None and not isinstance(body, bytes)


def _stream(attempt: Attempt, library: Any) -> Any:
    body = attempt.request.body
    if is_upload(body):
        return _streamed(library)(attempt)
    return library.ByteStream(body or b"")


def pieces(attempt: Attempt) -> Iterator[bytes]:
    """Yield a body that is read while it is sent, and report the progress."""
    body = cast("Upload", attempt.request.body)
    sent = 0
    read = body.read()
    while piece := reading(lambda: next(filter(None, read), b"")):
        yield piece
        sent += len(piece)
        if attempt.progress is not None:
            attempt.progress(sent, len(body))


@functools.cache
def _streamed(library: Any) -> Any:
    """Return the class of bodies that are read while they are sent, for a library."""

    class Streamed(library.SyncByteStream, library.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, attempt: Attempt) -> None:
            self._attempt = attempt

        def __iter__(self) -> Iterator[bytes]:
            return pieces(self._attempt)

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in pieces(self._attempt):
                yield piece

    return Streamed


def take_off_credentials(request: Any) -> None:
    """Leave no credentials in a request that its transport is done with."""
    for name in CREDENTIAL_HEADERS:
        try:
            del request.headers[name]
        except KeyError:
            pass  # the transport has done so


def head_of(response: Any) -> tuple[int, list[tuple[bytes, bytes]]]:
    """Return status and headers. Raises `UnusableTransportError` for what is not a response."""
    status_code = getattr(response, "status_code", None)
    headers: Any = getattr(response, "headers", None)
    headers = getattr(headers, "raw", headers)
    if type(status_code) is not int or type(headers) is not list:
        raise UnusableTransportError("the transport returned something else than an httpx.Response")
    pairs = cast("list[tuple[bytes, bytes]]", headers)
    if not all(len(pair) == 2 and type(pair[0]) is type(pair[1]) is bytes for pair in pairs):
        raise UnusableTransportError("the transport returned headers that are not pairs of bytes")
    return status_code, pairs


def body_of(response: Any, mode: Mode) -> Any:
    """Return the pieces of a body, as they come from the wire.

    Raises `UnusableTransportError` for a body of the other mode.
    """
    if getattr(response, "is_stream_consumed", False):  # by a hook or a recorder, decoded
        content = _content(response)
        return content if mode == "sync" else _Async(content)
    stream = getattr(response, "stream", response)
    if not hasattr(stream, "__iter__" if mode == "sync" else "__aiter__"):
        kinds = ("a sync", "an async") if mode == "sync" else ("an async", "a sync")
        raise UnusableTransportError(f"the transport of {kinds[0]} client returned {kinds[1]} body")
    return stream


def _content(response: Any) -> Iterator[bytes]:
    if not hasattr(response, "_content"):
        raise BodyError("its body was closed before it was read")
    yield response.content


class _Async:
    """Pieces that are here, for those who await them."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> "_Async":
        return self

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            return piece
        raise StopAsyncIteration


def _own_timeouts(attempt: Attempt) -> dict[str, float | None]:
    """Return those for a connection of ours, which keeps the deadline of each event by itself."""
    return {**_timeouts(attempt), **({} if attempt.is_stream is None else {"read": None})}


def _timeouts(attempt: Attempt) -> dict[str, float]:
    left = max(0.001, attempt.deadline - time.monotonic())
    return {"connect": min(left, CONNECT_TIMEOUT), "read": left, "write": left, "pool": left}
