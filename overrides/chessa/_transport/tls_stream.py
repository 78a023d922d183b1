"""TLS over a connection of ours, or over the TLS of a proxy: in memory, by records.

httpcore's own waits for each packet anew, and cannot tell whether part of a record is left.
"""

import ssl
from typing import Any, Final, Self

from .library import httpcore
from .racing import CONNECT_TIMEOUT
from .tls_records import TlsRecords

_AT_ONCE: Final = 16 * 1024
_LATE: Final = (httpcore.ReadTimeout, httpcore.WriteTimeout)
_BROKEN: Final = (httpcore.NetworkError, ssl.SSLError)


def _records(context: ssl.SSLContext, host: str | None) -> TlsRecords:
    """Return TLS for a host. Raises `ConnectError` for a context or a name that is not for it."""
    try:
        return TlsRecords(context, host)
    except (ssl.SSLError, ValueError) as error:
        raise httpcore.ConnectError(error) from None


def _check_protocol(records: TlsRecords) -> None:
    """Refuse a connection on which the server was promised another protocol than ours."""
    if records.ssl_object.selected_alpn_protocol() not in (None, "http/1.1"):
        raise httpcore.ConnectError(
            "the server chose HTTP/2, which ssl_context offers and this client does not speak"
        )


def _some(data: bytes) -> bytes:
    if not data:
        raise httpcore.ReadError("the connection was closed within the handshake")
    return data


class TlsStream(httpcore.NetworkStream):
    """A TLS connection whose records travel over another stream."""

    def __init__(
        self,
        stream: Any,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None,
        timeout: float | None,
    ) -> None:
        self._stream = stream
        self._records = _records(ssl_context, server_hostname)
        try:
            while not self._shake_hands(timeout):
                self._records.receive(_some(self._stream.read(_AT_ONCE, timeout)))
        except _LATE as error:
            raise httpcore.ConnectTimeout(error) from None
        except _BROKEN as error:
            raise httpcore.ConnectError(error) from None
        _check_protocol(self._records)

    def _shake_hands(self, timeout: float | None) -> bool:
        try:
            return self._records.shake_hands()
        finally:  # or the reason why not
            self._stream.write(self._records.to_send(), timeout)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            while not (plain := self._records.read(max_bytes)) and not self._records.is_over:
                data = self._stream.read(_AT_ONCE, timeout)
                if not data:
                    return b""
                self._records.receive(data)
        except ssl.SSLError as error:
            raise httpcore.ReadError(error) from None
        return plain

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._records.encrypt(buffer)
        self._stream.write(self._records.to_send(), timeout)

    def peek(self) -> bytes | None:
        """Take what has come in already, without waiting; session tickets are not data."""
        records = self._records
        try:
            records.process()
            while not records.holds_plain and not records.is_over:
                data = self._stream.peek()
                if data is None and not records.holds_more:
                    return None
                if data is None:  # the rest of a record, which may be a ticket
                    data = self._stream.read(_AT_ONCE, CONNECT_TIMEOUT)
                if not data:
                    return b""
                records.receive(data)
                records.process()
        except _LATE as error:
            raise httpcore.ConnectTimeout(error) from None
        except _BROKEN as error:
            raise httpcore.ConnectError(error) from None
        return records.read(_AT_ONCE)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._records.holds_more or self._stream.get_extra_info(info)
        if info == "ssl_object":
            return self._records.ssl_object
        return self._stream.get_extra_info(info)


class AsyncTlsStream(httpcore.AsyncNetworkStream):
    """A TLS connection whose records travel over another stream, on asyncio."""

    def __init__(self, stream: Any, records: TlsRecords) -> None:
        self._stream = stream
        self._records = records

    @classmethod
    async def over(
        cls,
        stream: Any,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None,
        timeout: float | None,
    ) -> Self:
        """Shake hands over a connection."""
        made = cls(stream, _records(ssl_context, server_hostname))
        try:
            while not await made._shake_hands(timeout):
                made._records.receive(_some(await stream.read(_AT_ONCE, timeout)))
        except _LATE as error:
            raise httpcore.ConnectTimeout(error) from None
        except _BROKEN as error:
            raise httpcore.ConnectError(error) from None
        _check_protocol(made._records)
        return made

    async def _shake_hands(self, timeout: float | None) -> bool:
        try:
            return self._records.shake_hands()
        finally:  # or the reason why not
            await self._stream.write(self._records.to_send(), timeout)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            while not (plain := self._records.read(max_bytes)) and not self._records.is_over:
                data = await self._stream.read(_AT_ONCE, timeout)
                if not data:
                    return b""
                self._records.receive(data)
        except ssl.SSLError as error:
            raise httpcore.ReadError(error) from None
        return plain

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._records.encrypt(buffer)
        await self._stream.write(self._records.to_send(), timeout)

    async def peek(self) -> bytes | None:
        """Take what has come in already; session tickets are not data."""
        records = self._records
        try:
            records.process()
            while not records.holds_plain and not records.is_over:
                data = await self._stream.peek()
                if data is None and not records.holds_more:
                    return None
                if data is None:  # the rest of a record, which may be a ticket
                    data = await self._stream.read(_AT_ONCE, CONNECT_TIMEOUT)
                if not data:
                    return b""
                records.receive(data)
                records.process()
        except _LATE as error:
            raise httpcore.ConnectTimeout(error) from None
        except _BROKEN as error:
            raise httpcore.ConnectError(error) from None
        return records.read(_AT_ONCE)

    async def aclose(self) -> None:
        self.close()

    def close(self) -> None:
        """Close at once, which waits for nothing."""
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._records.holds_more or self._stream.get_extra_info(info)
        if info == "ssl_object":
            return self._records.ssl_object
        return self._stream.get_extra_info(info)
