"""Tests of one's own against the sandbox. All of it checks."""

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, assert_type

from chessa import AsyncChessa, Chessa
from chessa.testing import (
    Clock,
    Mistakes,
    Movement,
    PaymentRules,
    Sandbox,
    SandboxOrder,
    SandboxRecipient,
    SandboxRefund,
    SandboxRequest,
    sandbox,
)


def test_a_refund_is_made() -> None:
    with sandbox() as api, api.client(max_retries=0) as chessa:
        assert_type(api, Sandbox)
        assert_type(chessa, Chessa)
        order = api.add_order().fund().fail()
        assert_type(order, SandboxOrder)
        assert_type(order.id, str)
        chessa.orders.request_refund(order_id=order.id, address="bc1qexample")
        assert_type(api.refunds, Sequence[SandboxRefund])
        assert_type(api.movements, Sequence[Movement])
        assert_type(api.movements[0].amount, Decimal)
        assert_type(api.requests, Sequence[SandboxRequest])
        assert_type(api.orders, Mapping[str, SandboxOrder])
        assert_type(api.add_recipient(), SandboxRecipient)
        assert_type(api.clock, Clock)
        assert_type(api.clock.now, datetime.datetime)
        api.clock.advance(seconds=62)
        api.lose_next_answer(operation="orders.request_refund")


def test_it_is_kept_and_counted() -> None:
    with sandbox(seed=7) as api:
        order = api.add_order().fund(amount=4).pay(amount=Decimal(6))
        assert_type(order.paid_amount, Decimal)
        assert_type(api.mistakes, Mistakes)
        api.set_payment_rules(underpaid="fail", overpaid="accept")
        assert_type(api.payment_rules, PaymentRules)
        api.truncate_next_answer()
        api.set_chaos(rate=0.05, seed=7)
        api.clear_faults()
        assert_type(api.request_refund(order.id), SandboxRequest)
        kept = api.snapshot()
        assert_type(kept, dict[str, Any])
        api.reset(seed="8")
        api.restore(kept)
        assert_type(api.seed, str)
        assert_type(api.transcript(), str)


async def test_on_asyncio() -> None:
    async with sandbox() as api, api.async_client() as chessa:
        assert_type(chessa, AsyncChessa)
        await chessa.users.me()
        api.show_refunds_late(reads=2)


def test_with_the_fixture(chessa_sandbox: Sandbox) -> None:
    chessa_sandbox.fail_next(429)
