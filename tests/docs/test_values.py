"""The values in examples: the spec's own where it has one, else a value that the spec allows."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.docs.made import Reference, document, make
from tests.marks import table

OK = {"200": {"description": "OK"}}
NODE: dict[str, Any] = {"title": "Node", "type": "object", "required": ["name"]}
NODE["properties"] = {
    "name": {"type": "string", "example": "leaf"},
    "below": {"$ref": "#/components/schemas/Node"},
    "secret": {"type": "string", "readOnly": True},
}

DAY = 'datetime.date.fromisoformat("2025-03-18")'
AT = 'datetime.datetime.fromisoformat("2025-03-18T06:05:27.754Z")'

# A schema, and the expression that an example has for it; None where none is known.
KINDS: dict[str, tuple[dict[str, Any], str | None]] = {
    "given": ({"type": "string", "example": 'a "b" \\ \n c'}, '"a \\"b\\" \\\\ \\n c"'),
    "default": ({"type": "integer", "default": 7}, "7"),
    "listed": (
        {"type": "string", "enum": ["b", "a"], "example": "a"},
        "models.PostListedBodyListed.A",
    ),
    "numbered": ({"type": "integer", "enum": [20, 10], "title": "Size"}, "models.Size.VALUE_20"),
    "not_listed": (
        {"type": "string", "enum": ["b"], "example": 1},
        "models.PostNotListedBodyNotListed.B",
    ),
    "wrong": ({"type": "string", "example": 5}, '"example"'),
    "amount": ({"type": "number", "example": 0.05}, 'Decimal("0.05")'),
    "money": ({"type": "string", "format": "decimal", "example": "1.50"}, 'Decimal("1.50")'),
    "no_money": ({"type": "string", "format": "decimal", "example": "1_0"}, 'Decimal("1.00")'),
    "above": ({"type": "number", "minimum": 1, "exclusiveMinimum": True}, 'Decimal("2")'),
    "not_above": ({"type": "integer", "minimum": 1, "exclusiveMinimum": False}, "1"),
    "below": ({"type": "integer", "maximum": -5}, "-5"),
    "step": ({"type": "integer", "minimum": 101, "multipleOf": 25}, "125"),
    "nothing_fits": ({"type": "integer", "minimum": 5, "maximum": 4}, None),
    "yes": ({"type": "boolean"}, "True"),
    "email": ({"type": "string", "format": "email"}, '"ada@example.com"'),
    "long": ({"type": "string", "minLength": 12}, '"exampleexamp"'),
    "short": ({"type": "string", "maxLength": 2, "minLength": 2}, '"ex"'),
    "too_long": ({"type": "string", "minLength": 1000}, None),
    "shaped": ({"type": "string", "pattern": "^[a-z]$"}, None),
    "day": ({"type": "string", "format": "date", "example": "2026-02-30"}, DAY),
    "at": ({"type": "string", "format": "date-time", "example": "now"}, AT),
    "naive": ({"type": "string", "format": "date-time", "example": "2026-01-01T00:00:00"}, AT),
    "exact_at": (
        {"type": "string", "format": "date-time", "example": "2026-01-01T00:00:00+01:00"},
        'datetime.datetime.fromisoformat("2026-01-01T00:00:00+01:00")',
    ),
    "null": ({"type": "string", "nullable": True, "example": None}, '"example"'),
    "texts": ({"type": "array", "items": {"type": "string"}}, '["example"]'),
    "two": ({"type": "array", "minItems": 2, "items": {"type": "integer"}}, "[1, 1]"),
    "many": ({"type": "array", "minItems": 50, "items": {"type": "integer"}}, None),
    "unlike": (
        {"type": "array", "minItems": 2, "uniqueItems": True, "items": {"type": "integer"}},
        None,
    ),
    "given_list": (
        {"type": "array", "items": {"type": "number"}, "example": [1.5]},
        '[Decimal("1.5")]',
    ),
    "empty": ({"type": "array", "items": {"type": "string", "pattern": "x"}}, "[]"),
    "map": ({"type": "object", "additionalProperties": {"type": "integer"}}, "{}"),
    "filled": (
        {"type": "object", "additionalProperties": {"type": "integer"}, "example": {"a": 1}},
        '{"a": 1}',
    ),
    "node": ({"$ref": "#/components/schemas/Node"}, 'models.Node(name="leaf")'),
    "tree": (
        {"allOf": [{"$ref": "#/components/schemas/Node"}], "example": {"name": "x", "secret": "y"}},
        'models.Node(name="x")',
    ),
    "either": ({"oneOf": [{"type": "integer"}, {"type": "string"}], "example": "one"}, '"one"'),
    "anything": ({"example": {"a": [1, 0.5, None]}}, '{"a": [1, Decimal("0.5"), None]}'),
    "unknown": ({}, '"example"'),
    "loop": ({"$ref": "#/components/schemas/Loop"}, None),
}
LOOP: dict[str, Any] = {"type": "object", "required": ["loop"]}
LOOP["properties"] = {"loop": {"$ref": "#/components/schemas/Loop"}}


def operation(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return an operation with one required argument in its body."""
    body = {"type": "object", "required": [name], "properties": {name: schema}}
    content = {"application/json": {"schema": body}}
    return {
        "operationId": f"use_{name}",
        "tags": ["things"],
        "requestBody": {"required": True, "content": content},
        "responses": OK,
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """Make the reference of a document with an operation for each kind of value."""
    paths = {f"/{name}": {"post": operation(name, schema)} for name, (schema, _) in KINDS.items()}
    spec = document(paths, components={"schemas": {"Node": NODE, "Loop": LOOP}})
    return make(tmp_path_factory.mktemp("values"), spec)


def section_of(made: Reference, name: str) -> str:
    """Return the text under an operation."""
    return made.page("things").partition(f"## things.use_{name}\n")[2].partition("\n## ")[0]


@table("name", KINDS)
def test_each_kind_has_its_value(made: Reference, name: str) -> None:
    """A value that the spec gives, or one that it allows; or the page says that none is known."""
    expected = KINDS[name][1]
    text = section_of(made, name)
    note = f"things.use_{name} has no example: no value is known for {name}"
    assert (note in made.made.notes) == ("No example:" in text) == (expected is None)
    if expected is not None:
        (call,) = re.findall(r"chessa\.things\.use_\w+\(\s*(.*?),?\s*\)\n", text)
        assert call == f"{name}={expected}"


def test_the_sandbox_takes_every_value(made: Reference) -> None:
    """All of them are valid arguments of the client, and valid under the spec."""
    made.run("things")


def test_optional_arguments_are_few(tmp_path: Path) -> None:
    """Two at most, none that excludes another, and none where there is a required one."""
    text = {"type": "string"}
    body: dict[str, Any] = {
        "type": "object",
        "properties": {"a": text, "b": text, "c": text, "d": text},
        "x-mutually-exclusive": [["a", "b"]],
    }
    free = operation("x", text)
    free["operationId"] = "free"
    free["requestBody"]["content"]["application/json"]["schema"] = body
    bound = operation("x", text)
    bound["operationId"] = "bound"
    bound["requestBody"]["content"]["application/json"]["schema"] = {**body, "required": ["d"]}
    spec = document({"/free": {"post": free}, "/bound": {"post": bound}})
    page = make(tmp_path, spec).page("things")
    assert 'chessa.things.free(a="example", c="example")' in page
    assert 'chessa.things.bound(d="example")' in page


def test_a_body_that_is_no_object_is_one_argument(tmp_path: Path) -> None:
    """The example next to its schema is used, also if there are several."""
    node = operation("x", {})
    node["operationId"] = "send"
    media = {"schema": {"type": "array", "items": {"type": "number"}}}
    media["examples"] = {"few": {"value": [1, 2.5]}}
    node["requestBody"]["content"]["application/json"] = media
    page = make(tmp_path, document({"/x": {"post": node}})).page("things")
    assert 'chessa.things.send(body=[Decimal("1"), Decimal("2.5")])' in page
    assert "the body" in page


def test_names_in_examples_do_not_meet(tmp_path: Path) -> None:
    """A result is called by its class, unless the lines around it need that name."""
    shape = {"type": "object", "title": "Print", "properties": {"a": {"type": "string"}}}
    node = operation("x", {"type": "string"})
    node["responses"] = {
        "200": {"description": "OK", "content": {"application/json": {"schema": shape}}}
    }
    page = make(tmp_path, document({"/x": {"post": node}})).page("things")
    assert "    result = chessa.things.use_x(" in page
