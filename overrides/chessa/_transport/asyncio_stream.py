"""A connection on the event loop, straight to the origin: asyncio's own, with TLS in memory.

In: a route; the requests of one call at a time. Out: what comes back, or httpcore's exceptions.
Every wait ends with the call, what fails before the first byte of a request is a failure to
connect, and whoever sends something between two requests is hung up on.
"""

import asyncio
import ssl
from typing import TYPE_CHECKING, Final, cast

import httpcore

from .endpoint import Route
from .evidence import bounded
from .keepalive import Record
from .network import CONNECT_TIMEOUT, note_sending
from .network_async import to_first_address
from .readable import look_at
from .tls_records import TlsRecords

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_UNREAD: Final = 256 * 1024
"""Bytes that may wait to be read before the server has to wait."""
_AT_ONCE: Final = 64 * 1024
"""Bytes that are read at once: in however small pieces, they hold up the event loop briefly."""


async def connect(route: Route, record: Record) -> "LoopStream":
    """Open a connection, TLS included. Raises `ConnectError` or `ConnectTimeout`."""
    loop = asyncio.get_running_loop()

    async def to(address: str, limit: float | None) -> LoopStream:
        stream = LoopStream(record)
        try:
            async with asyncio.timeout(limit):
                await loop.create_connection(lambda: stream, address, route.port)
        except BaseException as error:  # noqa: BLE001  # it comes out again
            stream.close()
            raise _as_connecting(error) from None
        return stream

    stream = await to_first_address(route.origin.host, route.port, to)
    if route.tls is not None:
        try:
            await stream.start_tls(route.tls, route.origin.host)
        except BaseException as error:  # noqa: BLE001  # it comes out again
            stream.close()
            raise _as_connecting(error) from None
    return stream


def _as_connecting(error: BaseException) -> BaseException:
    """A failure of the network, in httpcore's words; anything else as it is."""
    if isinstance(error, TimeoutError):
        return httpcore.ConnectTimeout("no connection in time")
    return httpcore.ConnectError(error) if isinstance(error, OSError) else error


class LoopStream(asyncio.Protocol):
    """The connection of one call at a time."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._transport = cast("asyncio.Transport", None)
        self._unread = b""
        self._tls: TlsRecords | None = None
        self._is_made = False
        self._is_secured = False
        self._is_asked = True
        """Whether a request is under way: what comes otherwise is no answer."""
        self._is_full = False
        """Whether what is to be sent has to wait."""
        self._is_over = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._holds_something: Callable[[], bool] = bool

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Go on in TLS."""
        tls = self._tls = TlsRecords(context, host)
        async with asyncio.timeout(bounded(CONNECT_TIMEOUT, httpcore.ConnectTimeout)):
            while not self._is_secured and not self._unread:
                try:
                    self._is_secured = tls.shake_hands()
                finally:
                    self._transport.write(tls.to_send())  # or the reason why not
                if self._is_over:
                    raise httpcore.ConnectError(self._error or "the server hung up")
                if not self._is_secured:
                    await self._wait(httpcore.ConnectTimeout)
        self.data_received(b"")  # what came right behind the handshake
        if self._unread:
            raise httpcore.ConnectError("the server spoke before it was asked")

    async def write(self, data: bytes) -> None:
        """Send a request. Raises `WriteError` or `WriteTimeout`, once its first byte may have left;
        `ConnectTimeout` before that."""
        note_sending(data)
        self._record.clear()
        self._is_asked = True
        if self._transport.is_closing():
            raise httpcore.WriteError("the connection is closed")
        if self._tls is not None:
            self._tls.encrypt(data)
            data = self._tls.to_send()
        self._transport.write(data)
        del data  # the credentials are in it
        while self._is_full:
            if self._is_over:
                raise httpcore.WriteError(self._error)
            await self._wait(httpcore.WriteTimeout)

    async def read(self) -> bytes:
        """What came in, nothing at its end. Raises `ReadError` or `ReadTimeout`."""
        while not self._unread:
            if self._error is not None:
                raise httpcore.ReadError(self._error)
            if self._is_over:
                return b""
            await self._wait(httpcore.ReadTimeout)
        data, self._unread = self._unread[:_AT_ONCE], self._unread[_AT_ONCE:]
        if len(self._unread) < _AT_ONCE:
            self._transport.resume_reading()
        self._record.add(data)
        if self._unread:
            await asyncio.sleep(0)
            bounded(None, httpcore.ReadTimeout)
        return data

    def rest(self) -> bool:
        """Go without a request from now on. Returns whether all is sent, and nothing was left.

        `is_open` looks for the rest, at the moment that counts: before the next request.
        """
        self._is_asked = False
        return not self._unread and self._transport.get_write_buffer_size() == 0

    def is_open(self) -> bool:
        """Whether the server has neither closed the connection nor sent something unasked."""
        if self._is_over or self._transport.is_closing() or self._holds_something():
            return False
        return self._tls is None or not self._tls.holds_more

    def close(self) -> None:
        """Close at once, forgetting what came in. TLS says goodbye, and waits for no reply."""
        self._record.clear()
        self._unread = b""
        if not self._is_made:
            return
        if self._tls is not None and self._is_secured:
            self._tls.say_goodbye()
            self._transport.write(self._tls.to_send())
        self._transport.close()
        self._transport.abort()

    async def _wait(self, expired: type[Exception]) -> None:
        left = bounded(None, expired)
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = None if left is None else loop.call_later(left, _give_up, self._waiter, expired)
        try:
            await self._waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()

    def _decrypted(self, data: bytes) -> bytes:
        tls = cast("TlsRecords", self._tls)
        plain = b""
        try:
            tls.receive(data)
            if self._is_secured:
                plain = tls.decrypt()
                self._transport.write(tls.to_send())  # what TLS has to reply, if anything
        except ssl.SSLError as error:
            self._error = error
        self._is_over = self._is_over or tls.is_over or self._error is not None
        return plain

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # What the event loop tells:

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._is_made = True
        self._holds_something = look_at(transport.get_extra_info("socket"))

    def data_received(self, data: bytes) -> None:
        if self._tls is not None:
            data = self._decrypted(data)
        if data and not self._is_asked:
            self._transport.abort()
            return
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
        self._wake()

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        self._wake()


def _give_up(waiter: asyncio.Future[None], expired: type[Exception]) -> None:
    if not waiter.done():
        waiter.set_exception(expired("the deadline of the call has passed"))
