"""Evidence of what was sent: whether any byte of a request reached the network.

Our own network backend reports it for our own connections, httpcore's `trace` extension for any
other httpx transport. The outcome table relies on it.
"""

import time
from typing import Any, Final

EXTENSION: Final = "chessa.evidence"
"""Where a transport finds the evidence of a request: `request.extensions["chessa.evidence"]`."""
LATE: Final = "the deadline of the call has passed"
_CONNECT: Final = (b"CONNECT", "CONNECT")


class Evidence:
    """The evidence of one attempt. Without any, a request counts as sent."""

    __slots__ = ("_is_tracked", "_is_tunnelling", "_sent")

    def __init__(self) -> None:
        self._is_tracked = False
        self._sent = False
        self._is_tunnelling = False

    def track(self) -> None:
        """Record that nothing was sent, and that `mark_sent` is called before anything is."""
        self._is_tracked = True

    def entrust(self) -> None:
        """Record that a transport has the request that may send it without any evidence."""
        self._is_tracked = False

    def mark_sent(self) -> None:
        """Record that the first byte of the request is about to be sent."""
        self._sent = True

    def mark_tunnel(self) -> None:
        """Record that a proxy is asked for a tunnel: from now on failures are the proxy's."""
        self._is_tunnelling = True

    @property
    def is_at_proxy(self) -> bool:
        """True once a proxy was asked for a tunnel, until the request is sent through it."""
        return self._is_tunnelling and self.nothing_sent

    @property
    def nothing_sent(self) -> bool:
        """True if it is certain that no byte was sent."""
        return self._is_tracked and not self._sent

    def trace(self, name: str, info: dict[str, Any]) -> None:
        """Take an event of httpcore's `trace` extension.

        The start of a request's headers, of any protocol, means sent; that of a CONNECT, which asks
        a proxy for a tunnel, does not. Failed to connect, in TLS or at a proxy means not sent.
        """
        stage, _, state = name.rpartition(".")
        if state == "started" and stage.endswith("send_request_headers"):
            self._is_tunnelling = getattr(info.get("request"), "method", None) in _CONNECT
            self._sent = self._sent or not self._is_tunnelling
        elif state == "failed" or (self._is_tunnelling and _is_refusal(info.get("return_value"))):
            self._is_tracked = True

    async def trace_async(self, name: str, info: dict[str, Any]) -> None:
        """Do the same where httpcore awaits it."""
        self.trace(name, info)

    def __repr__(self) -> str:
        state = "sent" if self._sent else "nothing sent" if self._is_tracked else "unknown"
        return f"Evidence({state})"


def _is_refusal(returned: Any) -> bool:
    """Return whether this is the head of a proxy's response that opens no tunnel."""
    match returned:
        case (_, int(status), *_):
            return not 200 <= status <= 299
        case _:
            return False


class Watch:
    """The deadline and the evidence of the attempt that a connection serves."""

    __slots__ = ("deadline", "evidence")

    def __init__(self) -> None:
        self.deadline = float("inf")
        self.evidence = Evidence()

    def begin(self, deadline: float, evidence: Evidence) -> None:
        """Serve this attempt from now on."""
        self.deadline = deadline
        self.evidence = evidence

    def left(self) -> float:
        """Return the seconds until the deadline of the call."""
        return self.deadline - time.monotonic()

    def bounded(self, timeout: float | None, expired: type[Exception]) -> float:
        """Clamp a time limit to what is left of the call; raise `expired` if nothing is."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise expired(LATE)
        return left if timeout is None or left < timeout else timeout
