"""Results: amounts, statuses, times, absence, lists. All of it checks."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, assert_type

from pydantic import BaseModel, SecretStr, TypeAdapter

from chessa import UNSET, AsyncChessa, Chessa, Unset, models
from chessa.models import (
    CryptoDeposit,
    FeedbackMetadata,
    Order,
    OrderList,
    OrderRefund,
    OrderStatus,
    OrderStatusHistory,
    OrderSummary,
    Refund,
    RefundStatus,
    StatusHistoryEntry,
)


def amounts(refund: Refund) -> None:
    assert_type(refund.crypto_amount, Decimal)
    assert_type(refund.crypto_amount * 2, Decimal)
    assert_type(2 * refund.crypto_amount + Decimal("0.1"), Decimal)
    assert_type(round(refund.crypto_amount, 2), Decimal)
    assert_type(sum([refund.crypto_amount], Decimal(0)), Decimal)


def texts_and_times(refund: Refund) -> None:
    assert_type(refund.refund_id, str)
    assert_type(refund.created_at, datetime.datetime)
    assert_type(refund.updated_at - refund.created_at, datetime.timedelta)


def statuses(order: Order, refund: Refund) -> None:
    assert_type(order.status, OrderStatus)
    assert_type(refund.status, RefundStatus)
    assert_type(order.status == "completed", bool)
    assert_type(order.status is OrderStatus.COMPLETED, bool)
    assert_type(order.status.is_known, bool)
    assert_type(order.status.value, str)
    assert_type(order.status.lower(), str)
    assert_type(OrderStatus.COMPLETED, OrderStatus)
    assert_type(list(OrderStatus), list[OrderStatus])
    by_status: dict[str, int] = {order.status: 1, "created": 2}
    assert_type(by_status[order.status], int)


def what_to_do(status: OrderStatus) -> str:
    """An open enum is a str: `match` compares it with one, and what is new needs a default."""
    match status:
        case OrderStatus.COMPLETED:
            return "done"
        case "created" | "expired":
            return "nothing"
        case _:
            return "wait"


def what_may_be_missing(order: Order) -> str:
    assert_type("refund" in order, bool)
    assert_type(order.crypto_address, str | None)
    assert_type(order.crypto_deposit, CryptoDeposit | None)
    if order.crypto_deposit is not None:
        assert_type(order.crypto_deposit, CryptoDeposit)
    if order.crypto_address is None:
        return "no address yet"
    return order.crypto_address.lower()


def lists(orders: OrderList) -> None:
    assert_type(orders.orders, list[OrderSummary])
    for order in orders:
        assert_type(order, OrderSummary)
    assert_type(len(orders), int)
    assert_type(orders.pagination.total, int)


def nothing_is_lost(order: Order) -> None:
    assert_type(order.to_dict(), dict[str, Any])
    assert_type(order.to_json(), bytes)
    assert_type(order.additional_properties, Mapping[str, Any])
    assert_type(order.replace(note=1), Order)
    assert_type(order.misfits, Mapping[str, Any])
    assert_type(Order.from_dict({}), Order)
    assert_type(Order.from_json(b"{}"), Order)
    assert_type(order == order.from_json(order.to_json()), bool)


def optional_arguments(chessa: Chessa, chain: str | Unset = UNSET, tag: str | None = None) -> None:
    """An optional argument is passed on as it came; what may be None becomes UNSET."""
    chessa.orders.create(
        recipient_id="r",
        chain=chain,
        origin_asset="USDC",
        origin_amount=Decimal("10.5"),
        destination_asset="NGN",
    )
    chessa.orders.create(
        recipient_id="r",
        chain=UNSET,
        origin_asset="USDC",
        origin_amount=10,
        destination_asset="NGN",
    )
    chessa.orders.request_refund(order_id="o", address="a", tag=UNSET if tag is None else tag)
    metadata = FeedbackMetadata(order_id="o")
    chessa.users.submit_feedback(comment="It has not arrived.", metadata=metadata)
    if chain:
        assert_type(chain, str)


def tables(orders: OrderList, statuses: OrderStatusHistory) -> None:
    assert_type(orders[0], OrderSummary)
    assert_type(orders[-1].crypto_amount, Decimal)
    assert_type(orders[1:3], list[OrderSummary])
    assert_type(orders.rows(), list[dict[str, Any]])
    assert_type(statuses[0], StatusHistoryEntry)
    assert_type(max(orders, key=lambda order: order.created_at), OrderSummary)


def text(order: Order) -> None:
    assert_type(order.details(), str)
    assert_type(order.to_dict(names="python"), dict[str, Any])
    assert_type(order.replace(note="x"), Order)


def the_refund_of_an_order(order: Order) -> None:
    assert_type(order.refund, OrderRefund | None)
    if order.refund is not None:
        assert_type(order.refund.crypto_amount, Decimal | None)
        assert_type(order.refund.status, RefundStatus | None)


class Case(BaseModel):
    order: models.Order
    others: list[models.OrderSummary] = []


def pydantic(case: Case) -> None:
    assert_type(case.order, Order)
    assert_type(TypeAdapter(Order).validate_json("{}"), Order)
    assert_type(TypeAdapter(OrderStatus).validate_python("x"), OrderStatus)


def secrets(secret: SecretStr) -> None:
    Chessa(client_id=secret, client_secret=lambda: secret)
    AsyncChessa(client_id="id", client_secret=secret)
