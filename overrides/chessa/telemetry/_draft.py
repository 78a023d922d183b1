"""From the drift of many clients to draft overlay actions, and to questions to the vendor.

A draft is an OpenAPI Overlay whose actions a person reads, and moves to `spec/overlay.yaml`.
"""

import functools
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, cast

import attrs

from chessa_api.exact_json import dumps, loads
from chessa_api.index import OPERATIONS

from ._places import Drift, DriftKind, DriftPlace, merged

if TYPE_CHECKING:
    import os

_ANY: Final = "*"
_HEAD: Final = """\
# Drafted from what live responses had: read each action before you move it to spec/overlay.yaml.
overlay: 1.0.0
info:
  title: Drift of live responses
  version: 1.0.0
actions:
"""
_STRINGS: Final = frozenset({"string", "date", "date-time", "decimal"})
_SCHEMAS: Final[Mapping[frozenset[str], Mapping[str, Any]]] = {
    frozenset({"boolean"}): {"type": "boolean"},
    frozenset({"integer"}): {"type": "integer"},
    frozenset({"number"}): {"type": "number"},
    frozenset({"integer", "number"}): {"type": "number"},
    frozenset({"decimal"}): {"type": "string", "format": "decimal"},
    frozenset({"date"}): {"type": "string", "format": "date"},
    frozenset({"date-time"}): {"type": "string", "format": "date-time"},
    frozenset({"object"}): {"type": "object"},
    frozenset({"array"}): {"type": "array", "items": {}},
}
"""By the types that were found."""


@attrs.frozen
class _Node:
    """A schema of the effective spec, and the query that an overlay reaches it by."""

    schema: Mapping[str, Any]
    target: str
    """By its title, for one title is one class."""
    at: str
    """By its own place."""


@attrs.frozen
class _Action:
    """A part of one overlay action: those of the same kind on the same node become one."""

    target: str
    kind: DriftKind
    name: str
    """The key, or the value of the enum."""
    place: DriftPlace
    schema: Mapping[str, Any]
    """Of the node at the place, as the spec has it."""


def merge(paths: "Iterable[str | os.PathLike[str]]") -> Drift:
    """Return one snapshot of those in files, as `client.drift.write` makes them.

    Raises `OSError` for a file that cannot be read, `InvalidRequestError` for another file.
    """
    return merged(map(Drift.read, paths))


def draft_overlay(drift: Drift) -> str:
    """Return an OpenAPI Overlay 1.0.0 document, in YAML, for the places that one can correct.

    "" where there is nothing to draft: an overlay needs an action.
    """
    grouped: dict[tuple[str, str], list[_Action]] = {}
    for place in drift:
        if (action := _action(place)) is not None:
            grouped.setdefault((action.target, action.kind), []).append(action)
    return _HEAD + "".join(map(_written, grouped.values())) if grouped else ""


def questions(drift: Drift) -> str:
    """Return the questions to the vendor, in Markdown, for the places that no overlay settles."""
    asked = [place for place in drift if _action(place) is None]
    lines = [f"{number}. {_question(place)}\n" for number, place in enumerate(asked, 1)]
    return "".join(["# Questions to the vendor\n\n", *lines]) if lines else ""


# ---- Actions -------------------------------------------------------------------------------------


def _action(place: DriftPlace) -> _Action | None:
    """Return the action that would correct the spec; None where a person has to ask."""
    path = _parts(place.pointer)
    if place.kind == "status" or not path or path[-1] == _ANY:
        return None
    parent, node = _node(place, path[:-1]), _node(place, path)
    if parent is None:
        return None
    name = path[-1]
    schema: Mapping[str, Any] = {} if node is None else node.schema
    match place.kind:
        case "unknown key" if node is None and _schema_of(place.types) is not None:
            target = parent.target
        case "absent" if node is not None and name not in parent.schema.get("x-essential", ()):
            target = parent.target
        case "enum value" if node is not None and place.value is not None and _listing(schema):
            target, name = node.target, place.value
        case "misfit" if node is not None and place.types == ("null",):
            target = node.at
        case _:
            return None
    return _Action(target, place.kind, name, place, schema)


def _listing(schema: Mapping[str, Any]) -> str | None:
    return next((name for name in ("x-open-enum", "enum") if name in schema), None)


def _schema_of(types: Iterable[str]) -> dict[str, Any] | None:
    """Return the schema of what was found, {} if only nulls were; None where nothing fits all."""
    found = frozenset(types) - {"null"}
    schema = _SCHEMAS.get(found)
    if schema is None and found <= _STRINGS:
        schema = {"type": "string"} if found else {}
    if schema is None:
        return None
    return {**schema, **(_nullable(schema) if "null" in types else {})}


def _nullable(schema: Mapping[str, Any]) -> dict[str, Any]:
    if _spec()["openapi"].startswith("3.0") or "type" not in schema:
        return {"nullable": True}
    return {"type": [schema["type"], "null"]}


_SAYS: Final[Mapping[DriftKind, str]] = {
    "unknown key": "Documents {names}, of which the spec says nothing, with the types seen",
    "absent": "Reads {names} as None where it is left out, as it was",
    "enum value": "Lists {names}, which the spec does not",
    "misfit": "Allows null for {names}, which was sent",
}


def _written(actions: list[_Action]) -> str:
    """Return one action in YAML; of the actions on one node."""
    kind, target = actions[0].kind, actions[0].target
    names = sorted({each.name for each in actions})
    if kind == "absent":
        target += f".properties[{', '.join(map(_quoted, names))}]"
    says = _SAYS[kind].format(names=", ".join(names))
    return (
        f"  - description: {_text(f'{says}. Obsolete when the vendor documents it.')}\n"
        f"    x-reason: {_text(f'Seen live: {_evidence([each.place for each in actions])}.')}\n"
        f"    target: {_text(target)}\n"
        f"    update: {_text(_update(kind, names, actions))}\n"
    )


def _update(kind: DriftKind, names: list[str], actions: list[_Action]) -> Mapping[str, Any]:
    first = actions[0].schema
    if kind == "absent":
        return {"x-optional": True}
    if kind == "misfit":
        return _nullable(first)
    if kind == "enum value":
        return {_listing(first) or "enum": names}
    types = {
        name: {kind for each in actions if each.name == name for kind in each.place.types}
        for name in names
    }
    return {
        "properties": {
            name: {**(_schema_of(found) or {}), "x-optional": True} for name, found in types.items()
        }
    }


def _text(value: object) -> str:
    """Return a value as JSON, which is YAML."""
    return dumps(value).decode("utf-8")


# ---- Questions -----------------------------------------------------------------------------------


def _question(place: DriftPlace) -> str:
    where = f"**{place.operation}**, response {place.status}, `{place.pointer or '/'}`"
    types = " or ".join(place.types) or "nothing"
    asked = {
        "status": f"The status {place.status} is not documented. When is it sent, and with what?",
        "absent": "It is documented as always there, and was left out. When is that so?",
        "misfit": f"It is documented otherwise; what came is: {types}. Which one holds?",
        "enum value": "Values came that are not documented. Which ones are there?",
        "unknown key": f"Members came that are not documented ({types}). What are they?",
    }
    return f"{where}: {asked[place.kind]} ({_evidence([place])})"


def _evidence(places: Iterable[DriftPlace]) -> str:
    """Return how often a difference was seen, by which operations, and when."""
    seen: dict[str, list[DriftPlace]] = {}
    for place in places:
        seen.setdefault(place.operation, []).append(place)
    texts: list[str] = []
    for operation, those in seen.items():
        count = max(each.count for each in those)
        days = min(each.first for each in those).date(), max(each.last for each in those).date()
        when = " to ".join(dict.fromkeys(map(str, days)))
        texts.append(f"{count} response{'' if count == 1 else 's'} to {operation}, {when}")
    return "; ".join(texts)


# ---- The spec ------------------------------------------------------------------------------------


@functools.cache
def _spec() -> Mapping[str, Any]:
    found: Mapping[str, Any] = loads(files("chessa_api").joinpath("spec.json").read_bytes())
    return found


def _node(place: DriftPlace, path: tuple[str, ...]) -> _Node | None:
    """Return the schema at a place; None where the spec has none, or several."""
    operation = OPERATIONS.get(place.operation)
    if operation is None:
        return None
    item = _spec()["paths"].get(operation.path, {}).get(operation.method.lower(), {})
    response = _resolved(item.get("responses", {}).get(place.status, {}))
    node = _of_response(
        response, f"$.paths{_step(operation.path)}.{operation.method.lower()}", place
    )
    for part in path:
        node = None if node is None else _member(node, part)
    return node


def _of_response(response: Mapping[str, Any], start: str, place: DriftPlace) -> _Node | None:
    content: Mapping[str, Any] = response.get("content", {})
    for media_type, described in content.items():
        if "json" in media_type and "schema" in described:
            target = f"{start}.responses{_step(place.status)}.content{_step(media_type)}.schema"
            return _titled(described["schema"], target)
    return None


def _member(node: _Node, part: str) -> _Node | None:
    """Return the schema of a property, or of the items of an array or a map."""
    schema = node.schema
    properties: Mapping[str, Any] = schema.get("properties", {})
    if part in properties:
        return _titled(properties[part], f"{node.target}.properties{_step(part)}")
    for keyword in ("items", "additionalProperties"):
        if part == _ANY and isinstance(schema.get(keyword), Mapping):
            return _titled(schema[keyword], f"{node.target}.{keyword}")
    return None


def _titled(schema: Mapping[str, Any], at: str) -> _Node:
    resolved = _resolved(schema)
    title = resolved.get("title")
    return _Node(resolved, at if title is None else f"$..[?@.title == {_quoted(title)}]", at)


def _resolved(node: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return node
    found: Any = _spec()
    for part in _parts(reference.removeprefix("#")):
        found = found[part]
    return cast("Mapping[str, Any]", found)


def _step(name: str) -> str:
    return f"[{_quoted(name)}]"


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _parts(pointer: str) -> tuple[str, ...]:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
