"""10,000 orders of 25 fields, decoded: time, and the memory that the models keep.

chessa and pydantic make datetimes, Decimals and members of an enum; the stock generated models make
datetimes, and leave amounts and the status as strings.
"""

import datetime
import enum
import functools
import gc
import importlib
import json
import tracemalloc
import types
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import pydantic
from pydantic.alias_generators import to_camel

from chessa_api import exact_json
from chessa_api.models import Order

from ..payload import orders, orders_body
from ..run import OURS, Run, Times, convert, interleave

COUNT: Final = 10_000
_STOCK: Final = "openapi-python-client"
_Decoders = dict[str, Callable[[Any], list[Any]]]

Status = enum.StrEnum(
    "Status",
    {
        "CREATED": "created",
        "WAITING_FOR_FUNDING": "waiting_for_funding",
        "WAITING_FOR_CONFIRMATIONS": "waiting_for_confirmations",
        "FUNDS_RECEIVED": "funds_received",
        "PROCESSING_PAYOUT": "processing_payout",
        "PROCESSING": "processing",
        "COMPLETED": "completed",
        "FAILED": "Failed",
    },
)
_FIELDS: Final[dict[Any, str]] = {
    datetime.datetime: "created_at expires_at updated_at",
    str | None: "crypto_address crypto_address_id crypto_address_tag crypto_deposit_id",
    str: "crypto_address_chain destination_asset destination_country fee_currency id origin_asset "
    "partner_id recipient_id short_id user_id",
    Decimal: "destination_amount fee_amount fee_usd origin_amount",
    Any: "note refund_address sender_confirmed_at",
    Status: "status",
}
"""The types of the scalar properties of an order, as ours are."""


def decode(run: Run) -> None:
    """Measure decoding of parsed JSON, and of bytes."""
    from_values, from_bytes = _decoders()
    for name, decoders, given in (
        ("from values", from_values, orders(COUNT)),
        ("from bytes", from_bytes, orders_body(COUNT)),
    ):
        run.say(name)
        for contender, each in decoders.items():
            first = each(given)[0]
            if not (first.short_id == "CB000000" and first.created_at.year == 2025):
                raise RuntimeError(f"{contender} decodes something else")
        work = {contender: functools.partial(each, given) for contender, each in decoders.items()}
        wall, _ = interleave(work, run.of(15, 5))
        run.against(name, "ms", convert(wall, lambda seconds: seconds * 1e3))


def memory(run: Run) -> None:
    """Measure what is allocated after decoding a document, by tracemalloc."""
    _, from_bytes = _decoders()
    kept: Times = {name: [] for name in from_bytes}
    for number in range(1 + run.of(3, 2)):
        for name, each in from_bytes.items():
            size = _kept(each)
            if number:  # the first round fills caches
                kept[name].append(size / 2**20)
    run.against("kept", "MiB", kept)


def _kept(decoder: Callable[[bytes], list[Any]]) -> int:
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    models = decoder(orders_body(COUNT))
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    if len(models) != COUNT:
        raise RuntimeError("a decoder returns something else")
    return after - before


def _decoders() -> tuple[_Decoders, _Decoders]:
    """Return the decoders of values that a JSON reader returns, and those of bytes."""
    stock = importlib.import_module("stock_client.models").OrdersRetrieveOrderEnvelopeOrder
    fields: dict[str, Any] = {
        name: (kind, ...) for kind, names in _FIELDS.items() for name in names.split()
    }
    model = pydantic.create_model(
        "PydanticOrder", __config__=pydantic.ConfigDict(alias_generator=to_camel), **fields
    )
    models: Any = types.GenericAlias(list, (model,))
    adapter = pydantic.TypeAdapter(models)
    return {
        OURS: lambda values: [Order.from_dict(value) for value in values],
        "pydantic": adapter.validate_python,
        _STOCK: lambda values: [stock.from_dict(value) for value in values],
    }, {
        OURS: lambda body: [Order.from_dict(value) for value in exact_json.loads(body)],
        "pydantic": adapter.validate_json,
        _STOCK: lambda body: [stock.from_dict(value) for value in json.loads(body)],
    }
