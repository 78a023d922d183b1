"""What the loopback server answers, and what is decoded: orders and a refund, as the API's own.

In: the examples of the effective spec. Out: JSON values and bytes; any number of orders, each with
values of its own, always the same ones.
"""

import datetime
import functools
import json
import uuid
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
SPEC: Final = ROOT / "generated" / "chessa_api" / "spec.json"
ORDER_ID: Final = "9ec76718-e141-442f-9ec0-2d6f42af91a4"
ADDRESS: Final = "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"
CREDENTIALS: Final = {"x-client-id": "id-5d6c2e9f", "x-client-secret": "s-0b71f3a8c4de"}
NESTED: Final = ("cryptoDeposit", "cryptoPayout", "recipient", "refund")
"""The properties of an order that hold, or may hold, another object; the other 25 are scalars."""

_FIRST: Final = datetime.datetime(2025, 3, 18, 6, 9, 17, 823_000, datetime.UTC)
_NAMESPACE: Final = uuid.UUID(ORDER_ID)
_STATUSES: Final = ("created", "waiting_for_funding", "funds_received", "processing", "completed")


@functools.cache
def _spec() -> dict[str, Any]:
    spec: dict[str, Any] = json.loads(SPEC.read_text("utf-8"))
    return spec


def _example(path: str, method: str) -> dict[str, Any]:
    content = _spec()["paths"][path][method]["responses"]["200"]["content"]["application/json"]
    value: dict[str, Any] = next(iter(content["examples"].values()))["value"]
    return value


def order_body() -> bytes:
    """The answer of `orders.retrieve`: about 2 kB."""
    return json.dumps(_example("/v1/orders/{orderId}", "get"), separators=(",", ":")).encode()


def refund_body() -> bytes:
    """The answer of `orders.request_refund`."""
    return json.dumps(_example("/v1/orders/refund", "post"), separators=(",", ":")).encode()


def orders(count: int) -> list[dict[str, Any]]:
    """Orders of 25 scalar properties, none equal to another."""
    example = _example("/v1/orders/{orderId}", "get")["order"]
    plain = {name: value for name, value in example.items() if name not in NESTED}
    return [{**plain, **_own(number)} for number in range(count)]


def orders_body(count: int) -> bytes:
    """The same as a JSON document."""
    return json.dumps(orders(count), separators=(",", ":")).encode()


def _own(number: int) -> dict[str, Any]:
    """What tells an order from the others; before the payment it has no address and no deposit."""
    made = _FIRST + datetime.timedelta(seconds=7 * number, milliseconds=number % 1000)
    is_paid = number % 4 != 0
    return {
        "createdAt": _moment(made),
        "updatedAt": _moment(made + datetime.timedelta(minutes=number % 90, milliseconds=237)),
        "expiresAt": _moment(made + datetime.timedelta(hours=2)),
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


def _moment(value: datetime.datetime) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _id(kind: str, number: int) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{kind} {number}"))
