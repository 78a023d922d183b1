"""A user's code for a type checker: each line says which type the installed package must give."""

import datetime
from decimal import Decimal
from typing import assert_type

from chessa import ApiError, AsyncChessa, Chessa, ChessaError, Outcome
from chessa.models import Order, OrderStatus, OrderSummary, Rate, Refund, RefundStatus


def in_turn(chessa: Chessa) -> None:
    """Results of the sync client."""
    refund = chessa.orders.request_refund(order_id="o", address="a")
    assert_type(refund, Refund)
    assert_type(refund.refund_id, str)
    assert_type(refund.crypto_amount, Decimal)
    assert_type(refund.status, RefundStatus)
    assert_type(refund.created_at, datetime.datetime)
    assert_type(chessa.orders.retrieve("o").status, OrderStatus)
    for order in chessa.orders.list():
        assert_type(order, OrderSummary)
    assert_type(chessa.with_options(timeout=3).rates.retrieve("USDC", "GHS"), Rate)


async def awaited(chessa: AsyncChessa) -> None:
    """Results of the async client."""
    assert_type(await chessa.orders.retrieve("o"), Order)
    assert_type(await chessa.orders.request_refund(order_id="o", address="a"), Refund)


def refused(error: ChessaError) -> None:
    """Return the attributes of an error."""
    assert_type(error.outcome, Outcome)
    if isinstance(error, ApiError):
        assert_type(error.status_code, int)
