"""The settings of a client, checked once.

A `ConfigurationError` names the setting, never its value: a URL may hold a password.
"""

from collections.abc import Callable
from typing import Final

import attrs

from chessa_api import BASE_URL

from ._credentials import Secret, variable
from ._errors import ConfigurationError
from ._log import http_allowed
from ._urls import (
    ALLOW_HTTP_VARIABLE,
    BASE_URL_VARIABLE,
    Origin,
    ProxySettings,
    read_base_url,
    read_proxy,
)

READ_TIMEOUT: Final = 30.0
WRITE_TIMEOUT: Final = 60.0
MAX_RETRIES: Final = 2
MAX_RESPONSE_BYTES: Final = 1024 * 1024
_LONGEST_TIMEOUT: Final = 86_400.0  # a day; more overflows timers of some systems
_MOST_RESPONSE_BYTES: Final = 1024 * 1024 * 1024


@attrs.frozen
class Settings:
    """The settings that are fixed for the life of a client."""

    origin: Origin
    prefix: str
    """The part before `/v1` in the paths of a gateway; mostly empty."""
    proxy: ProxySettings | None = None
    trust_env: bool = False
    max_response_bytes: int = MAX_RESPONSE_BYTES

    @property
    def base_url(self) -> str:
        """The URL that every path is appended to."""
        return f"{self.origin.url}{self.prefix}"


def read_settings(
    *,
    base_url: object,
    proxy: object,
    trust_env: object,
    max_response_bytes: object,
    allow_http: object = False,
    own_transport: bool = False,
    read: Callable[[str], Secret | None] = variable,
) -> Settings:
    """Check the settings of a client. Raises `ConfigurationError`.

    URLs come as `hide` gives them: one may hold a password, even if it should not. A transport
    of the user has its own proxy: those of the environment do not count then.
    """
    if base_url is None:
        base_url = read(BASE_URL_VARIABLE) or _documented()
    is_allowed = _reads_allow_http(allow_http, read)
    origin, prefix = read_base_url(base_url, allow_http=is_allowed)
    if origin.scheme == "http" and not origin.is_loopback:
        http_allowed(origin.netloc)
    if not isinstance(trust_env, bool):
        raise ConfigurationError("trust_env must be True or False.")
    name = "proxy"
    if proxy is None and trust_env and not own_transport:
        from ._proxy_env import from_environment

        if found := from_environment(origin):
            name, proxy = found.name, found.value
    return Settings(
        origin=origin,
        prefix=prefix,
        proxy=None if proxy is None else read_proxy(proxy, origin, name),
        trust_env=trust_env,
        max_response_bytes=whole_number(
            "max_response_bytes", max_response_bytes, at_least=1, at_most=_MOST_RESPONSE_BYTES
        ),
    )


def _reads_allow_http(value: object, read: Callable[[str], Secret | None]) -> bool:
    if not isinstance(value, bool):
        raise ConfigurationError("allow_http must be True or False.")
    given = read(ALLOW_HTTP_VARIABLE)
    text = "" if given is None else given.reveal()
    if text not in ("", "0", "1"):
        raise ConfigurationError(f"{ALLOW_HTTP_VARIABLE} must be 1 or 0.")
    return value or text == "1"


def _documented() -> Secret:
    """Return the server that the API's document names."""
    if BASE_URL is None:
        raise ConfigurationError(
            "base_url missing: the API's document names no server. Pass base_url, or set "
            f"{BASE_URL_VARIABLE}."
        )
    return Secret(BASE_URL)


def read_timeout(value: object) -> float | None:
    """Return the seconds; None for the defaults."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ConfigurationError("timeout must be a number of seconds, or None for the default.")
    if not 0 < value <= _LONGEST_TIMEOUT:
        raise ConfigurationError(
            f"timeout must be a number of seconds greater than zero, {_LONGEST_TIMEOUT:g} at most."
        )
    return float(value)


def whole_number(name: str, value: object, *, at_least: int, at_most: int | None = None) -> int:
    """Return an integer within bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise ConfigurationError(f"{name} must be an integer, {at_least} or more.")
    if at_most is not None and value > at_most:
        raise ConfigurationError(f"{name} must be {at_most} or less.")
    return value
