"""Retry decisions and waits, without a clock or a socket."""

import math
import threading
from email.utils import formatdate

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chessa import Outcome
from chessa._call.events import AttemptResult, ErrorKind, Failure, Response
from chessa._call.retry import (
    LONGEST_RETRY_AFTER,
    RETRYABLE_KINDS,
    RETRYABLE_STATUSES,
    Quota,
    Uniform,
    may_retry,
    next_wait,
    retry_after_seconds,
)
from tests.marks import table

NOW = 1_763_900_000.0


@attrs.frozen
class Tried:
    """An attempt that brought no result, and how it counts."""

    result: AttemptResult
    outcome: Outcome
    is_read: bool = True

    def may_retry(self) -> bool:
        """Return what is decided about it."""
        return may_retry(self.result, self.outcome, is_read=self.is_read)


def failed(
    kind: ErrorKind, outcome: Outcome, status_code: int | None = None, *, is_read: bool = True
) -> Tried:
    """Return an attempt that failed, before or after a status line."""
    response = None if status_code is None else Response(status_code, (), b"")
    return Tried(AttemptResult(response, Failure(kind, "X")), outcome, is_read)


def rejected(status_code: int, *, is_read: bool = True, retry_after: float | None = None) -> Tried:
    """Return an attempt that brought this status."""
    brought = AttemptResult(Response(status_code, (), b""), retry_after=retry_after)
    return Tried(brought, Outcome.REJECTED if is_read else Outcome.UNKNOWN, is_read)


LOST = failed(ErrorKind.EXCHANGE, Outcome.UNKNOWN)
NOT_SENT = failed(ErrorKind.CONNECTING, Outcome.NOT_SENT)
WRITE_NOT_SENT = attrs.evolve(NOT_SENT, is_read=False)


def longest(low: float, high: float) -> float:
    """Return a `uniform` that always draws the most."""
    return high


def wait(
    tried: Tried,
    *,
    retries: int = 0,
    max_retries: int = 2,
    left: float = 30.0,
    quota: Quota | None = None,
    uniform: Uniform = longest,
) -> float | None:
    """Return the wait that follows, with a full quota unless another is given."""
    return next_wait(
        tried.result,
        tried.outcome,
        is_read=tried.is_read,
        retries=retries,
        max_retries=max_retries,
        left=left,
        quota=quota or Quota(),
        uniform=uniform,
    )


def test_reads_are_retried_for_five_statuses_only() -> None:
    """429, 500, 502, 503 and 504 may pass; every other status would come again."""
    retried = {status for status in range(300, 600) if rejected(status).may_retry()}
    assert retried == RETRYABLE_STATUSES


def test_the_five_statuses_are_these() -> None:
    """No status joins them by accident."""
    assert sorted(RETRYABLE_STATUSES) == [429, 500, 502, 503, 504]


def test_no_response_ever_retries_a_write() -> None:
    """A write is never retried because of a response, 429 and 503 included."""
    statuses = [200, 201, *range(300, 600)]
    assert not [each for each in statuses if rejected(each, is_read=False).may_retry()]


@table("kind", ErrorKind)
@table("outcome", Outcome)
def test_a_write_is_retried_only_when_it_was_not_sent(kind: ErrorKind, outcome: Outcome) -> None:
    """A write is retried after a failed connection that is NOT_SENT by evidence, never else."""
    is_safe = outcome is Outcome.NOT_SENT and kind in RETRYABLE_KINDS
    assert failed(kind, outcome, is_read=False).may_retry() is is_safe


@table("is_read", [True, False])
@table("kind", sorted(set(ErrorKind) - RETRYABLE_KINDS, key=str))
def test_what_will_fail_again_is_not_retried(kind: ErrorKind, *, is_read: bool) -> None:
    """A bad certificate, an unsendable request or a closed client is not tried again."""
    assert not failed(kind, Outcome.NOT_SENT, is_read=is_read).may_retry()


def test_a_read_whose_body_was_lost_is_retried() -> None:
    """A connection lost in the body of a 2xx is a connection fault; an unusable body is not."""
    assert failed(ErrorKind.EXCHANGE, Outcome.UNKNOWN, 200).may_retry()
    assert not failed(ErrorKind.BODY, Outcome.UNKNOWN, 200).may_retry()


def test_max_retries_counts_retries() -> None:
    """`max_retries` retries follow the first attempt, for reads and for writes not sent."""
    for tried in (LOST, WRITE_NOT_SENT):
        assert wait(tried, retries=1) is not None
        assert wait(tried, retries=2) is None
        assert wait(tried, max_retries=0) is None


@table(("retries", "most"), [(0, 0.1), (1, 0.2), (4, 1.6), (7, 8.0), (60, 8.0)])
def test_the_back_off_doubles_up_to_eight_seconds(retries: int, most: float) -> None:
    """The wait is drawn from 0 to 0.1 · 2ⁿ seconds, at most 8."""
    assert wait(LOST, retries=retries, max_retries=100) == pytest.approx(most)
    least = wait(LOST, retries=retries, max_retries=100, uniform=lambda low, high: low)
    assert least == pytest.approx(0.0)


def test_retry_after_is_a_floor() -> None:
    """The wait is never shorter than the server asks for."""
    assert wait(rejected(503, retry_after=2.0)) == pytest.approx(2.0)
    assert wait(rejected(503, retry_after=0.01)) == pytest.approx(0.1)


@pytest.mark.parametrize("retry_after", [LONGEST_RETRY_AFTER + 0.1, 1e9])
def test_a_long_retry_after_ends_the_call(retry_after: float) -> None:
    """More than 60 s is not waited for, however much time is left."""
    assert wait(rejected(429, retry_after=retry_after), left=1e12) is None
    assert wait(rejected(429, retry_after=60.0), left=61) == pytest.approx(60.0)


def test_no_wait_reaches_past_the_deadline() -> None:
    """A wait that would use up the time left is not begun."""
    assert wait(LOST, left=0.05) is None
    assert wait(rejected(503, retry_after=5.0), left=4.0) is None


@table(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("1000000000", 1e9),
        ("9" * 30, 1e30),
        (formatdate(NOW + 90, usegmt=True), 90.0),
        (formatdate(NOW - 90, usegmt=True), 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float) -> None:
    """Both forms are read; a date that has passed asks for no wait."""
    assert retry_after_seconds(value, NOW) == pytest.approx(seconds)


@table(
    "value",
    ["", "-1", "nan", "inf", "1e9", "soon", "7s", "0x7", "٧", "9" * 5000, "Mon", ", ,"],
)
def test_a_retry_after_that_is_none_is_ignored(value: str) -> None:
    """Junk, negative numbers, NaN and endless digits are as good as no header."""
    assert retry_after_seconds(value, NOW) is None
    assert retry_after_seconds(None, NOW) is None


@given(st.text(max_size=80))
def test_no_retry_after_breaks_anything(value: str) -> None:
    """Whatever the header says, what comes out is None or a finite number, zero or more."""
    seconds = retry_after_seconds(value, NOW)
    assert seconds is None or (math.isfinite(seconds) and seconds >= 0)


def test_an_outage_empties_the_quota() -> None:
    """When every call fails, retries stop after about 500/14 of them."""
    quota = Quota()
    retries = sum(wait(LOST, max_retries=1, quota=quota) is not None for _ in range(1_000))
    assert retries == Quota.RETRIES == 35


def test_writes_do_not_draw_on_the_quota() -> None:
    """A write that was not sent is retried even when reads have used the quota up."""
    quota = Quota()
    while quota.take():
        pass
    assert wait(LOST, quota=quota) is None
    assert wait(WRITE_NOT_SENT, max_retries=1, quota=quota) is not None


def test_the_quota_fills_again() -> None:
    """A success after a retry pays for one, as do fourteen others, up to the brim."""
    quota = Quota()
    while quota.take():
        pass
    gifts = 0
    while not quota.take():
        quota.give_back(0)
        gifts += 1
    assert gifts == Quota.SUCCESSES == 14
    quota.give_back(1)
    assert quota.take()
    assert not quota.take()
    for _ in range(1_000):
        quota.give_back(2)
    assert sum(quota.take() for _ in range(1_000)) == Quota.RETRIES


def test_threads_share_the_quota_exactly() -> None:
    """Many threads together take no more than there is."""
    quota = Quota()
    taken: list[bool] = []
    threads = [
        threading.Thread(target=lambda: taken.extend(quota.take() for _ in range(50)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == Quota.RETRIES


def test_thousands_of_retries_overflow_nothing() -> None:
    """The back-off stays at its longest, whatever `max_retries` allows."""
    assert wait(WRITE_NOT_SENT, retries=5_000, max_retries=9_999) == 8.0
