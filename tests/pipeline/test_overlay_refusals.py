"""Overlays that cannot be applied, and overlays that have become stale (strict application).

Tables first: a document, an action, and text of the refusal.
"""

import copy
from typing import Any

import pytest

from chessa_codegen.overlay import apply
from chessa_codegen.overlay.apply import OverlayError
from tests.marks import table

Tree = dict[str, Any]


def parsed(*actions: Any, **fields: Any) -> apply.Overlay:
    """Parse an overlay with these actions."""
    info = {"title": "Corrections", "version": "1"}
    return apply.parse({"overlay": "1.0.0", "info": info, "actions": [*actions], **fields})


def applied(document: Tree, *actions: Any) -> Tree:
    """Apply these actions to a document."""
    return apply.apply(document, parsed(*actions)).document


def update(target: str, value: Any) -> Tree:
    """Write an update action."""
    return {"target": target, "update": value}


def remove(target: str) -> Tree:
    """Write a remove action."""
    return {"target": target, "remove": True}


# Document, action, text of the refusal: what cannot be done to a document.
REFUSALS: dict[str, tuple[Tree, Tree, tuple[str, ...]]] = {
    "array over object": (
        {"a": {"b": {}}},
        update("$.a", {"b": []}),
        ("an array where the document has an object", "/a/b"),
    ),
    "object over array": (
        {"a": {"b": []}},
        update("$.a", {"b": {}}),
        ("an object where the document has an array", "/a/b"),
    ),
    "object over primitive": (
        {"a": {"b": "x"}},
        update("$.a", {"b": {}}),
        ("an object where the document has a string", "remove what is there"),
    ),
    "array over primitive": (
        {"a": {"b": 1}},
        update("$.a", {"b": []}),
        ("an array where the document has a number", "/a/b"),
    ),
    "primitive over object": (
        {"a": {"b": {}}},
        update("$.a", {"b": True}),
        ("a boolean where the document has an object", "/a/b"),
    ),
    "primitive over array": (
        {"a": {"b": []}},
        update("$.a", {"b": 1}),
        ("a number where the document has an array", "/a/b"),
    ),
    "null over object": (
        {"a": {"b": {}}},
        update("$.a", {"b": None}),
        ("null where the document has an object", "/a/b"),
    ),
    "object over null": (
        {"a": {"b": None}},
        update("$.a", {"b": {}}),
        ("an object where the document has null", "/a/b"),
    ),
    "deep inside, with the path escaped": (
        {"paths": {"/a~b": {"get": {"tags": []}}}},
        update("$.paths", {"/a~b": {"get": {"tags": {}}}}),
        ("/paths/~1a~0b/get/tags",),
    ),
    "array on an object target": (
        {"a": {}},
        update("$.a", [1]),
        ("an array where the document has an object, at /a", "Give an object"),
    ),
    "primitive on the root": (
        {"a": {}},
        update("$", "x"),
        ("a string where the document has an object, at its root",),
    ),
    "string target": (
        {"info": {"title": "T"}},
        update("$.info.title", "U"),
        ("selects a string at /info/title", "Target the object that holds it"),
    ),
    "null target": (
        {"a": None},
        update("$.a", {"b": 1}),
        ("selects null at /a", "only objects and arrays"),
    ),
    "primitive item": (
        {"l": [1, 2]},
        update("$.l[1]", 3),
        ("selects a number at /l/1",),
    ),
    "one match of several": (
        {"a": {"b": {}, "c": 1}},
        update("$.a.*", {"k": 1}),
        ("selects a number at /a/c",),
    ),
    "removing the root": ({"a": 1}, remove("$"), ("root of the document cannot be removed",)),
}


@table("name", REFUSALS)
def test_refusal(name: str) -> None:
    """An action that does not fit the document is refused, with its place and a way out."""
    document, action, words = REFUSALS[name]
    before = copy.deepcopy(document)
    with pytest.raises(OverlayError) as caught:
        applied(document, {"target": "$.nothing"}, action)
    assert caught.value.where == f"actions[1], target {action['target']}"
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert document == before


def described(action: Tree, words: str = "Because.") -> Tree:
    """Give an action a description."""
    return {**action, "description": words}


def test_strict_gives_the_document() -> None:
    """Strictly, an overlay whose actions all match, change and explain gives the document."""
    correction = parsed(described(update("$", {"b": 2})), described(remove("$.a")))
    assert apply.apply_strictly({"a": 1}, correction) == {"b": 2}


def test_strict_names_every_stale_action() -> None:
    """Strictly, one error names each useless action, its target and its description."""
    actions = [
        described(update("$.gone", {"x": 1}), "The vendor\n  forgot x."),
        described(update("$.a", {"y": 1}), "Fine."),
        described(update("$.a", {"x": 1}), "Now the vendor says so too."),
        described({"target": "$.a", "remove": False}, "Half written."),
        update("$.a", {"z": 1}),
        described(remove("$.a.old"), " "),
    ]
    with pytest.raises(OverlayError) as caught:
        apply.apply_strictly({"a": {"x": 1}}, parsed(*actions))
    assert str(caught.value).splitlines()[1:7] == [
        "  actions[0], target $.gone matches nothing (The vendor forgot x.)",
        "  actions[2], target $.a leaves every match as it was (Now the vendor says so too.)",
        "  actions[3], target $.a neither updates nor removes (Half written.)",
        "  actions[4], target $.a has no description that says why it is there",
        "  actions[5], target $.a.old has no description that says why it is there",
        "  actions[5], target $.a.old matches nothing",
    ]
    assert caught.value.where == "actions[0], actions[2], actions[3], actions[4], actions[5]"
    assert "Delete an action" in caught.value.fix


def test_strict_is_content_with_one_changed_match() -> None:
    """Strictly, an action need not change every match, only some."""
    correction = parsed(described(update("$.*", {"v": 1})))
    assert apply.apply_strictly({"a": {"v": 1}, "b": {}}, correction)["b"] == {"v": 1}


def nested(levels: int) -> Tree:
    """Nest objects this deep."""
    tree: Tree = {}
    for _ in range(levels - 1):
        tree = {"n": tree}
    return tree


def test_nesting_cap() -> None:
    """Too deep a document, overlay or result is an OverlayError, never a RecursionError."""
    with pytest.raises(OverlayError, match="100 levels"):
        applied(nested(5000), update("$", {}))
    with pytest.raises(OverlayError, match="100 levels"):
        parsed(update("$", nested(5000)))
    deep = update("$.n.n.n.n.n", {"more": nested(96)})
    with pytest.raises(OverlayError, match="100 levels") as caught:
        applied(nested(100), deep)
    assert caught.value.where == "actions[0], target $.n.n.n.n.n"


def test_deepest_document_can_be_searched() -> None:
    """A document at the cap is searched to its bottom by '..'."""
    document = applied(nested(99), update("$..n[?count(@.*) == 0]", {"found": 1}))
    assert str(document).count("found") == 1


def test_endless_query() -> None:
    """A query too long to be followed is an OverlayError."""
    with pytest.raises(OverlayError, match="shorter query"):
        applied({"n": [{}]}, remove("$" + ".*" * 5000))
