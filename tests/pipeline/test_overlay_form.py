"""The form of an overlay document: what is read, and what is refused with which message.

Tables first: an overlay or an action, the place that is named, and text of the refusal.
"""

import pickle
from typing import Any

import pytest

from chessa_codegen.overlay import apply
from chessa_codegen.overlay.apply import OverlayError
from tests.marks import table

INFO = {"title": "T", "version": "1"}
ACTIONS = [{"target": "$"}]


def test_form_of_an_overlay() -> None:
    """A full overlay is read with its fields; extensions are allowed at every level."""
    result = apply.parse(
        {
            "overlay": "1.0.3",
            "info": {"title": "T", "version": "2", "x-a": 1},
            "extends": "./openapi.yaml",
            "actions": [{"target": "$", "update": None, "x-b": None}],
            "x-c": {},
        }
    )
    assert (result.title, result.version, result.extends) == ("T", "2", "./openapi.yaml")
    assert result.actions == (apply.Action(0, "$", has_update=True),)


# Overlay document, where, text of the refusal.
MALFORMED: dict[str, tuple[Any, str, str]] = {
    "not an object": ([], "the top level", "An array stands where an object is needed"),
    "no version": ({"info": INFO, "actions": ACTIONS}, "the top level", "'overlay' is missing"),
    "version is a number": (
        {"overlay": 1.0, "info": INFO, "actions": ACTIONS},
        "overlay",
        "'overlay' is a number, not a string",
    ),
    "version 1.1.0": (
        {"overlay": "1.1.0", "info": INFO, "actions": ACTIONS},
        "overlay",
        "version '1.1.0'",
    ),
    "version 1.0": ({"overlay": "1.0", "info": INFO, "actions": ACTIONS}, "overlay", "1.0.x"),
    "version with a tail": (
        {"overlay": "1.0.0\n", "info": INFO, "actions": ACTIONS},
        "overlay",
        "1.0.x",
    ),
    "no info": ({"overlay": "1.0.0", "actions": ACTIONS}, "the top level", "'info' is missing"),
    "info is a string": (
        {"overlay": "1.0.0", "info": "T", "actions": ACTIONS},
        "info",
        "not an object",
    ),
    "no title": (
        {"overlay": "1.0.0", "info": {"version": "1"}, "actions": ACTIONS},
        "info",
        "'title' is missing",
    ),
    "version of info is a number": (
        {"overlay": "1.0.0", "info": {"title": "T", "version": 1}, "actions": ACTIONS},
        "info.version",
        "in quotes",
    ),
    "unknown field of info": (
        {"overlay": "1.0.0", "info": {**INFO, "description": "D"}, "actions": ACTIONS},
        "info",
        "no field 'description' here",
    ),
    "extends is an object": (
        {"overlay": "1.0.0", "info": INFO, "extends": {}, "actions": ACTIONS},
        "extends",
        "not a string",
    ),
    "unknown field": (
        {"overlay": "1.0.0", "info": INFO, "action": [], "actions": ACTIONS},
        "the top level",
        "no field 'action'",
    ),
    "no actions": ({"overlay": "1.0.0", "info": INFO}, "the top level", "'actions' is missing"),
    "actions is an object": (
        {"overlay": "1.0.0", "info": INFO, "actions": {}},
        "actions",
        "not an array",
    ),
    "actions is empty": (
        {"overlay": "1.0.0", "info": INFO, "actions": []},
        "actions",
        "has no action",
    ),
}


@table("name", MALFORMED)
def test_malformed_overlay(name: str) -> None:
    """An overlay of the wrong form is refused with the field that is wrong."""
    document, where, words = MALFORMED[name]
    with pytest.raises(OverlayError) as caught:
        apply.parse(document)
    assert caught.value.where.startswith(where)
    assert words in str(caught.value)


# An action, where (after "actions[1]"), text of the refusal.
MALFORMED_ACTIONS: dict[str, tuple[Any, str, str]] = {
    "null": (None, "", "Null stands where an object is needed"),
    "no target": ({"remove": True}, "", "'target' is missing"),
    "target is a number": ({"target": 1}, ".target", "not a string"),
    "target is not a query": ({"target": "paths"}, ".target", "not an RFC 9535 JSONPath query"),
    "empty target": ({"target": ""}, ".target", "not an RFC 9535 JSONPath query"),
    "a dash without quotes": ({"target": "$.x-name"}, ".target", "names that hold '-'"),
    "another dialect": ({"target": "$.a[(@.length-1)]"}, ".target", "RFC 9535"),
    "unknown function": ({"target": "$[?nope(@)]"}, ".target", "'nope' is not defined"),
    "infinite number": ({"target": "$[?@.a == 1e999]"}, ".target", "RFC 9535"),
    "nested too deep": ({"target": f"$[?{'(' * 5000}@.a{')' * 5000}]"}, ".target", "RFC 9535"),
    "description is a list": ({"target": "$", "description": []}, ".description", "a string"),
    "remove is a string": ({"target": "$", "remove": "yes"}, ".remove", "not a boolean"),
    "remove is a number": ({"target": "$", "remove": 1}, ".remove", "not a boolean"),
    "remove is null": ({"target": "$", "remove": None}, ".remove", "null, not a boolean"),
    "copy is of version 1.1": ({"target": "$", "copy": "$.a"}, "", "no field 'copy'"),
    "misspelt": ({"target": "$", "updates": {}}, "", "no field 'updates'"),
    "the one before again": ({"target": "$.a"}, "", "equals actions[0]"),
}


@table("name", MALFORMED_ACTIONS)
def test_malformed_action(name: str) -> None:
    """An action of the wrong form is refused with its number and the field that is wrong."""
    action, where, words = MALFORMED_ACTIONS[name]
    document: Any = {"overlay": "1.0.0", "info": INFO, "actions": [{"target": "$.a"}, action]}
    with pytest.raises(OverlayError) as caught:
        apply.parse(document)
    assert caught.value.where == f"actions[1]{where}"
    assert words in str(caught.value)
    assert caught.value.fix


def test_error_survives_pickle() -> None:
    """The error keeps its parts and its text through pickle."""
    error = OverlayError("What.", "actions[0]", "Mend.")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is OverlayError
    assert str(again) == str(error) == "What.\n  where: actions[0]\n  fix: Mend."
