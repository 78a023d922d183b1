"""Names are stable: a key that comes later never takes a name that exists."""

import json
from pathlib import Path
from typing import Any

import pytest

from chessa_codegen.errors import SpecError
from chessa_codegen.ir.names import Names, read_names
from chessa_codegen.regeneration import Settled, settled
from tests.marks import table
from tests.pipeline.made import answers, content, document, operation

STRING = {"type": "string"}
Schema = dict[str, Any]


def refund(*keys: str, title: str = "Refund") -> Schema:
    """Return an object with these properties."""
    return {"type": "object", "title": title, "properties": dict.fromkeys(keys, STRING)}


def spec(schema: Schema, body: tuple[str, ...] = (), query: tuple[str, ...] = ()) -> Schema:
    """Return a document with one operation."""
    parameters = [{"name": name, "in": "query", "schema": STRING} for name in query]
    post = operation("refund", responses=answers(schema), parameters=parameters)
    if body:
        post["requestBody"] = content(refund(*body, title="Body"))
    return document({"/refund": {"post": post}})


def attributes(found: Settled, name: str = "Refund") -> dict[str, str]:
    """Return the attributes of a model by their keys."""
    (model,) = [each for each in found.plan.models if each.name == name]
    return {field.key: field.name for field in model.fields}


def arguments(found: Settled) -> dict[str, str]:
    """Return the arguments of the operation by their keys."""
    return {each.key: each.name for each in found.plan.resources[0].operations[0].arguments}


def then(first: Schema, second: Schema) -> Settled:
    """Generate one document after the other, with what the first left in memory."""
    return settled(second, settled(first).plan.names.kept())


@pytest.mark.parametrize(
    "keys", [("refund_address", "refundAddress"), ("refundAddress", "refund_address")]
)
def test_an_attribute_keeps_its_key(keys: tuple[str, ...]) -> None:
    """A property that comes later gets the suffix, before or after the old one."""
    found = then(spec(refund("refundAddress")), spec(refund(*keys)))
    assert attributes(found) == {
        "refundAddress": "refund_address",
        "refund_address": "refund_address_2",
    }


def test_properties_that_change_places_keep_their_names() -> None:
    """The order of two properties that want one name does not decide a second time."""
    first = spec(refund("fooBar", "foo_bar"))
    assert attributes(then(first, spec(refund("foo_bar", "fooBar")))) == attributes(settled(first))


@pytest.mark.parametrize("place", ["body", "query"])
def test_an_argument_keeps_its_key(place: Any) -> None:
    """A new `Tag` before `tag` does not send the old argument elsewhere."""
    old, new = ({place: keys} for keys in (("tag",), ("Tag", "tag")))
    found = arguments(then(spec(refund("a"), **old), spec(refund("a"), **new)))
    assert found["tag"] == "tag"
    assert found["Tag"] == f"tag_{place}"


def test_a_constant_keeps_its_value() -> None:
    """A new value that wants the name of an old one gets the suffix."""
    old, new = (
        spec(refund("a") | {"properties": {"status": {**STRING, "enum": values}}})
        for values in (["in-review"], ["in_review", "in-review"])
    )
    (enum,) = then(old, new).plan.enums
    assert enum.constants == {"IN_REVIEW": "in-review", "IN_REVIEW_2": "in_review"}


def test_a_class_keeps_its_title() -> None:
    """A component that comes later does not take the class of a title."""
    old = spec(refund("a"))
    new = {**old, "components": {"schemas": {"Refund": refund("b", title="Other")}}}
    found = then(old, new)
    assert attributes(found) == {"a": "a"}
    assert {model.name for model in found.plan.models} == {"Refund", "Refund2"}


def test_a_method_keeps_its_operation() -> None:
    """Another operationId of the vendor's does not rename a method."""
    old = spec(refund("a"))
    new = json.loads(json.dumps(old).replace('"refund"', '"RefundController_refundOrder"'))
    found = then(old, new)
    assert [o.name for r in found.plan.resources for o in r.operations] == ["things.refund"]


def test_a_person_overrules_the_memory() -> None:
    """`x-python-name` renames an attribute that is remembered."""
    pinned = refund("refundAddress")
    pinned["properties"] = {"refundAddress": {**STRING, "x-python-name": "address"}}
    found = then(spec(refund("refundAddress")), spec(pinned))
    assert attributes(found) == {"refundAddress": "address"}


def test_the_memory_is_a_file_that_reads_back(tmp_path: Path) -> None:
    """A memory that was written reads back, and a second run writes the same."""
    path = tmp_path / "names.json"
    found = settled(spec(refund("fooBar", "foo_bar")))
    path.write_text(found.plan.names.text(), encoding="utf-8")
    again = settled(spec(refund("foo_bar", "fooBar")), read_names(path))
    assert again.plan.names.text() == path.read_text(encoding="utf-8")
    assert read_names(tmp_path / "none.json").text() == Names().text()


@table("name", ["import", "a b", "__import__('os')", "a.b", "é", ""])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    """A hand-edited memory puts nothing into code that Python does not take for a name."""
    path = tmp_path / "names.json"
    path.write_text(json.dumps({"attributes": {"Refund": {"a": name}}}), encoding="utf-8")
    with pytest.raises(SpecError, match="cannot be a name"):
        read_names(path)


@pytest.mark.parametrize(
    ("operation_id", "component", "method", "model"),
    [("OrdersController_create", "OrderDto", "things.create", "Order")],
)
def test_suffixes_of_frameworks_are_dropped(
    operation_id: str, component: str, method: str, model: str
) -> None:
    """NestJS's controllers and data transfer objects do not show in Python."""
    schema = {"$ref": f"#/components/schemas/{component}"}
    post = operation(operation_id, responses=answers(schema))
    found = settled(document({"/orders": {"post": post}}, {component: refund("a")}))
    assert [o.name for r in found.plan.resources for o in r.operations] == [method]
    assert [each.name for each in found.plan.models] == [model]
