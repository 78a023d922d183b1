"""The settings of a client, checked once.

In: arguments and the environment. Out: an immutable `Settings`, or a `ConfigurationError` that
names the setting and what is wrong with it, never its value (a URL may hold a password).
"""

import ipaddress
import math
import re
import urllib.parse
from collections.abc import Mapping
from typing import Final

import attrs

from ._errors import ConfigurationError
from ._secrets import Secret

DEFAULT_BASE_URL: Final = "https://api.chessa.ai"
READ_TIMEOUT: Final = 30.0
WRITE_TIMEOUT: Final = 60.0
MAX_RETRIES: Final = 2
MAX_RESPONSE_BYTES: Final = 1024 * 1024
_VARIABLE: Final = "CHESSA_BASE_URL"
_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")


@attrs.frozen
class Origin:
    """Where a URL leads: the credentials go to this one and no other."""

    scheme: str
    host: str
    """An IPv6 address without its brackets."""
    port: int | None

    @property
    def netloc(self) -> str:
        """Host and port as they stand in a URL and in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


@attrs.frozen
class ProxySettings:
    """A proxy, its password set apart."""

    origin: Origin
    user: Secret | None = None
    password: Secret | None = None


@attrs.frozen
class Settings:
    """What is fixed for the life of a client."""

    origin: Origin
    prefix: str
    """What stands before `/v1` in the paths of a gateway; mostly nothing."""
    proxy: ProxySettings | None = None
    trust_env: bool = False
    max_response_bytes: int = MAX_RESPONSE_BYTES

    @property
    def base_url(self) -> str:
        """The URL that every path is put behind."""
        return f"{self.origin.url}{self.prefix}"


def read_settings(
    *,
    base_url: object,
    proxy: object,
    trust_env: object,
    max_response_bytes: object,
    environ: Mapping[str, str],
) -> Settings:
    """Check the settings of a client. Raises `ConfigurationError`."""
    if base_url is None:
        base_url = environ.get(_VARIABLE, "").strip() or DEFAULT_BASE_URL
    origin, prefix = read_base_url(base_url)
    if not isinstance(trust_env, bool):
        raise ConfigurationError("trust_env must be True or False.")
    if proxy is None and trust_env:
        proxy = _proxy_from_environment(origin)
    if proxy is not None and not isinstance(proxy, Secret):
        proxy = Secret(proxy)
    return Settings(
        origin=origin,
        prefix=prefix,
        proxy=None if proxy is None else read_proxy(proxy, origin),
        trust_env=trust_env,
        max_response_bytes=whole_number("max_response_bytes", max_response_bytes, at_least=1),
    )


def read_base_url(value: object) -> tuple[Origin, str]:
    """Split a base URL into its origin and a path prefix, a trailing slash and `/v1` taken off."""
    name = f"base_url (or {_VARIABLE})"
    parts = _split(name, value)
    if parts.scheme not in ("https", "http"):
        raise ConfigurationError(f"{name} must begin with https://.")
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise ConfigurationError(f"{name} must not hold a user name or password.")
    if parts.query or parts.fragment or set("?#") & set(str(value)):
        raise ConfigurationError(f"{name} must not have a query or a fragment.")
    origin = _origin(name, parts)
    if origin.scheme == "http" and not origin.is_loopback:
        raise ConfigurationError(
            f"{name} must begin with https://: http:// would send the credentials in clear, and "
            "is for this machine (localhost, 127.0.0.1, [::1]) only."
        )
    prefix = parts.path.rstrip("/").removesuffix("/v1").rstrip("/")
    if not _PATH.fullmatch(prefix):
        raise ConfigurationError(f"{name} has a path that cannot be used.")
    return origin, prefix


def read_proxy(value: Secret, target: Origin) -> ProxySettings:
    """Split a proxy URL, its user name and password apart and hidden.

    Takes a `Secret` and raises where nothing else of the URL is at hand: a traceback that prints
    the variables of its frames would show the password.
    """
    result = _parse_proxy(value.reveal(), target)
    if isinstance(result, str):
        raise ConfigurationError(result)
    return result


def _parse_proxy(text: str, target: Origin) -> ProxySettings | str:
    try:
        parts = _split("proxy", text)
        if parts.scheme not in ("http", "https"):
            return "proxy must begin with http:// or https://."
        origin = _origin("proxy", parts)
    except ConfigurationError as error:
        return str(error)
    if parts.query or parts.fragment or parts.path not in ("", "/"):
        return "proxy must be a URL without path, query and fragment."
    if target.scheme == "http" and not origin.is_loopback:
        return "proxy cannot be used with an http:// base_url: it would see the credentials."
    if parts.username is None:
        return ProxySettings(origin)
    user, password = (
        Secret(urllib.parse.unquote(part or "")) for part in (parts.username, parts.password)
    )
    if user.problem() or (password.reveal() and password.problem()):
        return "proxy has a user name or password that cannot be sent."
    return ProxySettings(origin, user, password)


def read_timeout(value: object) -> float | None:
    """Seconds; None for the defaults."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ConfigurationError("timeout must be a number of seconds, or None for the default.")
    if not (math.isfinite(value) and value > 0):
        raise ConfigurationError("timeout must be a finite number of seconds greater than zero.")
    return float(value)


def whole_number(name: str, value: object, *, at_least: int) -> int:
    """A whole number with a lower bound."""
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise ConfigurationError(f"{name} must be a whole number, {at_least} or more.")
    return value


def _split(name: str, value: object) -> urllib.parse.SplitResult:
    if not isinstance(value, str):
        raise ConfigurationError(f"{name} must be a str.")
    try:
        return urllib.parse.urlsplit(_ascii(value.strip()))
    except ValueError:
        pass
    raise ConfigurationError(f"{name} is not a URL.")


def _ascii(text: str) -> str:
    if any(not "!" <= character <= "~" for character in text):
        raise ValueError
    return text


def _origin(name: str, parts: urllib.parse.SplitResult) -> Origin:
    host = port = None
    try:
        host, port = parts.hostname, parts.port
        if host and ":" in host:
            ipaddress.IPv6Address(host)
        elif host and not _HOST.fullmatch(host):
            host = None
    except ValueError:
        host = None
    if not host or port == 0:
        raise ConfigurationError(f"{name} needs a host name, and a port from 1 to 65535 if any.")
    default = {"https": 443, "http": 80}[parts.scheme]
    return Origin(parts.scheme, host, None if port == default else port)


def _proxy_from_environment(origin: Origin) -> Secret | None:
    import urllib.request  # 27 ms to import, for the few that trust the environment

    if origin.is_loopback or urllib.request.proxy_bypass(origin.netloc):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(origin.scheme) or proxies.get("all")
    if not proxy:
        return None
    return Secret(proxy if "://" in proxy else f"http://{proxy}")
