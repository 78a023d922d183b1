"""Overlays: our corrections of a document, as data (OpenAPI Overlay Specification 1.0.0).

Each action changes a copy of the document. A malformed overlay, or an action that cannot be
applied, raises OverlayError.

    target selects | update is       | result
    object         | object          | merged, property by property, by the second table
    array          | array           | concatenated
    array          | anything else   | appended as one item
    otherwise      |                 | refused

    property holds | update holds    | result
    nothing        | anything        | inserted
    primitive      | primitive       | replaced (null is a primitive)
    object, array  | the same kind   | merged, concatenated
    otherwise      |                 | refused
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from attrs import field, frozen
from jsonpath_rfc9535 import JSONPathError, JSONPathNode

from chessa_codegen.document.loader import (
    MAX_LEVELS,
    copied,
    is_mapping,
    is_sequence,
    is_too_deep,
    pointer,
)
from chessa_codegen.overlay import path_names
from chessa_codegen.overlay.model import Action, Overlay, OverlayError, kind, parse, too_deep
from chessa_codegen.overlay.newcomers import newcomers
from chessa_codegen.overlay.queries import compiled
from chessa_codegen.overlay.written_out import write_out

__all__ = [
    "Action",
    "Effect",
    "Outcome",
    "Overlay",
    "OverlayError",
    "apply",
    "apply_strictly",
    "parse",
]


NAMES: Final = frozenset({"operationId", "title"})
"""Names of ours stand in place of the vendor's, whatever those are."""
_NAMED: Final = frozenset({"properties", "type", "enum", "items", "responses"})
"""Keys of what a name of ours is for: schemas and operations."""
_SAME_FORMATS: Final = frozenset(
    ("decimal", theirs)
    for theirs in ("big-decimal", "bigdecimal", "currency", "double", "float", "money", "number")
)
"""Our format of an amount, and the vendor's: how wide the number is that it sends."""
_TITLE: Final = r"@\.title == '([^'\\]*)'"
_TITLED: Final = re.compile(rf"\$\.\.\[\?{_TITLE}(?: \|\| {_TITLE})*(?: && [^|\]]*)?\]")
"""A query for nodes of one or several titles, with any further conditions."""


@frozen
class Effect:
    """The effect of one action: the number of nodes that it matched, and if any of them changed."""

    action: Action
    matched: int
    changed: bool
    added: Mapping[str, str] = field(factory=dict[str, str])
    """The parts of the update that were inserted, by place in the update; and one such place."""
    met: Mapping[str, str] = field(factory=dict[str, str])
    """The parts of the update that replaced other values; of objects of objects, the members."""
    is_obsolete: bool = False
    """Whether the action says itself that this document does not need it."""
    is_name: bool = False
    """Whether it only names schemas and operations: in place of any name that the vendor gives."""


@frozen
class Outcome:
    """The corrected copy of a document, and the effect of each action in order."""

    document: dict[str, Any]
    effects: tuple[Effect, ...]


def apply(document: dict[str, Any], overlay: Overlay, *, writes_out: bool = False) -> Outcome:
    """Apply each action to the result of the one before; an action may match nothing.

    With `writes_out` the references are written out first, but for actions on components, which
    come before that; and a path is the one that a target means, whatever its parameters are called.
    """
    if is_too_deep(document):
        raise too_deep("the document")
    result: dict[str, Any] = copied(document)
    on_components = [one for one in overlay.actions if writes_out and is_on_components(one)]
    before = _component_titles(result)
    effects = [_effect(result, action) for action in on_components]
    for name, (schema, title) in _component_titles(result).items():
        if name not in before or before[name][1] != title:  # ours, and not the vendor's prose
            schema.setdefault("x-python-name", title)
    meant = path_names.meant(result, overlay) if writes_out else {}
    others = [one for one in overlay.actions if one not in on_components]
    if writes_out:
        write_out(result, newcomers(result, others, partial(_carry_out, meant)))
        path_names.rename_paths(result, meant)
    titles = _titles(result)
    for action in others:
        titled = None if action.obsolete_when else _TITLED.match(action.target)
        # a query costs ten times more than the titles
        if titled and titles.isdisjoint(re.findall(_TITLE, titled[0])):
            effects.append(Effect(action, 0, changed=False))
            continue
        effects.append(_effect(result, action))
        titles |= _titles(action.update)  # a title that was removed costs a query, and no more
    path_names.rename_in_links(result, meant)
    path_names.rename_paths(result, {ours: theirs for theirs, ours in meant.items()})
    return Outcome(result, tuple(sorted(effects, key=lambda each: each.action.index)))


def _carry_out(meant: Mapping[str, str], document: dict[str, Any], actions: list[Action]) -> None:
    path_names.rename_paths(document, meant)
    for action in actions:
        _effect(document, action)


def is_on_components(action: Action) -> bool:
    """Return whether an action targets a component by its place."""
    return re.match(r"\$(\.components\b|\[['\"]components['\"]\])", action.target) is not None


def _component_titles(document: dict[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
    """Return each component with a title, and it."""
    components = document.get("components")
    schemas = components.get("schemas") if is_mapping(components) else None
    return {
        name: (schema, schema["title"])
        for name, schema in (schemas.items() if is_mapping(schemas) else ())
        if is_mapping(schema) and isinstance(schema.get("title"), str)
    }


def _titles(value: Any) -> set[Any]:
    """Return the titles of all nodes."""
    found: set[Any] = set()
    todo = [value]
    while todo:
        node = todo.pop()
        if is_mapping(node):
            found |= {node["title"]} if isinstance(node.get("title"), str) else set()
            todo += node.values()
        elif is_sequence(node):
            todo += node
    return found


def apply_strictly(document: dict[str, Any], overlay: Overlay) -> dict[str, Any]:
    """Apply an overlay; each action must have a description, match, and change something."""
    outcome = apply(document, overlay, writes_out=True)
    stale = [(effect.action, why) for effect in outcome.effects for why in _complaints(effect)]
    if stale:
        raise OverlayError(
            "The overlay has actions that need a review:",
            ", ".join(dict.fromkeys(f"actions[{action.index}]" for action, _ in stale)),
            "Delete an action that the document has made obsolete, correct its target, or add what "
            "it lacks.",
            tuple(f"{action.where} {why}{_reason(action)}" for action, why in stale),
        )
    return outcome.document


def _without_names(update: Any) -> Iterator[Any]:
    """Yield the values of an update that are not names."""
    for key, value in update.items() if is_mapping(update) else ():
        if is_mapping(value):
            yield from _without_names(value)
        elif key not in NAMES:
            yield value
    if not is_mapping(update):
        yield update


def _complaints(effect: Effect) -> Iterator[str]:
    if not effect.action.description.strip():
        yield "has no description that says why it is there"
    if effect.is_obsolete:
        return
    if not effect.matched:
        yield "matches nothing"
    elif not (effect.action.remove or effect.action.has_update):
        yield "neither updates nor removes"
    elif not effect.changed and not effect.is_name:
        yield "leaves every match as it was"


def _reason(action: Action) -> str:
    words = " ".join(action.description.split())
    return f" ({words})" if words else ""


def _effect(document: dict[str, Any], action: Action) -> Effect:
    """Carry out one action on a document, in place."""
    if action.obsolete_when and _matches(document, action, action.obsolete_when):
        return Effect(action, 0, changed=False, is_obsolete=True)
    nodes = _matches(document, action, action.target)
    if action.remove:  # 1.0.0, Action Object: 'update' has no impact next to 'remove: true'
        _remove(nodes, action)
        return Effect(action, len(nodes), bool(nodes))
    merge = _Merge(action)
    changed = [merge.update(node) for node in nodes] if action.has_update else []
    levels = MAX_LEVELS - 1 - max((len(node.location) for node in nodes), default=0)
    if any(changed) and is_too_deep(action.update, levels) and is_too_deep(document):
        raise too_deep(action.where)
    is_name = not list(_without_names(action.update)) and all(
        is_mapping(node.value) and not _NAMED.isdisjoint(node.value) for node in nodes
    )
    return Effect(action, len(nodes), any(changed), merge.added, merge.met, is_name=is_name)


def _matches(document: dict[str, Any], action: Action, query: str) -> list[JSONPathNode]:
    """Yield each selected node once; a query such as $['a','a'] selects one twice."""
    try:
        found = compiled(query).find(document)
    except (JSONPathError, RecursionError):
        raise OverlayError(
            "The target is too long or nested too deep to be followed.",
            action.where,
            "Write a shorter query.",
        ) from None
    return list({node.location: node for node in found}.values())


def _remove(nodes: list[JSONPathNode], action: Action) -> None:
    """Remove nodes from their parents, the last item of an array first."""
    for node in sorted(nodes, key=_index, reverse=True):
        if node.parent is None:
            raise OverlayError(
                "The root of the document cannot be removed.",
                action.where,
                "Target the part to remove, such as $.servers.",
            )
        container: Any = node.parent.value
        del container[node.location[-1]]


def _index(node: JSONPathNode) -> int:
    last = node.location[-1] if node.location else 0
    return last if isinstance(last, int) else 0


@frozen
class _Merge:
    """The update of one action, with a record of the values before it."""

    action: Action
    added: dict[str, str] = field(factory=dict[str, str])
    met: dict[str, str] = field(factory=dict[str, str])

    def update(self, node: JSONPathNode) -> bool:
        """Update one match; return whether it changed."""
        place = pointer(node.location)
        if is_mapping(node.value) and is_mapping(self.action.update):
            return self._merge(node.value, self.action.update, place, "")
        if is_sequence(node.value):
            return self._extend(node.value, self.action.update, place, "")
        if is_mapping(node.value):
            raise _incompatible(node.value, self.action.update, place, self.action)
        raise OverlayError(
            f"The target selects {kind(node.value)} at {place}; "
            "Overlay 1.0.0 updates only objects and arrays.",
            self.action.where,
            "Target the object that holds it, and give the property in 'update'.",
        )

    def _merge(self, target: dict[str, Any], update: dict[str, Any], at: str, inner: str) -> bool:
        """Merge an object into another, recursively; return whether that changed anything."""
        changed = False
        for name, value in update.items():
            held = target.get(name)
            place, part = at + pointer([name]), inner + pointer([name])
            if name not in target or (name == "required" and held is False):  # so without it
                self.added.setdefault(part, place)
            elif _says_other(held, value) and (str(value), str(held)) not in _SAME_FORMATS:
                self.met.setdefault(part, place)
            if name not in target or (_is_primitive(held) and _is_primitive(value)):
                changed |= name not in target or not _same(held, value)
                target[name] = copied(value)
            elif is_mapping(held) and is_mapping(value):
                changed |= self._merge(held, value, place, part)
            elif is_sequence(held) and is_sequence(value):
                changed |= self._extend(held, value, place, part)
            else:
                raise _incompatible(held, value, place, self.action)
        return changed

    def _extend(self, target: list[Any], update: Any, at: str, inner: str) -> bool:
        """Concatenate an array, or append anything else as one item; duplicates are kept."""
        items = copied(update) if is_sequence(update) else [copied(update)]
        there = {_mark(item) for item in target}
        is_choice = bool(target) and at.endswith("/security")  # one more way next to theirs
        for item in items:
            mark = _mark(item)
            (self.met if is_choice or mark in there else self.added).setdefault(
                f"{inner}/{mark}", at
            )
        target.extend(items)
        return bool(items)


def _mark(item: Any) -> str:
    """Return the identity of an item of an array: name and place of a parameter, else the item."""
    if is_mapping(item) and "name" in item:
        return f"{item['name']} {item.get('in', '')}"
    return json.dumps(item, sort_keys=True, default=str)


def _says_other(held: Any, value: Any) -> bool:
    """Return whether an update differs from the value that is there.

    For objects that only lead to others, such as `components`, compare the members; for arrays the
    items.
    """
    if is_mapping(held) and is_mapping(value):
        return held != value and not all(map(is_mapping, value.values()))
    if is_sequence(held) and is_sequence(value):
        return False
    return not _same(held, value)


def _is_primitive(value: Any) -> bool:
    return not is_mapping(value) and not is_sequence(value)


def _same(one: Any, other: Any) -> bool:
    """Compare primitives as JSON does: true is not 1."""
    return type(one) is type(other) and one == other


def _incompatible(held: Any, update: Any, place: str, action: Action) -> OverlayError:
    return OverlayError(
        f"'update' gives {kind(update)} where the document has {kind(held)}, "
        f"at {place or 'its root'}.",
        action.where,
        f"Give {kind(held)}, or remove what is there in an action before this one.",
    )
