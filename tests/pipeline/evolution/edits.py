"""Edits of a document, as data.

An edit is such as `{set: POST /v1/orders/refund body /properties/tag, to: …}`. A place is
`METHOD /path`, then `body` or `answer STATUS` for the schema of one, then a JSON pointer; or a JSON
pointer alone.

    set: place, to: value                  what stands there, or is new, at the end of what holds it
    remove: place
    move: place, to: place
    add: place of a list, item: value      at the end, or with `first: true` at the start
    modernise: place                       null as OpenAPI 3.1 says it, there and below
"""

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

Document = dict[str, Any]
Key = str | int
Edit = Mapping[str, Any]

_PLACE: Final = re.compile(
    r"(?:(?P<method>[A-Z]+) (?P<path>/\S*)(?: (?P<part>body|answer (?P<status>\w+)))?)?"
    r"(?: ?(?P<pointer>/.*))?"
)
_JSON: Final = ("content", "application/json", "schema")


def edited(document: Mapping[str, Any], edits: Sequence[Edit]) -> Document:
    """An edited copy of a document."""
    result: Document = copy.deepcopy(dict(document))
    for edit in edits:
        verb = next(iter(edit))
        _VERBS[verb](result, edit)
    return result


def place(text: str) -> list[str]:
    """The keys that lead to a place."""
    found = _PLACE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text} is not a place")
    keys: list[str] = []
    if found["method"]:
        keys = ["paths", found["path"], found["method"].lower()]
    if found["part"] == "body":
        keys += ["requestBody", *_JSON]
    elif found["part"]:
        keys += ["responses", found["status"], *_JSON]
    parts = (found["pointer"] or "").split("/")[1:]
    return keys + [part.replace("~1", "/").replace("~0", "~") for part in parts]


def _holder(document: Document, keys: Sequence[str]) -> tuple[Any, Key]:
    """Return the container of the last key, and that key as it is held."""
    held: Any = document
    for key in keys[:-1]:
        held = held[_key(held, key)]
    return held, _key(held, keys[-1])


def _key(held: Any, key: str) -> Key:
    return int(key) if isinstance(held, list) else key


def _set(document: Document, edit: Edit) -> None:
    holder, key = _holder(document, place(edit["set"]))
    holder[key] = copy.deepcopy(edit["to"])


def _remove(document: Document, edit: Edit) -> None:
    holder, key = _holder(document, place(edit["remove"]))
    del holder[key]


def _move(document: Document, edit: Edit) -> None:
    holder, key = _holder(document, place(edit["move"]))
    moved = holder.pop(key)
    target, name = _holder(document, place(edit["to"]))
    target[name] = moved


def _add(document: Document, edit: Edit) -> None:
    holder, key = _holder(document, place(edit["add"]))
    where = 0 if edit.get("first") else len(holder[key])
    holder[key].insert(where, copy.deepcopy(edit["item"]))


def _modernise(document: Document, edit: Edit) -> None:
    held: Any = document
    for key in place(edit["modernise"]):
        held = held[_key(held, key)]
    _turn(held)


def _turn(node: Any) -> None:
    """Of a schema that may be null, a type that says so."""
    if isinstance(node, dict):
        if node.get("nullable") is True:
            del node["nullable"]
            if "type" in node:
                node["type"] = [node["type"], "null"]
        node = list(node.values())
    for each in node if isinstance(node, list) else ():
        _turn(each)


_VERBS: Final[Mapping[str, Callable[[Document, Edit], None]]] = {
    "set": _set,
    "remove": _remove,
    "move": _move,
    "add": _add,
    "modernise": _modernise,
}
