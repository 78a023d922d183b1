"""Amounts of money: exact arithmetic, and the vendor's notation."""

import decimal
import functools
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

PLACES: Final = 8
"""Decimals that the vendor shows of an amount once an order is accepted."""

_EXACT: Final = decimal.Context(
    prec=10_000, Emin=-9_999, Emax=9_999, traps=[decimal.InvalidOperation]
)
_UNIT: Final = Decimal(1).scaleb(-PLACES)


def multiply(amount: Decimal, rate: Decimal) -> Decimal:
    """Multiply exactly."""
    return _EXACT.multiply(amount, rate)


def total(amounts: Sequence[Decimal]) -> Decimal:
    """Add exactly."""
    first, *others = amounts or (Decimal(0),)
    return functools.reduce(_EXACT.add, others, first)


def divide(amount: Decimal, rate: Decimal) -> Decimal:
    """Divide, rounded up to the vendor's decimals: the payer covers the amount that must arrive."""
    quotient = decimal.Context(prec=1_000, rounding=decimal.ROUND_UP).divide(amount, rate)
    return quotient.quantize(_UNIT, context=decimal.Context(prec=10_000, rounding=decimal.ROUND_UP))


def plain(amount: Decimal) -> str:
    """Write without padding: `1500`, `0.95`."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def padded(amount: Decimal) -> str:
    """Write with the vendor's eight decimals, or more where there are more: `0.95000000`."""
    integer, _, fraction = plain(amount).partition(".")
    return f"{integer}.{fraction:0<{PLACES}}"
