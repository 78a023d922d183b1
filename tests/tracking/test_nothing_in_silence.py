"""Whatever is edited anywhere, it is reported; or the two documents mean the same."""

import copy
import json
import random
from typing import Any

import pytest

from chessa_codegen.errors import SpecError
from chessa_tracking.diff.openapi import compare
from tests.tracking.base import BASE

VALUES: list[Any] = [None, True, False, 0, 1, "", "x", [], {}, ["x"], {"x": 1}, {"type": "string"}]
KEYS = ["x-new", "type", "description", "nullable", "required", "items", "deprecated", "title"]
KEYS += ["enum", "default", "unknown", "$ref", "tags", "servers", "schema", "const", "readOnly"]
UNORDERED = {"required", "enum", "type", "parameters", "x-open-enum"}


def nodes(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of all mappings and lists."""
    if not isinstance(value, (dict, list)):
        return []
    found = [at]
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        found += nodes(item, (*at, key))
    return found


def meaning(document: Any) -> Any:
    """A document with its references followed, and what has no order in order."""

    def of(value: Any, key: object, open_: tuple[str, ...]) -> Any:
        if isinstance(value, dict) and isinstance(value.get("$ref"), str) and key != "example":
            reference = value["$ref"]
            if reference in open_:
                return ["again", len(open_) - open_.index(reference)]
            target = document
            for part in reference[2:].split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            rest = {name: one for name, one in value.items() if name != "$ref"}
            whole = of(target, key, (*open_, reference))
            return whole if not rest else {"beside": of(rest, key, open_), "whole": whole}
        if isinstance(value, dict):
            return {name: of(one, name, open_) for name, one in value.items()}
        if isinstance(value, list):
            items = [of(one, None, open_) for one in value]
            texts = [json.dumps(one, sort_keys=True) for one in items]
            if key in UNORDERED:
                return sorted(set(texts))
            return [items[0], *sorted(set(texts[1:]))] if key == "tags" and items else items
        return value

    return json.dumps(of(document, None, ()), sort_keys=True)


def edit(document: Any, draw: random.Random) -> str:
    """Edit one place, drawn; and say which."""
    where = draw.choice(nodes(document))
    at = document
    for step in where:
        at = at[step]
    how = draw.choice(["delete", "replace", "insert"] if at else ["insert"])
    value = copy.deepcopy(draw.choice(VALUES))
    key: Any
    if isinstance(at, dict):
        key = draw.choice(KEYS) if how == "insert" else draw.choice(list(at))
    else:
        key = draw.randrange(len(at) + (how == "insert"))
    if how == "delete":
        del at[key]
    elif how == "insert" and isinstance(at, list):
        at.insert(key, value)
    else:
        at[key] = value
    return f"{how} {(*where, key)} {value!r}"


@pytest.mark.parametrize(
    "seed",
    [
        *range(2),
        *(pytest.param(n, marks=pytest.mark.ci) for n in range(2, 8)),
        *(pytest.param(n, marks=pytest.mark.nightly) for n in range(8, 60)),
    ],
)
def test_an_edit_is_reported_or_means_the_same(seed: int) -> None:
    """One edit at a drawn place: at least one change, a refusal, or no other meaning."""
    draw = random.Random(seed)
    for _ in range(25):
        new = copy.deepcopy(BASE)
        done = edit(new, draw)
        for one, other in ((BASE, new), (new, BASE)):
            try:
                found = bool(compare(one, other))
            except SpecError:  # a reference that leads nowhere
                continue
            assert found or meaning(one) == meaning(other), done
