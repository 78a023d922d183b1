"""Exceptions of httpx, httpcore, ssl and sockets, put into our own words.

In: an exception. Out: a `Fault` of plain values, so that the exception, its frames and the request
in them can be dropped. One table; what it does not list is unforeseen, and proves nothing.
"""

import errno
import re
import socket
import ssl
import sys
from collections.abc import Iterator
from typing import Final

from .._call.bodies import BodyError
from .._call.events import Fault, Trouble


class ClientClosedError(Exception):
    """A call on a client that was closed."""


LIBRARIES: Final = ("httpcore", "httpx")
"""Whose exceptions the names below are; httpx is there only where it is used."""
TABLE: Final[tuple[tuple[tuple[type[Exception] | str, ...], Trouble], ...]] = (
    ((ClientClosedError,), Trouble.CLOSED),
    ((BodyError,), Trouble.BODY),
    (
        ("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"),
        Trouble.CONNECTING,
    ),
    (("LocalProtocolError", "UnsupportedProtocol", "InvalidURL"), Trouble.UNSENDABLE),
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
        Trouble.EXCHANGE,
    ),
)
_TIMEOUTS: Final = ("TimeoutException", TimeoutError)
_PLAIN: Final = re.compile(r"[ -~]{1,120}")


def fault(error: Exception) -> Fault:
    """What failed, without the exception."""
    trouble = next((trouble for row, trouble in TABLE if _is_one(error, row)), Trouble.UNEXPECTED)
    if trouble is Trouble.CONNECTING and _is_about_the_certificate(error):
        trouble = Trouble.CERTIFICATE
    return Fault(trouble, _cause(error), _is_one(error, _TIMEOUTS))


def _is_one(error: Exception, row: tuple[type[Exception] | str, ...]) -> bool:
    """Whether the exception is of these types, of which a name stands for each library's own."""
    types = [each for each in row if not isinstance(each, str)]
    names = [each for each in row if isinstance(each, str)]
    for library in map(sys.modules.get, LIBRARIES):
        types += [getattr(library, name) for name in names if hasattr(library, name)]
    return isinstance(error, tuple(types))


def _cause(error: Exception) -> str:
    """The type and the system's own text for the error; never a message, which may quote data."""
    name = type(error).__name__
    if isinstance(error, BodyError):
        return f"{name}: {error}"
    detail = next((text for text in map(_system_text, _chain(error)) if text), None)
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
    """OpenSSL's own words; an SSLError that Python itself raised may lack them."""
    text: object = getattr(error, attribute, None)
    return text if isinstance(text, str) and _PLAIN.fullmatch(text) else None


def _is_about_the_certificate(error: Exception) -> bool:
    return any(isinstance(link, ssl.SSLCertVerificationError) for link in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and those that it was made from: arguments, causes and contexts."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting and len(seen) < 50:
        link = waiting.pop(0)
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [*link.args, link.__cause__, link.__context__]
