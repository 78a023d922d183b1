"""Responses of the loopback server, and orders to decode: from the examples of the pages."""

import datetime
import json
import uuid
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
SPEC: Final = ROOT / "generated" / "chessa_api" / "spec.json"
EXAMPLES: Final = ROOT / "tests" / "sandbox" / "spec.json"
"""The spec with the examples of the pages: that of the package may have none."""
ORDER_ID: Final = "9ec76718-e141-442f-9ec0-2d6f42af91a4"
CREDENTIALS: Final = {"x-client-id": "id-5d6c2e9f", "x-client-secret": "s-0b71f3a8c4de"}
NESTED: Final = ("cryptoDeposit", "cryptoPayout", "recipient", "refund")
"""The properties of an order that can hold another object; the other 25 are scalars."""

_FIRST: Final = datetime.datetime(2025, 3, 18, 6, 9, 17, 823_000, datetime.UTC)
_STATUSES: Final = ("created", "waiting_for_funding", "funds_received", "processing", "completed")


def _example(path: str, method: str) -> dict[str, Any]:
    operation = json.loads(EXAMPLES.read_text("utf-8"))["paths"][path][method]
    content = operation["responses"]["200"]["content"]["application/json"]
    value: dict[str, Any] = next(iter(content["examples"].values()))["value"]
    return value


def _bytes(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def order_body() -> bytes:
    """Return the response body of `orders.retrieve`: about 2 kB."""
    return _bytes(_example("/v1/orders/{orderId}", "get"))


def refund_body() -> bytes:
    """Return the response body of `orders.request_refund`."""
    return _bytes(_example("/v1/orders/refund", "post"))


def orders(count: int) -> list[dict[str, Any]]:
    """Return orders of 25 scalar properties, all different, and the same for each call."""
    example = _example("/v1/orders/{orderId}", "get")["order"]
    plain = {name: value for name, value in example.items() if name not in NESTED}
    return [{**plain, **_own(number)} for number in range(count)]


def orders_body(count: int) -> bytes:
    """Return the same as a JSON document."""
    return _bytes(orders(count))


def _own(number: int) -> dict[str, Any]:
    """Return the properties that differ; before the payment there is no address and no deposit."""
    created = _FIRST + datetime.timedelta(seconds=7 * number, milliseconds=number % 1000)
    is_paid = number % 4 != 0
    return {
        "createdAt": _timestamp(created),
        "updatedAt": _timestamp(
            created + datetime.timedelta(minutes=number % 90, milliseconds=237)
        ),
        "expiresAt": _timestamp(created + datetime.timedelta(hours=2)),
        "cryptoAddress": f"5u1gLZrAiyw6yAyYx3N6D916CUqEcoTkwvF5{number:08d}" if is_paid else None,
        "cryptoAddressId": _id("address", number) if is_paid else None,
        "cryptoAddressTag": "" if is_paid else None,
        "cryptoDepositId": _id("deposit", number) if is_paid else None,
        "destinationAmount": f"{1500 + number}.{number % 100:02d}000000",
        "originAmount": f"{number // 1000}.{number * 7919 % 100_000_000:08d}",
        "feeAmount": f"0.{number % 1000:08d}",
        "feeUsd": f"0.{number % 997:08d}",
        "id": _id("order", number),
        "recipientId": _id("recipient", number % 500),
        "userId": _id("user", number % 200),
        "shortId": f"CB{number:06d}",
        "status": _STATUSES[number % len(_STATUSES)],
    }


def _timestamp(value: datetime.datetime) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _id(kind: str, number: int) -> str:
    return str(uuid.uuid5(uuid.UUID(ORDER_ID), f"{kind} {number}"))
