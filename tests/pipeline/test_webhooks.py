"""Webhooks and callbacks: the bodies that the API sends, decoded."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chessa_codegen.docs.examples import Examples
from chessa_codegen.docs.pages import page_of, pages
from chessa_codegen.regeneration import settled
from tests.marks import table
from tests.pipeline.made import OK, Package, content, document, make, operation

PAID = {"type": "object", "properties": {"id": {"type": "string"}, "amount": {"type": "number"}}}


def sent(schema: Any, media_type: str = "application/json", **rest: Any) -> dict[str, Any]:
    """Return an operation that the API calls with a body."""
    return {"requestBody": content(schema, media_type), "responses": OK, **rest}


def package_of(folder: Path, webhooks: dict[str, Any], **post: Any) -> Package:
    """Make a package of a document with webhooks, and an operation that may have callbacks."""
    paths = {"/subscriptions": {"post": operation("subscribe", **post)}}
    spec = document(paths, {"Paid": PAID}, version="3.1.0", webhooks=webhooks)
    return make(folder, spec)


PAID_REF = {"$ref": "#/components/schemas/Paid"}


def test_a_webhook_decodes_a_body(tmp_path: Path) -> None:
    """The body is a model, found by constant or by name, every digit kept."""
    post = sent(PAID_REF, summary="An order was paid", description="Sent once.")
    package = package_of(tmp_path, {"order.paid": {"post": post}})
    webhooks = package.module("webhooks")
    for body in ('{"id": "1", "amount": 0.10, "new": 1.5}', b'{"id":"1","amount":0.10,"new":1.5}'):
        got = webhooks.ORDER_PAID.decode(body)
        assert type(got) is package.model("Paid")
        assert (got.id, got.amount) == ("1", Decimal("0.10"))
        assert got.to_json() == b'{"id":"1","amount":0.10,"new":1.5}'
    assert webhooks.WEBHOOKS == {"order.paid": webhooks.ORDER_PAID}
    assert repr(webhooks.ORDER_PAID) == "Webhook('order.paid')"
    source = package.source("webhooks.py")
    assert "ORDER_PAID: Final[Webhook[models.Paid]]" in source
    assert "An order was paid." in source
    assert "The body of `webhooks.ORDER_PAID`." in package.source("models/paid.py")


@table("body", ["", "{", "[]", "1", "null", b"\xff", '{"a": NaN}', '{"a":1,"a":2}'])
def test_a_body_that_does_not_fit_is_an_error_of_the_package(tmp_path: Path, body: Any) -> None:
    """It is a DecodeError, which is a ChessaError, and shows no value."""
    package = package_of(tmp_path, {"paid": {"post": sent(PAID_REF)}})
    errors = package.module("errors")
    with pytest.raises(errors.DecodeError) as caught:
        package.module("webhooks").PAID.decode(body)
    assert isinstance(caught.value, errors.ChessaError)


def test_shapes_of_every_kind(tmp_path: Path) -> None:
    """A body may be of several kinds, a list, or described where it is sent."""
    either = {"oneOf": [PAID_REF, {"type": "array", "items": PAID_REF}]}
    package = package_of(
        tmp_path,
        {"either": {"post": sent(either)}, "inline": {"post": sent({**PAID, "required": ["id"]})}},
    )
    webhooks = package.module("webhooks")
    assert webhooks.EITHER.decode('[{"id": "1"}]')[0].id == "1"
    assert type(webhooks.INLINE.decode('{"id": "1"}')) is package.model("InlineWebhook")


def test_a_callback_decodes_a_body(tmp_path: Path) -> None:
    """A callback of an operation is one as well, also in 3.0 and by reference."""
    callback = {"{$request.body#/url}": {"post": sent(PAID_REF)}}
    components = {"callbacks": {"Shared": callback}, "schemas": {"Paid": PAID}}
    callbacks = {"onPaid": callback, "shared": {"$ref": "#/components/callbacks/Shared"}}
    spec = document(
        {
            "/subscriptions": {"post": operation("subscribe", callbacks=callbacks)},
            "/others": {"post": operation("follow", callbacks={"onPaid": callback})},
        },
        components=components,
    )
    webhooks = make(tmp_path, spec).module("webhooks")
    names = {each for each in vars(webhooks) if re.fullmatch("[A-Z_]+", each)}
    assert names == {"ON_PAID_FOLLOW", "ON_PAID_SUBSCRIBE", "SHARED", "WEBHOOKS"}
    assert webhooks.SHARED.decode('{"amount": 1}').amount == 1


def test_names_are_safe_distinct_and_pinned(tmp_path: Path) -> None:
    """Any name of the document becomes a constant; `x-python-name` chooses another."""
    hooks = {
        "a-b": sent(PAID_REF),
        "a_b": sent(PAID_REF),
        "webhooks": sent(PAID_REF),
        "1st": sent(PAID_REF),
        '"); import os': sent(PAID_REF),
        "x": sent(PAID_REF, **{"x-python-name": "order_paid"}),
    }
    package = package_of(tmp_path, {name: {"post": post} for name, post in hooks.items()})
    webhooks = package.module("webhooks")
    assert set(webhooks.WEBHOOKS) == set(hooks)
    found = {webhooks.WEBHOOKS[name]: name for name in hooks}
    constants = {key: found[each] for key, each in vars(webhooks).items() if key.isupper()
                 and key != "WEBHOOKS"}  # fmt: skip
    assert constants == {
        "IMPORT_OS": '"); import os',
        "VALUE_1ST": "1st",
        "A_B": "a-b",
        "A_B_2": "a_b",
        "WEBHOOKS_": "webhooks",
        "ORDER_PAID": "x",
    }


def test_a_webhook_keeps_its_name() -> None:
    """A webhook that comes later gets the suffix."""
    old = document({}, {"Paid": PAID}, version="3.1.0", webhooks={"a_b": {"post": sent(PAID_REF)}})
    new = json.loads(json.dumps(old))
    new["webhooks"]["a-b"] = {"post": sent(PAID_REF)}
    found = settled(new, settled(old).plan.names.kept())
    assert {each.name: each.key for each in found.plan.webhooks} == {"A_B": "a_b", "A_B_2": "a-b"}


def test_a_document_of_webhooks_only_has_types(tmp_path: Path) -> None:
    """Without operations the table of them is empty, and its type is said."""
    spec = document(
        {}, {"Paid": PAID}, version="3.1.0", webhooks={"paid": {"post": sent(PAID_REF)}}
    )
    package = make(tmp_path, spec)
    assert package.module("index").OPERATIONS == {}
    assert "OPERATIONS: Final[Mapping[str, Operation[Any]]] = {}" in package.source("index.py")


def test_the_reference_has_a_page_of_them() -> None:
    """It has their names, bodies and classes; the index leads there."""
    post = sent(PAID_REF, summary="An order was paid", description="Sent | once.")
    both = {
        "order.paid": {"post": post},
        "list": {"post": sent({"type": "array", "items": PAID_REF})},
    }
    spec = document({}, {"Paid": PAID}, version="3.1.0", webhooks=both)
    found = pages(settled(spec).plan, Examples({}, ()))
    page = found["webhooks.md"]
    assert "## ORDER_PAID\n\nAn order was paid." in page
    assert "The request `order.paid` of the spec. Its body is [`Paid`](#paid).\n" in page
    assert "Its body is list of [`Paid`](#paid)." in page
    assert "### Paid\n\nThe body of `webhooks.LIST` and `webhooks.ORDER_PAID`." in page
    assert "[`ORDER_PAID`](webhooks.md#order_paid)" in found["README.md"]
    assert "[`Paid`](webhooks.md#paid)" in found["README.md"]
    assert "## Paid" not in found["models.md"]


@pytest.mark.parametrize("tag", ["webhooks", "models", "readme", "what-to-check"])
def test_a_resource_of_that_name_has_a_page_of_its_own(tag: str) -> None:
    """No page takes the file of another."""
    spec = document(
        {"/a": {"get": operation("a", tag)}},
        {"Paid": PAID},
        version="3.1.0",
        webhooks={"paid": {"post": sent(PAID_REF)}},
    )
    plan = settled(spec).plan
    found = pages(plan, Examples({}, ()))
    assert len(found) == 5
    assert f"## {plan.resources[0].operations[0].name}" in found[page_of(plan.resources[0])]


def test_names_that_meet_stay_two(tmp_path: Path) -> None:
    """The POST of an item with two methods, and a webhook of that name."""
    post = {"post": sent(PAID_REF)}
    hooks = {"a": {**post, "put": sent({"type": "string"})}, "a post": post, "A": post}
    webhooks = package_of(tmp_path, hooks).module("webhooks")
    assert {*webhooks.WEBHOOKS} == {"a post", "a put", "a post 2", "A"}
    assert len({*webhooks.WEBHOOKS.values()}) == 4


def test_an_empty_table_without_a_body(tmp_path: Path) -> None:
    """Webhooks without a body of JSON, or none at all, leave an empty table in the package."""
    hooks = {"ping": {"post": {"responses": OK}}, "file": {"post": sent(PAID, "text/plain")}}
    package = package_of(tmp_path, hooks)
    assert package.module("webhooks").WEBHOOKS == {}
    assert package.module("webhooks").__all__ == ["WEBHOOKS", "Webhook"]


def test_a_webhook_that_cannot_be_read_is_left_out() -> None:
    """The rest of the document goes on, and the reason is told."""
    spec = document(
        {"/a": {"get": operation("a")}},
        {"Paid": PAID},
        version="3.1.0",
        webhooks={"bad": {"post": {"requestBody": {"$ref": "#/components/requestBodies/None"}}},
                  "good": {"post": sent(PAID_REF)}},
    )  # fmt: skip
    found = settled(spec)
    assert [each.name for each in found.plan.webhooks] == ["GOOD"]
    (left,) = [each for each in found.findings if each.kind == "left out"]
    assert "points at nothing" in left.what
