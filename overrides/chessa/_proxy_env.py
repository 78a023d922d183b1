"""The proxy that the environment names for an origin; read where `trust_env=True`.

`http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, each in either case. The proxy settings of
macOS and Windows count where no variable ends in `_proxy`, as in `urllib.request`.
"""

import ipaddress
import os
import re
import sys
from typing import Final

import attrs

from ._credentials import Secret
from ._urls import Origin

_PORTS: Final = {"http": 80, "https": 443}
_HAVE_SETTINGS: Final = ("darwin", "win32")
_ENTRY: Final = re.compile(
    r"(?:\[(?P<ipv6>[^\[\]]*:[^\[\]]*)\]|(?P<host>[^:\[\]]+))(?::(?P<port>[^:]*))?"
)


@attrs.frozen
class EnvironmentSetting:
    """Value of a variable, and the variable's name as it is spelled in the environment."""

    name: str
    value: Secret


def from_environment(origin: Origin) -> EnvironmentSetting | None:
    """Return the proxy for an origin; None for a loopback host and one that NO_PROXY excludes."""
    if origin.is_loopback:
        return None
    if sys.platform in _HAVE_SETTINGS and not _any_variable():
        return _from_system(origin)
    proxy = _variable(origin.scheme) or _variable("all")
    exclusions = _variable("no")
    if proxy is None or (exclusions and is_excluded(origin, exclusions.value.reveal())):
        return None
    return _with_scheme(proxy)


def is_excluded(origin: Origin, no_proxy: str) -> bool:
    """Return whether an entry of NO_PROXY matches the origin; junk is ignored.

    `example.com` and `.example.com` match the domain and its subdomains, `*.example.com` the
    subdomains. Addresses match addresses and networks only: names are not resolved.
    """
    port = str(origin.port or _PORTS[origin.scheme])
    for entry in no_proxy.lower().replace(",", " ").split():
        parts = _ENTRY.fullmatch(entry)
        if parts is None:  # an IPv6 address without brackets, or junk
            pattern = entry
        elif parts["port"] in (None, "", port):
            pattern = parts["ipv6"] or parts["host"]
        else:
            continue
        if pattern == "*" or _matches(pattern, origin.host):
            return True
    return False


def _matches(pattern: str, host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        domain = pattern.removeprefix("*.").strip(".")
        if not domain:
            return False
        return host.endswith(f".{domain}") or (host == domain and not pattern.startswith("*."))
    try:
        return address in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return False


def _variable(kind: str) -> EnvironmentSetting | None:
    """Return a variable that is set. Lower case precedes upper case, blank or not.

    In a CGI script HTTP_PROXY holds the header `Proxy` of the request, so it is ignored.
    """
    wanted = f"{kind}_proxy"
    spellings = sorted(name for name in os.environ if name.lower() == wanted)
    if wanted in spellings:
        spellings = [wanted]
    elif kind == "http" and "REQUEST_METHOD" in os.environ:
        spellings = []
    for name in spellings:
        value = Secret(os.environ.get(name, ""))
        if value.reveal():
            return EnvironmentSetting(name, value)
    return None


def _any_variable() -> bool:
    return any(name.lower().endswith("_proxy") and os.environ.get(name) for name in os.environ)


def _from_system(origin: Origin) -> EnvironmentSetting | None:
    import urllib.request  # takes 27 ms, which no other system has to spend

    if urllib.request.proxy_bypass(origin.netloc):
        return None
    proxies = urllib.request.getproxies()
    value = Secret(proxies.get(origin.scheme) or proxies.get("all") or "")
    if not value.reveal():
        return None
    return _with_scheme(EnvironmentSetting("The system's proxy setting", value))


def _with_scheme(proxy: EnvironmentSetting) -> EnvironmentSetting:
    if "://" in proxy.value.reveal():
        return proxy
    return EnvironmentSetting(proxy.name, Secret(f"http://{proxy.value.reveal()}"))
