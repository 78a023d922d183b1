"""Complete arguments: valid whatever form the vendor's document has.

Pages mark little as required, a framework's document nearly everything.
"""

from decimal import Decimal
from typing import Any, Final

MOBILE_MONEY: Final[dict[str, Any]] = {
    "account_name": "Ada Example",
    "account_number": "233544444444",
    "code": "gh_mtn",
    "country": "GH",
    "currency": "GHS",
    "type": "mobile_money",
}
BANK_ACCOUNT: Final[dict[str, Any]] = {
    "account_name": "Ada Example",
    "account_number": "0123456789",
    "code": "ng_9psb",
    "country": "NG",
    "currency": "NGN",
    "type": "bank_account",
}
"""Arguments of `recipients.create`."""


def order_for(recipient: Any, **changed: Any) -> dict[str, Any]:
    """Return the arguments of `orders.create` for a recipient, with these changed."""
    return {
        "recipient_id": recipient.id,
        "chain": "Solana",
        "origin_asset": "USDC",
        "origin_amount": Decimal(10),
        "destination_asset": recipient.currency,
        **changed,
    }
