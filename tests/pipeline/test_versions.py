"""Versions of OpenAPI and JSON Schema: what OpenAPI 3.2 adds, and what older drafts wrote."""

from pathlib import Path
from typing import Any

import pytest

from chessa_codegen.document.files import joined
from chessa_codegen.regeneration import settled
from tests.marks import table
from tests.pipeline.made import answers, document, make, operation
from tests.pipeline.test_left_out import OK, names

TEXT = {"type": "string"}
NEW: dict[str, Any] = {
    "$self": "https://api.example/openapi.yaml",
    "tags": [
        {"name": "things", "summary": "Things", "kind": "nav"},
        {"name": "parts", "parent": "things"},
    ],
    "servers": [{"url": "https://api.example", "name": "live"}],
}


@pytest.mark.parametrize("version", ["3.2.0", "3.2.1"])
def test_openapi_3_2(version: str, tmp_path: Path) -> None:
    """Nested tags, names of servers, its own address and shared media types are read."""
    media = {"Thing": {"schema": {"type": "object", "properties": {"a": {"type": "number"}}}}}
    shared = {"application/json": {"$ref": "#/components/mediaTypes/Thing"}}
    get = operation("get", "parts", responses={"200": {"summary": "A thing", "content": shared}})
    spec = document({"/t": {"get": get}}, version=version, components={"mediaTypes": media}, **NEW)
    package = make(tmp_path, spec)
    assert package.call("parts.get", answer='{"a": 1.50}').to_json() == b'{"a":1.50}'


@table(
    ("item", "left"),
    [
        ({"query": OK}, "QUERY /odd"),
        ({"additionalOperations": {"LINK": OK}}, "LINK /odd"),
        ({"get": operation("odd"), "query": OK}, "QUERY /odd"),
    ],
)
def test_other_methods_are_left_out(item: dict[str, Any], left: str) -> None:
    """An operation of another method is left out with its reason, and the rest goes on."""
    found = settled(document({"/good": {"get": operation("good")}, "/odd": item}, version="3.2.0"))
    assert [f.operation for f in found.findings] == [left]
    assert names(found) == (["GET /good", "GET /odd"] if "get" in item else ["GET /good"])
    assert found.findings[0].fix


def test_a_stream_of_items_is_left_out() -> None:
    """A response that is described item by item is none of a method's."""
    content = {"application/jsonl": {"itemSchema": TEXT}}
    get = operation("odd", responses={"200": {"description": "ok", "content": content}})
    found = settled(
        document({"/good": {"get": operation("good")}, "/odd": {"get": get}}, version="3.2.0")
    )
    assert "GET /good" in names(found)


def test_a_reference_to_the_documents_own_address_is_local() -> None:
    """`$self` is the address of the document, so a reference that begins with it stays in it."""
    link = {"$ref": f"{NEW['$self']}#/components/schemas/Thing"}
    spec = document({"/t": {"get": operation("get", responses=answers(link))}}, {"Thing": TEXT})
    whole = joined({**spec, **NEW}, "openapi.yaml", lambda *_: None, lambda _: {})
    assert "#/components/schemas/Thing" in str(whole["paths"])
    assert "example/openapi.yaml#" not in str(whole["paths"])


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_an_empty_enum_is_a_slip(version: str, tmp_path: Path) -> None:
    """An enum without values says nothing: the type next to it stands."""
    state = {"type": "string", "enum": [], "allOf": [{"$ref": "#/components/schemas/State"}]}
    thing = {"title": "Thing", "type": "object", "properties": {"state": state}}
    spec = document({"/t": {"get": operation("get", responses=answers(thing))}},
                    {"State": {"type": "string", "enum": ["on"]}}, version=version)  # fmt: skip
    package = make(tmp_path, spec)
    assert type(package.call("things.get", answer='{"state": "on"}').state).__name__ == "State"


def test_a_schema_with_several_errors_is_opened_once() -> None:
    """Errors in two of the schemas that one is made of do not refuse the document."""
    odd = {"oneOf": [{"type": "string", "enum": [1]}, {"type": "string", "enum": [2]}]}
    both = {"type": "string", "allOf": [{"$ref": "#/components/schemas/Odd"}]}
    get = operation("odd", parameters=[{"name": "a", "in": "query", "schema": both}])
    found = settled(document({"/odd": {"get": get}}, {"Odd": odd}, version="3.1.0"))
    assert names(found) == ["GET /odd"]


@pytest.mark.parametrize(
    ("version", "hint"), [("3.0.3", "list[Any]"), ("3.1.0", "tuple[str, Decimal]")]
)
def test_a_list_of_items_is_that_of_older_drafts(version: str, hint: str, tmp_path: Path) -> None:
    """`items: [A, B]` is what `prefixItems` is now; in 3.0, which has neither, any items."""
    pair = {"items": [TEXT, {"type": "number"}], "additionalItems": False, "minItems": 2}
    thing = {"title": "Thing", "type": "object", "properties": {"x": {"type": "array", **pair}}}
    spec = document({"/t": {"get": operation("get", responses=answers(thing))}}, version=version)
    package = make(tmp_path, spec)
    assert package.model("Thing").__annotations__["x"] == hint
    got = package.call("things.get", answer='{"x": ["a", 1.50]}')
    assert got.to_json() == b'{"x":["a",1.50]}'


@table(
    ("anchor", "reference"),
    [
        ({"$recursiveAnchor": True}, {"$recursiveRef": "#"}),
        ({"$dynamicAnchor": "tree"}, {"$dynamicRef": "#tree"}),
        ({"$anchor": "tree"}, {"$ref": "#tree"}),
    ],
)
def test_references_by_anchor(
    anchor: dict[str, Any], reference: dict[str, Any], tmp_path: Path
) -> None:
    """An anchor that one schema has is as good a name as its place."""
    inner = {"type": "array", "items": {"oneOf": [reference, {"$ref": "#/components/schemas/L"}]}}
    schemas = {
        "Tree": {**anchor, "type": "object", "properties": {"inner": inner}},
        "L": {"type": "object", "properties": {"leaf": TEXT}},
    }
    responses = answers({"$ref": "#/components/schemas/Tree"})
    spec = document({"/t": {"get": operation("get", responses=responses)}}, schemas,
                    version="3.1.0")  # fmt: skip
    got = make(tmp_path, spec).call("things.get", answer='{"inner": [{"inner": [{"leaf": "a"}]}]}')
    assert got.inner[0].inner[0].leaf == "a"


def test_an_anchor_of_several_schemas_is_not_guessed(tmp_path: Path) -> None:
    """The schema depends on the way to the reference: it is opened."""
    schemas = {name: {"$dynamicAnchor": "tree", **TEXT} for name in ("A", "B")}
    get = operation("get", responses=answers({"$dynamicRef": "#tree"}))
    found = settled(document({"/t": {"get": get}}, schemas, version="3.1.0"))
    assert [each.kind for each in found.findings] == ["opened"]
