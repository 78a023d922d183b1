"""The overlay applier: OpenAPI Overlay Specification 1.0.0, case by case.

Tables first: a document, the actions, and what must come out or what the refusal must say.
"""

import copy
from typing import Any

from chessa_codegen.overlay import apply
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


PETS: Tree = {
    "info": {"title": "Pets"},
    "servers": [{"url": "https://dev", "description": "Dev"}, {"url": "https://live"}],
    "paths": {
        "/cats": {"get": {"tags": ["a"], "parameters": [{"name": "q", "in": "query"}]}},
        "/dogs": {"get": {"tags": ["a"], "deprecated": False}, "post": {"tags": ["b"]}},
    },
}


def pets(**changes: Any) -> Tree:
    """Copy the pets with some top-level fields changed."""
    return {**copy.deepcopy(PETS), **changes}


# Document, actions, result: what every action may do.
RESULTS: dict[str, tuple[Tree, list[Tree], Tree]] = {
    "an object is inserted": (
        {"info": {"title": "T"}},
        [update("$.info", {"license": {"name": "MIT"}})],
        {"info": {"title": "T", "license": {"name": "MIT"}}},
    ),
    "the root is updated": (
        {"info": {"title": "T"}},
        [update("$", {"info": {"x-seen": True}, "tags": []})],
        {"info": {"title": "T", "x-seen": True}, "tags": []},
    ),
    "objects merge at every depth": (
        {"a": {"b": {"c": {"kept": 1, "old": 2}}}},
        [update("$.a", {"b": {"c": {"old": 3, "new": 4}}})],
        {"a": {"b": {"c": {"kept": 1, "old": 3, "new": 4}}}},
    ),
    "a primitive replaces a primitive of any type": (
        {"a": {"s": "x", "n": 1, "t": True, "z": None}},
        [update("$.a", {"s": 2, "n": None, "t": "yes", "z": 0.5})],
        {"a": {"s": 2, "n": None, "t": "yes", "z": 0.5}},
    ),
    "an array in the update is concatenated to the array of that name": (
        {"a": {"required": ["x"]}},
        [update("$.a", {"required": ["y", "x"]})],
        {"a": {"required": ["x", "y", "x"]}},
    ),
    "an object is appended to a targeted array": (
        {"tags": [{"name": "a"}]},
        [update("$.tags", {"name": "b"})],
        {"tags": [{"name": "a"}, {"name": "b"}]},
    ),
    "a primitive is appended to a targeted array": (
        {"required": ["x"]},
        [update("$.required", "y")],
        {"required": ["x", "y"]},
    ),
    "null is appended to a targeted array": (
        {"enum": ["x"]},
        [update("$.enum", None)],
        {"enum": ["x", None]},
    ),
    "an array is concatenated to a targeted array": (
        {"tags": ["a"]},
        [update("$.tags", ["b", "a"])],
        {"tags": ["a", "b", "a"]},
    ),
    "an array in an array is appended by wrapping it": (
        {"enum": [[1]]},
        [update("$.enum", [[2, 3]])],
        {"enum": [[1], [2, 3]]},
    ),
    "an item of an array is merged": (
        pets(),
        [update("$.servers[?@.description == 'Dev']", {"x-dev": True})],
        pets(
            servers=[
                {"url": "https://dev", "description": "Dev", "x-dev": True},
                {"url": "https://live"},
            ]
        ),
    ),
    "every match of a wildcard is updated": (
        {"paths": {"/a": {"get": {}}, "/b": {"get": {}, "put": {}}}},
        [update("$.paths.*.get", {"x-safe": True})],
        {"paths": {"/a": {"get": {"x-safe": True}}, "/b": {"get": {"x-safe": True}, "put": {}}}},
    ),
    "a match inside another match is updated too": (
        {"a": {"type": "object", "b": {"type": "object"}}},
        [update("$..[?@.type == 'object']", {"seen": 1})],
        {"a": {"type": "object", "b": {"type": "object", "seen": 1}, "seen": 1}},
    ),
    "a node that the query selects twice is updated once": (
        {"tags": ["a"]},
        [update("$['tags', 'tags']", "b")],
        {"tags": ["a", "b"]},
    ),
    "objects and arrays among the matches are each updated by their own rule": (
        {"a": {"x": {}, "y": []}},
        [update("$.a.*", {"k": 1})],
        {"a": {"x": {"k": 1}, "y": [{"k": 1}]}},
    ),
    "a property is removed, object or primitive": (
        {"a": {"o": {}, "s": "x", "n": None, "kept": 1}},
        [remove("$.a.o"), remove("$.a.s"), remove("$.a.n")],
        {"a": {"kept": 1}},
    ),
    "an item is removed by a filter": (
        pets(),
        [remove("$.servers[?@.description == 'Dev']")],
        pets(servers=[{"url": "https://live"}]),
    ),
    "several items of one array are removed, not their neighbours": (
        {"l": [{"n": n, "odd": n % 2} for n in range(6)]},
        [remove("$.l[?@.odd == 1]")],
        {"l": [{"n": n, "odd": 0} for n in (0, 2, 4)]},
    ),
    "primitive items are removed, in whatever order the query names them": (
        {"l": ["a", "b", "c", "d"]},
        [remove("$.l[0, 2, -1, 0]")],
        {"l": ["b"]},
    ),
    "more than nine items are removed by number, not by spelling": (
        {"l": list(range(12))},
        [remove("$.l[1:11]")],
        {"l": [0, 11]},
    ),
    "a match goes together with the matches inside it": (
        {"l": [{"x": 1, "l": [{"x": 2}, {"y": 3}]}, {"y": 4}], "x": {"x": 5}},
        [remove("$..[?@.x]")],
        {"l": [{"y": 4}]},
    ),
    "a property is removed wherever it stands": (
        {"a": {"responses": {"200": 1, "500": 2}}, "b": {"c": {"responses": {"500": 3}}}},
        [remove("$..responses['500']")],
        {"a": {"responses": {"200": 1}}, "b": {"c": {"responses": {}}}},
    ),
    "remove: false is not an action": (
        {"a": {"b": 1}},
        [{"target": "$.a", "remove": False}],
        {"a": {"b": 1}},
    ),
    "remove: false leaves the update": (
        {"a": {"b": 1}},
        [{"target": "$.a", "remove": False, "update": {"b": 2}}],
        {"a": {"b": 2}},
    ),
    "remove: true wins over an update, even one that would not fit": (
        {"a": {"b": 1}, "c": 2},
        [{"target": "$.a", "remove": True, "update": [1]}],
        {"c": 2},
    ),
    "an action with neither does nothing": (
        {"a": 1},
        [{"target": "$"}],
        {"a": 1},
    ),
    "each action sees the result of the one before": (
        {"servers": ["old"]},
        [remove("$.servers"), update("$", {"servers": ["new"]}), update("$.servers", "newer")],
        {"servers": ["new", "newer"]},
    ),
    "the order of the actions counts": (
        {"a": {}},
        [update("$.a", {"v": 1}), update("$.a", {"v": 2}), update("$.a[?@.v == 1]", {"no": 1})],
        {"a": {"v": 2}},
    ),
    "zero matches succeed, whatever the action would do": (
        {"a": 1},
        [update("$.b", {"c": 1}), remove("$.b"), update("$.a.b", "text"), remove("$.b[0]")],
        {"a": 1},
    ),
    "filters use the functions of RFC 9535": (
        {"a": {"x1": {"id": "ab"}, "x2": {"id": "b"}}},
        [remove("$.a[?match(@.id, 'a.*') && length(@.id) == 2]")],
        {"a": {"x2": {"id": "b"}}},
    ),
    "a filter keeps true and 1 apart": (
        {"a": [{"v": True}, {"v": 1}]},
        [remove("$.a[?@.v == 1]")],
        {"a": [{"v": True}]},
    ),
}


@table("name", RESULTS)
def test_result(name: str) -> None:
    """Each action changes the document as the specification says."""
    document, actions, expected = RESULTS[name]
    assert applied(document, *actions) == expected


def test_input_is_never_changed() -> None:
    """Neither the document nor the overlay changes, whatever is done with the result."""
    document, action = pets(), update("$.paths.*.get", {"x-list": [{}], "tags": ["z"]})
    correction = parsed(action, remove("$.servers[0]"))
    result = apply.apply(document, correction).document
    result["paths"]["/cats"]["get"]["x-list"][0]["spoiled"] = True
    result["info"]["title"] = "spoiled"
    assert document == PETS
    assert action == update("$.paths.*.get", {"x-list": [{}], "tags": ["z"]})
    assert "spoiled" not in str(apply.apply(document, correction).document)


def test_no_aliasing_between_targets() -> None:
    """Two targets of one update share nothing: changing one leaves the other alone."""
    document: Tree = {"a": {"l": []}, "b": {"l": []}}
    result = applied(
        document,
        update("$.*", {"o": {"p": {}}, "l": [{"q": []}]}),
        update("$.a.o.p", {"only": "a"}),
        update("$.b.l[0].q", "only b"),
    )
    assert result == {
        "a": {"l": [{"q": []}], "o": {"p": {"only": "a"}}},
        "b": {"l": [{"q": ["only b"]}], "o": {"p": {}}},
    }


def test_no_aliasing_inside_a_document() -> None:
    """Objects that a caller's document shares are separate places of the result."""
    shared: Tree = {"n": 1}
    result = applied({"a": shared, "b": shared}, update("$.a", {"n": 2}))
    assert result == {"a": {"n": 2}, "b": {"n": 1}}


def test_order_of_properties() -> None:
    """Properties keep their places, and new ones come last."""
    result = applied({"a": {"x": 1, "y": 2}}, update("$.a", {"new": 3, "x": 4}))
    assert list(result["a"].items()) == [("x", 4), ("y", 2), ("new", 3)]


# Document, action, matches, whether anything changed.
EFFECTS: dict[str, tuple[Tree, Tree, int, bool]] = {
    "no match": ({"a": {}}, update("$.b", {"c": 1}), 0, False),
    "no match to remove": ({"a": {}}, remove("$.b"), 0, False),
    "inserted": ({"a": {}}, update("$.a", {"c": 1}), 1, True),
    "already there": ({"a": {"c": 1, "d": {}}}, update("$.a", {"c": 1, "d": {}}), 1, False),
    "true is not 1": ({"a": {"c": 1}}, update("$.a", {"c": True}), 1, True),
    "1.0 is written otherwise than 1": ({"a": {"c": 1}}, update("$.a", {"c": 1.0}), 1, True),
    "null inserted": ({"a": {}}, update("$.a", {"c": None}), 1, True),
    "one of two": ({"a": {"c": 1}, "b": {"c": 2}}, update("$.*", {"c": 2}), 2, True),
    "array item again": ({"a": ["x"]}, update("$.a", "x"), 1, True),
    "empty array": ({"a": ["x"]}, update("$.a", []), 1, False),
    "empty object": ({"a": {}}, update("$.a", {}), 1, False),
    "removed": ({"a": [1, 2, 3]}, remove("$.a[0, 2]"), 2, True),
    "neither": ({"a": {}}, {"target": "$.a"}, 1, False),
}


@table("name", EFFECTS)
def test_effect(name: str) -> None:
    """The outcome tells of each action how much it matched and whether that changed."""
    document, action, matched, changed = EFFECTS[name]
    (effect,) = apply.apply(document, parsed(action)).effects
    assert (effect.action.index, effect.matched, effect.changed) == (0, matched, changed)


@table(
    ("paths", "prefix", "meant"),
    [
        (["/v1/a/{x}"], "", "/v1/a/{x}"),
        (["/v1/a/{x}", "/v1/a/{y}"], "", "/v1/a/{x}"),
        (["/v1/a/{y}", "/v1/a/{x}"], "", "/v1/a/{x}"),
        (["/v1/a/{y}"], "", "/v1/a/{y}"),
        (["/a/{y}"], "/v1", "/a/{y}"),
        (["/a/{x}", "/a/{y}"], "/v1", "/a/{x}"),
        (["/a/{y}", "/v1/a/{x}"], "/v1", "/v1/a/{x}"),
    ],
)
def test_path_that_a_target_means(paths: list[str], prefix: str, meant: str) -> None:
    """A target means a path of other names only where no path has its own; none is lost."""
    whole = {
        "openapi": "3.0.3",
        "servers": [{"url": f"https://a.example{prefix}"}],
        "paths": {path: {"get": {}} for path in paths},
    }
    overlay = parsed(update("$.paths['/v1/a/{x}'].get", {"summary": "it"}))
    result = apply.apply(whole, overlay, writes_out=True).document["paths"]
    assert result == {p: {"get": {"summary": "it"} if p == meant else {}} for p in paths}
