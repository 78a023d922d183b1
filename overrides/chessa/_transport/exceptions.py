"""Exceptions of the wire, mapped to plain values.

Those are mapped to a `Failure`, so that the exception, its frames and the request in them can be
dropped. Any other, such as a worker's time limit, is not caught.
"""

import errno
import re
import socket
import ssl
import sys
from collections.abc import Iterator
from typing import Final

from chessa_api.media import UnreadableFileError

from .._call.bodies import BodyError
from .._call.events import ErrorKind, Failure
from .._interruptions import is_from_signal_handler, raised_in
from .library import FAMILY


class ClientClosedError(Exception):
    """A call on a client that was closed."""


class UnusableTransportError(Exception):
    """A transport of the caller's that is not one, or returned what is not a response."""


TABLE: Final[tuple[tuple[tuple[type[Exception] | str, ...], ErrorKind], ...]] = (
    ((ClientClosedError,), ErrorKind.CLOSED),
    ((BodyError,), ErrorKind.BODY),
    ((UnusableTransportError,), ErrorKind.NO_TRANSPORT),
    (
        ("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"),
        ErrorKind.CONNECTING,
    ),
    (
        (UnreadableFileError, "LocalProtocolError", "UnsupportedProtocol", "InvalidURL"),
        ErrorKind.UNSENDABLE,
    ),
    (
        (
            "NetworkError",
            "TimeoutException",
            "RemoteProtocolError",
            "TransportError",
            "StreamError",
            ssl.SSLError,
            OSError,
            EOFError,
        ),
        ErrorKind.EXCHANGE,
    ),
)
"""By type, of which a name stands for each library's own; what is not listed is unexpected."""
_TIMEOUTS: Final = ("TimeoutException", TimeoutError)
_OURS: Final = (BodyError, ClientClosedError, UnreadableFileError, UnusableTransportError)
_PLAIN: Final = re.compile(r"[ -~]{1,120}")
_NETWORKING: Final = frozenset(
    {*FAMILY, "h11", "h2", "hpack", "hyperframe", "socksio", "anyio", "sniffio", "asyncio"}
    | {"uvloop", "socket", "ssl", "select", "selectors"}
)
"""Modules in which an exception of Python's own is raised by the networking, not by a caller."""
_OWN: Final = __name__.rpartition(".")[0]


def failure_of(error: Exception, *, is_ours: bool, note: str | None = None) -> Failure | None:
    """Return what failed on the wire; None for an exception that did not come from there.

    `is_ours`: whether it was raised over our own connections, which map every OSError of theirs.
    `note` takes the place of the system's text.
    """
    if not _is_of_the_wire(error, is_ours=is_ours):
        return None
    kind = next((kind for row, kind in TABLE if _is_one(error, row)), ErrorKind.UNEXPECTED)
    if kind is ErrorKind.CONNECTING and _is_about_the_certificate(error):
        kind = ErrorKind.CERTIFICATE
    return Failure(kind, _cause(error, note), _is_one(error, _TIMEOUTS))


def _is_of_the_wire(error: Exception, *, is_ours: bool) -> bool:
    if is_from_signal_handler(error):
        return False
    home = type(error).__module__.partition(".")[0]
    if isinstance(error, _OURS) or home in _NETWORKING:
        return True
    if isinstance(error, OSError):
        return not is_ours or error.errno is not None
    raiser = raised_in(error)
    is_networking = raiser.partition(".")[0] in _NETWORKING or raiser.startswith(_OWN)
    return home == "builtins" and is_networking


def _is_one(error: Exception, row: tuple[type[Exception] | str, ...]) -> bool:
    types = [each for each in row if not isinstance(each, str)]
    names = [each for each in row if isinstance(each, str)]
    for library in map(sys.modules.get, FAMILY):
        types += [getattr(library, name) for name in names if hasattr(library, name)]
    return isinstance(error, tuple(types))


def _cause(error: Exception, note: str | None) -> str:
    """Return the type and the system's own text for the error; never a message of a server's."""
    name = type(error).__name__
    if isinstance(error, (BodyError, UnreadableFileError, UnusableTransportError)):
        return f"{name}: {error}"
    detail = note or next((text for text in map(_system_text, _chain(error)) if text), None)
    return f"{name}: {detail}" if detail else name


def _system_text(error: BaseException) -> str | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate not accepted ({_plain(error, 'verify_message')})"
    if isinstance(error, ssl.SSLError):
        return _plain(error, "reason")
    if isinstance(error, socket.gaierror):
        return f"name not resolved ({error.errno})"
    if isinstance(error, OSError) and error.errno is not None:
        return errno.errorcode.get(error.errno)
    return None


def _plain(error: ssl.SSLError, attribute: str) -> str | None:
    """Return OpenSSL's own text; an SSLError that Python itself raised may lack it."""
    text: object = getattr(error, attribute, None)
    return text if isinstance(text, str) and _PLAIN.fullmatch(text) else None


def _is_about_the_certificate(error: Exception) -> bool:
    return any(isinstance(link, ssl.SSLCertVerificationError) for link in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception and those that it was made from: arguments, causes and contexts."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting and len(seen) < 50:
        link = waiting.pop(0)
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [*link.args, link.__cause__, link.__context__]
