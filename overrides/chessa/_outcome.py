"""The outcome of a call that did not return a result, `.outcome` of every `ChessaError`."""

import enum


class Outcome(enum.Enum):
    """The effect that a failed call may have had at the server."""

    NOT_SENT = "not sent"
    """No byte of the request was sent: the server cannot have acted."""
    REJECTED = "rejected"
    """The server rejected the request: it did not act."""
    UNKNOWN = "unknown"
    """The server may have acted. Look up what the call changes before you call again."""
    DONE = "done"
    """The server acted, and its response could not be read."""

    def __repr__(self) -> str:
        return f"Outcome.{self.name}"
