"""Documents: copied, measured, put in order, written as JSON.

Reading has a file of its own, test_reading.py.
"""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from chessa_codegen.document import canonical, loader
from tests.marks import table


@table(
    ("parts", "text"),
    [((), ""), (("",), "/"), (("a/b", "m~n", 0), "/a~1b/m~0n/0"), (("~1",), "/~01")],
)
def test_pointer(parts: tuple[str | int, ...], text: str) -> None:
    """A path is written as RFC 6901 says."""
    assert loader.pointer(parts) == text


def test_dumps_json() -> None:
    """JSON is written in document order, indented by one, in plain letters, with a last newline."""
    text = loader.dumps_json({"z": {"é": [1, 0.5]}, "a": None})
    assert text == '{\n "z": {\n  "é": [\n   1,\n   0.5\n  ]\n },\n "a": null\n}\n'


def test_dumps_json_refuses_nan() -> None:
    """NaN, which no document that was read holds, is not written."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        loader.dumps_json({"a": math.nan})


def test_written_document_reads_the_same(tmp_path: Path) -> None:
    """A document that was read and written as JSON reads as the same tree."""
    source, written = tmp_path / "spec.yaml", tmp_path / "spec.json"
    source.write_text("a: [058, '058', 1.5, ~, x, {b: 😀}]\nc: |\n  d\n", encoding="utf-8")
    tree = loader.read(source)
    written.write_text(loader.dumps_json(tree), encoding="utf-8")
    assert (
        loader.read(written) == tree == {"a": [58, "058", 1.5, None, "x", {"b": "😀"}], "c": "d\n"}
    )


def test_copied_shares_nothing() -> None:
    """A copy is equal, and every mapping and sequence in it is its own."""
    shared: list[int] = [1]
    result = loader.copied({"a": shared, "b": shared})
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
    assert not loader.is_too_deep("text")
    assert not loader.is_too_deep(nested(100))
    assert loader.is_too_deep(nested(101))
    assert loader.is_too_deep(nested(100_000))


SHUFFLED: dict[str, Any] = {
    "paths": {
        "/b": {"post": {"responses": {"404": {}, "200": {}}, "parameters": [{"name": "z"}, {}]}},
        "/a": {"x-note": {"z": 1, "a": 2}},
    },
    "components": {
        "schemas": {
            "B": {"type": "object", "properties": {"z": {"type": "x", "enum": [2, 1]}, "a": {}}},
            "A": {"properties": {"properties": {"properties": {"z": {}, "a": {}}}, "items": {}}},
            "properties": {"type": "object", "format": "y"},
        },
    },
}
SORTED = """
{"components": {"schemas": {
  "A": {"properties": {"properties": {"properties": {"z": {}, "a": {}}}, "items": {}}},
  "B": {"properties": {"z": {"enum": [2, 1], "type": "x"}, "a": {}}, "type": "object"},
  "properties": {"format": "y", "type": "object"}}},
 "paths": {
  "/a": {"x-note": {"a": 2, "z": 1}},
  "/b": {"post": {"parameters": [{"name": "z"}, {}], "responses": {"200": {}, "404": {}}}}}}
"""


def test_one_order() -> None:
    """Keys are sorted, but for the names of properties; lists keep their order."""
    before = json.dumps(SHUFFLED)
    result = canonical.ordered(SHUFFLED)
    assert json.dumps(result) == json.dumps(json.loads(SORTED))
    assert json.dumps(canonical.ordered(result)) == json.dumps(result)
    assert json.dumps(SHUFFLED) == before, "it is a copy"
