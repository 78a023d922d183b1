"""What is known of a call that did not return a result: the question "did it happen?" answered.

Every `ChessaError` carries one of these in `.outcome`.
"""

import enum


class Outcome(enum.Enum):
    """What a failed call may have done at the server."""

    NOT_SENT = "not sent"
    """No byte of the request was handed over: the server cannot have acted."""
    REJECTED = "rejected"
    """The server answered no: it did not act."""
    UNKNOWN = "unknown"
    """The server may have acted. Look before doing anything again."""
    DONE = "done"
    """The server acted, and its answer could not be read."""

    def __repr__(self) -> str:
        return f"Outcome.{self.name}"
