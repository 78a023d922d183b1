"""Orders that are not paid once and exactly: counted, shown, and carried on as chosen."""

import contextlib
from decimal import Decimal
from typing import Any

import pytest

import chessa
from chessa.models import OrderStatus
from chessa.testing import Mistakes, Sandbox
from tests.sandbox.callers import Caller, refused


def test_paying_one_address_twice_is_counted(api: Sandbox) -> None:
    """The second payment is a deposit as well, and changes nothing else."""
    order = api.add_order().fund().pay()
    api.clock.advance(hours=1)
    assert order.status == "completed"
    order.pay(amount=Decimal("0.5"))
    assert [m.amount for m in api.movements if m.kind == "deposit"] == [10, 10, Decimal("0.5")]
    assert (order.paid_amount, order.is_paid_twice) == (Decimal("20.5"), True)
    assert api.mistakes == Mistakes(paid_twice=1)
    assert len({deposit.hash for deposit in order.deposits}) == 3


def test_an_underpaid_order_waits_for_the_rest(api: Sandbox, call: Caller) -> None:
    """It goes on from the payment that completes the amount, which is not a second payment."""
    order = api.add_order().fund(amount=4)
    api.clock.advance(hours=1)
    assert order.status == "waiting_for_confirmations"
    assert api.mistakes == Mistakes(underpaid=1)
    order.pay(amount=6)
    assert api.mistakes == Mistakes()
    assert order.status == "waiting_for_confirmations"
    api.clock.advance(seconds=1)
    shown = call(lambda c: c.orders.retrieve(order.id))
    assert (shown.status, shown.crypto_deposit.amount) == ("funds_received", 4)


@pytest.mark.parametrize(
    ("rules", "amount", "status"),
    [
        ({"underpaid": "fail"}, 9, OrderStatus.FAILED),
        ({"underpaid": "accept"}, 9, "completed"),
        ({}, 11, "completed"),
        ({"overpaid": "fail"}, 11, OrderStatus.FAILED),
        ({"overpaid": "fail", "underpaid": "fail"}, 10, "completed"),
    ],
)
def test_the_rules_are_a_choice(
    api: Sandbox, rules: dict[str, Any], amount: int, status: str
) -> None:
    """Each rule has its end; what was paid comes back with a refund."""
    api.set_payment_rules(**rules)
    order = api.add_order().fund(amount=amount)
    api.clock.advance(hours=1)
    assert order.status == status
    if status == OrderStatus.FAILED:
        api.request_refund(order.id)
        assert api.refunds[0].amount == amount


def test_an_impossible_amount_is_refused(api: Sandbox) -> None:
    """Zero, less, and a float raise before anything is paid; so does an unknown rule."""
    order = api.add_order()
    for wrong in (0, -1, Decimal("NaN"), Decimal("Infinity")):
        with pytest.raises(ValueError, match="more than zero"):
            order.fund(amount=wrong)
    with pytest.raises(TypeError, match="float"):
        order.pay(amount=0.1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    wrong_rule: Any = "no"
    with pytest.raises(ValueError, match="'no' is not one of wait, fail, accept"):
        api.set_payment_rules(underpaid=wrong_rule)
    assert not api.movements


def test_notes_are_kept(api: Sandbox, call: Caller) -> None:
    """The sandbox keeps the notes of a funding request; the API shows none, as documented."""
    order = api.add_order()
    shown = call(lambda c: c.orders.prepare_funding(order_id=order.id, chain="Tron", notes="7 <b>"))
    assert shown.note is None
    assert api.orders[order.id].notes == "7 <b>"


def test_a_truncated_response_acted(api: Sandbox, call: Caller) -> None:
    """The response breaks off: the refund is made, and its caller cannot know."""
    order = api.add_order().fund().fail()
    api.truncate_next_answer(operation="orders.request_refund")
    error = refused(
        call,
        chessa.OutcomeUnknownError,
        lambda c: c.orders.request_refund(order_id=order.id, address="bc1q"),
        max_retries=0,
    )
    assert error.outcome is not chessa.Outcome.NOT_SENT
    assert len(api.refunds) == 1
    assert (api.requests[-1].outcome, api.requests[-1].acted) == ("lost", True)


def test_chance_repeats_itself(api: Sandbox) -> None:
    """The same seed and requests have the same faults, about as many as the rate says."""

    def outcomes() -> list[str | None]:
        api.reset(seed="1")
        api.set_chaos(rate=0.5, seed=7, operation="users.me")
        with api.client(max_retries=0) as client:
            for _ in range(30):
                with contextlib.suppress(chessa.ChessaError):
                    client.users.me()
                client.rates.retrieve("USDC", "NGN")
        assert {r.fault for r in api.requests if r.operation != "users.me"} == {None}
        return [r.fault for r in api.requests]

    first = outcomes()
    assert first == outcomes()
    assert 5 <= sum(fault is not None for fault in first) <= 25


def test_the_transcript_draws_what_happened(api: Sandbox) -> None:
    """Requests, faults and movements stand in their order; odd characters cannot break a line."""
    order = api.add_order().fund(payout_fails=True)
    api.clock.advance(hours=1)
    api.lose_next_answer()
    api.request_refund(order.id)
    order.force_status("odd\nstatus\x1b[31m")
    lines = api.transcript().splitlines()
    kept = [line for line in lines if "refund" in line or "lost" in line or "lose" in line]
    assert [line.split() for line in kept] == [
        ["|", "|", *["fault", "waiting:", "lose,", "acts,", "for", "any", "operation,", "1", "x"]],
        ["|", "POST", "/v1/orders/refund", "------------------------->|"],
        ["|", "|", "*", *f"refund of 10 USDC, order {order.short_id}".split()],
        ["|-------------------------x--", "response", "lost,", "acted", "|"],
    ]
    assert lines[0].startswith(f"seed {api.seed}, from ")
    assert lines[-1].endswith("is odd?status?[31m")
