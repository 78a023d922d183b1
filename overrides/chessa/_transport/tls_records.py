"""TLS in memory: a state machine without I/O.

TLS gets complete records only (RFC 8446, section 5.1). An incomplete one after a response is thus
seen: it is the beginning of data that the client has not requested.
"""

import ssl
from typing import Final

from .library import httpcore

_HEADER: Final = 5
_TYPES: Final = range(20, 25)
_LONGEST: Final = 2**14 + 2048
_AT_ONCE: Final = 64 * 1024


class TlsRecords:
    """One TLS connection. What TLS finds wrong in what came is an `ssl.SSLError`."""

    def __init__(self, context: ssl.SSLContext, host: str | None) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._part = b""
        self._plain = b""
        self.is_over = False
        """Whether the other end has said goodbye."""

    @property
    def ssl_object(self) -> ssl.SSLObject:
        """The object of `ssl`."""
        return self._tls

    @property
    def holds_plain(self) -> bool:
        """True if decrypted bytes have not been read."""
        return bool(self._plain)

    @property
    def holds_more(self) -> bool:
        """True if anything has not been read, be it the beginning of a record."""
        return bool(self._part or self._plain)

    def receive(self, data: bytes) -> None:
        """Take what came in."""
        received = self._part + data
        end = _end_of_records(received)
        self._incoming.write(received[:end])
        self._part = received[end:]

    def shake_hands(self) -> bool:
        """Go on with the handshake. Returns whether it is over; else more has to be received."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def read(self, most: int) -> bytes:
        """Return so many decrypted bytes at most; none where more has to be received."""
        if not self._plain:
            self._plain = self.decrypt()
        plain, self._plain = self._plain[:most], self._plain[most:]
        return plain

    def decrypt(self) -> bytes:
        """Return all that has come so far, decrypted."""
        pieces: list[bytes] = []
        try:
            while piece := self._tls.read(_AT_ONCE):
                pieces.append(piece)
            self.is_over = True
        except ssl.SSLWantReadError:
            pass
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            self.is_over = True
        return b"".join(pieces)

    def process(self) -> None:
        """Process what has come: session tickets and the like leave nothing, anything else does."""
        self._plain += self.decrypt()

    def encrypt(self, data: bytes) -> None:
        """Make records of this, which `to_send` has then. Raises httpcore's `WriteError`."""
        view = memoryview(data)
        try:
            while view:
                view = view[self._tls.write(view) :]
        except ssl.SSLError as error:
            raise httpcore.WriteError(error) from None

    def say_goodbye(self) -> None:
        """Tell the other end that nothing more follows; its reply is not waited for."""
        try:
            self._tls.unwrap()
        except (ssl.SSLError, ValueError):
            pass

    def to_send(self) -> bytes:
        """Return what the connection must send now."""
        return self._outgoing.read()


def _end_of_records(received: bytes) -> int:
    """Return where the last complete record ends; the end of all for TLS to reject a wrong one."""
    end = 0
    while end + _HEADER <= len(received):
        length = int.from_bytes(received[end + 3 : end + _HEADER], "big")
        if received[end] not in _TYPES or received[end + 1] != 3 or length > _LONGEST:
            return len(received)
        if end + _HEADER + length > len(received):
            break
        end += _HEADER + length
    return end
