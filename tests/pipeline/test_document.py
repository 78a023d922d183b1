"""Walking documents, putting them in order, writing them as JSON.

Reading has a file of its own, test_reading.py.
"""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from chessa_pipeline import document
from chessa_pipeline.document import SpecError

TREE: dict[str, Any] = {"": 0, "a/b": {"m~n": [10, {"x": 11}]}, "~1": 1, "0": "zero"}

# Path of a value in TREE, its JSON pointer, the value.
POINTERS: list[tuple[tuple[str | int, ...], str, Any]] = [
    ((), "", TREE),
    (("",), "/", 0),
    (("a/b", "m~n", 0), "/a~1b/m~0n/0", 10),
    (("a/b", "m~n", 1, "x"), "/a~1b/m~0n/1/x", 11),
    (("~1",), "/~01", 1),
    (("0",), "/0", "zero"),
]


@pytest.mark.parametrize(("parts", "text", "value"), POINTERS)
def test_pointer(parts: tuple[str | int, ...], text: str, value: Any) -> None:
    """A path is written as RFC 6901 says, and the pointer leads back to the value."""
    assert document.pointer(parts) == text
    assert document.at(TREE, text) == value


@pytest.mark.parametrize(
    "pointer",
    ["/nothing", "/a~1b/m~0n/2", "/a~1b/m~0n/-", "/a~1b/m~0n/01", "/a~1b/m~0n/-1", "/0/0", "//"],
)
def test_pointer_to_nothing(pointer: str) -> None:
    """A pointer to what is not there is refused, and named."""
    with pytest.raises(SpecError, match="nothing at this place") as caught:
        document.at(TREE, pointer)
    assert caught.value.where == pointer


@pytest.mark.parametrize("pointer", ["a", "#/a", "/~", "/~2"])
def test_malformed_pointer(pointer: str) -> None:
    """What is no JSON pointer is refused as such."""
    with pytest.raises(SpecError, match="not a JSON pointer"):
        document.at(TREE, pointer)


def test_dumps_json() -> None:
    """JSON is written in document order, indented by one, in plain letters, with a last newline."""
    text = document.dumps_json({"z": {"é": [1, 0.5]}, "a": None})
    assert text == '{\n "z": {\n  "é": [\n   1,\n   0.5\n  ]\n },\n "a": null\n}\n'


def test_dumps_json_refuses_nan() -> None:
    """NaN, which no document that was read holds, is not written."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        document.dumps_json({"a": math.nan})


def test_written_document_reads_the_same(tmp_path: Path) -> None:
    """What was read and written as JSON reads as the same tree."""
    source, written = tmp_path / "spec.yaml", tmp_path / "spec.json"
    source.write_text("a: [058, '058', 1.5, ~, x, {b: 😀}]\nc: |\n  d\n", encoding="utf-8")
    tree = document.read(source)
    written.write_text(document.dumps_json(tree), encoding="utf-8")
    assert (
        document.read(written)
        == tree
        == {"a": [58, "058", 1.5, None, "x", {"b": "😀"}], "c": "d\n"}
    )


def test_copied_shares_nothing() -> None:
    """A copy is equal, and every mapping and sequence in it is its own."""
    shared: list[int] = [1]
    result = document.copied({"a": shared, "b": shared})
    result["a"].append(2)
    assert (result, shared) == ({"a": [1, 2], "b": [1]}, [1])


def nested(levels: int) -> Any:
    """Nest sequences and mappings this deep."""
    tree: Any = []
    for level in range(levels - 1):
        tree = [1, tree] if level % 2 else {"n": tree}
    return tree


def test_depth() -> None:
    """Depth counts mappings and sequences, an empty one too, and needs no recursion."""
    assert not document.is_too_deep("text")
    assert not document.is_too_deep(nested(100))
    assert document.is_too_deep(nested(101))
    assert document.is_too_deep(nested(100_000))


SHUFFLED: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/b": {
            "trace": {},
            "x-note": 1,
            "post": {
                "summary": "kept where it is",
                "responses": {"default": {}, "4XX": {}, "404": {}, "2XX": {}, "200": {}},
                "parameters": [{"name": "z"}, {"name": "a"}],
            },
            "parameters": [],
            "get": {"responses": {"x-r": 1, "200": {"headers": {"Z": {}, "A": {}}}}},
            "description": "d",
        },
        "x-paths": {"z": 1, "a": 2},
        "/a": {"delete": {}, "put": {}},
    },
    "info": {"version": "1", "title": "T"},
    "components": {
        "schemas": {"B": {"properties": {"z": {}, "a": {}}}, "A": {"type": "object"}},
        "parameters": {"Z": {}, "A": {}},
        "pathItems": {"B": {"put": {"responses": {"500": {}, "200": {}}}, "get": {}}, "A": {}},
        "x-more": [2, 1],
    },
}

SORTED = """\
{"openapi": "3.1.0",
 "paths": {
  "/a": {"put": {}, "delete": {}},
  "/b": {
   "description": "d", "parameters": [], "x-note": 1,
   "get": {"responses": {"200": {"headers": {"Z": {}, "A": {}}}, "x-r": 1}},
   "post": {
    "summary": "kept where it is",
    "responses": {"200": {}, "2XX": {}, "404": {}, "4XX": {}, "default": {}},
    "parameters": [{"name": "z"}, {"name": "a"}]},
   "trace": {}},
  "x-paths": {"a": 2, "z": 1}},
 "info": {"version": "1", "title": "T"},
 "components": {
  "schemas": {"A": {"type": "object"}, "B": {"properties": {"z": {}, "a": {}}}},
  "parameters": {"A": {}, "Z": {}},
  "pathItems": {"A": {}, "B": {"get": {}, "put": {"responses": {"200": {}, "500": {}}}}},
  "x-more": [2, 1]}}
"""


def test_sort_maps() -> None:
    """Paths, components, methods and responses are sorted; all else keeps its order."""
    assert json.dumps(document.sort_maps(SHUFFLED)) == json.dumps(json.loads(SORTED))


def test_sort_maps_gives_a_copy() -> None:
    """The document that was given stays as it is, and shares nothing with the result."""
    before = json.dumps(SHUFFLED)
    result = document.sort_maps(SHUFFLED)
    result["components"]["schemas"]["A"]["type"] = "array"
    result["paths"]["/b"]["post"]["responses"].clear()
    assert json.dumps(SHUFFLED) == before


def test_sort_maps_is_stable() -> None:
    """What is sorted stays as it is."""
    once = document.sort_maps(SHUFFLED)
    assert json.dumps(document.sort_maps(once)) == json.dumps(once)


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"paths": None, "components": []},
        {"paths": {"/a": None, "/b": {"get": 1}}, "components": {"schemas": 2, "pathItems": {}}},
        {"paths": {"/a": {"get": {"responses": []}}}},
        {"components": {"pathItems": {"A": "text"}}},
    ],
)
def test_sort_maps_leaves_misfits(tree: dict[str, Any]) -> None:
    """Places of the wrong type are left for the validator to name."""
    assert document.sort_maps(tree) == tree
