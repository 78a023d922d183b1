"""Places of faults: ports, certificates, names, proxies, and the client's settings for each.

Each runs a `Site` for the play of a fault, all of it on loopback, until the end of the block.
"""

import contextlib
import functools
import itertools
import socket
import ssl
import threading
import unittest.mock
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

from tests.unit.raw_server import Connection, Play, RawServer, refusing_port
from tests.unit.tls_server import AUTHORITY, trusting

from .fault import FaultServer, Place, Site, answering
from .leaks import PROXY_PASSWORD

Lookup: TypeAlias = Callable[[threading.Event], list[str]]
"""Gives the addresses of a name; the event says that the fault is over."""

API: Final = "api.chessa.example"
_CERTIFICATE: Final = AUTHORITY.issue_cert("*.chessa.example", "127.0.0.1")
_KNOWN: Final[dict[str, Callable[[], list[str]]]] = {}
_numbers: Final = itertools.count(1)
_trusting: Final = functools.cache(trusting)


@contextlib.contextmanager
def invented_names() -> Iterator[None]:
    """Resolve the names of this module here, all others as before."""
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        known = _KNOWN.get(host)
        if known is None:
            return real(host, port, *rest, **more)
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, (address, port)) for address in known()]

    with unittest.mock.patch.object(socket, "getaddrinfo", look_up):
        yield


@contextlib.contextmanager
def _name(lookup: Lookup, domain: str = "chessa.example") -> Iterator[str]:
    over = threading.Event()
    host = f"n{next(_numbers)}.{domain}"
    _KNOWN[host] = lambda: lookup(over)
    try:
        yield host
    finally:
        over.set()
        del _KNOWN[host]


def _serving() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _CERTIFICATE.configure_cert(context)
    return context


def _behind(context: ssl.SSLContext, play: Play) -> Play:
    """The same play after a handshake."""

    def shaken(connection: Connection) -> None:
        with contextlib.suppress(ssl.SSLError):
            connection.sock = context.wrap_socket(connection.sock, server_side=True)
            play(connection)

    return shaken


def _over_https(server: FaultServer, host: str = "127.0.0.1", *, trusted: bool = True) -> Site:
    settings: dict[str, Any] = {"base_url": f"https://{host}:{server.port}"}
    if trusted:
        settings["ssl_context"] = _trusting()
    return Site(settings, server)


@contextlib.contextmanager
def plain(play: Play) -> Iterator[Site]:
    """Without TLS: on loopback, and there only, the client allows that."""
    with FaultServer(play) as server:
        yield Site({"base_url": server.url}, server)


@contextlib.contextmanager
def beside_another(play: Play) -> Iterator[Site]:
    """The same, and another host that would respond well."""
    with RawServer(answering) as stranger, FaultServer(play, elsewhere=stranger.url) as server:
        yield Site({"base_url": server.url}, server, stranger)


@contextlib.contextmanager
def refusing(_play: Play) -> Iterator[Site]:
    """A port on which no server listens."""
    with refusing_port() as url:
        yield Site({"base_url": url})


@contextlib.contextmanager
def bare(play: Play) -> Iterator[Site]:
    """The client wants TLS, and the play has the bare connection."""
    with FaultServer(play) as server:
        yield _over_https(server)


def _tls(
    *,
    trusted: bool = True,
    mutual: bool = False,
    lookup: Lookup | None = None,
    domain: str = "chessa.example",
) -> Place:
    """Behind TLS, under a name if there is a look-up for it."""

    @contextlib.contextmanager
    def place(play: Play) -> Iterator[Site]:
        context = _serving()
        if mutual:
            context.verify_mode = ssl.CERT_REQUIRED
            AUTHORITY.configure_trust(context)
        name = _name(lookup, domain) if lookup else contextlib.nullcontext("127.0.0.1")
        with FaultServer(_behind(context, play)) as server, name as host:
            yield _over_https(server, host, trusted=trusted)

    return place


secured: Final = _tls()
untrusted: Final = _tls(trusted=False)
"""With a certificate of an authority that the client does not know."""
misnamed: Final = _tls(lookup=lambda _: ["127.0.0.1"], domain="other.example")
"""With a certificate for other names than the client asked for."""
mutual: Final = _tls(mutual=True)
"""The server asks for a certificate of the client, which has none."""


def named(lookup: Lookup) -> Place:
    """Behind TLS, under a name that is looked up like this."""
    return _tls(lookup=lookup)


@contextlib.contextmanager
def unanswered(addresses: list[str]) -> Iterator[int]:
    """Yield a port of listeners at these addresses that ignore a SYN: their queues are full."""
    with contextlib.ExitStack() as stack:
        port = 0
        for address in addresses:
            listener = stack.enter_context(socket.socket())
            listener.bind((address, port))
            listener.listen(0)
            port = int(listener.getsockname()[1])
            for _ in range(4):
                filler = stack.enter_context(socket.socket())
                filler.settimeout(0.1)
                try:
                    filler.connect((address, port))
                except TimeoutError:
                    break
        yield port


@contextlib.contextmanager
def deaf(_play: Play) -> Iterator[Site]:
    """One address that ignores a SYN."""
    with unanswered(["127.0.0.1"]) as port:
        yield Site({"base_url": f"http://127.0.0.1:{port}"})


@contextlib.contextmanager
def several_deaf(_play: Play) -> Iterator[Site]:
    """A name with three addresses, all of which ignore a SYN."""
    addresses = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    with unanswered(addresses) as port, _name(lambda _: addresses) as host:
        yield Site({"base_url": f"https://{host}:{port}", "ssl_context": _trusting()})


def _through(scheme: str, port: int) -> Site:
    password = urllib.parse.quote(PROXY_PASSWORD, safe="")
    return Site(
        {
            "base_url": f"https://{API}",
            "proxy": f"{scheme}://user:{password}@127.0.0.1:{port}",
            "ssl_context": _trusting(),
        }
    )


@contextlib.contextmanager
def proxied(play: Play) -> Iterator[Site]:
    """Behind an HTTP proxy, which the play is."""
    with FaultServer(play) as server:
        yield Site(_through("http", server.port).settings, server)


@contextlib.contextmanager
def proxied_over_tls(play: Play) -> Iterator[Site]:
    """Behind an https proxy, which the play is, its own TLS aside."""
    with FaultServer(_behind(_serving(), play)) as server:
        yield Site(_through("https", server.port).settings, server)


@contextlib.contextmanager
def without_proxy(_play: Play) -> Iterator[Site]:
    """Behind a proxy that is not there."""
    with refusing_port() as url:
        yield _through("http", int(url.rpartition(":")[2]))


def tunnelled(play: Play) -> Play:
    """A proxy that makes the tunnel, and the API behind TLS at its end."""

    def proxy(connection: Connection) -> None:
        if connection.read_request():
            connection.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _behind(_serving(), play)(connection)

    return proxy
