"""Schemas that hold at once, or describe one class twice: what the two say together."""

from pathlib import Path
from typing import Any

import pytest

from tests.marks import table
from tests.pipeline.made import Document, Package, answers, content, document, make, operation

TEXT: Document = {"type": "string"}
NUMBER: Document = {"type": "integer"}
NULLABLE: Document = {"type": "string", "nullable": True}
TEXTS: Document = {"type": "array", "items": TEXT}


def with_property(folder: Path, schema: Any, version: str = "3.0.3") -> Package:
    """Make a package whose one response has a property `x` of this schema."""
    whole = {"type": "object", "title": "Row", "properties": {"x": schema}}
    paths = {"/a": {"get": operation("a", responses=answers(whole))}}
    return make(folder, document(paths, version=version))


def hint(package: Package, name: str = "x") -> Any:
    """The type hint of an attribute of `Row`, as its source has it."""
    lines = package.source("models/row.py").splitlines()
    (line,) = [line for line in lines if line.startswith(f"    {name}: ")]
    return line.partition(": ")[2].partition(" = ")[0]


# Parts of an allOf; the hint of what they make; a JSON value; what is read of it.
PARTS: list[tuple[str, list[Any], str, str, Any]] = [
    ("enums keep what both list",
     [{"type": "string", "enum": ["a", "b"]}, {"enum": ["b", "c"]}], "models.RowX", '"b"', "b"),
    ("items fit both", [{"type": "array", "items": {"type": "number"}},
                        {"items": {"type": "integer"}}], "list[int]", "[1]", [1]),
    ("null needs both", [NULLABLE, {**TEXT, "nullable": False}], "str", '"a"', "a"),
    ("null is kept by what only limits it", [NULLABLE, {"maxLength": 5}], "str | None", "null",
     None),
    ("null ends where the next part has none", [NULLABLE, {"format": "uuid", "type": "string"}],
     "str", '"a"', "a"),
    ("of two descriptions of the rest, the schema",
     [{"type": "object", "additionalProperties": NUMBER},
      {"type": "object", "additionalProperties": True}], "dict[str, int]", '{"a": 1}', {"a": 1}),
    ("the later description of the rest",
     [{"type": "object", "additionalProperties": True},
      {"type": "object", "additionalProperties": NUMBER}], "dict[str, int]", '{"a": 1}', {"a": 1}),
    ("the later limit", [{**TEXT, "maxLength": 9}, {"maxLength": 5}], "str", '"a"', "a"),
    ("values that we have seen", [TEXT, {"x-open-enum": ["a"]}], "models.RowX", '"b"', "b"),
    ("a part that only describes", [{**TEXT, "x-note": "n"}, {"x-note": "m"}], "str", '"a"', "a"),
    ("a part that says nothing", [{"description": "Nothing."}, TEXT], "str", '"a"', "a"),
]  # fmt: skip


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """Return a package with a row for each list of parts."""
    paths = {
        f"/{number}": {"get": operation(f"get{number}", responses=answers(
            {"type": "object", "title": f"Row{number}", "properties": {"x": {"allOf": row[1]}}}
        ))}
        for number, row in enumerate(PARTS)
    }  # fmt: skip
    return make(tmp_path_factory.mktemp("rows"), document(paths))


@table("number", range(len(PARTS)))
def test_parts_of_an_all_of(number: int, rows: Package) -> None:
    """All parts hold of a value; the type is the narrowest that they leave."""
    _, _, hinted, text, value = PARTS[number]
    assert rows.model(f"Row{number}").__annotations__["x"] == hinted.replace("Row", f"Row{number}")
    assert rows.call(f"things.get{number}", answer=f'{{"x": {text}}}').x == value


def test_a_part_may_be_true(tmp_path: Path) -> None:
    """In OpenAPI 3.1 `true` is a part that anything fits."""
    package = with_property(tmp_path, {"allOf": [True, TEXT, {"maxLength": 3}]}, "3.1.0")
    assert hint(package) == "str"


def test_a_schema_may_be_referred_to_wherever_it_stands(tmp_path: Path) -> None:
    """A reference into a component or an operation names the class by the place it leads to."""
    inner = {"type": "object", "properties": {"n": NUMBER}}
    thing = {
        "type": "object",
        "properties": {
            "part": inner,
            "rows": {"type": "array", "items": inner},
            "rest": {"type": "object", "additionalProperties": inner},
        },
    }
    at = "#/components/schemas/Thing"
    into_a = "#/paths/~1a/get/responses/200/content/application~1json/schema"
    options = {"oneOf": [inner, TEXT]}
    paths = {
        "/a": {"get": operation("a", responses=answers(inner))},
        "/b": {"get": operation("b", responses=answers({"$ref": into_a}))},
        "/c": {"get": operation("c", responses=answers({"$ref": f"{at}/properties/part"}))},
        "/d": {"get": operation("d", responses=answers({"$ref": f"{at}/properties/rows/items"}))},
        "/e": {"get": operation("e", responses=answers(
            {"$ref": f"{at}/properties/rest/additionalProperties"}))},
        "/f": {"get": operation("f", responses=answers(
            {"$ref": "#/components/schemas/Options/oneOf/0"}))},
    }  # fmt: skip
    package = make(tmp_path, document(paths, {"Thing": thing, "Options": options}))
    names = {
        name: type(package.call(f"things.{name}", answer='{"n": 1}')).__name__ for name in "abcdef"
    }
    assert (names["c"], names["d"], names["e"]) == ("ThingPart", "ThingRowsItem", "ThingRestValue")
    assert names["b"] != "dict"
    assert package.call("things.f", answer='{"n": 1}').n == 1


# Two schemas of one property in objects of one title; the hint that both fit.
BOTH: list[tuple[str, Any, Any, str]] = [
    ("the same", TEXT, TEXT, "str"),
    ("null once", TEXT, NULLABLE, "str | None"),
    ("null on both sides", NULLABLE, {**NULLABLE, "description": "d"}, "str | None"),
    ("nothing known but null", {"nullable": True, "enum": [None]}, TEXT, "str | None"),
    ("a type, then nothing known but null", TEXT, {"nullable": True, "enum": [None]}, "str | None"),
    ("lists", TEXTS, {"type": "array", "items": NULLABLE}, "list[str | None]"),
]


def test_objects_of_one_title_agree_on_a_property(tmp_path: Path) -> None:
    """A property that both describe has a type that takes the values of both."""
    paths: Document = {}
    for number, (_, *both, _) in enumerate(BOTH):
        for name, schema in zip("ab", both, strict=True):
            row = {"title": f"Row{number}", "properties": {"x": schema, name: TEXT}}
            answer = answers({"type": "object", **row})
            paths[f"/{name}{number}"] = {"get": operation(f"{name}{number}", responses=answer)}
    package = make(tmp_path, document(paths))
    for number, (case, _, _, hinted) in enumerate(BOTH):
        assert package.model(f"Row{number}").__annotations__["x"] == hinted, case


def test_constants_of_one_property_become_its_type(tmp_path: Path) -> None:
    """If one object says `const: a` and another of its title `const: b`, it is a string."""
    paths = {
        f"/{name}": {
            "get": operation(
                name,
                responses=answers(
                    {"type": "object", "title": "Row",
                     "properties": {"x": {"type": "string", "const": name}, name: TEXT}}
                ),
            )
        }
        for name in ("a", "b")
    }  # fmt: skip
    package = make(tmp_path, document(paths, version="3.1.0"))
    assert hint(package) == "str"
    assert package.call("things.a", answer='{"x": "b"}').x == "b"


def test_kinds_beside_type_object(tmp_path: Path) -> None:
    """`type: object` next to a oneOf of references adds nothing to these."""
    schemas = {
        "Cat": {"type": "object", "properties": {"purrs": {"type": "boolean"}}},
        "Dog": {"type": "object", "required": ["barks"], "properties": {"barks": NUMBER}},
        "Pet": {
            "type": "object",
            "oneOf": [{"$ref": "#/components/schemas/Dog"}, {"$ref": "#/components/schemas/Cat"}],
        },
        "Being": {
            "type": "object",
            "anyOf": [{"$ref": "#/components/schemas/Pet"}, {"$ref": "#/components/schemas/Map"}],
        },
        "Map": {"type": "object", "additionalProperties": TEXT},
    }
    ref = {"$ref": "#/components/schemas/Being"}
    paths = {"/a": {"get": operation("a", responses=answers(ref))}}
    package = make(tmp_path, document(paths, schemas))
    assert type(package.call("things.a", answer='{"barks": 2}')) is package.model("Dog")
    assert type(package.call("things.a", answer='{"purrs": true}')) is package.model("Cat")


def test_a_kind_may_be_true(tmp_path: Path) -> None:
    """A oneOf with a kind that takes anything takes anything."""
    schema = {"oneOf": [TEXT, True]}
    paths = {"/a": {"get": operation("a", responses=answers(schema))}}
    package = make(tmp_path, document(paths, version="3.1.0"))
    assert package.call("things.a", answer='{"a": [1]}') == {"a": [1]}


def test_a_discriminator_may_map_what_is_no_kind(tmp_path: Path) -> None:
    """A word for a schema that the oneOf does not have changes nothing about the others."""
    schemas = {
        name: {"type": "object", "required": ["kind", key],
               "properties": {"kind": TEXT, key: NUMBER}}
        for name, key in (("Cat", "purrs"), ("Dog", "barks"), ("Bird", "sings"))
    }  # fmt: skip
    refs = {name: {"$ref": f"#/components/schemas/{name}"} for name in schemas}
    mapping = {name.lower(): ref["$ref"] for name, ref in refs.items()}
    schema = {
        "oneOf": [refs["Cat"], refs["Dog"]],
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }
    paths = {"/a": {"get": operation("a", responses=answers(schema))}}
    package = make(tmp_path, document(paths, schemas))
    cat = package.call("things.a", answer='{"kind": "cat", "purrs": 1, "barks": 2}')
    assert type(cat) is package.model("Cat")


def test_names_that_modules_have_make_way(tmp_path: Path) -> None:
    """An operation `models` has another name than the module that its resource imports."""
    paths = {
        "/a": {"get": operation("models", responses=answers(TEXT))},
        "/b": {"get": operation("datetime")},
    }
    package = make(tmp_path, document(paths))
    assert package.call("things.models_operation", answer='"x"') == "x"
    assert package.call("things.datetime_operation") is None


def test_extensions_beside_paths_and_answers_are_passed_over(tmp_path: Path) -> None:
    """Keys that begin with x- are neither paths, methods nor statuses."""
    responses = {**answers(TEXT), "x-note": {"description": "Not a status."}}
    paths: Document = {"/a": {"get": operation("a", responses=responses)}, "x-note": "Not a path."}
    package = make(tmp_path, document(paths, version="3.1.0"))
    assert package.call("things.a", answer='"x"') == "x"


def test_arguments_of_one_name_are_numbered(tmp_path: Path) -> None:
    """If a suffix does not keep two arguments apart, the second has a number."""
    parameters = [
        {"name": name, "in": place, "schema": TEXT}
        for name, place in (("q", "query"), ("Q", "query"), ("q_query", "query"))
    ]
    paths = {"/a": {"get": operation("a", parameters=parameters)}}
    package = make(tmp_path, document(paths))
    package.call("things.a", q_query="1", q_query_2="2", q_query_query_2="3")
    assert package.sent[-1].query == (("q", "1"), ("Q", "2"), ("q_query", "3"))


def test_a_body_that_is_only_text_beside_others_is_left_out(tmp_path: Path) -> None:
    """A body that may be empty takes no argument."""
    paths = {"/a": {"post": operation("a", requestBody={"content": {}})}}
    package = make(tmp_path, document(paths, version="3.1.0"))
    assert package.call("things.a") is None
    assert package.sent[-1].body is None


def test_json_is_found_beside_other_forms(tmp_path: Path) -> None:
    """A parameter shared by reference, and a body in several forms, of which JSON is sent."""
    forms = {**content(TEXT)["content"], "text/plain": {"schema": TEXT}}
    paths = {"/a": {"post": operation("a", requestBody={"content": forms, "required": True})}}
    package = make(tmp_path, document(paths))
    package.call("things.a", body="x")
    assert package.sent[-1].body == '"x"'


def test_a_body_of_several_objects_is_flat(tmp_path: Path) -> None:
    """The properties of all parts are arguments; a body of one kind or another is one argument."""
    one, two = ({"type": "object", "properties": {name: TEXT}} for name in ("a", "b"))
    kinds = {"oneOf": [{"type": "object", "properties": {"c": TEXT}},
                       {"type": "object", "properties": {"d": TEXT}}]}  # fmt: skip
    paths = {
        "/flat": {"post": operation("flat", requestBody=content({"allOf": [one, two]}))},
        "/whole": {"post": operation("whole", requestBody=content({"allOf": [one, kinds]}))},
    }
    package = make(tmp_path, document(paths))
    package.call("things.flat", a="1", b="2")
    assert package.sent[-1].body == '{"a":"1","b":"2"}'
    package.call("things.whole")
    assert package.sent[-1].body is None
    assert "body: " in package.source("api/things/__init__.py")


def test_a_component_may_be_true(tmp_path: Path) -> None:
    """A named schema that anything fits, in OpenAPI 3.1."""
    ref = {"$ref": "#/components/schemas/Any"}
    paths = {"/a": {"get": operation("a", responses=answers(ref))}}
    package = make(tmp_path, document(paths, {"Any": True}, version="3.1.0"))
    assert package.call("things.a", answer="[1]") == [1]


def test_what_can_only_be_null_is_none(tmp_path: Path) -> None:
    """A oneOf that has null and no other kind."""
    package = with_property(tmp_path, {"oneOf": [{"type": "null"}]}, "3.1.0")
    assert package.call("things.a", answer='{"x": null}').x is None


def test_a_deprecated_operation_says_so(tmp_path: Path) -> None:
    """The docstring of the method tells what the vendor advises against."""
    paths = {"/a": {"get": operation("a", deprecated=True)}, "/b": {"get": operation("b")}}
    package = make(tmp_path, document(paths))
    things = package.module("api.things").Things
    assert "Deprecated by the vendor." in things.a.__doc__
    assert "Deprecated" not in things.b.__doc__
