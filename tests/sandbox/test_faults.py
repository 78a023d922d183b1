"""Faults of the sandbox: the errors of the clients, and the effect at the sandbox."""

import time
from typing import Any

import pytest

import chessa
from chessa import Outcome
from chessa.testing import Sandbox
from tests.sandbox.callers import IN_PROCESS, Caller, caller_in, refused

REFUND = "orders.request_refund"


def refund(order_id: str) -> Any:
    """Return the refund of an order, for a caller."""
    return lambda c: c.orders.request_refund(order_id=order_id, address="bc1q")


def test_a_lost_response_leaves_the_outcome_unknown(api: Sandbox, call: Caller) -> None:
    """The money moved once, the caller cannot know it, and nothing is sent again."""
    order = api.add_order().fail()
    api.lose_next_answer()
    error = refused(call, chessa.OutcomeUnknownError, refund(order.id))
    assert (error.outcome, error.attempts, error.status_code) == (Outcome.UNKNOWN, 1, None)
    assert len(api.refunds) == 1
    assert [(r.operation, r.status, r.acted) for r in api.requests] == [(REFUND, None, True)]
    assert call(lambda c: c.orders.retrieve(order.id)).refund is not None


def test_a_fault_waits_for_its_operation(api: Sandbox, call: Caller) -> None:
    """Other calls succeed; each fault happens once, or `times`."""
    order = api.add_order().fail()
    api.lose_next_answer(operation=REFUND)
    api.fail_next(503, operation="users.me", times=2)
    assert call(lambda c: c.orders.retrieve(order.id)).id == order.id
    refused(call, chessa.OutcomeUnknownError, refund(order.id))
    assert call(lambda c: c.users.me()).email
    assert [r.status for r in api.requests] == [200, None, 503, 503, 200]


def test_a_read_whose_response_is_lost_is_retried(api: Sandbox, call: Caller) -> None:
    """The caller gets the result of the retry."""
    api.lose_next_answer()
    assert call(lambda c: c.users.me()).email
    assert [r.status for r in api.requests] == [None, 200]


@pytest.mark.parametrize("acts", [False, True])
def test_a_proxy_fails(api: Sandbox, call: Caller, acts: bool) -> None:
    """An HTML page leaves the outcome unknown; the sandbox acts before it only with `acts`."""
    order = api.add_order().fail()
    api.fail_next(502, html=True, acts=acts)
    error = refused(call, chessa.OutcomeUnknownError, refund(order.id))
    assert error.status_code == 502
    assert len(api.refunds) == acts


def test_a_rejection_in_the_vendors_envelope(api: Sandbox, call: Caller) -> None:
    """Code, message, status and headers are those of the test."""
    order = api.add_order().fail()
    api.fail_next(422, error="wrong_tag", message="No such tag", headers={"x-request-id": "r1"})
    error = refused(call, chessa.UnprocessableEntityError, refund(order.id))
    assert (error.code, error.message, error.outcome) == (
        "wrong_tag",
        "No such tag",
        Outcome.REJECTED,
    )
    assert error.headers["x-request-id"] == "r1"
    assert api.refunds == ()


def test_a_late_response(api: Sandbox, call: Caller) -> None:
    """The sandbox acts, in time for the caller or not."""
    order = api.add_order().fail()
    api.delay_next(0.1)
    began = time.monotonic()
    assert call(lambda c: c.users.me()).email
    assert time.monotonic() - began >= 0.1
    api.delay_next(5)
    error = refused(call, chessa.OutcomeUnknownError, refund(order.id), timeout=0.2)
    assert error.timed_out
    assert len(api.refunds) == 1


@pytest.mark.parametrize("mode", IN_PROCESS)
def test_no_server(api: Sandbox, mode: str) -> None:
    """A refused connection proves that nothing was sent: even a write is retried."""
    order = api.add_order().fail()
    with caller_in(mode, api) as call:
        api.refuse_next_connection()
        assert call(refund(order.id)).status == "pending"
        api.refuse_next_connection(times=3)
        error = refused(call, chessa.NotSentError, refund(order.id))
    assert (error.outcome, error.attempts) == (Outcome.NOT_SENT, 3)
    assert [r.acted for r in api.requests] == [True]


@pytest.mark.parametrize("mode", ["sync over HTTP", "async over HTTP"])
def test_no_server_over_http(api: Sandbox, mode: str) -> None:
    """The connection is established already: it is lost, and the sandbox does not act."""
    order = api.add_order().fail()
    api.refuse_next_connection()
    with caller_in(mode, api) as call:
        refused(call, chessa.OutcomeUnknownError, refund(order.id))
    assert api.refunds == ()


def test_an_impossible_fault_is_refused(api: Sandbox) -> None:
    """A misspelt operation, a status that is not an error, and zero times raise at once."""
    with pytest.raises(ValueError, match=r"there is no operation 'orders\.refund'; there are"):
        api.lose_next_answer(operation="orders.refund")
    with pytest.raises(ValueError, match="from 400 to 599"):
        api.fail_next(200)
    with pytest.raises(ValueError, match="at least 1"):
        api.delay_next(1, times=0)


def test_wrong_credentials(call: Caller) -> None:
    """A client with others gets the vendor's 401."""
    error = refused(
        call, chessa.AuthenticationError, lambda c: c.users.me(), client_secret="not-the-secret"
    )
    assert error.code == "unauthorized"
