"""FaultQueue that a test asks for: what the clients make of them, and what had happened."""

import time
from typing import Any

import pytest

import chessa
from chessa import Outcome
from chessa.testing import Sandbox
from tests.sandbox.callers import IN_PROCESS, Caller, caller_in, refusal

REFUND = "orders.request_refund"


def refund(order_id: str) -> Any:
    """The refund of an order, for a caller."""
    return lambda c: c.orders.request_refund(order_id=order_id, address="bc1q")


def test_a_lost_answer_leaves_the_outcome_unknown(api: Sandbox, call: Caller) -> None:
    """The money moved once, the caller cannot know it, and nothing is sent again."""
    order = api.add_order().fail()
    api.lose_next_answer()
    error = refusal(call, refund(order.id))
    assert isinstance(error, chessa.OutcomeUnknownError)
    assert (error.outcome, error.attempts, error.status_code) == (Outcome.UNKNOWN, 1, None)
    assert len(api.refunds) == 1
    assert [(r.operation, r.status, r.acted) for r in api.requests] == [(REFUND, None, True)]
    assert call(lambda c: c.orders.retrieve(order.id)).refund is not None


def test_a_fault_waits_for_its_operation(api: Sandbox, call: Caller) -> None:
    """Other calls go through; each fault happens once, or as often as was said."""
    order = api.add_order().fail()
    api.lose_next_answer(operation=REFUND)
    api.fail_next(503, operation="users.me", times=2)
    assert call(lambda c: c.orders.retrieve(order.id)).id == order.id
    assert isinstance(refusal(call, refund(order.id)), chessa.OutcomeUnknownError)
    assert call(lambda c: c.users.me()).email
    assert [r.status for r in api.requests] == [200, None, 503, 503, 200]


def test_a_lost_answer_to_a_read_is_asked_for_again(api: Sandbox, call: Caller) -> None:
    """A read is repeated, and its caller notices nothing."""
    api.lose_next_answer()
    assert call(lambda c: c.users.me()).email
    assert [r.status for r in api.requests] == [None, 200]


@pytest.mark.parametrize("acts", [False, True])
def test_a_proxy_fails(api: Sandbox, call: Caller, acts: bool) -> None:
    """An HTML page says nothing of the outcome; the sandbox acts before it only if told so."""
    order = api.add_order().fail()
    api.fail_next(502, html=True, acts=acts)
    error = refusal(call, refund(order.id))
    assert isinstance(error, chessa.OutcomeUnknownError)
    assert error.status_code == 502
    assert len(api.refunds) == acts


def test_a_refusal_in_the_vendors_envelope(api: Sandbox, call: Caller) -> None:
    """Any code, message, status and header can be had."""
    order = api.add_order().fail()
    api.fail_next(422, error="wrong_tag", message="No such tag", headers={"x-request-id": "r1"})
    error = refusal(call, refund(order.id))
    assert isinstance(error, chessa.UnprocessableEntityError)
    assert (error.code, error.message, error.outcome) == (
        "wrong_tag",
        "No such tag",
        Outcome.REJECTED,
    )
    assert error.headers["x-request-id"] == "r1"
    assert api.refunds == ()


def test_a_late_answer(api: Sandbox, call: Caller) -> None:
    """One that comes in time is taken; one that does not has acted all the same."""
    order = api.add_order().fail()
    api.delay_next(0.1)
    began = time.monotonic()
    assert call(lambda c: c.users.me()).email
    assert 0.1 <= time.monotonic() - began < 2
    api.delay_next(5)
    error = refusal(call, refund(order.id), timeout=0.2)
    assert isinstance(error, chessa.OutcomeUnknownError)
    assert error.timed_out
    assert error.elapsed < 0.45
    assert len(api.refunds) == 1


@pytest.mark.parametrize("mode", IN_PROCESS)
def test_no_server(api: Sandbox, mode: str) -> None:
    """A refused connection is certain: nothing was sent, so even a write is tried again."""
    order = api.add_order().fail()
    with caller_in(mode, api) as call:
        api.refuse_next_connection()
        assert call(refund(order.id)).status == "pending"
        api.refuse_next_connection(times=3)
        error = refusal(call, refund(order.id))
    assert isinstance(error, chessa.NotSentError)
    assert (error.outcome, error.attempts) == (Outcome.NOT_SENT, 3)
    assert [r.status for r in api.requests] == [200]


@pytest.mark.parametrize("mode", ["sync over HTTP", "async over HTTP"])
def test_no_server_over_http(api: Sandbox, mode: str) -> None:
    """There the connection stands already: it is lost, without acting."""
    order = api.add_order().fail()
    api.refuse_next_connection()
    with caller_in(mode, api) as call:
        assert isinstance(refusal(call, refund(order.id)), chessa.OutcomeUnknownError)
    assert api.refunds == ()


def test_a_fault_that_cannot_be(api: Sandbox) -> None:
    """A misspelt operation, a status that is no error, and no times at all are told of at once."""
    with pytest.raises(ValueError, match=r"there is no operation 'orders\.refund'; there are"):
        api.lose_next_answer(operation="orders.refund")
    with pytest.raises(ValueError, match="from 400 to 599"):
        api.fail_next(200)
    with pytest.raises(ValueError, match="at least 1"):
        api.delay_next(1, times=0)


def test_wrong_credentials(call: Caller) -> None:
    """A client with others is refused as the vendor would refuse it."""
    error = refusal(call, lambda c: c.users.me(), client_secret="not-the-secret")
    assert isinstance(error, chessa.AuthenticationError)
    assert error.code == "unauthorized"
