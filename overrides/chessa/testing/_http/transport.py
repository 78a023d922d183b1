"""Transports to a sandbox in this process, without a socket.

Failures are those of a network, with the same evidence as the built-in transports.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Final

from ..._transport.evidence import EXTENSION, Evidence
from ..._transport.library import httpx
from .backend import Backend, Delivery


class InProcessTransport(httpx.BaseTransport):
    """Passes requests to a sandbox."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        delivery = _deliver(self._backend, request, request.read())
        time.sleep(_wait(delivery, request))
        return _received(delivery, request)


class AsyncInProcessTransport(httpx.AsyncBaseTransport):
    """`InProcessTransport` on asyncio."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        delivery = _deliver(self._backend, request, await request.aread())
        await asyncio.sleep(_wait(delivery, request))
        return _received(delivery, request)


class _Truncated(httpx.ByteStream):
    """A body that ends in the middle."""

    def __iter__(self) -> Iterator[bytes]:
        yield from (data[: len(data) // 2] for data in super().__iter__())
        raise httpx.RemoteProtocolError(_INCOMPLETE)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in super().__aiter__():
            yield data[: len(data) // 2]
        raise httpx.RemoteProtocolError(_INCOMPLETE)


_INCOMPLETE: Final = "peer closed connection without sending complete message body"
_REFUSED: Final = "connection refused"
_DISCONNECTED: Final = "Server disconnected without sending a response."


def _deliver(backend: Backend, request: httpx.Request, body: bytes) -> Delivery:
    evidence = request.extensions.get(EXTENSION)
    target = request.url.raw_path.decode("ascii")
    if isinstance(evidence, Evidence):
        evidence.track()
    if not backend.takes_connection(request.method, target):
        raise httpx.ConnectError(_REFUSED)
    if isinstance(evidence, Evidence):
        evidence.mark_sent()
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw
    ]
    return backend.answer(request.method, target, headers, body, is_accepted=True)


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
    kind = _Truncated if delivery.is_truncated else httpx.ByteStream
    return httpx.Response(delivery.status, headers=headers, stream=kind(delivery.body))
