"""The parts that both direct transports share: a request, and its use of a connection."""

import contextlib
import ssl
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Final, Self

from .._call.events import Attempt
from .._transport.adapter import DEADLINE, is_upload, pieces
from .._transport.endpoint import Endpoint
from .._transport.evidence import EXTENSION, Evidence
from .._transport.library import httpcore, httpx
from .._transport.network import GuardedBackend
from .._transport.network_async import AsyncGuardedBackend
from .._transport.racing import CONNECT_TIMEOUT
from .._transport.tls import make_context
from .._urls import Origin
from ._http11 import Reader, encoded_attempt, encoded_request

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that may use a connection that was used before (RFC 9110, section 9.2.1)."""
_LONGEST: Final = 86_400.0
_OF_A_CALL: Final = {"connect": CONNECT_TIMEOUT}
"""The time limits of a call, next to its deadline."""


@dataclass(slots=True)
class Request:
    """A request that is about to be sent, its limits and its evidence."""

    method: str
    origin: str
    encoded: Callable[[], bytes] = field(repr=False)
    """Its bytes, which contain the credentials: they are made as they are sent."""
    is_shared: bool
    """Whether it may use a connection that was used before."""
    deadline: float
    evidence: Evidence
    timeouts: Mapping[str, float | None]
    pieces: Callable[[], Iterator[bytes]] = field(default=lambda: iter(()), repr=False)
    """What follows them: a body that is read while it is sent."""

    @classmethod
    def of_call(cls, attempt: Attempt) -> Self:
        return cls(
            attempt.request.method,
            attempt.request.origin,
            partial(encoded_attempt, attempt),
            attempt.shares_connections,
            attempt.deadline,
            attempt.evidence,
            _OF_A_CALL,
            *([partial(pieces, attempt)] if is_upload(attempt.request.body) else []),
        )

    @classmethod
    def of_httpx(cls, request: httpx.Request, body: bytes) -> Self:
        evidence = request.extensions.get(EXTENSION)
        return cls(
            request.method,
            f"{request.url.scheme}://{request.url.netloc.decode('ascii')}",
            partial(encoded_request, request, body),
            request.method in _SAFE,
            request.extensions.get(DEADLINE, time.monotonic() + _LONGEST),
            evidence if isinstance(evidence, Evidence) else Evidence(),
            request.extensions.get("timeout", {}),
        )

    def end(self, of: str) -> float:
        """Return the instant at which a part of the request has to be over."""
        limit = self.timeouts.get(of)
        return self.deadline if limit is None else min(self.deadline, time.monotonic() + limit)


def raise_as_httpx(error: BaseException) -> None:
    """Raise httpx's exception for httpcore's of the same name, as its own transports do."""
    if type(error).__module__.partition(".")[0] == "httpcore":
        kind: Any = getattr(httpx, type(error).__name__)
        raise kind(str(error)) from error


class Endpoints:
    """The endpoints that a transport was asked for, by origin."""

    def __init__(self, ssl_context: ssl.SSLContext | None, *, trust_env: bool) -> None:
        self._ssl_context = ssl_context
        self._trust_env = trust_env
        self._made: dict[str, Endpoint] = {}

    def of(self, origin: str) -> Endpoint:
        return self._made.get(origin) or self._made.setdefault(origin, self._new(origin))

    def _new(self, origin: str) -> Endpoint:
        if not origin.startswith(("http://", "https://")):
            raise httpcore.UnsupportedProtocol("only http:// and https://")
        url, context = httpx.URL(origin), None
        if url.scheme == "https":
            context = self._ssl_context or make_context(trust_env=self._trust_env)
        return Endpoint(Origin(url.scheme, url.host, url.port), context)


class Kept:
    """A connection, which serves one request at a time."""

    def __init__(self, endpoint: Endpoint, backend: GuardedBackend | AsyncGuardedBackend) -> None:
        self._endpoint = endpoint
        self._guard = backend
        self.idle_since = 0.0

    @contextlib.contextmanager
    def _connecting(self, request: Request) -> Generator[None]:
        """Bound what happens in here by the time limit for connecting, TLS included."""
        watch = self._guard.watch
        watch.deadline = request.end("connect")
        try:
            yield
        finally:
            watch.deadline = request.deadline

    def until(self, deadline: float) -> None:
        self._guard.watch.deadline = deadline

    def is_clean(self, answer: Reader) -> bool:
        return self._guard.received.is_clean(answer.status_code, answer.headers)

    def close(self) -> None:
        self._guard.close()


class Use:
    """The use of a connection by one request, which ends once."""

    is_ours: ClassVar[bool] = True
    _stack: Any = None
    _place: Any = None
    _connection: Any = None
    _answer: Any = None

    def end(self, *, was_read: bool) -> None:
        """Keep the connection of a response that was read to its end; close any other."""
        connection, self._connection = self._connection, None
        place, self._place = self._place, None
        try:
            if connection is None:
                return
            if was_read and self._stack is not None and connection.is_clean(self._answer):
                self._stack.put_back(connection)
            else:
                connection.close()
        finally:
            if place is not None:
                place.release()

    def note(self, _error: Exception) -> str | None:
        return None

    def until(self, deadline: float) -> None:
        """Let a body that is left open take until then, whatever its request said."""
        if self._connection is not None:
            self._connection.until(deadline)
            self._answer.timeout = None
