"""Whether to try again and how long to wait: decisions, without a clock or a socket."""

import math
import threading
from email.utils import formatdate

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chessa import Outcome
from chessa._call.events import Trouble
from chessa._call.retry import (
    LONGEST_RETRY_AFTER,
    REPEATABLE_STATUSES,
    REPEATABLE_TROUBLES,
    Quota,
    Tried,
    may_repeat,
    next_wait,
    retry_after_seconds,
)

NOW = 1_763_900_000.0
LOST = Tried(
    is_read=True,
    outcome=Outcome.UNKNOWN,
    status_code=None,
    trouble=Trouble.EXCHANGE,
    retry_after=None,
    repeats=0,
)
NOT_SENT = attrs.evolve(LOST, outcome=Outcome.NOT_SENT, trouble=Trouble.CONNECTING)


def answered(status_code: int, *, is_read: bool = True) -> Tried:
    """An attempt that brought this status."""
    outcome = Outcome.REJECTED if is_read else Outcome.UNKNOWN
    return Tried(is_read, outcome, status_code, None, None, 0)


def longest(low: float, high: float) -> float:
    """A `uniform` that always draws the most."""
    return high


def wait(tried: Tried, *, left: float = 30.0, max_retries: int = 2) -> float | None:
    """The wait that follows, with a full quota."""
    return next_wait(tried, max_retries=max_retries, left=left, quota=Quota(), uniform=longest)


@pytest.mark.parametrize("status_code", range(300, 600))
def test_reads_are_repeated_for_five_statuses_only(status_code: int) -> None:
    """429, 500, 502, 503 and 504 may pass; every other status would come again."""
    assert may_repeat(answered(status_code)) is (status_code in REPEATABLE_STATUSES)


@pytest.mark.parametrize("status_code", [200, 201, *range(300, 600)])
def test_no_answer_ever_repeats_a_write(status_code: int) -> None:
    """A write is never repeated because of an answer, 429 and 503 included."""
    assert not may_repeat(answered(status_code, is_read=False))


@pytest.mark.parametrize("trouble", Trouble)
@pytest.mark.parametrize("outcome", Outcome)
def test_a_write_is_repeated_only_when_it_was_not_sent(trouble: Trouble, outcome: Outcome) -> None:
    """A write is repeated after a failed connection that is NOT_SENT by evidence, never else."""
    tried = Tried(False, outcome, None, trouble, None, 0)
    is_safe = outcome is Outcome.NOT_SENT and trouble in REPEATABLE_TROUBLES
    assert may_repeat(tried) is is_safe


@pytest.mark.parametrize("is_read", [True, False])
@pytest.mark.parametrize("trouble", [Trouble.CERTIFICATE, Trouble.UNSENDABLE, Trouble.CLOSED])
def test_what_will_fail_again_is_not_repeated(trouble: Trouble, *, is_read: bool) -> None:
    """A bad certificate, an unsendable request or a closed client is not tried again."""
    assert not may_repeat(Tried(is_read, Outcome.NOT_SENT, None, trouble, None, 0))


def test_a_read_whose_body_was_lost_is_repeated() -> None:
    """A connection lost in the body of a 2xx is a connection fault; an unusable body is not."""
    lost = attrs.evolve(LOST, status_code=200)
    assert may_repeat(lost)
    assert not may_repeat(attrs.evolve(lost, trouble=Trouble.BODY))


def test_max_retries_counts_repeats() -> None:
    """`max_retries` repeats follow the first attempt, for reads and for writes not sent."""
    for tried in (LOST, attrs.evolve(NOT_SENT, is_read=False)):
        assert wait(attrs.evolve(tried, repeats=1)) is not None
        assert wait(attrs.evolve(tried, repeats=2)) is None
        assert wait(tried, max_retries=0) is None


@pytest.mark.parametrize(("repeats", "most"), [(0, 0.1), (1, 0.2), (4, 1.6), (7, 8.0), (60, 8.0)])
def test_the_back_off_doubles_up_to_eight_seconds(repeats: int, most: float) -> None:
    """The wait is drawn from 0 to 0.1 · 2ⁿ seconds, at most 8."""
    tried = attrs.evolve(LOST, repeats=repeats)
    assert wait(tried, max_retries=100) == pytest.approx(most)
    assert next_wait(
        tried, max_retries=100, left=30, quota=Quota(), uniform=lambda low, high: low
    ) == pytest.approx(0.0)


def test_retry_after_is_a_floor() -> None:
    """The wait is never shorter than the server asks for."""
    tried = attrs.evolve(answered(503), retry_after=2.0)
    assert wait(tried) == pytest.approx(2.0)
    assert wait(attrs.evolve(tried, retry_after=0.01)) == pytest.approx(0.1)


@pytest.mark.parametrize("retry_after", [LONGEST_RETRY_AFTER + 0.1, 1e9])
def test_a_long_retry_after_ends_the_call(retry_after: float) -> None:
    """More than 60 s is not waited for, however much time is left."""
    assert wait(attrs.evolve(answered(429), retry_after=retry_after), left=1e12) is None
    assert wait(attrs.evolve(answered(429), retry_after=60.0), left=61) == pytest.approx(60.0)


def test_no_wait_reaches_past_the_deadline() -> None:
    """A wait that would use up the time left is not begun."""
    assert wait(LOST, left=0.05) is None
    assert wait(attrs.evolve(answered(503), retry_after=5.0), left=4.0) is None


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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
    """When every call fails, repeats stop after about 500/14 of them."""
    quota = Quota()
    repeats = sum(
        next_wait(LOST, max_retries=1, left=30, quota=quota) is not None for _ in range(1_000)
    )
    assert repeats == Quota.REPEATS == 35


def test_writes_do_not_draw_on_the_quota() -> None:
    """A write that was not sent is repeated even when reads have used the quota up."""
    quota = Quota()
    while quota.take():
        pass
    write = attrs.evolve(NOT_SENT, is_read=False)
    assert next_wait(write, max_retries=1, left=30, quota=quota) is not None


def test_the_quota_fills_again() -> None:
    """A success after a repeat pays for one, as do fourteen others, up to the brim."""
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
    assert sum(quota.take() for _ in range(1_000)) == Quota.REPEATS


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
    assert sum(taken) == Quota.REPEATS


def test_thousands_of_repeats_overflow_nothing() -> None:
    """The back-off stays at its longest, whatever `max_retries` allows."""
    write = attrs.evolve(NOT_SENT, is_read=False, repeats=5_000)
    waited = next_wait(write, max_retries=9_999, left=30, quota=Quota(), uniform=lambda _, b: b)
    assert waited == 8.0
