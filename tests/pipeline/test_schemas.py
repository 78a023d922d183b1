"""Schemas of other documents than the vendor's: their types in Python, and their JSON both ways."""

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.marks import every, table
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
         "dict[str, models.Base]", '{"a": {"id": "1"}}', {"a": {"id": "1"}}, '{"a": 1}'),
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
    Case("enum of several types", {"enum": ["a", 1, True]}, "str | int | bool", "1", 1, "[]"),
    Case("enum of numbers", {"enum": [1, 2.5]}, "Decimal", "2.5", Decimal("2.5"), '"a"'),
    Case("enum of booleans and null", {"enum": [True, None]}, "bool | None", "null", None, "1"),
    Case("enum of objects", {"enum": [{"a": 1}, [2]]}, "dict[str, Any] | list[Any]", "[2]", [2],
         '"a"'),
    Case("oneOf scalars", {"oneOf": [{"type": "string"}, {"type": "integer"}]}, "str | int", "7", 7,
         "[]"),
    Case("anyOf objects", {"anyOf": [CAT, DOG]}, "models.Cat | models.Dog",
         '{"kind": "x", "barks": true}', {"kind": "x", "barks": True}, "1"),
    Case("discriminator",
         {"oneOf": [CAT, DOG], "discriminator": {"propertyName": "kind"}},
         "models.Cat | models.Dog", '{"kind": "Dog", "purrs": true}',
         {"kind": "Dog", "purrs": True}, "[]"),
    Case("nullable next to what only validates",
         {"type": "object", "nullable": True, "properties": {"a": {"type": "string"}},
          "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
         "models.ThingX | None", "null", None, "1"),
    Case("anything next to a string", {"anyOf": [{"type": "string"}, {"nullable": True}]},
         "Any", "5", 5),
    _31("anything and null next to a string", {"anyOf": [{"type": "string"}, {}, {"type": "null"}]},
        "Any", "[5]", [5]),
    Case("an integer that is a number, too",
         {"allOf": [{"type": "number"}, {"type": "integer", "minimum": 1}]}, "int", "5", 5, "5.5"),
    _31("an integer or null that is a number, too",
        {"allOf": [{"type": ["number", "null"]}, {"type": ["integer", "null"]}]},
        "int | None", "null", None, "5.5"),
    Case("a pattern of another language than Python",
         {"type": "string", "pattern": "^[\\w-\\.]+@\\p{Lu}$"}, "str", '"a"', "a", "1"),
    Case("a default that does not fit", {"allOf": [BASE], "default": {}}, "models.Base",
         '{"id": "1"}', {"id": "1"}, "1"),
    Case("a default that would never end",
         {"type": "string", "pattern": "^(a+)+$", "default": "a" * 60 + "!"}, "str", '"a"', "a"),
    Case("binary within JSON", {"type": "string", "format": "binary"}, "str", '"a"', "a", "1"),
    Case("a title with a line end", {"title": "Row\n", "properties": {"a": {"type": "string"}}},
         "models.Row", '{"a": "b"}', {"a": "b"}, "1"),
    Case("a title that is a text", {"title": "x" * 500, "properties": {"a": {"type": "string"}}},
         "models.ThingX", '{"a": "b"}', {"a": "b"}, "1"),
    Case("a text with the line ends of Windows",
         {"type": "string", "description": "one\r\ntwo"}, "str", '"a"', "a", "1"),
    Case("an extension with a reference of its own",
         {"type": "string", "x-examples": {"$ref": "./examples.json", "title": ""}}, "str", '"a"',
         "a", "1"),
    Case("oneOf with arrays", {"oneOf": [{"type": "array", "items": CAT}, CAT]},
         "list[models.Cat] | models.Cat", '[{"kind": "x"}]', [{"kind": "x"}], "1"),
    Case("oneOf that only validates",
         {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
          "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
         "models.ThingX", '{"a": "1"}', {"a": "1"}, "1"),
    Case("allOf",
         {"allOf": [BASE, {"type": "object", "properties": {"more": {"type": "integer"}}}]},
         "models.ThingX", '{"id": "1", "more": 2}', {"id": "1", "more": 2}, "[]"),
    Case("allOf with siblings",
         {"type": "object", "required": ["more"], "allOf": [BASE],
          "properties": {"more": {"type": "integer"}}},
         "models.ThingX", '{"id": "1", "more": 2}', {"id": "1", "more": 2}, "[]"),
    Case("allOf that only requires", {"allOf": [BASE, {"required": ["note"]}]}, "models.ThingX",
         '{"id": "1", "note": "n"}', {"id": "1", "note": "n"}, "[]"),
    Case("allOf within allOf",
         {"allOf": [{"allOf": [BASE]}, {"properties": {"id": {"description": "Better words."}}}]},
         "models.ThingX", '{"id": "1"}', {"id": "1"}, "1"),
    Case("allOf around one reference", {"allOf": [BASE], "description": "The base."},
         "models.Base", '{"id": "1"}', {"id": "1"}, "1"),
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
    Case("type object next to kinds of other types",
         {"type": "object", "oneOf": [{"$ref": "#/components/schemas/Color"}, {"type": "array"}]},
         "models.Color | list[Any]", '"red"', "red", "1"),
    Case("type object around an enum",
         {"type": "object", "allOf": [{"$ref": "#/components/schemas/Color"}], "nullable": True},
         "models.Color | None", '"red"', "red", "1"),
    Case("the type of the reference again", {"type": "object", "allOf": [BASE]}, "models.Base",
         '{"id": "1"}', {"id": "1"}, "1"),
    _31("map by a pattern of names", {"patternProperties": {"^x-": {"type": "number"}}},
        "dict[str, Decimal]", '{"x-a": 1.5}', {"x-a": Decimal("1.5")}, '{"x-a": "b"}'),
    _31("map by patterns and nothing else",
        {"type": "object", "additionalProperties": False,
         "patternProperties": {"^a": {"type": "string"}, "^b": BASE}},
        "dict[str, str | models.Base]", '{"a": "x", "b": {"id": "1"}}',
        {"a": "x", "b": {"id": "1"}}, '{"a": []}'),
    _31("map by a pattern, and others of another type",
        {"additionalProperties": {"type": "boolean"},
         "patternProperties": {"a": {"type": "integer"}}},
        "dict[str, int | bool]", '{"a": 1, "b": true}', {"a": 1, "b": True}, '{"a": "x"}'),
    _31("map by a pattern, and others of any type",
        {"additionalProperties": True, "patternProperties": {"a": {"type": "integer"}}},
        "dict[str, Any]", '{"a": "x"}', {"a": "x"}, "1"),
    _31("properties next to a pattern",
        {"properties": {"a": {"type": "string"}},
         "patternProperties": {"^x-": {"type": "integer"}}},
        "models.ThingX", '{"a": "b", "x-c": 1}', {"a": "b", "x-c": 1}, "1"),
    _31("patterns that are composed",
        {"allOf": [{"patternProperties": {"^a": {"type": "integer"}}},
                   {"patternProperties": {"^b": {"type": "integer"}}}]},
        "dict[str, int]", '{"a": 1, "b": 2}', {"a": 1, "b": 2}, '{"a": "x"}'),
    _31("tuple", {"type": "array", "prefixItems": [{"type": "number"}, BASE], "items": False,
                  "minItems": 2},
        "tuple[Decimal, models.Base]", '[1.5, {"id": "1"}]', (Decimal("1.5"), {"id": "1"}),
        "[1.5]"),
    _31("tuple by its bounds",
        {"prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2, "maxItems": 2},
        "tuple[str, int]", '["a", 1]', ("a", 1), '["a", "b"]'),
    _31("tuple that may be shorter",
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
        "list[str | int]", '["a"]', ["a"], "[[]]"),
    _31("tuple that goes on",
        {"prefixItems": [{"type": "string"}], "items": {"type": "integer"}, "minItems": 1},
        "list[int | str]", '["a", 1, 2]', ["a", 1, 2], "[[]]"),
    _31("tuple that goes on with anything", {"type": "array", "prefixItems": [{"type": "string"}]},
        "list[Any]", '["a", 1]', ["a", 1], "1"),
    _31("list of tuples",
        {"type": "array", "items": {"prefixItems": [{"type": "string"}] * 2, "minItems": 2,
                                    "maxItems": 2}},
        "list[tuple[str, str]]", '[["a", "b"]]', [("a", "b")], '[["a"]]'),
    Case("required, and never described",
         {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "string"}}},
         "models.ThingX", '{"a": "1", "b": [2]}', {"a": "1", "b": [2]}, "[]"),
]  # fmt: skip


def package_of(folder: Path, case: Case) -> Package:
    """Make a package whose one operation returns a thing with this property."""
    thing = {"type": "object", "properties": {"x": case.schema}}
    paths = {"/things": {"get": operation("getThing", responses=answers(thing, "200"))}}
    schemas = {**NAMED, "Thing": thing}
    paths["/things"]["get"]["responses"] = answers({"$ref": "#/components/schemas/Thing"})
    return make(folder, document(paths, schemas, version=case.version))


def plain(value: Any) -> Any:
    """A value with its models as dicts."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, (list, tuple)):
        return type(value)(map(plain, value))
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Package]:
    """For each version a package of all its cases: an operation for each, and a thing."""
    made: dict[str, Package] = {}
    for version in sorted({case.version for case in CASES}):
        paths: Document = {}
        schemas = dict(NAMED)
        for number, case in enumerate(CASES):
            if case.version == version:
                name = f"Thing{number}"
                schemas[name] = {"type": "object", "properties": {"x": case.schema}}
                answer = answers({"$ref": f"#/components/schemas/{name}"})
                paths[f"/{name}"] = {"get": operation(f"get{name}", responses=answer)}
        folder = tmp_path_factory.mktemp("schemas")
        made[version] = make(folder, document(paths, schemas, version=version))
    return made


@table("number", range(len(CASES)))
def test_a_schema_becomes_a_type(number: int, packages: dict[str, Package]) -> None:
    """A property has the hint of its schema, reads what fits, and keeps what does not."""
    case = CASES[number]
    package, method = packages[case.version], f"things.get_thing{number}"
    thing = package.model(f"Thing{number}")
    assert thing.__annotations__["x"] == case.hint.replace("ThingX", f"Thing{number}X")
    got = package.call(method, answer=f'{{"x": {case.json}}}')
    assert type(got) is thing
    assert plain(got.x) == case.value
    assert got.to_dict() == {"x": package.loads(case.json)}
    assert not got.misfits
    if case.misfit is not None:
        got = package.call(method, answer=f'{{"x": {case.misfit}}}')
        assert got.misfits == {"x": json.loads(case.misfit)}
        with pytest.raises(AttributeError, match=rf"Thing{number}\.x cannot be read"):
            _ = got.x
        assert got.to_dict() == {"x": json.loads(case.misfit)}


def kinds(*schemas: Any, **more: Any) -> Case:
    """A property that is any of these."""
    return Case("", {"oneOf": [*schemas], **more}, "", "", None)


def of(name: str, /, **properties: Any) -> Document:
    """An object with a class of its own."""
    return {"title": name, "type": "object", "properties": properties}


def one(value: Any) -> Document:
    """A schema of one value, as OpenAPI 3.0 says it."""
    return {"type": "string", "enum": [value]}


TEXT, AMOUNT = {"type": "string"}, {"type": "number"}
FIRST = {"type": "string", "enum": ["a", "b"], "title": "First"}
SECOND = {"type": "string", "enum": ["c", "d"], "title": "Second"}
INSTANT = {"type": "string", "format": "date-time"}
ROLES = (of("Sys", role=one("system")), of("Usr", role=one("user")))
BETTER: list[tuple[Case, str, str]] = [
    (kinds(CAT, DOG, discriminator={"propertyName": "kind"}), '{"kind": "Dog"}', "Dog"),
    (kinds(CAT, DOG), '{"kind": "Dog", "purrs": true}', "Cat"),
    (kinds(of("A", k=one("a")), of("B", k=one("b"))), '{"k": "b"}', "B"),
    (kinds(of("A", k=one("a")), of("B", k=one("b"))), '{"k": "c"}', "A"),
    (kinds(*ROLES, discriminator={"propertyName": "role"}), '{"role": "user"}', "Usr"),
    (kinds(FIRST, SECOND), '"c"', "Second"),
    (kinds(FIRST, SECOND), '"x"', "First"),
    (kinds(FIRST, INSTANT), '"2025-03-18T06:05:27.754Z"', "datetime"),
    (kinds(AMOUNT, TEXT), '"12345"', "str"),
    (kinds(TEXT, AMOUNT), "12345", "Decimal"),
    (kinds({"type": "string", "format": "decimal"}, AMOUNT), '"1.5"', "Decimal"),
]


def test_the_better_kind_wins(tmp_path: Path) -> None:
    """The discriminator decides; without one, what is listed and documented, then what is known."""
    paths = {
        f"/{number}": {"get": operation(f"get{number}", responses=answers(of("", x=case.schema)))}
        for number, (case, _, _) in enumerate(BETTER)
    }
    package = make(tmp_path, document(paths, NAMED))
    for number, (case, text, wanted) in enumerate(BETTER):
        got = package.call(f"things.get{number}", answer=f'{{"x": {text}}}')
        assert type(got.x).__name__ == wanted, case.schema
        assert got.to_dict() == {"x": json.loads(text, parse_float=Decimal)}


def test_constants_tell_kinds_apart(tmp_path: Path) -> None:
    """In 3.1 a `const` does what an enum of one value does, for booleans and numbers too."""
    for values in ((True, False), ("x", "y"), (1, 2)):
        both = [of(name, ok={"const": value}) for name, value in zip("AB", values, strict=True)]
        case = attrs.evolve(kinds(*both), version="3.1.0")
        package = package_of(tmp_path, case)
        for name, value in zip("AB", values, strict=True):
            text = json.dumps({"x": {"ok": value}})
            assert type(package.call("things.get_thing", answer=text).x).__name__ == name


def test_kinds_that_hold_each_other_are_read_once(tmp_path: Path) -> None:
    """Depth does not multiply the work: a hundred levels of a recursive union are quick."""
    expression = {"$ref": "#/components/schemas/Expression"}
    schemas = {
        "Expression": {
            "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Not", "Neg", "Lit")]
        },
        "Not": {"type": "object", "properties": {"op": TEXT, "arg": expression}},
        "Neg": {"type": "object", "properties": {"op": TEXT, "arg": expression}},
        "Lit": {"type": "object", "properties": {"v": {"type": "integer"}}},
    }
    paths = {"/things": {"get": operation("read", responses=answers(expression))}}
    package = make(tmp_path, document(paths, schemas))
    text = '{"op": "x", "arg": ' * 90 + '{"v": 1}' + "}" * 90
    got = package.call("things.read", answer=text)
    assert got.to_dict() == json.loads(text)


@pytest.mark.parametrize("number", every(2, [100, 400]))
def test_schemas_may_be_many_and_linked(tmp_path: Path, number: int) -> None:
    """Hundreds of components that lead to each other, in a ring and through arrays and kinds."""

    def to(index: int) -> Document:
        return {"$ref": f"#/components/schemas/S{index % number}"}

    schemas = {
        f"S{index}": of("x", next=to(index + 1), many={"type": "array", "items": to(index * 7)})
        for index in range(number)
    }
    schemas |= {
        f"A{index}": {"type": "array", "items": {"$ref": f"#/components/schemas/A{index + 1}"}}
        for index in range(80)
    }
    schemas["A80"] = TEXT
    deep: Document = {"$ref": "#/components/schemas/A0"}
    paths = {
        "/things": {"get": operation("read", responses=answers(to(0)))},
        "/deep": {"get": operation("deep", responses=answers(deep))},
    }
    package = make(tmp_path, document(paths, schemas))
    text = '{"next": {"next": {"many": [{}]}}}'
    assert package.call("things.read", answer=text).to_dict() == json.loads(text)


@table(
    "parent",
    [
        {"allOf": [{"$ref": "#/components/schemas/Item"}, {"required": ["name"]}]},
        {"allOf": [{"$ref": "#/components/schemas/Item"}, of("", more=TEXT)]},
        {"allOf": [{"$ref": "#/components/schemas/Item"},
                   {"properties": {"parent": {"description": "Further up."}}}]},
    ],
)  # fmt: skip
def test_composition_may_lead_back_to_itself(parent: Document, tmp_path: Path) -> None:
    """An object whose property is composed of the object is one class, or two, and no more."""
    schemas = {"Item": of("", name=TEXT, parent=parent)}
    paths = {
        "/t": {"get": operation("read", responses=answers({"$ref": "#/components/schemas/Item"}))}
    }
    package = make(tmp_path, document(paths, schemas))
    text = '{"name": "a", "parent": {"name": "b", "parent": {"name": "c"}}}'
    got = package.call("things.read", answer=text)
    assert got.parent.parent.name == "c"
    assert got.to_dict() == json.loads(text)
    assert len(package.module("models").__all__) <= 3


def test_references_with_siblings_may_lead_back(tmp_path: Path) -> None:
    """The same in 3.1, where a reference may have siblings."""
    parent = {"$ref": "#/components/schemas/Item", "required": ["name"]}
    schemas = {"Item": of("", name=TEXT, parent=parent)}
    responses = answers({"$ref": "#/components/schemas/Item"})
    spec = document({"/t": {"get": operation("read", responses=responses)}}, schemas)
    package = make(tmp_path, {**spec, "openapi": "3.1.0"})
    text = '{"name": "a", "parent": {"name": "b", "parent": {"name": "c"}}}'
    assert package.call("things.read", answer=text).to_dict() == json.loads(text)


def test_composition_is_merged_once(tmp_path: Path) -> None:
    """Parts that share parts do not multiply: thirty levels of two are quick."""
    schemas: Document = {"C30": of("", a=TEXT)}
    for index in range(30):
        lower = {"$ref": f"#/components/schemas/C{index + 1}"}
        schemas[f"C{index}"] = {"allOf": [lower, lower, {"required": ["a"]}]}
    responses = answers({"$ref": "#/components/schemas/C0"})
    spec = document({"/t": {"get": operation("read", responses=responses)}}, schemas)
    assert make(tmp_path, spec).call("things.read", answer='{"a": "x"}').a == "x"


def test_dicts_of_the_json_module_are_taken(tmp_path: Path) -> None:
    """Floats of a foreign JSON become exact where anything goes, and go back as numbers."""
    package = package_of(tmp_path, Case("", {"type": "object"}, "", "", None))
    data = json.loads('{"x": {"a": 1.5, "b": [0.1]}, "new": {"c": 2.25}}')
    got = package.model("Thing").from_dict(data)
    assert got.x == {"a": Decimal("1.5"), "b": [Decimal("0.1")]}
    assert got.to_json() == b'{"x":{"a":1.5,"b":[0.1]},"new":{"c":2.25}}'


def test_a_discriminator_may_map_other_words(tmp_path: Path) -> None:
    """The value of the discriminator is found in its mapping, by reference or by name."""
    mapping = {"meow": "#/components/schemas/Cat", "woof": "Dog"}
    schema = {"oneOf": [CAT, DOG], "discriminator": {"propertyName": "kind", "mapping": mapping}}
    package = package_of(tmp_path, Case("", schema, "", "", None))
    for word, wanted in (("meow", "Cat"), ("woof", "Dog")):
        got = package.call("things.get_thing", answer=f'{{"x": {{"kind": "{word}"}}}}').x
        assert type(got).__name__ == wanted


RESULTS: list[tuple[Any, str, str]] = [
    ({"type": "array", "items": BASE}, '[{"id": "1"}]', "list[models.Base]"),
    ({"type": "array", "items": {"type": "string"}}, '["a"]', "list[str]"),
    ({"type": "string"}, '"a"', "str"),
    ({"type": "number"}, "1.50", "Decimal"),
    ({"type": "object", "additionalProperties": BASE}, '{"a": {"id": "1"}}', "dict[str"),
    ({"oneOf": [CAT, DOG]}, '{"kind": "x", "purrs": true}', "models.Cat | models.Dog"),
    ({}, "null", "Any"),
    ({"type": "string", "nullable": True}, "null", "str | None"),
]


def test_an_answer_may_be_anything(tmp_path: Path) -> None:
    """Arrays, scalars, maps, unions and null at the top of a response are results."""
    paths = {
        f"/{number}": {"get": operation(f"read{number}", responses=answers(schema))}
        for number, (schema, _, _) in enumerate(RESULTS)
    }
    package = make(tmp_path, document(paths, NAMED))
    source = package.source("api/things/__init__.py").replace("builtins.", "")
    for number, (_, text, hint) in enumerate(RESULTS):
        got = package.call(f"things.read{number}", answer=text)
        assert plain(got) == package.loads(text), hint
        assert f"def read{number}(self) -> {hint}" in source


def test_names_of_properties_never_break_a_model(tmp_path: Path) -> None:
    """Names of ours, of Python's and of neither become attributes, and go back as they came."""
    names = [
        "d", "cls", "self", "to_dict", "from_dict", "field_dict", "additional_properties",
        "additional_keys", "cast", "misfits", "models", "fields", "wire", "attrs", "datetime",
        "Any", "replace", "data", "_values", "_data", "_decode", "_times", "str",
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


@pytest.mark.parametrize("how", ["reference", "composition"])
def test_flags_are_found_behind_what_a_property_is_made_of(how: str, tmp_path: Path) -> None:
    """readOnly and writeOnly count wherever they are said."""
    named = {
        "Id": {"type": "string", "readOnly": True},
        "Secret": {"type": "string", "writeOnly": True},
    }
    refs = [{"$ref": f"#/components/schemas/{name}"} for name in named]
    properties = refs if how == "reference" else [{"allOf": [ref]} for ref in refs]
    schema = {
        "type": "object",
        "required": ["id", "secret"],
        "properties": dict(zip(("id", "secret"), properties, strict=True)),
    }
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    paths = {"/things": {"post": operation("add", requestBody=body, responses=answers(schema))}}
    package = make(tmp_path, document(paths, named))
    assert package.call("things.add", secret="s", answer='{"id": "1"}').id == "1"
    assert package.sent[-1].body == '{"secret":"s"}'


def test_what_only_the_server_sets_is_not_sent(tmp_path: Path) -> None:
    """readOnly leaves the arguments; writeOnly is never missed in a response."""
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


def test_what_the_vendor_requires_does_not_make_a_response_unreadable(tmp_path: Path) -> None:
    """A required field that is absent or null raises when it is read, and not before."""
    order = {
        "title": "Order",
        "type": "object",
        "required": ["id", "note"],
        "properties": {"id": {"type": "string"}, "note": {"type": "object", "nullable": False}},
    }
    package = make(tmp_path, document({"/o": {"get": operation("get", responses=answers(order))}}))
    for answer in ('{"id": "1"}', '{"id": "1", "note": null}', '{"note": "text"}'):
        read = package.call("things.get", answer=answer)
        assert read.to_dict() == json.loads(answer)
        with pytest.raises(AttributeError):
            _ = read.note


def test_what_the_overlay_requires_is_needed(tmp_path: Path) -> None:
    """A response without a field that the overlay requires cannot be decoded."""
    order = {"title": "Order", "type": "object", "properties": {"id": {"type": "string"}}}
    action = {
        "target": "$.paths['/o'].get.responses['200'].content['application/json'].schema",
        "description": "Callers cannot go on without it. Obsolete when the vendor requires it.",
        "update": {"required": ["id"]},
    }
    overlay = {"overlay": "1.0.0", "info": {"title": "O", "version": "1"}, "actions": [action]}
    spec = document({"/o": {"get": operation("get", responses=answers(order))}})
    package = make(tmp_path, spec, overlay)
    with pytest.raises(ValueError, match="id"):
        package.model("Order").from_dict({})
