"""The endpoint of connections: the origin, the proxy before it, and the TLS of both."""

import ssl
from typing import Final

import attrs

from .._urls import Origin, ProxySettings
from .library import httpcore

_PORTS: Final = {"http": 80, "https": 443}


@attrs.frozen(eq=False)
class Endpoint:
    """The origin, proxy and TLS of all connections of a client."""

    origin: Origin
    ssl_context: ssl.SSLContext | None = None
    """Used as it is for every `https` on the way, the proxy's included."""
    proxy: ProxySettings | None = None
    addresses: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    """By host, the address that took the last connection: it is tried first, while DNS names it."""

    @property
    def port(self) -> int:
        """The port of the origin."""
        return self.origin.port or _PORTS[self.origin.scheme]

    @property
    def tls(self) -> ssl.SSLContext | None:
        """The context for TLS with the origin; None where it is plain HTTP."""
        return self.ssl_context if self.origin.scheme == "https" else None

    def httpcore_proxy(self, context: ssl.SSLContext) -> httpcore.Proxy | None:
        """Return the proxy as httpcore takes it, with a context that stands for the real one."""
        if self.proxy is None:
            return None
        origin, auth = self.proxy.origin, None
        if self.proxy.user is not None and self.proxy.password is not None:
            auth = (self.proxy.user.reveal(), self.proxy.password.reveal())
        url = httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target="/")
        tls = context if origin.scheme == "https" else None
        return httpcore.Proxy(url, auth=auth, ssl_context=tls)
