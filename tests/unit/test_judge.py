"""The table of outcomes, row by row: facts in, outcome out. No socket, no client."""

import itertools

import pytest

from chessa import Outcome
from chessa._call.events import Trouble
from chessa._call.outcomes import ESTABLISHING, INCONCLUSIVE, Facts, judge

NOT_SENT, REJECTED, UNKNOWN, DONE = Outcome


@pytest.mark.parametrize("is_read", [True, False])
@pytest.mark.parametrize("trouble", sorted(ESTABLISHING, key=str))
def test_no_connection_and_no_byte_is_not_sent(trouble: Trouble, *, is_read: bool) -> None:
    """A failure to connect, with the evidence that nothing was sent, is NOT_SENT."""
    assert judge(Facts(is_read, trouble=trouble, nothing_sent=True)) is NOT_SENT


@pytest.mark.parametrize("is_read", [True, False])
@pytest.mark.parametrize("trouble", Trouble)
def test_without_evidence_nothing_is_not_sent(trouble: Trouble, *, is_read: bool) -> None:
    """The kind of failure alone never proves that nothing was sent."""
    assert judge(Facts(is_read, trouble=trouble, nothing_sent=False)) is UNKNOWN


@pytest.mark.parametrize("trouble", sorted(set(Trouble) - ESTABLISHING, key=str))
def test_evidence_alone_is_not_enough(trouble: Trouble) -> None:
    """The evidence alone, without a failure to connect, never proves that nothing was sent."""
    assert judge(Facts(is_read=False, trouble=trouble, nothing_sent=True)) is UNKNOWN


@pytest.mark.parametrize("is_read", [True, False])
@pytest.mark.parametrize("status_code", [200, 201, 204, 206, 226, 299])
def test_any_2xx_with_a_result_is_success(status_code: int, *, is_read: bool) -> None:
    """A 2xx whose body was read is a result, documented number or not."""
    assert judge(Facts(is_read, status_code, has_result=True)) is None


@pytest.mark.parametrize("status_code", [200, 201, 204, 299])
@pytest.mark.parametrize("trouble", [None, *Trouble])
def test_an_unread_2xx_means_done_on_a_write(status_code: int, trouble: Trouble | None) -> None:
    """After a 2xx status line a write has happened, whatever became of the body."""
    assert judge(Facts(is_read=False, status_code=status_code, trouble=trouble)) is DONE
    assert judge(Facts(is_read=True, status_code=status_code, trouble=trouble)) is UNKNOWN


CONCLUSIVE = sorted(set(range(400, 500)) - INCONCLUSIVE)


@pytest.mark.parametrize("is_read", [True, False])
@pytest.mark.parametrize("status_code", [400, 401, 403, 404, 422, 429])
def test_a_4xx_in_the_vendors_envelope_is_rejected(status_code: int, *, is_read: bool) -> None:
    """A 4xx that repeats its status in the vendor's envelope is the API's own no."""
    assert judge(Facts(is_read, status_code, envelope_status=status_code)) is REJECTED


@pytest.mark.parametrize("status_code", CONCLUSIVE)
@pytest.mark.parametrize("envelope_status", [None, 200, 499, 500])
def test_a_4xx_that_is_not_the_apis_own_is_unknown_on_a_write(
    status_code: int, envelope_status: int | None
) -> None:
    """Without the envelope, or with another status in it, a gateway may be speaking."""
    if envelope_status != status_code:
        facts = Facts(is_read=False, status_code=status_code, envelope_status=envelope_status)
        assert judge(facts) is UNKNOWN


@pytest.mark.parametrize("status_code", sorted(INCONCLUSIVE))
def test_statuses_that_mean_perhaps_are_unknown_on_a_write(status_code: int) -> None:
    """408, 409, 423, 425 and 499 prove nothing, not even in the vendor's envelope."""
    facts = Facts(is_read=False, status_code=status_code, envelope_status=status_code)
    assert judge(facts) is UNKNOWN


OTHERS = [
    0,
    99,
    100,
    101,
    103,
    199,
    300,
    301,
    302,
    303,
    307,
    308,
    399,
    500,
    502,
    503,
    504,
    520,
    599,
]


@pytest.mark.parametrize("status_code", [*OTHERS, 600, 999])
def test_any_other_status_is_unknown_on_a_write_and_a_no_on_a_read(status_code: int) -> None:
    """Redirects, 5xx and odd statuses prove nothing about a write, whatever their body says."""
    for envelope_status in (None, status_code):
        facts = Facts(is_read=False, status_code=status_code, envelope_status=envelope_status)
        assert judge(facts) is UNKNOWN
        assert judge(Facts(True, status_code, envelope_status=envelope_status)) is REJECTED


def test_every_combination_of_facts_has_an_outcome() -> None:
    """No combination falls through the table, and a write is never NOT_SENT after a status line."""
    statuses = [None, 0, 101, 200, 204, 299, 302, 400, 404, 409, 429, 500, 503, 999]
    for is_read, status, result, envelope, trouble, nothing_sent in itertools.product(
        (True, False), statuses, (True, False), statuses, (None, *Trouble), (True, False)
    ):
        outcome = judge(Facts(is_read, status, result, envelope, trouble, nothing_sent))
        assert outcome is None or isinstance(outcome, Outcome)
        if status is not None:
            assert outcome is not NOT_SENT
        if outcome is None:
            assert status is not None
            assert 200 <= status <= 299
