"""Models and enums as types of pydantic: read and written as on the wire, described by the spec."""

import json
import subprocess
import sys
import types
from decimal import Decimal
from typing import Any
from unittest.mock import Mock, NonCallableMock

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from chessa import Chessa, ConfigurationError, models
from chessa.models import Order, OrderList, OrderStatus, Rate
from chessa.testing import sandbox
from tests.models.wire import SPEC, required_of

ORDER: dict[str, Any] = {
    "id": "ord_1",
    "status": OrderStatus.FAILED.value,
    "createdAt": "2025-03-18T06:05:27.754Z",
    "originAmount": "1.50",
    "feeUsd": [],
    "riskScore": 3,
    "refund": {"refundId": "ref_1", "status": "pending", "fee": "0.10"},
}
CLASSES = [getattr(models, name) for name in sorted(dir(models))]


class Case(BaseModel):
    """A model of a user's."""

    order: models.Order
    others: models.OrderList | None = None
    status: models.OrderStatus = OrderStatus.CREATED


def test_a_model_is_read_as_on_the_wire() -> None:
    """JSON, a dict and an instance give what `from_dict` gives, with nothing lost."""
    order = Order.from_dict(ORDER)
    reader = TypeAdapter(Order)
    assert reader.validate_python(order) is order
    for read in (reader.validate_python(ORDER), reader.validate_json(order.to_json())):
        assert read == order
        assert (read.misfits, read.additional_properties) == ({"feeUsd": []}, {"riskScore": 3})


def test_a_model_is_written_as_on_the_wire() -> None:
    """`model_dump` gives what `to_dict` gives, and reads back as the same; so does its JSON."""
    case = Case(order=Order.from_dict(ORDER), others=OrderList.from_dict({"orders": []}))
    assert case.model_dump()["order"] == ORDER
    assert case.model_dump(mode="json")["order"] == ORDER
    assert Case.model_validate(case.model_dump()) == case
    assert Case.model_validate_json(case.model_dump_json()) == case


@pytest.mark.parametrize(
    ("rate", "written"),
    [
        ("82605.06975000001", "82605.06975000001"),
        ("10", "10"),
        ("0.10", "0.1"),
        ("0.12345678901234567890123", '"0.12345678901234567890123"'),
        ("12345678901234567890123", "12345678901234567890123"),
    ],
)
def test_a_number_keeps_its_digits(rate: str, written: str) -> None:
    """A number is written as one where pydantic can do that exactly, else as text."""
    made = Rate(from_asset="BTC", rate=Decimal(rate), to_asset="USDC")
    adapter = TypeAdapter(Rate)
    assert f'"rate":{written}' in adapter.dump_json(made).decode().strip("{}").split(",")
    assert adapter.validate_json(adapter.dump_json(made)).rate == Decimal(rate)
    assert adapter.dump_python(made) == {"from": "BTC", "rate": Decimal(rate), "to": "USDC"}


@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN"])
def test_a_number_that_is_none_is_written_as_text(number: str) -> None:
    """pydantic reads it as a float without end: writing it does not raise."""
    adapter = TypeAdapter(Order)
    order = adapter.validate_json(f'{{"id": "a", "status": "Failed", "riskScore": {number}}}')
    written = adapter.validate_json(adapter.dump_json(order)).additional_properties["riskScore"]
    assert written in ("Infinity", "-Infinity", "NaN")


@pytest.mark.parametrize("data", [{"id": "canary"}, {"id": ["canary"], "status": "x"}, 7, None])
def test_what_is_no_model_is_a_validation_error(data: Any) -> None:
    """The message says which field is missing or does not fit, and no value."""
    with pytest.raises(ValidationError) as caught:
        Case.model_validate({"order": data})
    [error] = caught.value.errors()
    assert (error["type"], error["loc"]) == ("decode_error", ("order",))
    assert error["msg"].startswith("Order: ")
    assert "canary" not in error["msg"]


def test_an_open_enum_is_a_type_too() -> None:
    """Known values are their constants, new ones are kept, and all are text in JSON."""
    adapter = TypeAdapter(dict[OrderStatus, list[OrderStatus]])
    read = adapter.validate_json('{"created": ["paused"]}')
    assert [*read] == [OrderStatus.CREATED]
    assert read[OrderStatus.CREATED][0] == OrderStatus("paused")
    assert adapter.dump_json(read) == b'{"created":["paused"]}'
    with pytest.raises(ValidationError):
        TypeAdapter(OrderStatus).validate_python(7)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_class_has_a_json_schema(cls: Any) -> None:
    """Alone or in a model, to read or to write: one valid schema, its classes as definitions."""
    own = TypeAdapter(cls).json_schema()
    Draft202012Validator.check_schema(own)
    for mode in ("validation", "serialization"):
        shape: Any = types.GenericAlias(dict, (str, types.GenericAlias(list, (cls,))))
        outer = TypeAdapter(shape).json_schema(mode=mode)
        definition = outer["$defs"][cls.__name__]
        assert definition == {key: value for key, value in own.items() if key != "$defs"}


def test_the_schema_says_what_the_spec_says() -> None:
    """Names of the wire, types, what is required, null, formats, examples; classes by reference."""
    schema = TypeAdapter(Order).json_schema()
    properties = schema["properties"]
    assert set(schema["required"]) == required_of("Order")
    [example] = properties["createdAt"]["examples"]
    assert properties["createdAt"] == {
        "type": "string",
        "format": "date-time",
        "examples": [example],
    }
    assert f'"createdAt": {{"example": "{example}"' in json.dumps(SPEC)
    assert properties["cryptoAddress"]["anyOf"] == [{"type": "string"}, {"type": "null"}]
    assert properties["status"]["$ref"] == "#/$defs/OrderStatus"
    assert properties["refund"]["anyOf"][0] == {"$ref": "#/$defs/OrderRefund"}
    assert "created" in schema["$defs"]["OrderStatus"]["examples"]
    validator = Draft202012Validator(schema)
    with sandbox() as api, api.client() as client:
        whole = client.orders.retrieve(api.add_order().id).to_dict()
    assert validator.is_valid(whole)
    assert not validator.is_valid({**whole, "feeUsd": []})
    assert not validator.is_valid({key: whole[key] for key in whole if key != "id"})


def test_nothing_imports_pydantic_but_pydantic() -> None:
    """Models are made, printed and written without it."""
    code = (
        "import sys; from chessa.models import Order; "
        "o = Order.from_dict({'id': '1', 'status': 'x'}); "
        "repr(o), o.details(), o.to_dict(names='python'); "
        "assert not {'pydantic', 'pydantic_core'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_secret_of_pydantic_is_a_credential() -> None:
    """A `SecretStr` is taken as it is, and from a callable; nothing shows what it hides."""
    secret = SecretStr("a-client-secret")
    for given in (secret, lambda: secret):
        client = Chessa(client_id=SecretStr("an-id"), client_secret=given)
        credentials = client._core.source.ask()
        assert dict(credentials.headers())[b"x-client-secret"] == b"a-client-secret"
        assert "a-client-secret" not in repr(vars(client))
    reveal = Mock(side_effect=RuntimeError("a-client-secret"))
    raising = NonCallableMock(get_secret_value=reveal)
    with pytest.raises(ConfigurationError) as caught:
        Chessa(client_id="an-id", client_secret=raising)
    assert "client_secret cannot be revealed (RuntimeError)" in str(caught.value)
    assert caught.value.__context__ is None
    with pytest.raises(ConfigurationError, match="client_secret is blank"):
        Chessa(client_id="an-id", client_secret=SecretStr(" "))
