"""Another spelling of the same meaning is not a change."""

import copy
import json
from pathlib import Path
from typing import Any

from chessa_codegen.document.loader import read
from chessa_tracking.diff.changes import Level, verdict
from chessa_tracking.diff.openapi import compare
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
