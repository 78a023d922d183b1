"""Another spelling of the same meaning is not a change."""

import copy
import json
from pathlib import Path
from typing import Any

from chessa_codegen.document.loader import read
from chessa_tracking.diff.changes import Level, verdict
from chessa_tracking.diff.openapi import compare
from tests.marks import table
from tests.tracking.base import ANSWER, BASE, GET, POST, THING, edited, put

ROOT = Path(__file__).resolve().parents[2]


def turned(value: Any) -> Any:
    """A tree with its keys in the other order."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(item) for item in value] if isinstance(value, list) else value


def test_the_order_of_keys_is_no_change() -> None:
    """Properties included: constructors take them by name."""
    assert compare(BASE, turned(BASE)) == compare(turned(BASE), BASE) == []


def test_the_order_of_what_has_none_is_no_change() -> None:
    """Required names, enums, parameters, further tags."""
    old = edited(put(["A", "B", "C"], *GET, "tags"), put(["name", "kind"], *THING, "required"))
    new = edited(
        put(["A", "C", "B"], *GET, "tags"),
        put(["kind", "name"], *THING, "required"),
        put(["b", "a"], *THING, "properties", "kind", "enum"),
        lambda document: document["paths"]["/things"]["get"]["parameters"].reverse(),
    )
    assert compare(old, new) == []


def test_yaml_and_json_are_one(tmp_path: Path) -> None:
    """The vendor's document as JSON is the same document."""
    document = read(ROOT / "spec" / "openapi.yaml")
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert compare(document, read(path)) == []


def test_a_schema_put_inline_is_no_change() -> None:
    """Nor one that is taken out to a component, with all that refers to it."""
    inline = copy.deepcopy(BASE)
    answers = inline["paths"]["/things/{thingId}"]["post"]["responses"]["200"]["content"]
    answers["application/json"]["schema"] = copy.deepcopy(BASE["components"]["schemas"]["Answer"])
    inline["paths"]["/things/{thingId}"]["post"]["responses"]["404"] = {"description": "none"}
    inline["paths"]["/things"]["get"]["parameters"][0] = copy.deepcopy(
        BASE["components"]["parameters"]["Page"]
    )
    assert compare(BASE, inline) == compare(inline, BASE) == []


def test_what_is_written_otherwise_and_means_the_same_is_a_patch() -> None:
    """Defaults that are spelled out, null in another notation, a wrapper around a reference."""
    base = {"$ref": "#/components/schemas/Base"}
    for edit in (
        put(False, *POST, "deprecated"),
        put("form", *GET, "parameters", 1, "style"),
        put(True, *THING, "additionalProperties"),
        put(
            {"type": "number", "nullable": True, "exclusiveMinimum": 0},
            *THING,
            "properties",
            "amount",
        ),
        put({"oneOf": [base, {"type": "null"}]}, *ANSWER, "properties", "maybe"),
    ):
        changes = compare(BASE, edited(edit))
        assert verdict(changes) is Level.PATCH, changes
        assert {change.rule for change in changes} == {"equivalent-change"}


REF: dict[str, Any] = {"$ref": "#/components/schemas/Base"}
TEXT: dict[str, Any] = {"type": "string"}


def parts(*names: tuple[str, ...]) -> dict[str, Any]:
    """Return an allOf of objects with these properties."""
    return {
        "allOf": [{"type": "object", "properties": dict.fromkeys(each, TEXT)} for each in names]
    }


@table(
    ("one", "other"),
    [
        (parts(("a", "b"), ("c",)), parts(("a",), ("b", "c"))),
        (parts(("a", "b")), {"type": "object", "properties": {"a": TEXT, "b": TEXT}}),
        ({"oneOf": [REF]}, REF),
        ({"anyOf": [TEXT]}, TEXT),
        ({"allOf": [REF]}, REF),
        (REF, BASE["components"]["schemas"]["Base"]),
        ({"anyOf": [TEXT, REF]}, {"oneOf": [TEXT, REF]}),
        ({"anyOf": [TEXT, {"type": "number"}]}, {"type": ["number", "string"]}),
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": ["string", "null"]}, {"anyOf": [TEXT, {"type": "null"}]}),
        ({"oneOf": [REF, {"enum": [None]}]}, {"allOf": [REF], "nullable": True}),
        ({"oneOf": [TEXT, REF, {"const": None}]}, {"anyOf": [TEXT, REF], "nullable": True}),
        ({"enum": ["a", None], "type": ["string", "null"]}, {"enum": ["a"], "nullable": True}),
        ({"allOf": [REF, {"description": "D"}]}, {**REF, "description": "D"}),
        ({"const": "a"}, {"const": "a", "type": "string"}),
        ({"const": True}, {"const": True, "type": "boolean"}),
        ({"type": "number", "maximum": 5, "exclusiveMaximum": True}, {"exclusiveMaximum": 5}),
        (TEXT, TEXT | {"minLength": 0, "deprecated": False, "xml": {"name": "x"}}),
    ],
)
def test_schemas_that_mean_the_same_are_a_patch(one: Any, other: Any) -> None:
    """In a request and in a response, in either order."""
    types = [each.get("type") for each in (one, other)]
    if "exclusiveMaximum" in other or ("enum" in other and types[1] is None):
        other = other | {"type": "number" if "exclusiveMaximum" in other else "string"}
    for place in (ANSWER, THING):
        for before, after in ((one, other), (other, one)):
            old, new = (edited(put(each, *place, "properties", "p")) for each in (before, after))
            assert verdict(compare(old, new)) <= Level.PATCH, compare(old, new)


CALLBACK = (*POST, "callbacks", "done", "{$request.body#/url}", "post")
HOOK = ("webhooks", "hook", "post", "requestBody", "content", "application/json", "schema")
HOOKS: dict[str, Any] = {
    "hook": {"post": {"requestBody": {"content": {"application/json": {"schema": parts(("a",))}}}}}
}


def renamed(was: str, now: str, *keys: str) -> Any:
    """Return an edit that renames a key."""

    def edit(document: Any) -> None:
        for key in keys:
            document = document[key]
        document[now] = document.pop(was)

    return edit


def spelled_otherwise(document: Any) -> None:
    """Rename a path parameter so that its name in Python stays."""
    put("thing_id", *POST, "parameters", 0, "name")(document)
    renamed("/things/{thingId}", "/things/{thing_id}", "paths")(document)


@table(
    ("edit", "level"),
    [
        (put("Touch", *POST, "operationId"), Level.PATCH),
        (put(["things"], *POST, "tags"), Level.PATCH),
        (
            renamed(
                "application/json",
                "Application/JSON; charset=utf-8",
                *(*POST, "requestBody", "content"),
            ),
            Level.PATCH,
        ),
        (put("https://API.example.com:443/", "servers", 0, "url"), Level.PATCH),
        (spelled_otherwise, Level.PATCH),
        (put("3.1.2", "openapi"), Level.PATCH),
        (put("3.0.3", "openapi"), Level.PATCH),
        (put("https://a.example/dialect", "jsonSchemaDialect"), Level.MAJOR),
        (lambda d: d["tags"].append({"name": "Things"}), Level.PATCH),
        (
            lambda d: d["paths"]["/things"]["get"]["parameters"].append(
                {"name": "of", "in": "query", "schema": {"type": "integer"}}
            ),
            Level.PATCH,
        ),
        (put(1, "unknown"), Level.PATCH),
        (put({"Dev Essentials": 1}, "components", "x-categories"), Level.PATCH),
        (put({"x" * 200: {"value": 1}}, "components", "examples"), Level.PATCH),
        (put({"l": {"operationId": "a"}}, *POST, "responses", "200", "links"), Level.MINOR),
        (put("words", *CALLBACK, "summary"), Level.PATCH),
        (put("words", *HOOK[:3], "description"), Level.PATCH),
        (put(parts(("a", "b")), *HOOK), Level.MINOR),
        (put({"type": "string"}, *HOOK), Level.MAJOR),
        (put(True, *POST, "responses", "200", "headers", "X-Id", "deprecated"), Level.MINOR),
        (
            put({"delete": {"responses": {}}}, "paths", "/things/{id}"),
            Level.MINOR,
        ),
    ],
)
def test_a_document_that_differs_in_little(edit: Any, level: Level) -> None:
    """Names that Python does not see, webhooks, links, and paths of one shape."""
    old = edited(put(HOOKS, "webhooks"))
    assert verdict(compare(old, edited(edit, base=old))) is level


KINDS: dict[str, Any] = {
    "oneOf": [REF, {"$ref": "#/components/schemas/Thing"}],
    "discriminator": {"propertyName": "kind"},
}


def mapped(**mapping: str) -> dict[str, Any]:
    """Return a union whose discriminator says the meaning of these values."""
    return {**KINDS, "discriminator": {"propertyName": "kind", "mapping": mapping}}


NAMED = mapped(Base="#/components/schemas/Base", Thing="Thing")


@table(
    ("one", "other", "level"),
    [
        (KINDS, NAMED, Level.PATCH),
        (NAMED, mapped(Thing="#/components/schemas/Thing"), Level.PATCH),
        (mapped(a="Base"), mapped(a="#/components/schemas/Base"), Level.PATCH),
        (mapped(a="Base"), mapped(a="Thing"), Level.MAJOR),
        (KINDS, mapped(a="Base"), Level.MINOR),
        (mapped(a="Base"), KINDS, Level.MAJOR),
        (NAMED, mapped(Thing="Base"), Level.MINOR),
    ],
)
def test_a_mapping_may_be_implied(one: Any, other: Any, level: Level) -> None:
    """A component has its own name as its mapping, and may be named without the way to it."""
    old, new = (edited(put(each, *ANSWER, "properties", "p")) for each in (one, other))
    assert verdict(compare(old, new)) is level


def get_with(*parameters: dict[str, Any], url: str = "https://a.example") -> dict[str, Any]:
    """Return a document of one operation."""
    get = {"operationId": "a", "parameters": [*parameters], "responses": {}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "servers": [{"url": url}],
        "paths": {"/a/{id}": {"get": get}},
    }


ID: dict[str, Any] = {"name": "id", "in": "path", "required": True, "schema": TEXT}


@table(
    "parameters",
    [
        [ID],
        [{**ID, "required": False}],
        [{key: value for key, value in ID.items() if key != "required"}],
        [ID, {**ID, "name": "other"}],
        [ID, {"name": "Accept", "in": "header", "schema": TEXT}],
        [{"name": "authorization", "in": "header", "required": True, "schema": TEXT}],
    ],
)
def test_parameters_that_change_no_request(parameters: list[Any]) -> None:
    """A parameter that the path names is a text; headers that OpenAPI ignores are left out."""
    for old, new in ((get_with(), get_with(*parameters)), (get_with(*parameters), get_with())):
        assert verdict(compare(old, new)) <= Level.PATCH, compare(old, new)
    number = {**ID, "schema": {"type": "integer"}}
    assert verdict(compare(get_with(), get_with(number))) is Level.MAJOR
    assert verdict(compare(get_with(*parameters, ID), get_with(number))) is Level.MAJOR


def test_the_defaults_of_variables_are_a_part_of_the_address() -> None:
    """A variable of a server is what its default says."""
    plain, filled = get_with(), get_with(url="https://{host}.example")
    filled["servers"][0]["variables"] = {"host": {"default": "a", "description": "Live"}}
    for old, new in ((plain, filled), (filled, plain)):
        assert verdict(compare(old, new)) is Level.PATCH
    other = copy.deepcopy(filled)
    other["servers"][0]["variables"]["host"]["default"] = "b"
    assert verdict(compare(plain, other)) is verdict(compare(filled, other)) is Level.MAJOR


def test_a_path_may_begin_in_the_server() -> None:
    """Calls go where they went: no operation is removed, and none is new."""
    old = edited(put("https://api.example.com/v1", "servers", 0, "url"))
    new = edited(lambda d: d.update(paths={f"/v1{key}": one for key, one in d["paths"].items()}))
    assert verdict(compare(old, new)) is Level.PATCH


def test_a_schema_that_becomes_one_of_several_is_a_kind_that_is_new() -> None:
    """Its own properties are not removed."""
    old = edited(put(REF, *ANSWER, "properties", "p"))
    union = {"oneOf": [REF, {"$ref": "#/components/schemas/Thing"}]}
    (change,) = compare(old, edited(put(union, *ANSWER, "properties", "p")))
    assert change.rule == "response-property-one-of-added"
