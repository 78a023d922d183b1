"""Models as text: short and about no person, in full on request; and names that do not exist."""

import datetime
import traceback
from decimal import Decimal
from typing import Any

import pytest

from chessa import models
from chessa.models import Order, OrderList, Recipient
from chessa_codegen.ir import naming, types
from chessa_codegen.ir.plan import FieldPlan, ModelPlan
from chessa_codegen.ir.types import Shape
from chessa_codegen.python.shown import shown
from tests.models.wire import SPEC

PERSONAL = {
    *("accountName", "accountNumber", "address", "city", "email", "fullName", "phoneNumber"),
    *("postalCode", "region", "refundAddress", "cryptoAddress", "street", "comment", "note"),
    *("institutionName", "bankName", "routingNumber", "hash", "explorerUrl", "reason", "notes"),
}
"""Keys of the spec whose values are about a person, or were written by one."""
FAILED = models.OrderStatus.FAILED.value
CANARY = "canary.person@example.com"
CLASSES = [cls for name in dir(models) if hasattr(cls := getattr(models, name), "details")]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_repr_shows_no_field_about_a_person(cls: Any) -> None:
    """No class lists one, whatever operation returns it; a list shows its items as they do."""
    keys = {field.name: field.key for field in cls._described().fields.values()}
    assert not {keys[name] for name in cls._shown} & PERSONAL


def test_the_keys_about_persons_are_those_of_the_spec() -> None:
    """The list of this test names what the spec has: the test above cannot pass on slips."""
    seen: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            seen.update(node.get("properties", {}))
            for member in node.values():
                walk(member)
        for item in node if isinstance(node, list) else ():
            walk(item)

    walk(SPEC)
    assert seen >= PERSONAL


def test_what_an_order_shows() -> None:
    """Its id, status and amounts with their assets; unknown keys by number, misfits by name."""
    order = Order.from_dict(
        {
            "id": "ord_1",
            "status": FAILED,
            "originAmount": "0.00000010",
            "originAsset": "USDC",
            "feeUsd": [CANARY],
            "cryptoAddress": CANARY,
            "recipient": {"accountName": CANARY, "id": "rec_1"},
            "refund": {"refundAddress": CANARY},
            CANARY: CANARY,
        }
    )
    amount = {"origin_amount=0.00000010", "origin_asset='USDC'"}
    kept = {"additional_properties=1", "misfits=['feeUsd']"}
    assert repr(order) == str(order) == f"{order}"
    assert repr(order).startswith(f"<Order id='ord_1' status='{FAILED}' ")
    assert {*repr(order)[1:-1].split()[3:]} == amount | kept
    details = order.details()
    assert details.count(CANARY) == 6
    assert "    recipient=OrderRecipient(\n        account_name=" in details
    assert details.splitlines()[-1] == ")"


def test_a_list_shows_its_first_items() -> None:
    """The number of items, and up to three of them; a list without items its number only."""
    rows = [{"id": str(n), "status": "x"} for n in range(5)]
    assert repr(OrderList.from_dict({"orders": rows})) == (
        "<OrderList of 5: <OrderSummary id='0' status='x'>, <OrderSummary id='1' status='x'>, "
        "<OrderSummary id='2' status='x'>, …>"
    )
    assert repr(OrderList.from_dict({"orders": []})) == "<OrderList of 0>"
    page = {"orders": [], "pagination": {"page": 1, "total": 15}, "new": 1}
    assert repr(OrderList.from_dict(page)) == (
        "<OrderList of 0 pagination=<Pagination page=1 total=15> additional_properties=1>"
    )
    absent = models.OrderStatusHistory.from_dict({"currentStatus": "created"})
    assert repr(absent) == "<OrderStatusHistory current_status='created'>"
    assert "orders=[\n        OrderSummary(\n" in OrderList.from_dict({"orders": rows}).details()


def test_a_traceback_holds_no_person() -> None:
    """A tool that prints the values of frames prints the short form."""
    recipient = Recipient.from_dict({"id": "rec_1", "accountName": CANARY})
    with pytest.raises(AttributeError) as caught:
        _ = recipient.createdAt  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert CANARY not in "".join(frames.format())


@pytest.mark.parametrize(
    ("shape", "key", "is_shown"),
    [
        (types.STRING, "orderId", True),
        (types.STRING, "feeCurrency", True),
        (types.STRING, "title", False),
        (types.STRING, "taxId", False),
        (types.STRING, "passport_id", False),
        (types.DECIMAL, "amount", True),
        (types.NUMBER, "latitude", False),
        (types.NUMBER, "accountNumber", False),
        (types.INTEGER, "total", True),
        (types.INTEGER, "age", False),
        (types.BOOLEAN, "valid", True),
        (types.EnumRef("Status"), "status", True),
        (types.Nullable(types.EnumRef("Gender")), "gender", False),
        (types.DATE_TIME, "createdAt", True),
        (types.DATE_TIME, "birthDate", False),
        (types.DATE, "due", False),
        (types.JSON, "payload", False),
        (types.Array(types.STRING), "ids", False),
        (types.ModelRef("Order"), "order", True),
    ],
)
def test_what_a_field_must_be_to_be_shown(shape: Shape, key: str, is_shown: bool) -> None:
    """Its type or the last part of its name says that it is harmless, and nothing the opposite."""

    def model(**said: bool) -> ModelPlan:
        field = FieldPlan(
            key, naming.snake(key), shape, required=False, optional=False, schema=said
        )
        return ModelPlan("M", "#", None, fields=[field])

    assert bool(shown(model())) is is_shown
    assert not shown(model(**{"x-personal": True}))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("statuss", "Order has no field 'statuss'. Did you mean 'status'?"),
        ("createdAt", "Order has no field 'createdAt': it is 'created_at' in Python."),
        ("trackingUrl", ".additional_properties['trackingUrl']"),
        ("tracking_url", ".additional_properties['trackingUrl']"),
        ("zzz", "Order has no field 'zzz'."),
    ],
)
def test_a_name_that_does_not_exist_gets_a_hint(name: str, hint: str) -> None:
    """A suggestion, the Python name of a key, or the place of an undocumented member; no value."""
    order = Order.from_dict({"id": "ord_1", "status": "created", "trackingUrl": CANARY})
    with pytest.raises(AttributeError) as caught:
        getattr(order, name)
    assert hint in str(caught.value)
    assert CANARY not in str(caught.value)
    assert str(caught.value) in "".join(traceback.format_exception(caught.value))
    assert "Did you mean: " not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(TypeError) as refused:
        order.replace(**{name: 1})
    assert hint in str(refused.value)


def test_names_of_python_at_every_depth() -> None:
    """`to_dict(names="python")` renames in models, lists and dicts of models, and nothing else."""
    order = Order.from_dict(
        {
            "id": "ord_1",
            "status": "created",
            "createdAt": "2025-03-18T06:05:27.754Z",
            "feeUsd": [],
            "note": {"createdAt": 1},
            "recipient": {"accountName": "Ada", "newKey": 1},
            "created_at": "an undocumented member of this name",
        }
    )
    assert order.to_dict(names="python") == {
        "id": "ord_1",
        "status": "created",
        "created_at": "2025-03-18T06:05:27.754Z",
        "fee_usd": [],
        "note": {"createdAt": 1},
        "recipient": {"account_name": "Ada", "newKey": 1},
    }
    page = OrderList.from_dict({"orders": [{"id": "1", "status": "x", "userId": "u"}]})
    assert page.to_dict(names="python") == {"orders": [{"id": "1", "status": "x", "user_id": "u"}]}
    assert order.to_dict(names="wire") == order.to_dict()
    with pytest.raises(TypeError, match="names must be"):
        order.to_dict(names="json")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_time_is_shown_as_on_the_wire() -> None:
    """Amounts and timestamps are text, not constructors."""
    entry = models.StatusHistoryEntry(
        checked=True,
        description=CANARY,
        status=models.OrderStatus.CREATED,
        timestamp=datetime.datetime(2025, 3, 18, tzinfo=datetime.UTC),
    )
    assert " status='created' " in repr(entry)
    assert " timestamp=2025-03-18T00:00:00+00:00>" in repr(entry)
    assert CANARY not in repr(entry)
    rate = models.Rate(from_asset="BTC", rate=Decimal("2E-7"), to_asset="USDC")
    assert {*repr(rate)[1:-1].split()[1:]} == {
        "from_asset='BTC'", "rate=0.0000002", "to_asset='USDC'",
    }  # fmt: skip
