"""TLS over a connection that a proxy has opened: within the proxy's own TLS, or on asyncio.

In: the connection to the proxy, whose waits end with the call. Out: that to the API inside of it.
httpcore's own waits for each packet anew, and does not tell whether a part of a record is left.
"""

import ssl
from typing import Any, Final, Self

import httpcore

from .tls_records import TlsRecords

RECORDS: Final = "chessa.tls_records"
"""What `get_extra_info` gives the `TlsRecords` of a connection for."""
_AT_ONCE: Final = 16 * 1024
_LATE: Final = (httpcore.ReadTimeout, httpcore.WriteTimeout)
_BROKEN: Final = (httpcore.NetworkError, ssl.SSLError)


class TunnelledStream(httpcore.NetworkStream):
    """A TLS connection whose packets travel in another one."""

    def __init__(
        self,
        stream: httpcore.NetworkStream,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None,
        timeout: float | None,
    ) -> None:
        self._stream = stream
        self._records = TlsRecords(ssl_context, server_hostname)
        try:
            while not self._records.shake_hands():
                self._stream.write(self._records.to_send(), timeout)
                self._records.receive(_some(self._stream.read(_AT_ONCE, timeout)))
            self._stream.write(self._records.to_send(), timeout)
        except _LATE as error:
            raise httpcore.ConnectTimeout(error) from None
        except _BROKEN as error:
            raise httpcore.ConnectError(error) from None

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

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return _extra_info(self._records, self._stream, info)


class AsyncTunnelledStream(httpcore.AsyncNetworkStream):
    """`TunnelledStream` on asyncio."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, records: TlsRecords) -> None:
        self._stream = stream
        self._records = records

    @classmethod
    async def over(
        cls,
        stream: httpcore.AsyncNetworkStream,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None,
        timeout: float | None,
    ) -> Self:
        """Shake hands over a connection."""
        records = TlsRecords(ssl_context, server_hostname)
        try:
            while not records.shake_hands():
                await stream.write(records.to_send(), timeout)
                records.receive(_some(await stream.read(_AT_ONCE, timeout)))
            await stream.write(records.to_send(), timeout)
        except _LATE as error:
            raise httpcore.ConnectTimeout(error) from None
        except _BROKEN as error:
            raise httpcore.ConnectError(error) from None
        return cls(stream, records)

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

    async def aclose(self) -> None:
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        return _extra_info(self._records, self._stream, info)


def _some(data: bytes) -> bytes:
    if not data:
        raise httpcore.ReadError("the connection was closed within the handshake")
    return data


def _extra_info(
    records: TlsRecords, stream: httpcore.NetworkStream | httpcore.AsyncNetworkStream, info: str
) -> Any:
    if info == "ssl_object":
        return records.ssl_object
    return records if info == RECORDS else stream.get_extra_info(info)
