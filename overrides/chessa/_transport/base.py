"""The channel of one attempt: what its request is given to, and what happens to that at the end."""

from typing import Any, ClassVar, Protocol

from .._call.events import Attempt


class Channel(Protocol):
    """Takes one request, and is finished once."""

    is_ours: ClassVar[bool]
    """Whether it is one of our own connections: each of its waits ends with the call, and all that
    the wire raises on it is known."""

    def send(self, attempt: Attempt, /) -> Any:
        """Return the `httpx.Response`, its body still to be read."""
        ...

    def finish(self, *, was_read: bool) -> None:
        """Close the response, and keep or close the connection."""
        ...

    def note(self, error: Exception, /) -> str | None:
        """Return what to say of an error in place of the system's text, if anything."""
        ...

    def until(self, deadline: float, /) -> None:
        """Move the deadline of a body that is left open."""
        ...


class AsyncChannel(Protocol):
    """The same on asyncio."""

    is_ours: ClassVar[bool]

    async def send(self, attempt: Attempt, /) -> Any: ...

    async def finish(self, *, was_read: bool) -> None: ...

    def note(self, error: Exception, /) -> str | None: ...

    def until(self, deadline: float, /) -> None: ...


class OwnTransport:
    """A transport of ours, which takes an attempt without a request of httpx in between."""

    def open_channel(self) -> Any:
        """Return a channel; None where `handle_request` was replaced and is to see the request."""
        raise NotImplementedError
