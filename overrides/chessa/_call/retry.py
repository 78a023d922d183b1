"""Whether to try again, and how long to wait first. Decisions only: nobody here sends or sleeps.

In: what an attempt brought, how often it was tried, the time left. Out: seconds to wait, or None.
"""

import collections
import itertools
import math
import random
import re
from collections.abc import Callable
from typing import Final

import attrs

from .._outcome import Outcome
from .events import Trouble

REPEATABLE_STATUSES: Final = frozenset({429, 500, 502, 503, 504})
REPEATABLE_TROUBLES: Final = frozenset({Trouble.CONNECTING, Trouble.EXCHANGE})
"""Not a certificate, a closed client or an unusable body: they will be the same next time."""

LONGEST_RETRY_AFTER: Final = 60.0
_LONGEST_BACKOFF: Final = 8.0
_FIRST_BACKOFF: Final = 0.1
_MOST_DOUBLINGS: Final = 10
_SECONDS: Final = re.compile(r"[0-9]{1,64}(?:\.[0-9]{1,6})?")

Uniform = Callable[[float, float], float]


@attrs.frozen
class Tried:
    """An attempt that brought no result."""

    is_read: bool
    outcome: Outcome
    status_code: int | None
    trouble: Trouble | None
    retry_after: float | None
    """What the server asked for, in seconds."""
    repeats: int
    """Attempts so far, the first not counted."""


def may_repeat(tried: Tried) -> bool:
    """Whether a repeat can help and cannot harm.

    A write is repeated only when nothing of it was sent, and never because of an answer.
    """
    if tried.status_code is not None and not 200 <= tried.status_code <= 299:
        return tried.is_read and tried.status_code in REPEATABLE_STATUSES
    if tried.trouble not in REPEATABLE_TROUBLES:
        return False
    return tried.is_read or tried.outcome is Outcome.NOT_SENT


def next_wait(
    tried: Tried,
    *,
    max_retries: int,
    left: float,
    quota: "Quota",
    uniform: Uniform = random.uniform,
) -> float | None:
    """Seconds to wait before the next attempt; None when this one was the last.

    Full jitter: `uniform(0, min(8, 0.1 · 2ⁿ))`, and never less than the server asked for. A
    server that asks for more than 60 s, or for more than is left, ends the call.
    """
    if tried.repeats >= max_retries or not may_repeat(tried):
        return None
    floor = tried.retry_after or 0.0
    wait = max(floor, uniform(0.0, _backoff(tried.repeats)))
    if floor > LONGEST_RETRY_AFTER or wait >= left:
        return None
    if tried.is_read and not quota.take():
        return None
    return wait


def _backoff(repeats: int) -> float:
    return min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2.0 ** min(repeats, _MOST_DOUBLINGS))


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
    import email.utils  # for the few answers with a date

    try:
        seconds = email.utils.parsedate_to_datetime(text).timestamp() - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


class Quota:
    """What repeats may cost: a bucket that a total outage empties, so that load is not doubled.

    The figures are those of the AWS SDKs' standard mode: 500 tokens, 14 for a repeat. Shared by all
    calls of a client, and without a lock, which a fork would copy while another thread holds it.
    """

    REPEATS: Final = 500 // 14
    SUCCESSES: Final = 14
    """Calls without a repeat that pay for one."""

    def __init__(self) -> None:
        self._repeats = collections.deque(range(self.REPEATS), maxlen=self.REPEATS)
        self._successes = itertools.count(1)

    def take(self) -> bool:
        """Pay for one repeat, if the bucket still has enough."""
        try:
            self._repeats.pop()
        except IndexError:
            return False
        return True

    def give_back(self, repeats: int) -> None:
        """A call brought an answer: put back what its last repeat cost, or a part of that."""
        if len(self._repeats) < self.REPEATS and (
            repeats or next(self._successes) % self.SUCCESSES == 0
        ):
            self._repeats.append(0)
