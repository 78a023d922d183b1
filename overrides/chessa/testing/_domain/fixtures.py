"""Invented reference data: two countries, who owns an account, what an asset is worth, the user.

Codes, assets and the rates BTC/USDC and USDT/USD are those of
the vendor's pages and of public code; every person, limit and other figure is invented.
"""

import hashlib
from decimal import Decimal
from typing import Final

import attrs

from .amounts import multiply

CLIENT_ID: Final = "sandbox-client-id"
CLIENT_SECRET: Final = "sandbox-client-secret"  # noqa: S105  # opens nothing but the sandbox

USER_ID: Final = "3f1c2b9e-6f0a-5c53-9a8e-1b7d0c4a2e66"
PARTNER_ID: Final = "8a4e1d70-2c55-5b1f-8f39-6d0b9e7c3a12"
USER_EMAIL: Final = "sandbox.user@example.com"
USER_NAME: Final = "Sandbox User"
USER_SINCE: Final = "2025-01-15T10:30:45.123Z"


@attrs.frozen
class Institution:
    """A bank or a mobile-money operator, and the payout method that reaches it."""

    code: str
    name: str
    type: str


@attrs.frozen
class Destination:
    """A country that is paid out to."""

    country: str
    name: str
    currency: str
    least: Decimal
    most: Decimal
    institutions: tuple[Institution, ...]


DESTINATIONS: Final = (
    Destination(
        "NG",
        "Nigeria",
        "NGN",
        Decimal(500),
        Decimal(50_000_000),
        (
            Institution("ng_9psb", "9 Payment Service Bank", "bank_account"),
            Institution("058", "Guaranty Trust Bank", "bank_account"),
            Institution("033", "United Bank for Africa", "bank_account"),
        ),
    ),
    Destination(
        "GH",
        "Ghana",
        "GHS",
        Decimal(5),
        Decimal(500_000),
        (Institution("gh_mtn", "MTN Mobile Money", "mobile_money"),),
    ),
)

# What one unit of a crypto asset is worth in USDC, and one USDC in a fiat currency.
WORTH: Final = {
    "USDC": Decimal(1),
    "USDT": Decimal("0.9975"),
    "BTC": Decimal("82605.06975000001"),
    "ETH": Decimal("1850.25"),
}
PRICE: Final = {"NGN": Decimal(1500), "GHS": Decimal("15.5"), "USD": Decimal(1)}

HOLDERS: Final = ("Ada Example", "Kofi Sample", "Ngozi Specimen", "Yaw Placeholder")
UNKNOWN_ACCOUNT: Final = "0000000000"
"""An account number that no institution knows."""

FIELD_OF: Final = {"bank_account": "bank", "mobile_money": "network"}
"""The form field whose options are the institutions, by payout type."""


def institution(code: str) -> tuple[Destination, Institution] | None:
    """Return the institution of a code, with its destination."""
    for destination in DESTINATIONS:
        for candidate in destination.institutions:
            if candidate.code == code:
                return destination, candidate
    return None


def destination_of(currency: str) -> Destination | None:
    """Return the destination that is paid in a currency."""
    return next((each for each in DESTINATIONS if each.currency == currency), None)


def rate(origin: str, target: str) -> Decimal | None:
    """Return the price of a crypto asset in a fiat currency or in USDC; None if unknown."""
    worth = WORTH.get(origin)
    if worth is None or origin == target:
        return None
    price = Decimal(1) if target == "USDC" else PRICE.get(target)
    return None if price is None else multiply(worth, price)


def holder(account_number: str) -> str:
    """Return the invented owner of an account, always the same for a number."""
    digest = hashlib.sha256(account_number.encode()).digest()
    return HOLDERS[digest[0] % len(HOLDERS)]
