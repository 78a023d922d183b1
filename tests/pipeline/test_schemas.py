"""Schemas of other documents than the vendor's: their types in Python, and their JSON both ways."""

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.pipeline.made import Document, Package, answers, document, make, operation

NAMED: Document = {
    "Color": {"type": "string", "enum": ["red", "green"]},
    "Size": {"type": "integer", "enum": [1, 2]},
    "Cat": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}, "purrs": {"type": "boolean"}},
    },
    "Dog": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}, "barks": {"type": "boolean"}},
    },
    "Node": {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "next": {"$ref": "#/components/schemas/Node"},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
        },
    },
    "Base": {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string"}, "note": {"type": "string"}},
    },
}
CAT, DOG, BASE = ({"$ref": f"#/components/schemas/{name}"} for name in ("Cat", "Dog", "Base"))


@attrs.frozen
class Case:
    """A schema of the property `x`: its hint, a value that fits, one that does not."""

    name: str
    schema: Any
    hint: str
    json: str
    value: Any
    misfit: str | None = None
    version: str = "3.0.3"


def _31(
    name: str, schema: Any, hint: str, text: str, value: Any, misfit: str | None = None
) -> Case:
    return Case(name, schema, hint, text, value, misfit, version="3.1.0")


UTC = datetime.UTC
CASES = [
    Case("string", {"type": "string"}, "str", '"a"', "a", "1"),
    Case("boolean", {"type": "boolean"}, "bool", "true", True, '"true"'),
    Case("integer", {"type": "integer", "format": "int64"}, "int", "7", 7, "7.5"),
    Case("number", {"type": "number", "format": "double"}, "Decimal", "0.10", Decimal("0.1"), "[]"),
    Case("decimal", {"type": "string", "format": "decimal"}, "Decimal", '"1.50"', Decimal("1.5"),
         '"1,5"'),
    Case("date", {"type": "string", "format": "date"}, "datetime.date", '"2025-03-18"',
         datetime.date(2025, 3, 18), '"2025-3-18"'),
    Case("date-time", {"type": "string", "format": "date-time"}, "datetime.datetime",
         '"2025-03-18T06:05:27Z"', datetime.datetime(2025, 3, 18, 6, 5, 27, tzinfo=UTC), '"noon"'),
    Case("uuid", {"type": "string", "format": "uuid"}, "str", '"b647"', "b647", "1"),
    Case("byte", {"type": "string", "format": "byte"}, "str", '"YQ=="', "YQ==", "1"),
    Case("unknown format", {"type": "string", "format": "ksuid"}, "str", '"a"', "a", "1"),
    Case("anything", {}, "Any", '{"a": [1]}', {"a": [1]}),
    Case("no type", {"description": "Anything at all."}, "Any", "null", None),
    Case("array", {"type": "array", "items": {"type": "integer"}}, "list[int]", "[1, 2]", [1, 2],
         '[1, "2"]'),
    Case("array of arrays",
         {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
         "list[list[str]]", '[["a"], []]', [["a"], []], '["a"]'),
    Case("array of anything", {"type": "array", "items": {}}, "list[Any]", '[1, "a"]', [1, "a"],
         "{}"),
    Case("map", {"type": "object", "additionalProperties": {"type": "number"}},
         "dict[str, Decimal]", '{"a": 1.5}', {"a": Decimal("1.5")}, '{"a": "b"}'),
    Case("map of models", {"type": "object", "additionalProperties": BASE},
         "dict[str, models.Base]", '{"a": {"id": "1"}}', {"a": {"id": "1"}}, '{"a": {}}'),
    Case("free object", {"type": "object"}, "dict[str, Any]", '{"a": 1}', {"a": 1}, "[]"),
    Case("open object", {"type": "object", "additionalProperties": True}, "dict[str, Any]",
         '{"a": null}', {"a": None}, '"a"'),
    Case("empty object", {"type": "object", "additionalProperties": False}, "dict[str, Any]", "{}",
         {}, "1"),
    Case("nullable", {"type": "string", "nullable": True}, "str | None", "null", None, "1"),
    Case("nullable with a value", {"type": "string", "nullable": True}, "str | None", '"a"', "a"),
    Case("nullable reference", {"allOf": [BASE], "nullable": True}, "models.Base | None", "null",
         None, "1"),
    _31("type and null", {"type": ["string", "null"]}, "str | None", "null", None, "1"),
    _31("two types", {"type": ["string", "integer"]}, "str | int", "7", 7, "[]"),
    _31("reference or null", {"oneOf": [BASE, {"type": "null"}]}, "models.Base | None", "null",
        None, "1"),
    _31("const", {"const": "on"}, "str", '"on"', "on", "1"),
    _31("only null", {"type": "null"}, "Any", "null", None),
    _31("true", True, "Any", "[1]", [1]),
    Case("enum", {"$ref": "#/components/schemas/Color"}, "models.Color", '"red"', "red", "1"),
    Case("a value that the enum lacks", {"$ref": "#/components/schemas/Color"}, "models.Color",
         '"blue"', "blue", "null"),
    Case("enum of integers", {"$ref": "#/components/schemas/Size"}, "models.Size", "2", 2, '"2"'),
    Case("inline enum", {"type": "string", "enum": ["a", "b"]}, "models.ThingX", '"a"', "a", "1"),
    Case("enum with null", {"type": "string", "nullable": True, "enum": ["a", None]},
         "models.ThingX | None", "null", None, "1"),
    Case("enum of values that Python would confuse",
         {"type": "string", "enum": ["a", "A", "a b", "a-b", "", "1", "None", "mro"]},
         "models.ThingX", '"a-b"', "a-b", "1"),
    Case("enum of several types", {"enum": ["a", 1, True]}, "Any", "1", 1),
    Case("oneOf scalars", {"oneOf": [{"type": "string"}, {"type": "integer"}]}, "str | int", "7", 7,
         "[]"),
    Case("anyOf objects", {"anyOf": [CAT, DOG]}, "models.Cat | models.Dog",
         '{"kind": "x", "barks": true}', {"kind": "x", "barks": True}, '{"barks": true}'),
    Case("discriminator",
         {"oneOf": [CAT, DOG], "discriminator": {"propertyName": "kind"}},
         "models.Cat | models.Dog", '{"kind": "Dog", "purrs": true}',
         {"kind": "Dog", "purrs": True}, "[]"),
    Case("oneOf with arrays", {"oneOf": [{"type": "array", "items": CAT}, CAT]},
         "list[models.Cat] | models.Cat", '[{"kind": "x"}]', [{"kind": "x"}], "1"),
    Case("oneOf that only validates",
         {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
          "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
         "models.ThingX", '{"a": "1"}', {"a": "1"}, "1"),
    Case("allOf",
         {"allOf": [BASE, {"type": "object", "properties": {"more": {"type": "integer"}}}]},
         "models.ThingX", '{"id": "1", "more": 2}', {"id": "1", "more": 2}, '{"more": 2}'),
    Case("allOf with siblings",
         {"type": "object", "required": ["more"], "allOf": [BASE],
          "properties": {"more": {"type": "integer"}}},
         "models.ThingX", '{"id": "1", "more": 2}', {"id": "1", "more": 2}, '{"id": "1"}'),
    Case("allOf that only requires", {"allOf": [BASE, {"required": ["note"]}]}, "models.ThingX",
         '{"id": "1", "note": "n"}', {"id": "1", "note": "n"}, '{"id": "1"}'),
    Case("allOf within allOf",
         {"allOf": [{"allOf": [BASE]}, {"properties": {"id": {"description": "Better words."}}}]},
         "models.ThingX", '{"id": "1"}', {"id": "1"}, "{}"),
    Case("allOf around one reference", {"allOf": [BASE], "description": "The base."},
         "models.Base", '{"id": "1"}', {"id": "1"}, "{}"),
    Case("inline objects, deep",
         {"type": "object", "properties": {"y": {"type": "object", "properties": {
             "z": {"type": "array", "items": {"type": "object", "properties": {
                 "w": {"type": "number"}}}}}}}},
         "models.ThingX", '{"y": {"z": [{"w": 1.5}]}}', {"y": {"z": [{"w": Decimal("1.5")}]}}, "1"),
    Case("recursion", {"$ref": "#/components/schemas/Node"}, "models.Node",
         '{"name": "a", "next": {"children": [{"name": "b"}]}}',
         {"name": "a", "next": {"children": [{"name": "b"}]}}, "1"),
    Case("properties without a type", {"properties": {"a": {"type": "string"}}}, "models.ThingX",
         '{"a": "b"}', {"a": "b"}, "1"),
    Case("required, and never described",
         {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "string"}}},
         "models.ThingX", '{"a": "1", "b": [2]}', {"a": "1", "b": [2]}, '{"a": "1"}'),
]  # fmt: skip


def package_of(folder: Path, case: Case) -> Package:
    """A package whose one operation answers a thing with this property."""
    thing = {"type": "object", "properties": {"x": case.schema}}
    paths = {"/things": {"get": operation("getThing", responses=answers(thing, "200"))}}
    schemas = {**NAMED, "Thing": thing}
    paths["/things"]["get"]["responses"] = answers({"$ref": "#/components/schemas/Thing"})
    return make(folder, document(paths, schemas, version=case.version))


def plain(value: Any) -> Any:
    """A value with its models as dicts."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_schema_becomes_a_type(case: Case, tmp_path: Path) -> None:
    """A property has the hint of its schema, reads what fits, and keeps what does not."""
    package = package_of(tmp_path, case)
    thing = package.model("Thing")
    assert thing.__annotations__["x"] == case.hint
    got = package.call("things.get_thing", answer=f'{{"x": {case.json}}}')
    assert type(got) is thing
    assert plain(got.x) == case.value
    assert got.to_dict() == {"x": package.loads(case.json)}
    assert not got.misfits
    if case.misfit is not None:
        got = package.call("things.get_thing", answer=f'{{"x": {case.misfit}}}')
        assert got.misfits == {"x": json.loads(case.misfit)}
        with pytest.raises(AttributeError, match=r"Thing\.x cannot be read"):
            _ = got.x
        assert got.to_dict() == {"x": json.loads(case.misfit)}


def test_the_better_kind_wins(tmp_path: Path) -> None:
    """Of several kinds, the discriminator decides; without one, the kind that leaves least over."""
    for discriminator, wanted in (({"propertyName": "kind"}, "Dog"), (None, "Cat")):
        schema = {
            "oneOf": [CAT, DOG],
            **({"discriminator": discriminator} if discriminator else {}),
        }
        package = package_of(tmp_path, Case("", schema, "", "", None))
        got = package.call("things.get_thing", answer='{"x": {"kind": "Dog", "purrs": true}}').x
        assert type(got).__name__ == wanted


def test_a_discriminator_may_map_other_words(tmp_path: Path) -> None:
    """What the discriminator says is looked up in its mapping, by reference or by name."""
    mapping = {"meow": "#/components/schemas/Cat", "woof": "Dog"}
    schema = {"oneOf": [CAT, DOG], "discriminator": {"propertyName": "kind", "mapping": mapping}}
    package = package_of(tmp_path, Case("", schema, "", "", None))
    for word, wanted in (("meow", "Cat"), ("woof", "Dog")):
        got = package.call("things.get_thing", answer=f'{{"x": {{"kind": "{word}"}}}}').x
        assert type(got).__name__ == wanted


@pytest.mark.parametrize(
    ("schema", "text", "hint"),
    [
        ({"type": "array", "items": BASE}, '[{"id": "1"}]', "list[models.Base]"),
        ({"type": "array", "items": {"type": "string"}}, '["a"]', "list[str]"),
        ({"type": "string"}, '"a"', "str"),
        ({"type": "number"}, "1.50", "Decimal"),
        ({"type": "object", "additionalProperties": BASE}, '{"a": {"id": "1"}}', "dict[str"),
        ({"oneOf": [CAT, DOG]}, '{"kind": "x", "purrs": true}', "models.Cat | models.Dog"),
        ({}, "null", "Any"),
        ({"type": "string", "nullable": True}, "null", "str | None"),
    ],
)
def test_an_answer_may_be_anything(schema: Any, text: str, hint: str, tmp_path: Path) -> None:
    """Arrays, scalars, maps, unions and null at the top of an answer are results."""
    paths = {"/things": {"get": operation("read", responses=answers(schema))}}
    package = make(tmp_path, document(paths, NAMED))
    assert plain(package.call("things.read", answer=text)) == package.loads(text)
    assert f"def read(self) -> {hint}" in package.source("api/things/__init__.py").replace(
        "builtins.", ""
    )


def test_names_of_properties_never_break_a_model(tmp_path: Path) -> None:
    """Names of ours, of Python's and of nobody's become attributes, and go back as they came."""
    names = [
        "d", "cls", "self", "to_dict", "from_dict", "field_dict", "additional_properties",
        "additional_keys", "cast", "misfits", "models", "wire", "attrs", "datetime", "Any", "str",
        "list", "dict", "int", "class", "from", "None", "print", "__class__", "_slot", "_unknown",
        "x-y", "x y", "x.y", "xY", "1st", "", "é", "日本", "$ref-like", "a/b", "a~b", "{{x}}", "%s",
        "to_json", "from_json", "import", "Model", "__dict__", "__init__", "_misfits", "True",
    ]  # fmt: skip
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    paths = {"/things": {"get": operation("read", responses=answers(schema))}}
    package = make(tmp_path, document(paths))
    data = {name: f"value of {name}" for name in names}
    got = package.call("things.read", answer=json.dumps(data))
    assert got.to_dict() == data
    assert not got.additional_properties
    fields = [field.name for field in attrs.fields(type(got))]
    assert len(set(fields)) == len(names)
    assert [getattr(got, field) for field in fields] == list(data.values())
    assert type(got)(**dict(zip(fields, data.values(), strict=True))) == got


def test_schemas_of_one_title_are_one_class(tmp_path: Path) -> None:
    """Inline objects that share a title share a class, which holds the fields of both."""
    one = {"title": "Row", "type": "object", "properties": {"a": {"type": "string"}}}
    two = {"title": "Row", "type": "object", "properties": {"b": {"type": "string"}}}
    paths = {
        "/one": {"get": operation("one", responses=answers(one))},
        "/two": {"get": operation("two", responses=answers(two))},
    }
    package = make(tmp_path, document(paths))
    assert type(package.call("things.one", answer="{}")) is package.model("Row")
    assert package.call("things.two", answer='{"b": "x"}').b == "x"


def test_what_only_the_server_sets_is_not_sent(tmp_path: Path) -> None:
    """readOnly leaves the arguments; writeOnly is never missed in an answer."""
    schema = {
        "type": "object",
        "required": ["id", "secret"],
        "properties": {
            "id": {"type": "string", "readOnly": True},
            "secret": {"type": "string", "writeOnly": True},
        },
    }
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    paths = {"/things": {"post": operation("add", requestBody=body, responses=answers(schema))}}
    package = make(tmp_path, document(paths))
    got = package.call("things.add", secret="s", answer='{"id": "1"}')
    assert package.sent[-1].body == '{"secret":"s"}'
    assert got.id == "1"
