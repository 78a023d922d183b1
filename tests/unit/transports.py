"""Transports for the tests: they respond from a list, in either mode, and keep the requests."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

Handler = Callable[[httpx.Request], httpx.Response]


class Factory:
    """A `transport=` that counts what it makes and keeps the requests that pass."""

    def __init__(self, handle: Handler) -> None:
        self._handle = handle
        self.made = 0
        self.closed = 0
        self.requests: list[httpx.Request] = []
        self.seen: list[dict[str, str]] = []

    def __call__(self) -> "Both":
        self.made += 1
        return Both(self)

    def pass_on(self, request: httpx.Request) -> httpx.Response:
        """Keep a request, its headers as they are now, and respond."""
        self.requests.append(request)
        self.seen.append(dict(request.headers))
        return self._handle(request)


class Both(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """One transport for either mode."""

    def __init__(self, factory: Factory) -> None:
        self._factory = factory

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._factory.pass_on(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return self._factory.pass_on(request)

    def close(self) -> None:
        self._factory.closed += 1

    async def aclose(self) -> None:
        self._factory.closed += 1


def answers(*responses: Any) -> Factory:
    """Transports that give these in turn, the last for ever; exceptions are raised."""
    waiting = list(responses)

    def handle(request: httpx.Request) -> httpx.Response:
        response = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(response, BaseException):
            raise response
        parts: tuple[Any, ...] = (*response, {}, {})
        status_code, body, headers = parts[:3]
        if isinstance(body, bytes):
            return httpx.Response(status_code, content=body, headers=headers)
        return httpx.Response(status_code, json=body, headers=headers)

    return Factory(handle)
