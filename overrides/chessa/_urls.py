"""URLs of the API and of proxies, split and checked.

No message shows a URL: it may hold a password.
"""

import re
import urllib.parse
from collections.abc import Callable
from typing import Final, TypeVar

import attrs

from chessa_api import BASE_URL, VERSION_SEGMENTS

from ._credentials import Secret
from ._errors import ConfigurationError

BASE_URL_VARIABLE: Final = "CHESSA_BASE_URL"
ALLOW_HTTP_VARIABLE: Final = "CHESSA_ALLOW_HTTP"
_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")

_T = TypeVar("_T")


@attrs.frozen
class Origin:
    """Scheme, host and port: the credentials are sent to this origin only."""

    scheme: str
    host: str
    """An IPv6 address without its brackets."""
    port: int | None

    @property
    def netloc(self) -> str:
        """Host and port as in a URL and in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def is_loopback(self) -> bool:
        """True for this machine."""
        if self.host == "localhost":
            return True
        import ipaddress  # for addresses and odd names only

        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


@attrs.frozen
class ProxySettings:
    """A proxy, and its credentials."""

    origin: Origin
    user: Secret | None = None
    password: Secret | None = None


class _UnusableError(Exception):
    """The reason that a URL cannot be used; never the URL."""


def read_base_url(value: object, *, allow_http: bool = False) -> tuple[Origin, str]:
    """Split a base URL into its origin and a path prefix, without a trailing slash.

    A version that the paths begin with, `/v1`, is removed from its end. With `allow_http` the URL
    may be one of http:// on another machine, but not on the host of the API itself.
    """
    return _read(value, lambda hidden: _parse_base_url(hidden, allow_http))


def read_proxy(value: object, target: Origin, name: str = "proxy") -> ProxySettings:
    """Split a proxy URL, its user name and password apart and hidden.

    Errors begin with `name`: the argument or the variable that holds the URL.
    """
    return _read(value, lambda hidden: _parse_proxy(name, hidden, target))


def _read(value: object, parse: Callable[[Secret], _T]) -> _T:
    """Parse a URL; raise an error in a frame that does not hold the URL in clear."""
    hidden = value if isinstance(value, Secret) else Secret(value)
    del value
    try:
        return parse(hidden)
    except _UnusableError as error:
        problem = str(error)
    raise ConfigurationError(problem)


def _parse_base_url(hidden: Secret, allow_http: bool) -> tuple[Origin, str]:
    name = f"base_url (or {BASE_URL_VARIABLE})"
    parts = _split(name, hidden)
    if parts.scheme not in ("https", "http"):
        raise _UnusableError(f"{name} must begin with https://.")
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise _UnusableError(f"{name} must not contain a user name or password.")
    if parts.query or parts.fragment or set("?#") & set(hidden.reveal()):
        raise _UnusableError(f"{name} must not have a query or a fragment.")
    origin = _origin(name, parts)
    if origin.scheme == "http" and not origin.is_loopback:
        _check_http(name, origin, allow_http)
    prefix = parts.path.rstrip("/")
    head, _, last = prefix.rpartition("/")
    if last in VERSION_SEGMENTS:
        prefix = head.rstrip("/")
    if not _PATH.fullmatch(prefix):
        raise _UnusableError(f"{name} has a path that cannot be used.")
    return origin, prefix


def _check_http(name: str, origin: Origin, allow_http: bool) -> None:
    is_api = BASE_URL is not None and origin.host == urllib.parse.urlsplit(BASE_URL).hostname
    if allow_http and not is_api:
        return
    advice = (
        ""
        if is_api
        else f" For a sandbox on another one pass allow_http=True, or set {ALLOW_HTTP_VARIABLE}=1."
    )
    raise _UnusableError(
        f"{name} must begin with https://: http:// would send the credentials in clear, and "
        f"is for this machine (localhost, 127.0.0.1, [::1]) only.{advice}"
    )


def _parse_proxy(name: str, hidden: Secret, target: Origin) -> ProxySettings:
    parts = _split(name, hidden)
    if parts.scheme.startswith("socks"):
        excluded = "" if name == "proxy" else "list the API's host in NO_PROXY, "
        raise _UnusableError(
            f"{name} is the URL of a SOCKS proxy: SOCKS is not supported by the client's "
            f"own connections. Pass the URL of an HTTP proxy as proxy=, {excluded}or pass a "
            "transport of your own, such as "
            'transport=lambda: httpx.HTTPTransport(proxy="socks5://…").'
        )
    if parts.scheme not in ("http", "https"):
        raise _UnusableError(f"{name} must begin with http:// or https://.")
    origin = _origin(name, parts)
    if parts.query or parts.fragment or parts.path not in ("", "/"):
        raise _UnusableError(f"{name} must be a URL without path, query and fragment.")
    if target.scheme == "http" and not origin.is_loopback:
        raise _UnusableError(
            f"{name} cannot be used with an http:// base_url: it would see the credentials."
        )
    if parts.username is None:
        return ProxySettings(origin)
    user, password = (
        Secret(urllib.parse.unquote(part or "")) for part in (parts.username, parts.password)
    )
    if user.problem() or (password.reveal() and password.problem()):
        raise _UnusableError(f"{name} has a user name or password that cannot be sent.")
    return ProxySettings(origin, user, password)


def _split(name: str, hidden: Secret) -> urllib.parse.SplitResult:
    if not hidden.is_text:
        raise _UnusableError(f"{name} must be a str.")
    text = hidden.reveal()
    if any(not "!" <= character <= "~" for character in text):
        raise _UnusableError(
            f"{name} is not a URL: it must be of printable ASCII characters without blanks "
            "(xn--… for an international name)."
        )
    try:
        return urllib.parse.urlsplit(text)
    except ValueError:
        raise _UnusableError(f"{name} is not a URL.") from None


def _origin(name: str, parts: urllib.parse.SplitResult) -> Origin:
    host = port = None
    try:
        host, port = parts.hostname, parts.port
        if host and ":" in host:
            import ipaddress

            ipaddress.IPv6Address(host)
        elif host and not _HOST.fullmatch(host):
            host = None
    except ValueError:
        host = None
    if not host or port == 0:
        raise _UnusableError(f"{name} needs a host name, and a port from 1 to 65535 if any.")
    default = {"https": 443, "http": 80}[parts.scheme]
    return Origin(parts.scheme, host, None if port == default else port)
