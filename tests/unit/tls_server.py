"""A TLS server on loopback, with a certificate that the tests' own authority signed."""

import contextlib
import ssl
from typing import Final

import trustme

from .raw_server import Connection, Play, RawServer

AUTHORITY: Final = trustme.CA()
_CERTIFICATE: Final = AUTHORITY.issue_cert("localhost", "127.0.0.1", "api.chessa.example")


def trusting() -> ssl.SSLContext:
    """Return a client's context that trusts the authority of the tests."""
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


def serving() -> ssl.SSLContext:
    """Return a server's context with the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _CERTIFICATE.configure_cert(context)
    return context


def over_tls(play: Play) -> Play:
    """Return the same play behind a handshake."""

    def secured(connection: Connection) -> None:
        with contextlib.suppress(ssl.SSLError):
            connection.sock = serving().wrap_socket(connection.sock, server_side=True)
            play(connection)

    return secured


def behind_tunnel(play: Play, *, pause: float = 0.0) -> Play:
    """Return an https proxy that makes the tunnel and plays the API inside of it.

    Each byte that it sends through the tunnel waits for so many seconds.
    """

    def proxied(connection: Connection) -> None:
        with contextlib.suppress(ssl.SSLError):
            connection.sock = serving().wrap_socket(connection.sock, server_side=True)
            connection.read_request()
            connection.answer("200 Connection established")
            inner = MemoryTls(connection, pause)
            inner.handshake()
            play(inner)

    return proxied


def in_memory(play: Play) -> Play:
    """Return the same play behind a handshake, its records at hand."""

    def secured(connection: Connection) -> None:
        with contextlib.suppress(ssl.SSLError):
            inner = MemoryTls(connection)
            inner.handshake()
            play(inner)

    return secured


def behind_connect(play: Play) -> Play:
    """Return an http proxy that makes the tunnel and plays the API inside of it."""

    def proxied(connection: Connection) -> None:
        connection.read_request()
        connection.answer("200 Connection established")
        in_memory(play)(connection)

    return proxied


class MemoryTls(Connection):
    """A TLS connection over another, which may be one to a proxy."""

    def __init__(self, outer: Connection, pause: float = 0.0) -> None:
        self._outer = outer
        self._pause = pause
        self._is_holding = False
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = serving().wrap_bio(self._incoming, self._outgoing, server_side=True)
        super().__init__(outer.server, outer.sock)

    def handshake(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._fetch()
            else:
                if not self._is_holding:
                    self._flush()
                return

    def hold(self) -> None:
        """Keep the last message of the handshake back: it goes out with the next record."""
        self._is_holding = True

    def _flush(self) -> None:
        data = self._outgoing.read()
        step = 1 if self._pause else max(1, len(data))
        for start in range(0, len(data), step):
            self._outer.send(data[start : start + step])
            self._outer.wait_until_stopped(self._pause)

    def _fetch(self) -> None:
        data = self._outer.sock.recv(65_536)
        if not data:
            raise ssl.SSLEOFError
        self._incoming.write(data)

    def receive(self) -> bytes:
        while True:
            try:
                return self._tls.read(65_536)
            except ssl.SSLWantReadError:
                self._fetch()

    def send(self, data: bytes) -> None:
        self._tls.write(data)
        self._flush()

    def record(self, data: bytes) -> bytes:
        """Return a record of this, not sent."""
        self._tls.write(data)
        return self._outgoing.read()

    def send_raw(self, data: bytes) -> None:
        """Send records, or parts of them."""
        self._outer.send(data)


def tls_server(play: Play) -> RawServer:
    """Return a server that plays behind TLS; its `url` begins with https."""
    server = RawServer(over_tls(play))
    server.url = server.url.replace("http:", "https:").replace("127.0.0.1", "localhost")
    return server
