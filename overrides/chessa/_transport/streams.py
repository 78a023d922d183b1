"""The body of a response that is left open: read piece by piece, each under a deadline.

As in `send`, failures of the wire are plain values; everything else passes through. The form for
asyncio stands in `streams_async`.
"""

import time
from typing import TYPE_CHECKING, Any, TypeAlias

from .._call.events import ErrorKind, Failure
from .adapter import body_of
from .base import Channel
from .closing import quietly
from .exceptions import UnusableTransportError, failure_of
from .log_filter import IN_CALL

if TYPE_CHECKING:
    from collections.abc import Iterator

Piece: TypeAlias = bytes | bytearray | Failure | None
"""What a read brings; None at the end."""


def checked(piece: Any, deadline: float) -> Piece:
    """Return a piece that came in time: a given transport may not know the deadline."""
    if piece is not None and not isinstance(piece, bytes | bytearray):
        raise UnusableTransportError("the transport returned a body that is not bytes")
    is_late = piece is not None and time.monotonic() >= deadline
    return Failure(ErrorKind.EXCHANGE, "ReadTimeout", timed_out=True) if is_late else piece


class OpenBody:
    """A body on its channel."""

    def __init__(self, channel: Channel, response: Any) -> None:
        self._pieces: Iterator[Any] = iter(body_of(response, "sync"))
        self._channel: Channel | None = channel

    def read(self, deadline: float) -> Piece:
        """Return the next piece."""
        if (channel := self._channel) is None:
            return None
        token = IN_CALL.set(True)
        try:
            channel.until(deadline)
            return checked(next(self._pieces, None), deadline)
        except Exception as error:
            failure = failure_of(error, is_ours=channel.is_ours, note=channel.note(error))
            if failure is None:
                raise
            return failure
        finally:
            IN_CALL.reset(token)

    def close(self) -> None:
        """Close the connection, once."""
        channel, self._channel = getattr(self, "_channel", None), None
        if channel is not None:
            quietly(channel.finish, is_ours=channel.is_ours, was_read=False)

    __del__ = close
