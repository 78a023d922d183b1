"""A change means another thing in a request than in a response; shared parts are told once."""

from typing import Any

import pytest

from chessa_tracking.diff.changes import Level
from chessa_tracking.diff.openapi import compare
from tests.marks import CI
from tests.tracking.base import ANSWER, BASE, THING, edited, put


def test_a_component_of_both_directions_is_told_once_in_each() -> None:
    """A field that may be null: more freedom to send, more to expect; two rows for the edit."""
    new = edited(put(["string", "null"], *THING, "properties", "name", "type"))
    found = {change.rule: change for change in compare(BASE, new)}
    assert {rule: change.level for rule, change in found.items()} == {
        "request-property-became-nullable": Level.MINOR,
        "response-property-became-nullable": Level.MAJOR,
    }
    assert found["request-property-became-nullable"].operation == "POST /things/{thingId}"
    assert found["response-property-became-nullable"].operation == "GET /things (and 1 other)"


def test_prose_of_a_component_of_both_directions_is_told_once() -> None:
    """Prose has no direction."""
    (change,) = compare(BASE, edited(put("words", *THING, "properties", "name", "description")))
    assert (change.rule, change.operation) == ("documentation-changed", "GET /things (and 1 other)")


def test_amounts_between_numbers_and_strings_break() -> None:
    """A number that becomes a string is major on either side, and so the other way round."""
    for one, other in (("number", "string"), ("string", "number")):
        old = edited(put({"type": one}, *THING, "properties", "total"))
        new = edited(put({"type": other}, *THING, "properties", "total"))
        changes = compare(old, new)
        assert {change.level for change in changes} == {Level.MAJOR}
        assert len(changes) == 2


@pytest.mark.parametrize("count", [100, pytest.param(1_000, marks=CI)])
def test_a_component_of_many_operations_is_one_row(count: int) -> None:
    """A hundred or a thousand operations of one component: one change, which counts them."""
    answer = {"200": {"description": "", "content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/Answer"}}}}}  # fmt: skip
    paths = {f"/p{number}": {"get": {"responses": answer}} for number in range(count)}
    old = edited(put(paths, "paths"))
    new = edited(put("number", *ANSWER, "properties", "id", "type"), base=old)
    (change,) = compare(old, new)
    assert change.operation == f"GET /p0 (and {count - 1} others)"


@pytest.mark.parametrize(
    ("one", "other", "most"), [(31, 37, 2_200), pytest.param(101, 103, 20_000, marks=CI)]
)
def test_circles_of_every_length_come_to_an_end(one: int, other: int, most: int) -> None:
    """Two circles of components of different lengths, unlike: the comparison ends, and tells."""

    def circle(length: int, kind: str) -> dict[str, Any]:
        return {
            f"C{i}": {"type": "object", "properties": {
                "next": {"$ref": f"#/components/schemas/C{(i + 1) % length}"},
                "value": {"type": kind}}} for i in range(length)
        }  # fmt: skip

    use = put({"$ref": "#/components/schemas/C0"}, *ANSWER, "properties", "circle")
    old = edited(use, lambda d: d["components"]["schemas"].update(circle(one, "string")))
    new = edited(use, lambda d: d["components"]["schemas"].update(circle(other, "number")))
    changes = compare(old, new)
    assert len(changes) < most
    assert changes[0].level is Level.MAJOR
    assert compare(old, old) == []
