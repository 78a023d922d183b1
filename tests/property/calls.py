"""Calls through both clients at once, which must send and return the same."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, Self

import attrs
import httpx

import chessa
from tests.property.surface import method
from tests.unit.transports import Both, Factory

CLIENT_ID: Final = "id-5d6c2e9f"
CLIENT_SECRET: Final = "canary-0b71f3a8c4de"
BASE_URL: Final = "https://api.example"
_BOUNDARY: Final = "0d7a3c51e96b"


@attrs.frozen
class Sent:
    """A request as it would go over the wire."""

    method: str
    target: str
    """Percent-encoded, with the query."""
    headers: Mapping[str, str]
    body: bytes


@attrs.frozen
class Answer:
    """A response as it came over the wire."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


class _Reading(Both):
    """Reads a request before it responds to it: a file is sent piece by piece."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return super().handle_request(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return await super().handle_async_request(request)


class _Factory(Factory):
    def __call__(self) -> Both:
        super().__call__()
        return _Reading(self)


class BothClients:
    """A sync and an async client that make the same calls and get the same responses."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self._answer = Answer(200)
        self._factory = _Factory(self._handle)
        settings: Any = {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "base_url": BASE_URL,
            "max_retries": 0,
            "transport": self._factory,
        }
        self.sync = chessa.Chessa(**settings)
        self.on_asyncio = chessa.AsyncChessa(**settings)
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.sync.close()
        self._runner.run(self.on_asyncio.aclose())
        self._runner.close()

    def _handle(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode("ascii")
        headers = {name.lower(): value for name, value in self._factory.seen[-1].items()}
        content = request.content
        _, name, boundary = headers.get("content-type", "").partition("; boundary=")
        if boundary:  # another one in each request
            headers["content-type"] = f"multipart/form-data{name}{_BOUNDARY}"
            content = content.replace(boundary.encode(), _BOUNDARY.encode())
        self.sent.append(Sent(request.method, target, headers, content))
        answer = self._answer
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)

    def call(
        self, name: str, arguments: Mapping[str, Any], answer: Answer, *, raw: bool = False
    ) -> Any:
        """The result of a call, or the `ChessaError` that it raised; the same in both modes."""
        self.sent.clear()
        self._answer = answer
        sync: Any = self.sync.with_raw_response if raw else self.sync
        on_asyncio: Any = self.on_asyncio.with_raw_response if raw else self.on_asyncio
        results = [
            self._sync(method(sync, name), arguments),
            self._runner.run(self._async(method(on_asyncio, name), arguments)),
        ]
        assert described(results[0]) == described(results[1])
        assert self.sent[: len(self.sent) // 2] == self.sent[len(self.sent) // 2 :]
        return results[0]

    def _sync(self, call: Any, arguments: Mapping[str, Any]) -> Any:
        try:
            return call(**arguments)
        except chessa.ChessaError as error:
            return error

    async def _async(self, call: Any, arguments: Mapping[str, Any]) -> Any:
        try:
            return await call(**arguments)
        except chessa.ChessaError as error:
            return error


def described(result: Any) -> Any:
    """Return a result without the time that it took, to compare it."""
    if isinstance(result, chessa.ChessaError):
        return type(result), str(result), result.outcome, {**vars(result), "elapsed": None}
    return attrs.evolve(result, elapsed=0.0) if isinstance(result, chessa.RawResponse) else result
