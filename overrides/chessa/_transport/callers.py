"""Channels over what a caller brings: a transport, or a client of httpx or its successor."""

import time
from typing import Any, ClassVar

from .._call.events import Attempt
from .adapter import UNTIL, Mode, complete_request, library_of, take_off_credentials
from .base import AsyncChannel, Channel, OwnTransport
from .exceptions import ClientClosedError


def over_transport(supplied: Any, *, is_single: bool = False) -> Channel:
    """Return a channel over a transport, as it is given or made."""
    own: Channel | None = supplied.open_channel() if isinstance(supplied, OwnTransport) else None
    return own or TransportChannel(supplied, is_single=is_single)


def over_async_transport(supplied: Any, *, is_single: bool = False) -> AsyncChannel:
    """Return a channel over a transport on asyncio."""
    own: AsyncChannel | None = (
        supplied.open_channel() if isinstance(supplied, OwnTransport) else None
    )
    return own or AsyncTransportChannel(supplied, is_single=is_single)


class _Channel:
    """The base of both modes. Never closes an object of the caller's."""

    is_ours: ClassVar[bool] = False

    def __init__(self, supplied: Any, *, is_single: bool = False) -> None:
        self._supplied = supplied
        self._is_single = is_single
        """True if it was made for this attempt, and is closed with it."""
        self._library = library_of(supplied)
        self._response: Any = None
        self._timeouts: dict[str, float] = {}
        """Those of the request, which its transport reads again as the body begins."""

    def note(self, _error: Exception) -> str | None:
        return None

    def until(self, deadline: float) -> None:
        self._timeouts["read"] = max(0.001, deadline - time.monotonic())
        extensions: dict[str, Any] = getattr(self._response, "extensions", None) or {}
        if UNTIL in extensions:
            extensions[UNTIL](deadline)

    def _complete(self, attempt: Attempt, mode: Mode) -> Any:
        request = complete_request(attempt, self._library, mode)
        self._timeouts = request.extensions["timeout"]
        return request


class TransportChannel(_Channel):
    """An `httpx.BaseTransport`, or the like."""

    def send(self, attempt: Attempt) -> Any:
        request = self._complete(attempt, "sync")
        try:
            self._response = self._supplied.handle_request(request)
        finally:
            take_off_credentials(request)
        return self._response

    def finish(self, *, was_read: bool) -> None:  # its pool sees to that
        try:
            stream: Any = getattr(self._response, "stream", None)
            if hasattr(stream, "close"):
                stream.close()
        finally:
            if self._is_single:
                self._supplied.close()


class ClientChannel(_Channel):
    """An `httpx.Client`, or the like: the request is sent as it is, without redirects and auth."""

    def send(self, attempt: Attempt) -> Any:
        attempt.evidence.track()
        if self._supplied.is_closed:
            raise ClientClosedError
        request = self._complete(attempt, "sync")
        try:
            self._response = self._supplied.send(
                request, stream=True, auth=None, follow_redirects=False
            )
        except self._library.HTTPStatusError as error:
            self._response = error.response
        finally:
            take_off_credentials(request)
        return self._response

    def finish(self, *, was_read: bool) -> None:  # its pool sees to that
        if self._response is not None:
            self._response.close()


class AsyncTransportChannel(_Channel):
    """An `httpx.AsyncBaseTransport`, or the like."""

    async def send(self, attempt: Attempt) -> Any:
        request = self._complete(attempt, "async")
        try:
            self._response = await self._supplied.handle_async_request(request)
        finally:
            take_off_credentials(request)
        return self._response

    async def finish(self, *, was_read: bool) -> None:  # its pool sees to that
        try:
            stream: Any = getattr(self._response, "stream", None)
            if hasattr(stream, "aclose"):
                await stream.aclose()
        finally:
            if self._is_single:
                await self._supplied.aclose()


class AsyncClientChannel(_Channel):
    """An `httpx.AsyncClient`, or the like."""

    async def send(self, attempt: Attempt) -> Any:
        attempt.evidence.track()
        if self._supplied.is_closed:
            raise ClientClosedError
        request = self._complete(attempt, "async")
        try:
            self._response = await self._supplied.send(
                request, stream=True, auth=None, follow_redirects=False
            )
        except self._library.HTTPStatusError as error:
            self._response = error.response
        finally:
            take_off_credentials(request)
        return self._response

    async def finish(self, *, was_read: bool) -> None:  # its pool sees to that
        if self._response is not None:
            await self._response.aclose()
