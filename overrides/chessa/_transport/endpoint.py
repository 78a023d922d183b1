"""How to get to the origin: straight, or by way of a proxy, and with which TLS."""

import ssl
from typing import Final

import attrs

from .._config import Origin, ProxySettings

_PORTS: Final = {"http": 80, "https": 443}


@attrs.frozen
class Route:
    """The way that all connections of a client take."""

    origin: Origin
    ssl_context: ssl.SSLContext | None = None
    """Used for every `https` on the way, the proxy's included."""
    proxy: ProxySettings | None = None

    @property
    def port(self) -> int:
        """The port of the origin."""
        return self.origin.port or _PORTS[self.origin.scheme]

    @property
    def tls(self) -> ssl.SSLContext | None:
        """The context for TLS with the origin; None where it speaks none."""
        return self.ssl_context if self.origin.scheme == "https" else None
