"""TLS within TLS, for the sync client behind an https proxy.

In: the connection to the proxy, whose waits end with the call. Out: the connection to the API
inside of it. The async client has no need of it: there the event loop bounds the whole.
"""

import functools
import ssl
from collections.abc import Callable
from typing import Any, Final, TypeVar

import httpcore

_T = TypeVar("_T")
_RECORD: Final = 16 * 1024


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
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = ssl_context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=server_hostname
        )
        try:
            self._perform(self._tls.do_handshake, timeout)
        except (httpcore.ReadTimeout, httpcore.WriteTimeout) as error:
            raise httpcore.ConnectTimeout(error) from None
        except (httpcore.NetworkError, ssl.SSLError) as error:
            raise httpcore.ConnectError(error) from None

    def _perform(self, operation: Callable[[], _T], timeout: float | None) -> _T:
        """Let TLS do something, fetching and sending what it needs for it."""
        while True:
            try:
                result = operation()
            except ssl.SSLWantReadError:
                self._flush(timeout)
                data = self._stream.read(_RECORD, timeout)
                self._incoming.write(data) if data else self._incoming.write_eof()
            else:
                self._flush(timeout)
                return result

    def _flush(self, timeout: float | None) -> None:
        if self._outgoing.pending:
            self._stream.write(self._outgoing.read(), timeout)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return self._perform(functools.partial(self._tls.read, max_bytes), timeout)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""
        except ssl.SSLError as error:
            raise httpcore.ReadError(error) from None

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            while buffer:
                sent = self._perform(functools.partial(self._tls.write, buffer), timeout)
                buffer = buffer[sent:]
        except ssl.SSLError as error:
            raise httpcore.WriteError(error) from None

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._tls if info == "ssl_object" else self._stream.get_extra_info(info)
