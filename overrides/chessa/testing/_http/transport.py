"""Transports that end in this process: a peer responds as a server would, to a function call.

Failures are those of a network, with the same evidence as the built-in transports.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final, Protocol

from ..._transport.evidence import EXTENSION, Evidence
from ..._transport.library import httpx


class Delivery(Protocol):
    """The response of a peer."""

    @property
    def status(self) -> int | None:
        """None: it closes the connection without a response."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, str]]: ...

    @property
    def body(self) -> bytes: ...

    @property
    def delay(self) -> float:
        """Seconds until it does so."""
        ...


class Peer(Protocol):
    """The other end."""

    def takes_connection(self, method: str, target: str, /) -> bool:
        """Return whether it accepts a connection."""
        ...

    def answer(
        self, method: str, target: str, headers: list[tuple[str, str]], body: bytes, /
    ) -> Delivery:
        """Take a request."""
        ...


class InProcessTransport(httpx.BaseTransport):
    """Passes requests to a peer."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        delivery = _deliver(self._peer, request, request.read())
        time.sleep(_wait(delivery, request))
        return _received(delivery, request)


class AsyncInProcessTransport(httpx.AsyncBaseTransport):
    """`InProcessTransport` on asyncio; the peer itself does not wait for anything."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        delivery = _deliver(self._peer, request, await request.aread())
        await asyncio.sleep(_wait(delivery, request))
        return _received(delivery, request)


_REFUSED: Final = "connection refused"
_DISCONNECTED: Final = "Server disconnected without sending a response."


def _deliver(peer: Peer, request: httpx.Request, body: bytes) -> Delivery:
    evidence = request.extensions.get(EXTENSION)
    target = request.url.raw_path.decode("ascii")
    if isinstance(evidence, Evidence):
        evidence.track()
    if not peer.takes_connection(request.method, target):
        raise httpx.ConnectError(_REFUSED)
    if isinstance(evidence, Evidence):
        evidence.mark_sent()
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw
    ]
    return peer.answer(request.method, target, headers, body)


def _read_timeout(request: httpx.Request) -> float:
    read_timeout = request.extensions.get("timeout", {}).get("read")
    return float("inf") if read_timeout is None else float(read_timeout)


def _wait(delivery: Delivery, request: httpx.Request) -> float:
    return min(delivery.delay, _read_timeout(request))


def _received(delivery: Delivery, request: httpx.Request) -> httpx.Response:
    if delivery.delay > _read_timeout(request):
        raise httpx.ReadTimeout("no response in time")
    if delivery.status is None:
        raise httpx.RemoteProtocolError(_DISCONNECTED)
    length = ("content-length", str(len(delivery.body)))
    headers = [*delivery.headers, *([] if delivery.status == 204 else [length])]
    return httpx.Response(delivery.status, headers=headers, stream=httpx.ByteStream(delivery.body))
