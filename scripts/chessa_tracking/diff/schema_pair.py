"""Two schemas side by side: their properties, kinds and types under the same names."""

from typing import Any, Final

import attrs

from chessa_tracking.diff import pairing
from chessa_tracking.diff.changes import LITTLE, Direction
from chessa_tracking.diff.node import Node, is_class
from chessa_tracking.diff.schema_view import Schema

_OF_NUMBERS: Final = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
)
_OF_STRINGS: Final = frozenset(
    {"minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType"}
)
_FORMATS: Final = {
    **dict.fromkeys(("int32", "int64"), frozenset({"integer", "number"})),
    **dict.fromkeys(("float", "double"), frozenset({"number"})),
}
"""The types that a format is of; any other is one of strings."""
_PYTHON_TYPES: Final = frozenset({"date", "date-time", "decimal"})
"""Formats of which the package makes a type of its own."""
_WIDER_FORMATS: Final = {("int32", "int64"), ("float", "double")}


def aligned(old: Schema, new: Schema, direction: Direction) -> tuple[Node, Node]:
    """Return both schemas as nodes with members of the same names: properties, kinds, types."""
    old, new = _as_unions(old, new)
    one, other = _parts(old, direction), _parts(new, direction)
    pairs, left, right = pairing.match(old.kinds, new.kinds)
    named = [(str(i), pair) for i, pair in enumerate(pairs)]
    union = (new.union or old.union) or "kinds"
    one[union] = old.node.holding(
        {name: pair[0] for name, pair in named} | {f"-{i}": node for i, node in enumerate(left)}
    )
    other[union] = new.node.holding(
        {name: pair[1] for name, pair in named} | {f"+{i}": node for i, node in enumerate(right)}
    )
    if "closed" in {*one} ^ {*other}:
        one.pop("additionalProperties", None)
        other.pop("additionalProperties", None)
    for mine, theirs in ((one, other), (other, one)):
        held, given = mine["properties"].members(), theirs["properties"].members()
        bare = [name for name in given if "schema" not in given[name].value and name not in held]
        held |= {name: given[name].holding({}) for name in bare if name not in mine["hidden"].value}
        given = {name: node for name, node in given.items() if name in held or name not in bare}
        mine["properties"] = old.node.holding(held)
        theirs["properties"] = old.node.holding(given)
    if direction == "response":
        shown = one["hidden"].value.keys() & other["properties"].value.keys() & new.required
        one["shown"] = old.node.holding({})
        other["shown"] = new.node.holding({name: other["properties"].child(name) for name in shown})
    what = _type_change(old, new, direction)
    if what:
        key = "type" if types_of(old) != types_of(new) else "format"
        one[what], other[what] = (each.node.of(_typed(each), key) for each in (old, new))
        if key == "type":
            _leave_out_keywords_of_others(one, types_of(new), other)
            _leave_out_keywords_of_others(other, types_of(old), one)
    titles = [each["title"] for each in (one, other) if "title" in each]
    if any(map(_makes_class, (old, new))) and not any(is_class(t.where[:-1]) for t in titles):
        for each in (one, other):
            each |= {"class title": each.pop("title")} if "title" in each else {}
    return old.node.holding(one), new.node.holding(other)


def _leave_out_keywords_of_others(
    parts: dict[str, Node], types: frozenset[str], others: dict[str, Node]
) -> None:
    """Leave out the keywords of a type that the other schema does not have: the type says it."""
    for keyword in (_OF_STRINGS | _OF_NUMBERS) & parts.keys() - others.keys():
        if types and not any(_is_of(keyword, None, name) for name in types):
            del parts[keyword]


def _as_unions(old: Schema, new: Schema) -> tuple[Schema, Schema]:
    """Return both; one schema that becomes a kind of a union is a union of one."""
    sides = [old, new]
    for i, (lone, union) in enumerate(((old, new), (new, old))):
        node = lone.wrapped or lone.node
        if not union.kinds or lone.kinds:
            continue
        if len(lone.types) > 1 and not (lone.properties or lone.required or lone.wrapped):
            sides[i] = _by_type(lone, union.union)
        elif pairing.is_one_of(node, union.kinds):
            bare = lone.own or Schema(lone.node, {}, nullable=lone.nullable)
            sides[i] = attrs.evolve(bare, kinds=[node], union=union.union)
    return sides[0], sides[1]


def _by_type(schema: Schema, union: str) -> Schema:
    """Return a schema of several types as a union, each keyword with the type that it is of."""
    kinds: list[Node] = []
    for name in sorted(schema.types):
        parts = {key: one for key, one in schema.parts.items() if _is_of(key, one.value, name)}
        kinds.append(schema.node.holding({"type": schema.node.of(name, "type"), **parts}))
    kept = {key: one for key, one in schema.parts.items() if key in LITTLE}
    return Schema(schema.node, kept, nullable=schema.nullable, kinds=kinds, union=union)


def _is_of(keyword: str, value: Any, name: str) -> bool:
    """Return whether a keyword says something of this type."""
    if keyword == "format":
        return name in _FORMATS.get(value, ("string",))
    if keyword in _OF_NUMBERS:
        return name in ("integer", "number")
    if keyword in LITTLE:
        return False
    return keyword not in _OF_STRINGS or name == "string"


def _parts(schema: Schema, direction: Direction) -> dict[str, Node]:
    """Return the members of a schema for a walk."""
    node, parts = schema.node, dict(schema.parts)
    if schema.nullable:
        parts["nullable"] = node.of(True, "nullable")
    if isinstance(schema.get("format"), str):
        del parts["format"]
    if schema.get("additionalProperties") is False:
        parts["closed"] = parts.pop("additionalProperties").of(True)
    flag = "readOnly" if direction == "request" else "writeOnly"
    found: dict[str, dict[str, Node]] = {"properties": {}, "hidden": {}}
    for name in dict.fromkeys((*schema.properties, *sorted(schema.required))):
        held = schema.properties.get(name)
        at = held or node.of({}, "properties", name)
        members = {"schema": held} if held else {}
        if name in schema.required:
            members["required"] = at.of(True)
        is_hidden = held and (held.get(flag) is True or held.followed().get(flag) is True)
        found["hidden" if is_hidden else "properties"][name] = at.holding(members)
    return parts | {key: node.holding(members) for key, members in found.items()}


def types_of(schema: Schema) -> frozenset[str]:
    """Return the types, told by other keywords where none is named."""
    if schema.types or "type" in schema.parts:
        return schema.types
    if schema.properties or "additionalProperties" in schema.parts:
        return frozenset({"object"})
    if "items" in schema.parts:
        return frozenset({"array"})
    values = schema.get("enum") or ()
    return frozenset({"string"} if values and all(each[:1] == '"' for each in values) else ())


def _typed(schema: Schema) -> str:
    text = " or ".join(sorted(types_of(schema))) or "anything"
    form = schema.get("format")
    return f"{text} ({form})" if isinstance(form, str) else text


def _type_change(old: Schema, new: Schema, direction: Direction) -> str | None:
    before, after = types_of(old), types_of(new)
    was, now = (form if isinstance(form := each.get("format"), str) else "" for each in (old, new))
    if before == after:
        if was == now:
            return None
        if "string" in before and {was, now} & _PYTHON_TYPES:
            return "type-changed"
        if direction == "response" or {was, now} == {"", "double"}:
            return "type-compatible"
        return "type-generalized" if not now or (was, now) in _WIDER_FORMATS else "type-changed"
    if (not before or not after) and "const" in {*old.parts} & {*new.parts}:
        return None  # the one value has one type, said or not
    several = len(before) > 1 or len(after) > 1
    if _is_wider(before, after):
        return "list-of-types-widened" if several and after else "type-generalized"
    if _is_wider(after, before):
        if several and before:
            return "list-of-types-narrowed"
        return "type-specialized"
    return "type-changed"


def _is_wider(one: frozenset[str], other: frozenset[str]) -> bool:
    if not other or not one:
        return not other
    return one < other or (one, other) == (frozenset({"integer"}), frozenset({"number"}))


def _makes_class(schema: Schema) -> bool:
    return bool(
        "object" in types_of(schema) or schema.kinds or "enum" in schema.parts or schema.is_little
    )
