"""Flows of several calls: refund an order, pay out, find out what happened, wait for an order.

With an `AsyncChessa` each function returns a coroutine: `await refund_safely(client, …)`.
"""

from ._accept import DepositInstructions, accept_quote
from ._quote import Quote, QuoteMismatchError, RecipientDetails, quote_payout
from ._reconcile import Reconciled, reconcile
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
    "DepositInstructions",
    "NotApplied",
    "NotRefundableError",
    "OrderWaitError",
    "Quote",
    "QuoteMismatchError",
    "RecipientDetails",
    "Reconciled",
    "RefundResult",
    "StillUnknown",
    "accept_quote",
    "quote_payout",
    "reconcile",
    "refund_safely",
    "wait_for_order",
]
