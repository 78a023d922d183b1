"""Other documents: circles of classes, unions, maps and enums, in pydantic and tables."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from tests.pipeline.made import answers, document, make, operation

ANIMAL = {"type": "object", "required": ["kind"]}
SCHEMAS: dict[str, Any] = {
    "Tree": {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "description": "Its name.", "maxLength": 9},
            "parent": {"$ref": "#/components/schemas/Tree"},
            "branches": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
            "byName": {
                "type": "object",
                "additionalProperties": {"$ref": "#/components/schemas/Tree"},
            },
            "owner": {"$ref": "#/components/schemas/Owner"},
            "level": {"type": "integer", "enum": [1, 2]},
            "guest": {
                "oneOf": [
                    {"$ref": "#/components/schemas/Cat"},
                    {"$ref": "#/components/schemas/Dog"},
                ]
            },
            "price": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
            "seen": {"type": "string", "format": "date", "nullable": True},
            "any": {},
        },
    },
    "Owner": {
        "type": "object",
        "properties": {
            "since": {"type": "integer"},
            "trees": {"$ref": "#/components/schemas/Page"},
        },
    },
    "Page": {
        "type": "object",
        "x-iterate": "trees",
        "properties": {"trees": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
    },
    "Names": {
        "type": "object",
        "x-iterate": "names",
        "properties": {"names": {"type": "array", "items": {"type": "string"}}},
    },
    "MaybeNames": {
        "type": "object",
        "x-iterate": "names",
        "properties": {
            "names": {"type": "array", "nullable": True, "items": {"type": "string"}},
        },
    },
    "Cat": {**ANIMAL, "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}}},
    "Dog": {**ANIMAL, "properties": {"kind": {"type": "string"}, "bark": {"type": "boolean"}}},
}
TREE = {
    "name": "oak",
    "parent": {"name": "root", "price": 1},
    "branches": [{"name": "twig", "level": 7}],
    "byName": {"a": {"name": "b"}},
    "guest": {"kind": "cat", "lives": 9},
    "seen": None,
    "new": [1],
}


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the models of a package, which refer to each other and to themselves."""
    page = {"$ref": "#/components/schemas/Page"}
    paths = {"/trees": {"get": operation("listTrees", responses=answers(page))}}
    return make(tmp_path_factory.mktemp("trees"), document(paths, SCHEMAS)).module("models")


@pytest.mark.parametrize("name", SCHEMAS)
def test_classes_that_refer_to_each_other_have_a_schema(trees: Any, name: str) -> None:
    """Each is described once, alone or with all others; circles are references."""
    cls: Any = getattr(trees, name)
    for wanted in (cls, dict[str, list[cls]]):
        schema = TypeAdapter(wanted).json_schema()
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema)
        assert not validator.is_valid(7)
    tree = TypeAdapter(trees.Tree).json_schema()
    assert Draft202012Validator(tree).is_valid(TREE)
    assert not Draft202012Validator(tree).is_valid({**TREE, "branches": [{"name": 7}]})


def test_what_was_read_by_pydantic_is_what_was_read(trees: Any) -> None:
    """Circles, unions, maps and open enums of integers come back as they were."""
    adapter = TypeAdapter(trees.Page)
    page = adapter.validate_python({"trees": [TREE]})
    assert page == trees.Page.from_dict({"trees": [TREE]})
    assert adapter.validate_json(adapter.dump_json(page)) == page
    assert page[0].branches[0].level == 7


def test_a_row_ends_where_a_class_is_within_itself(trees: Any) -> None:
    """A model of the class of one around it is a dict; lists and maps hold dicts too."""
    [row] = trees.Page.from_dict({"trees": [TREE]}).rows()
    assert row["parent"] == {"name": "root", "price": 1}
    assert row["branches"] == [{"name": "twig", "level": 7}]
    assert row["by_name"] == {"a": {"name": "b"}}
    assert row["guest"] == {"kind": "cat", "lives": 9}
    assert (row["owner.since"], row["seen"]) == (None, None)


def test_a_list_of_texts_is_a_column(trees: Any) -> None:
    """Items that are not objects are in one column, and are not in a repr."""
    names = trees.Names.from_dict({"names": ["Ada", "Bob", "Eve", "Zoe"]})
    assert names.rows()[0] == {"names": "Ada"}
    assert repr(names) == "<Names of 4>"
    assert names[-1] == "Zoe"


def test_a_list_that_may_be_null_has_no_items(trees: Any) -> None:
    """Some servers write null for an empty list; it stays null as a field."""
    names = trees.MaybeNames.from_dict({"names": None})
    assert names.names is None
    assert (len(names), list(names), names.rows(), names[:1]) == (0, [], [], [])
    assert json.loads(names.to_json()) == {"names": None}
    assert list(trees.MaybeNames.from_dict({"names": ["Ada"]})) == ["Ada"]
