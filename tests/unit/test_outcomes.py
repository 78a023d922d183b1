"""The table of outcomes, row by row: attempt result in, outcome out. No socket, no client."""

import itertools

from chessa import Outcome
from chessa._call.bodies import ErrorBody
from chessa._call.events import AttemptResult, ErrorKind, Failure, Response
from chessa._call.outcomes import ESTABLISHING, INCONCLUSIVE, outcome_of
from tests.marks import table

NOT_SENT, REJECTED, UNKNOWN, DONE = Outcome


def result(
    status_code: int | None = None,
    *,
    kind: ErrorKind | None = None,
    nothing_sent: bool = False,
    has_result: bool = False,
    envelope_status: int | None = None,
) -> AttemptResult:
    """Return what an attempt brought."""
    return AttemptResult(
        response=None if status_code is None else Response(status_code, (), b""),
        failure=None if kind is None else Failure(kind, "X"),
        nothing_sent=nothing_sent,
        has_result=has_result,
        error=ErrorBody({}, envelope_status=envelope_status),
    )


@table("is_read", [True, False])
@table("kind", sorted(ESTABLISHING, key=str))
def test_no_connection_and_no_byte_is_not_sent(kind: ErrorKind, *, is_read: bool) -> None:
    """A failure to connect, with the evidence that nothing was sent, is NOT_SENT."""
    assert outcome_of(result(kind=kind, nothing_sent=True), is_read=is_read) is NOT_SENT


@table("is_read", [True, False])
@table("kind", ErrorKind)
def test_without_evidence_nothing_is_not_sent(kind: ErrorKind, *, is_read: bool) -> None:
    """The kind of failure alone never proves that nothing was sent."""
    assert outcome_of(result(kind=kind), is_read=is_read) is UNKNOWN


@table("kind", sorted(set(ErrorKind) - ESTABLISHING, key=str))
def test_evidence_alone_is_not_enough(kind: ErrorKind) -> None:
    """The evidence alone, without a failure to connect, never proves that nothing was sent."""
    assert outcome_of(result(kind=kind, nothing_sent=True), is_read=False) is UNKNOWN


@table("is_read", [True, False])
@table("status_code", [200, 201, 204, 206, 226, 299])
def test_any_2xx_with_a_result_is_success(status_code: int, *, is_read: bool) -> None:
    """A 2xx whose body was read is a result, documented number or not."""
    assert outcome_of(result(status_code, has_result=True), is_read=is_read) is None


@table("status_code", [200, 201, 204, 299])
@table("kind", [None, *ErrorKind])
def test_an_unread_2xx_means_done_on_a_write(status_code: int, kind: ErrorKind | None) -> None:
    """After a 2xx status line a write has happened, whatever became of the body."""
    assert outcome_of(result(status_code, kind=kind), is_read=False) is DONE
    assert outcome_of(result(status_code, kind=kind), is_read=True) is UNKNOWN


CONCLUSIVE = sorted(set(range(400, 500)) - INCONCLUSIVE)


@table("is_read", [True, False])
@table("status_code", [400, 401, 403, 404, 422, 429])
def test_a_4xx_in_the_vendors_envelope_is_rejected(status_code: int, *, is_read: bool) -> None:
    """A 4xx with its status in the vendor's envelope is a rejection by the API."""
    rejected = result(status_code, envelope_status=status_code)
    assert outcome_of(rejected, is_read=is_read) is REJECTED


@table("envelope_status", [None, 200, 499, 500])
def test_a_4xx_that_is_not_the_apis_own_is_unknown_on_a_write(envelope_status: int | None) -> None:
    """Without the envelope, or with another status in it, a gateway may be speaking."""
    for status_code in CONCLUSIVE:
        brought = result(status_code, envelope_status=envelope_status)
        assert outcome_of(brought, is_read=False) is UNKNOWN, status_code


@table("status_code", sorted(INCONCLUSIVE))
def test_statuses_that_mean_perhaps_are_unknown_on_a_write(status_code: int) -> None:
    """408, 409, 423, 425 and 499 prove nothing, not even in the vendor's envelope."""
    brought = result(status_code, envelope_status=status_code)
    assert outcome_of(brought, is_read=False) is UNKNOWN


OTHERS = [0, 99, *(100, 101, 103, 199), *(300, 301, 302, 303, 307, 308, 399), *(500, 502, 503)]
OTHERS += [504, 520, 599, 600, 999]


@table("status_code", OTHERS)
def test_any_other_status_is_unknown_on_a_write_and_a_no_on_a_read(status_code: int) -> None:
    """Redirects, 5xx and odd statuses prove nothing about a write, whatever their body says."""
    for envelope_status in (None, status_code):
        brought = result(status_code, envelope_status=envelope_status)
        assert outcome_of(brought, is_read=False) is UNKNOWN
        assert outcome_of(brought, is_read=True) is REJECTED


@table("kind", ErrorKind)
def test_a_4xx_whose_body_was_lost_is_unknown_on_a_write(kind: ErrorKind) -> None:
    """An envelope counts only when it was received to its end."""
    brought = result(400, kind=kind, envelope_status=400)
    assert outcome_of(brought, is_read=False) is UNKNOWN


def test_every_attempt_result_has_an_outcome() -> None:
    """No combination falls through the table, and a write is never NOT_SENT after a status line."""
    statuses = [None, 0, 101, 200, 204, 299, 302, 400, 404, 409, 429, 500, 503, 999]
    for status, has_result, envelope, kind, nothing_sent in itertools.product(
        statuses, (True, False), statuses, (None, *ErrorKind), (True, False)
    ):
        brought = result(
            status,
            kind=kind,
            nothing_sent=nothing_sent,
            has_result=has_result,
            envelope_status=envelope,
        )
        for is_read in (True, False):
            outcome = outcome_of(brought, is_read=is_read)
            assert outcome is None or isinstance(outcome, Outcome)
            if status is not None:
                assert outcome is not NOT_SENT
            if outcome is None:
                assert status is not None
                assert 200 <= status <= 299
