"""Connections on asyncio's own transports: every wait ends with the call.

What fails in here is mapped to httpcore's exceptions, and nothing else is: asyncio passes to a
protocol also what a signal handler raises within it.
"""

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

from .evidence import LATE, Watch
from .library import httpcore
from .racing import Race, in_order
from .resolver import resolve_async
from .sockets import mapped, readiness

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_UNREAD: Final = 256 * 1024
"""Bytes that may wait to be read before the server has to wait."""
_AT_ONCE: Final = 64 * 1024
"""Bytes that are read at once: in however small pieces, they hold up the event loop briefly."""

_NAMES: Final = {"client_addr": "sockname", "server_addr": "peername"}


async def connect_async(
    host: str, port: int, watch: Watch, addresses: dict[str, str]
) -> "AsyncSocketStream":
    """Connect to the address of a host that takes the connection first.

    Raises httpcore's `ConnectError` or `ConnectTimeout`, for the last address that failed.
    """
    race = Race(in_order(await resolve_async(host, port, watch), addresses.get(host)))
    failure: BaseException = httpcore.ConnectError("the name has no address")
    begun: dict[str, asyncio.Task[AsyncSocketStream]] = {}
    try:
        while not race.is_over:
            if (address := race.start()) is not None:
                begun[address] = asyncio.ensure_future(_open(address, port, watch))
            left = watch.bounded(race.wait(), httpcore.ConnectTimeout)
            await asyncio.wait(begun.values(), timeout=left, return_when=asyncio.FIRST_COMPLETED)
            for address, task in list(begun.items()):
                if not task.done():
                    continue
                error = task.exception()
                if error is None:
                    addresses[host] = address
                    return begun.pop(address).result()
                failure = _as(error, httpcore.ConnectError)
                if failure is error:
                    raise error
                race.failed(address)
                del begun[address]
            for address in race.expired():
                _drop(begun.pop(address))
                failure = httpcore.ConnectTimeout("no connection in time")
                race.failed(address)
    finally:
        for task in begun.values():
            _drop(task)
    raise failure


async def _open(address: str, port: int, watch: Watch) -> "AsyncSocketStream":
    stream = AsyncSocketStream(watch)
    try:
        await asyncio.get_running_loop().create_connection(lambda: stream, address, port)
    except BaseException:
        stream.close()
        raise
    return stream


def _drop(attempt: "asyncio.Task[AsyncSocketStream]") -> None:
    """End an attempt that is not needed any more, and close what it opens; waits for nothing."""
    attempt.cancel()
    attempt.add_done_callback(_close_opened)


def _close_opened(attempt: "asyncio.Task[AsyncSocketStream]") -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()


class AsyncSocketStream(asyncio.Protocol):
    """The connection of one call at a time."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._transport = cast("asyncio.Transport", None)
        self._is_made = False
        self._unread = b""
        self._is_full = False
        """Whether what is to be sent has to wait."""
        self._is_over = False
        self._error: Exception | None = None
        self._is_foreign = False
        """Whether the error is not the network's: asyncio passes on what is raised within it."""
        self._waiter: asyncio.Future[None] | None = None
        self._waits_in_the_socket: Callable[[], bool] = bool

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send. Raises `WriteError` or `WriteTimeout`."""
        if not buffer:
            return
        if self._is_over or self._transport.is_closing():
            raise self._failure(httpcore.WriteError)
        self._transport.write(buffer)
        del buffer  # the credentials are in it
        while self._is_full:
            if self._is_over:
                raise self._failure(httpcore.WriteError)
            await self._wait(timeout, httpcore.WriteTimeout)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what came in, nothing at its end. Raises `ReadError` or `ReadTimeout`."""
        while not self._unread or self._is_foreign:
            if self._error is not None:
                raise self._failure(httpcore.ReadError)
            if self._is_over:
                return b""
            await self._wait(timeout, httpcore.ReadTimeout)
        data, self._unread = self._unread[:max_bytes], self._unread[max_bytes:]
        if len(self._unread) < _AT_ONCE:
            self._transport.resume_reading()
        if self._unread:
            await asyncio.sleep(0)
            self._watch.bounded(None, httpcore.ReadTimeout)
        return data

    async def peek(self) -> bytes | None:
        """Take what has come in already; None where there is nothing."""
        while not self._unread and not self._is_over and self._has_news():
            self._watch.bounded(None, httpcore.ConnectTimeout)
            await asyncio.sleep(0)  # until the event loop has read it, or said why it closes
        if self._is_foreign:
            raise self._failure(httpcore.ConnectError)
        data, self._unread = self._unread, b""
        if data:
            return data
        return b"" if self._is_over or self._transport.is_closing() else None

    def close(self) -> None:
        """Close at once, forgetting what came in."""
        self._unread = b""
        if self._is_made:
            self._transport.abort()

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return bool(self._unread) or self._is_over or self._waits_in_the_socket()
        return self._transport.get_extra_info(_NAMES.get(info, info))

    def _has_news(self) -> bool:
        return self._waits_in_the_socket() or self._transport.is_closing()

    async def _wait(self, timeout: float | None, expired: type[Exception]) -> None:
        left = self._watch.bounded(timeout, expired)
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = loop.call_later(left, _give_up, self._waiter, expired)
        try:
            await self._waiter
        finally:
            self._waiter = None
            timer.cancel()

    def _failure(self, kind: type[Exception]) -> BaseException:
        return kind("the connection is closed") if self._error is None else _as(self._error, kind)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # What the event loop reports:

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._is_made = True
        self._waits_in_the_socket = readiness(transport.get_extra_info("socket"))

    def data_received(self, data: bytes) -> None:
        self._unread = self._unread + data if self._unread else data
        if len(self._unread) > _MOST_UNREAD:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._is_over = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over = True
        self._error = exc
        self._is_foreign = exc is not None and _as(exc, httpcore.ReadError) is exc
        self._wake()

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        self._wake()


def _as(error: BaseException, kind: type[Exception]) -> BaseException:
    """Return an error of the network as httpcore's; any other as it is."""
    return mapped(error, kind) if isinstance(error, OSError) else error


def _give_up(waiter: asyncio.Future[None], expired: type[Exception]) -> None:
    if not waiter.done():
        waiter.set_exception(expired(LATE))
