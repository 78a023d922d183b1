"""Refuse requests of pages that a browser shows, other than the sandbox's own.

A page of another origin can send requests here (CSRF), and with a name that it lets point to this
machine it can read the responses as well (DNS rebinding).
"""

import ipaddress
import urllib.parse
from collections.abc import Collection, Mapping
from typing import Final

from chessa_api import CREDENTIAL_HEADERS

from .._errors import Problem

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
FORBIDDEN: Final = "forbidden"


def allowed_hosts(host: str, others: Collection[str]) -> frozenset[str]:
    """Return the names that a request may have in `Host`.

    Args:
        host: That the server is bound to.
        others: Further names of it, such as a container's.
    """
    return LOOPBACK | {each.lower().strip("[]") for each in (host, *others)}


def check_host(host: str, allowed: Collection[str], *, bound: str) -> None:
    """Refuse a request that names another host. Raises a `Problem`, 403.

    An address cannot be another one tomorrow, as a name can: a server that is bound to more than
    this machine takes each.
    """
    name = _name(host)
    if name in allowed or (name and _is_address(name) and _takes_addresses(bound)):
        return
    message = f"the host {host[:100]!r} is not one of this sandbox; --allow-host NAME allows it"
    raise Problem(403, FORBIDDEN, message)


def check_sender(headers: Mapping[str, str]) -> None:
    """Refuse a request of the API that a page of another origin can send. Raises a `Problem`, 403.

    A browser lets no such page send the headers of the credentials. Without them a request is a 401
    at best, but it would be recorded, and a fault that waits would happen to it.
    """
    if not any(name in headers for name in CREDENTIAL_HEADERS.values()):
        check_origin(headers)


def check_origin(headers: Mapping[str, str]) -> None:
    """Refuse a command of a page of another origin. Raises a `Problem`, 403.

    Browsers send `Origin` with every POST, and `Sec-Fetch-Site`; curl sends neither.
    """
    origin = headers.get("origin")
    if origin is not None:
        theirs = urllib.parse.urlsplit(origin).netloc if origin.startswith("http://") else ""
        if theirs.lower() != headers.get("host", "").lower() or not theirs:
            raise Problem(403, FORBIDDEN, "requests of another origin are refused")
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise Problem(403, FORBIDDEN, "requests of another site are refused")


def _name(host: str) -> str:
    try:
        return (urllib.parse.urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _takes_addresses(bound: str) -> bool:
    return bound not in LOOPBACK
