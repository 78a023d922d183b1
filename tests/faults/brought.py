"""Transports and clients of httpx and httpx2 that a caller may bring for the client to send over.

Each is made for the same place as the client would be: its proxy, and its authorities.
"""

import contextlib
import functools
import ssl
from collections.abc import AsyncIterator
from typing import Any, Final, Literal, TypeAlias

import httpx
import httpx2

import chessa
from tests.modes import Mode

Over: TypeAlias = Literal["default", "httpx", "httpx2", "http_client", "direct"]
BROUGHT: Final[tuple[Over, ...]] = ("httpx", "httpx2", "http_client", "direct")
Settings: TypeAlias = dict[str, Any]
_NAMES: Final = {
    "sync": ("HTTPTransport", "Client", chessa.DirectTransport),
    "async": ("AsyncHTTPTransport", "AsyncClient", chessa.AsyncDirectTransport),
}


@functools.cache
def _usual() -> ssl.SSLContext:
    return ssl.create_default_context()


@contextlib.asynccontextmanager
async def brought(settings: Settings, mode: Mode, over: Over) -> AsyncIterator[Settings]:
    """Yield the settings of a client that sends over this."""
    rest = {name: value for name, value in settings.items() if name not in ("proxy", "ssl_context")}
    context = settings.get("ssl_context") or _usual()
    transport, client, direct = _NAMES[mode.name]
    library: Any = httpx2 if over == "httpx2" else httpx
    options: dict[str, Any] = {"verify": context, "trust_env": False}
    if proxy := settings.get("proxy"):
        is_secured = proxy.startswith("https")
        options["proxy"] = library.Proxy(proxy, ssl_context=context if is_secured else None)
    if over == "default":
        yield settings
    elif over == "direct":
        yield {**rest, "transport": lambda: direct(ssl_context=context)}
    elif over == "http_client":
        async with mode.opened(getattr(library, client)(**options)) as made:
            yield {**rest, "http_client": made}
    else:
        yield {**rest, "transport": lambda: getattr(library, transport)(**options)}
