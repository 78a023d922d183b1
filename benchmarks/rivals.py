"""Who decodes orders: chessa's model, pydantic's of the same types, and the stock generated one.

Out: for each, functions that make models of parsed JSON, and of bytes.
"""

import datetime
import enum
import importlib
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import pydantic
from pydantic.alias_generators import to_camel

from chessa_api import exact_json
from chessa_api.models import Order

Values = list[dict[str, Any]]
OURS: Final = "chessa"
STOCK: Final = "openapi-python-client"


class Status(enum.StrEnum):
    """The statuses that our open enum knows."""

    CREATED = "created"
    WAITING_FOR_FUNDING = "waiting_for_funding"
    WAITING_FOR_CONFIRMATIONS = "waiting_for_confirmations"
    FUNDS_RECEIVED = "funds_received"
    PROCESSING_PAYOUT = "processing_payout"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "Failed"


class PydanticOrder(pydantic.BaseModel):
    """The 25 scalar properties of an order, typed as ours are."""

    model_config = pydantic.ConfigDict(alias_generator=to_camel)

    created_at: datetime.datetime
    crypto_address: str | None
    crypto_address_chain: str
    crypto_address_id: str | None
    crypto_address_tag: str | None
    crypto_deposit_id: str | None
    destination_amount: Decimal
    destination_asset: str
    destination_country: str
    expires_at: datetime.datetime
    fee_amount: Decimal
    fee_currency: str
    fee_usd: Decimal
    id: str
    note: Any
    origin_amount: Decimal
    origin_asset: str
    partner_id: str
    recipient_id: str
    refund_address: Any
    sender_confirmed_at: Any
    short_id: str
    status: Status
    updated_at: datetime.datetime
    user_id: str


def from_values() -> dict[str, Callable[[Values], list[Any]]]:
    """Models of what a JSON reader has made."""
    adapter = pydantic.TypeAdapter(list[PydanticOrder])
    stock = _stock()
    return {
        OURS: lambda values: [Order.from_dict(value) for value in values],
        "pydantic": adapter.validate_python,
        STOCK: lambda values: [stock.from_dict(value) for value in values],
    }


def from_bytes() -> dict[str, Callable[[bytes], list[Any]]]:
    """Models of a JSON document."""
    adapter = pydantic.TypeAdapter(list[PydanticOrder])
    stock = _stock()
    return {
        OURS: lambda body: [Order.from_dict(value) for value in exact_json.loads(body)],
        "pydantic": adapter.validate_json,
        STOCK: lambda body: [stock.from_dict(value) for value in json.loads(body)],
    }


def _stock() -> Any:
    module = importlib.import_module("stock_client.models")
    return module.OrdersRetrieveOrderEnvelopeOrder
