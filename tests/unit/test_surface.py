"""The typed methods of both clients: the sixteen operations, their names, arguments and results.

What the vendor adds, an operation or an optional argument, breaks nothing here.
"""

import importlib.resources
import inspect
import json
import re
from typing import Any

import pytest

import chessa
import chessa.models
from chessa_api.operation import Operation
from tests.marks import table
from tests.refs import json_schema

# The vendor's operation; the method and its arguments, required ones first; what it returns.
METHODS = {
    "POST /v1/orders/refund": ("orders.request_refund(*, address, order_id, tag=)", "Refund"),
    "POST /v1/orders": (
        "orders.create(*, recipient_id, chain=, destination_asset=, origin_amount=, origin_asset=,"
        " destination_amount=)",
        "Order",
    ),
    "GET /v1/orders": ("orders.list()", "OrderList"),
    "GET /v1/orders/{orderId}": ("orders.retrieve(order_id)", "Order"),
    "GET /v1/orders/{orderId}/status-history": (
        "orders.status_history(order_id)",
        "OrderStatusHistory",
    ),
    "POST /v1/orders/funding": ("orders.prepare_funding(*, chain, order_id, notes=)", "Order"),
    "POST /v1/recipients": (
        "recipients.create(*, account_name=, account_number=, code=, country=, currency=, type=)",
        "Recipient",
    ),
    "GET /v1/recipients": ("recipients.list(*, currency=, country=)", "RecipientList"),
    "GET /v1/recipients/{recipientId}": ("recipients.retrieve(recipient_id)", "Recipient"),
    "GET /v1/recipients/user/{userId}": ("recipients.list_for_user(user_id)", "RecipientList"),
    "POST /v1/recipients/validate": (
        "recipients.validate(*, account_number, code)",
        "RecipientValidation",
    ),
    "POST /v1/recipients/{recipientId}/deactivate": (
        "recipients.deactivate(recipient_id)",
        "Recipient",
    ),
    "GET /v1/rates/{from}/{to}": ("rates.retrieve(from_asset, to_asset)", "Rate"),
    "GET /v1/users/me": ("users.me()", "User"),
    "POST /v1/users/support": ("users.submit_feedback(*, comment, metadata=, type=)", "Feedback"),
    "GET /v1/configurations": ("configurations.retrieve()", "Configurations"),
}
SPEC = json.loads(importlib.resources.files("chessa_api").joinpath("spec.json").read_bytes())
PRESENT = [
    vendor
    for vendor in METHODS
    if vendor.split()[0].lower() in SPEC["paths"].get(vendor.split()[1], {})
]
READS = {"recipients.validate"}
"""The only POST that is safe to retry."""


class Recorder:
    """A performer that keeps the operations that it was asked for."""

    def __init__(self) -> None:
        self.operations: list[Operation[Any]] = []

    def perform(self, operation: Operation[Any], arguments: object) -> None:
        self.operations.append(operation)


def methods(client: Any) -> dict[str, Any]:
    """Return every method of every resource of a client, by `resource.method`."""
    found: dict[str, Any] = {}
    for resource in {text.partition(".")[0] for text, _ in METHODS.values()}:
        for name, method in inspect.getmembers(getattr(client, resource), inspect.ismethod):
            if not name.startswith("_"):
                found[f"{resource}.{name}"] = method
    return found


def arguments(method: Any) -> dict[str, set[str] | list[str]]:
    """Return the arguments of a method: by position, by name and required, by name and optional."""
    parameters = list(inspect.signature(method).parameters.values())
    named = [p for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]
    return {
        "positional": [p.name for p in parameters if p not in named],
        "required": {p.name for p in named if p.default is inspect.Parameter.empty},
        "optional": {p.name for p in named if p.default is not inspect.Parameter.empty},
    }


def required_in_the_body(vendor: str) -> set[str]:
    """Return the arguments for the members that the spec requires in the body."""
    method, path = vendor.split()
    body = SPEC["paths"][path][method.lower()].get("requestBody")
    keys = json_schema(SPEC, body).get("required", ()) if body else ()
    return {re.sub("[A-Z]", lambda upper: f"_{upper[0].lower()}", key) for key in keys}


def written(text: str) -> dict[str, Any]:
    """Return the same of a row of the table."""
    names = [name for name in text.partition("(")[2].rstrip(")").split(", ") if name]
    if "*" not in names:
        names.append("*")
    star = names.index("*")
    return {
        "positional": names[:star],
        "required": {name for name in names[star + 1 :] if not name.endswith("=")},
        "optional": {name.rstrip("=") for name in names[star + 1 :] if name.endswith("=")},
    }


def clients() -> tuple[chessa.Chessa, chessa.AsyncChessa]:
    """Return one client of each kind, never used."""
    return (
        chessa.Chessa(client_id="a", client_secret="b"),
        chessa.AsyncChessa(client_id="a", client_secret="b"),
    )


@table("vendor", PRESENT)
def test_a_method_takes_these_arguments(vendor: str) -> None:
    """Positions and required names are those of the table; optional ones may only be added.

    What the spec requires in the body is required too, and optional in the table at most.
    """
    text, _ = METHODS[vendor]
    required = required_in_the_body(vendor)
    for client in clients():
        found, wanted = arguments(methods(client)[text.partition("(")[0]]), written(text)
        assert found["positional"] == wanted["positional"]
        assert found["required"] == wanted["required"] | required
        assert found["optional"] >= wanted["optional"] - required


def test_sync_and_async_have_the_same_signatures() -> None:
    """The async methods take and return what the sync ones do, awaited."""
    sync, on_asyncio = (methods(client) for client in clients())
    for name, method in sync.items():
        assert not inspect.iscoroutinefunction(method)
        assert inspect.iscoroutinefunction(on_asyncio[name])
        assert inspect.signature(method) == inspect.signature(on_asyncio[name])
        assert inspect.getdoc(method) == inspect.getdoc(on_asyncio[name])


@table("vendor", PRESENT)
def test_a_method_performs_its_operation(vendor: str) -> None:
    """Each method calls the operation of its row, returns the model, and says so in its text."""
    text, result = METHODS[vendor]
    name = text.partition("(")[0]
    resource, _, method_name = name.partition(".")
    recorder = Recorder()
    client = clients()[0]
    made = type(getattr(client, resource))(recorder)  # the same class, on another performer
    method = getattr(made, method_name)
    parameters = inspect.signature(method).parameters.values()
    required = {p.name: "x" for p in parameters if p.default is inspect.Parameter.empty}
    method(**required)
    (operation,) = recorder.operations
    assert operation.name == name
    assert f"{operation.method} {operation.path}" == vendor
    assert operation.is_read == (operation.method == "GET" or name in READS)
    assert inspect.signature(method).return_annotation == f"models.{result}"
    assert hasattr(chessa.models, result)
    documented = " ".join((inspect.getdoc(method) or "").split())
    assert f"`{vendor}`" in documented
    assert ("Read operation." if operation.is_read else "Write operation.") in documented


def test_raw_responses_are_there_for_every_method() -> None:
    """`client.with_raw_response.orders.x` and `client.orders.with_raw_response.x` both exist."""
    for client in clients():
        for name in methods(client):
            resource, _, method = name.partition(".")
            for place in (
                getattr(client.with_raw_response, resource),
                getattr(client, resource).with_raw_response,
            ):
                assert inspect.signature(getattr(place, method)) == inspect.signature(
                    getattr(getattr(client, resource), method)
                )


def test_a_misspelt_argument_is_a_type_error() -> None:
    """Python itself refuses a name that the method does not have."""
    with pytest.raises(TypeError, match="orderid"):
        clients()[0].orders.request_refund(orderid="1", address="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
