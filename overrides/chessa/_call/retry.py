"""Retry decisions and waits, as pure functions: nothing here sends or sleeps."""

import collections
import itertools
import math
import random
import re
from collections.abc import Callable
from typing import Final

from chessa_api.errors import Outcome

from .events import AttemptResult, ErrorKind

RETRYABLE_STATUSES: Final = frozenset({429, 500, 502, 503, 504})
RETRYABLE_KINDS: Final = frozenset({ErrorKind.CONNECTING, ErrorKind.EXCHANGE})
"""Not a certificate, a closed client or an unusable body: they will be the same next time."""

LONGEST_RETRY_AFTER: Final = 60.0
_LONGEST_BACKOFF: Final = 8.0
_FIRST_BACKOFF: Final = 0.1
_MOST_DOUBLINGS: Final = 10
_SECONDS: Final = re.compile(r"[0-9]{1,64}(?:\.[0-9]{1,6})?")

Uniform = Callable[[float, float], float]


def may_retry(result: AttemptResult, outcome: Outcome, *, is_read: bool) -> bool:
    """Return whether a retry can help and cannot do harm.

    A write is retried only when nothing of it was sent, and never because of a response.
    """
    status_code = result.status_code
    if status_code is not None and not 200 <= status_code <= 299:
        return is_read and status_code in RETRYABLE_STATUSES
    if result.kind not in RETRYABLE_KINDS:
        return False
    return is_read or outcome is Outcome.NOT_SENT


def next_wait(
    result: AttemptResult,
    outcome: Outcome,
    *,
    is_read: bool,
    retries: int,
    max_retries: int,
    left: float,
    quota: "Quota",
    uniform: Uniform = random.uniform,
) -> float | None:
    """Return the seconds to wait before the next attempt; None when this one was the last.

    Full jitter: `uniform(0, min(8, 0.1 · 2ⁿ))`, and never less than the server asked for. A
    server that asks for more than 60 s, or for more than is left, ends the call. `retries` counts
    the attempts so far without the first, `left` is the seconds to the deadline.
    """
    if retries >= max_retries or not may_retry(result, outcome, is_read=is_read):
        return None
    floor = result.retry_after or 0.0
    wait = max(floor, uniform(0.0, _backoff(retries)))
    if floor > LONGEST_RETRY_AFTER or wait >= left:
        return None
    if is_read and not quota.take():
        return None
    return wait


def _backoff(retries: int) -> float:
    return min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2.0 ** min(retries, _MOST_DOUBLINGS))


def retry_after_seconds(value: str | None, now: float) -> float | None:
    """Read a Retry-After header, seconds or an HTTP date; None for anything else.

    `now` is the wall clock, in seconds since the epoch.
    """
    if value is None:
        return None
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    if len(text) > 64:
        return None
    import email.utils  # for the few responses with a date

    try:
        seconds = email.utils.parsedate_to_datetime(text).timestamp() - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


class Quota:
    """A token bucket that bounds the load of retries in an outage.

    The figures are those of the AWS SDKs' standard mode: 500 tokens, 14 for a retry. Shared by all
    calls of a client, and without a lock, which a fork would copy while another thread holds it.
    """

    RETRIES: Final = 500 // 14
    SUCCESSES: Final = 14
    """Calls without a retry that pay for one."""

    def __init__(self) -> None:
        self._retries = collections.deque(range(self.RETRIES), maxlen=self.RETRIES)
        self._successes = itertools.count(1)

    def take(self) -> bool:
        """Pay for one retry, if the bucket still has enough."""
        try:
            self._retries.pop()
        except IndexError:
            return False
        return True

    def give_back(self, retries: int) -> None:
        """Put back what the last retry of a successful call cost, or a part of that."""
        if len(self._retries) < self.RETRIES and (
            retries or next(self._successes) % self.SUCCESSES == 0
        ):
            self._retries.append(0)
