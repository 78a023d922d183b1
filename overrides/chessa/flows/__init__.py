"""Flows of several calls: refund an order and find out whether it happened, or wait for an order.

With an `AsyncChessa` each function returns a coroutine: `await refund_safely(client, …)`.
"""

from ._refund import refund_safely
from ._results import (
    AlreadyRefundedError,
    Confirmed,
    NotApplied,
    NotRefundableError,
    OrderWaitError,
    RefundResult,
    StillUnknown,
)
from ._wait import wait_for_order

__all__ = [
    "AlreadyRefundedError",
    "Confirmed",
    "NotApplied",
    "NotRefundableError",
    "OrderWaitError",
    "RefundResult",
    "StillUnknown",
    "refund_safely",
    "wait_for_order",
]
