"""What is known of the bytes of one attempt: whether any of the request was handed to the network.

In: `track` and `mark_sent`, said by a transport. Out: `nothing_sent`, which the judge relies on.
"""

import time
from contextvars import ContextVar
from typing import Final

EXTENSION: Final = "chessa.evidence"
"""Where a transport finds the evidence of a request: `request.extensions["chessa.evidence"]`."""


class Evidence:
    """One attempt's evidence. Without `track`, nothing is known, and that counts as sent."""

    __slots__ = ("_sent", "_tracked")

    def __init__(self) -> None:
        self._tracked = False
        self._sent = False

    def track(self) -> None:
        """Say, before anything is sent, that `mark_sent` will follow when it is."""
        self._tracked = True

    def entrust(self) -> None:
        """Say that the request is handed to somebody who may send it, and may keep watch or not."""
        self._tracked = False

    def mark_sent(self) -> None:
        """Say that the first byte of the request is about to be handed to the network."""
        self._sent = True

    @property
    def nothing_sent(self) -> bool:
        """Whether somebody kept watch and no byte went out."""
        return self._tracked and not self._sent

    def __repr__(self) -> str:
        state = "sent" if self._sent else "nothing sent" if self._tracked else "untracked"
        return f"Evidence({state})"


class CurrentAttempt:
    """What the network backend needs to know of the attempt that it serves."""

    __slots__ = ("deadline", "evidence")

    def __init__(self, deadline: float, evidence: Evidence) -> None:
        self.deadline = deadline
        self.evidence = evidence

    def left(self) -> float:
        """Seconds until the deadline of the call."""
        return self.deadline - time.monotonic()


CURRENT: Final[ContextVar[CurrentAttempt | None]] = ContextVar("chessa_attempt", default=None)
"""httpcore gives its backend no request, so the attempt reaches it this way."""


def bounded(timeout: float | None, expired: type[Exception]) -> float | None:
    """Clamp a time limit to what is left of the current call; raise `expired` if nothing is."""
    attempt = CURRENT.get()
    if attempt is None:
        return timeout
    left = attempt.left()
    if left <= 0:
        raise expired("the deadline of the call has passed")
    return left if timeout is None or left < timeout else timeout


def still_connecting() -> bool:
    """Whether the current attempt has sent nothing yet: what is read now is a proxy's answer."""
    attempt = CURRENT.get()
    return attempt is not None and attempt.evidence.nothing_sent
