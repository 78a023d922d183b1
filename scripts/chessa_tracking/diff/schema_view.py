"""Schemas as they read: wrappers undone, the parts of an allOf joined, null in one spelling.

Two schemas that mean the same to Python callers have the same view, however they are written:
`$ref` or inline, `allOf` or `oneOf` of one schema, `oneOf` or `anyOf`, `nullable` or null as type.
"""

from collections.abc import Iterator
from typing import Any, Final

import attrs

from chessa_codegen.document.loader import is_mapping, is_sequence
from chessa_codegen.document.refs import Where, is_3_0
from chessa_tracking.diff.changes import LITTLE
from chessa_tracking.diff.node import Node, canonical, is_class, same

_DEFAULTS: Final[dict[str, tuple[Any, ...]]] = {
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly", "uniqueItems"), (False,)),
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum", "nullable"), (False,)),
    **dict.fromkeys(("additionalProperties", "items"), (True, {})),
    **dict.fromkeys(("minLength", "minItems", "minProperties"), (0,)),
    **dict.fromkeys(("properties", "patternProperties"), ({},)),
    **dict.fromkeys(("required", "allOf"), ([],)),
    "default": (None,),
}
"""Values that a keyword has when it is left out."""
_DEEPEST: Final = 40
"""So many wrappers are undone, one within another; deeper ones are compared as written."""
_UNIONS: Final = ("oneOf", "anyOf")


@attrs.define(eq=False)
class Schema:
    """A schema as it reads."""

    node: Node
    parts: dict[str, Node]
    """All keywords that are not named below, each with its place."""
    types: frozenset[str] = frozenset()
    nullable: bool = False
    properties: dict[str, Node] = attrs.field(factory=dict)
    required: frozenset[str] = frozenset()
    kinds: list[Node] = attrs.field(factory=list)
    """The schemas of a union, null left out."""
    union: str = ""
    own: "Schema | None" = None
    """The same without what it wraps, if it wraps one schema."""
    wrapped: Node | None = None
    is_little: bool = False
    """It adds little to what it wraps."""
    sources: set[Where] = attrs.field(factory=set)
    """Places of all schemas that are joined in it."""

    @property
    def component(self) -> Node | None:
        """The component that it stands for."""
        target = self.wrapped.followed() if self.wrapped and self.is_little else None
        return target if target and is_class(target.where) else None

    def get(self, key: str) -> Any:
        return self.parts[key].value if key in self.parts else None

    def taken(self, key: str, form: type[list[Any]] | type[dict[str, Any]]) -> Any:
        """Take the value of a keyword out of the parts if it has this form; else return none."""
        value = self.get(key)
        if not isinstance(value, form) or not all(isinstance(item, str) for item in value):
            return form()
        return self.parts.pop(key).value


def is_schema(node: Node) -> bool:
    """Return whether a node has the form of a schema."""
    return isinstance(node.value, (dict, bool))


def view(node: Node, within: frozenset[Where] = frozenset()) -> Schema:
    """Return a schema as it reads; a circle of wrappers ends where it closes."""
    if isinstance(node.value, bool):
        node = attrs.evolve(node, value={} if node.value else {"not": {}})
    found = Schema(node, node.members(), sources={node.where})
    if len(within) > _DEEPEST:
        return found
    for key, defaults in _DEFAULTS.items():
        if key in found.parts and any(same(found.get(key), value) for value in defaults):
            del found.parts[key]
    wrapped = [node.followed()] if node.refers() and found.parts.pop("$ref") else []
    if wrapped and is_3_0(node.document):  # which ignores what stands next to a reference
        found.parts = {
            key: one
            for key, one in found.parts.items()
            if key in LITTLE or key == "nullable" or key.startswith("x-")
        }
    wrapped += _schemas(found, "allOf")
    _read_types(found)
    found.required = frozenset(found.taken("required", list))
    properties = node.child("properties")
    found.properties = properties.members() if found.taken("properties", dict) else {}
    if is_sequence(found.get("items")):  # the older spelling of prefixItems
        found.parts["prefixItems"] = found.parts.pop("items")
    _read_bounds(found)
    _read_contents(found)
    wrapped += _read_union(found)
    inner = within | {node.where}
    views = [view(each, inner) for each in wrapped if each.where not in inner]
    if len(views) == 1:
        found.is_little = _is_little(found, views[0])
        found.own = attrs.evolve(
            found,
            parts=dict(found.parts),
            properties=dict(found.properties),
            types=frozenset() if found.is_little else found.types,
            sources=set(),
        )
        found.wrapped = wrapped[0]
    found.nullable |= bool(views) and all(each.nullable for each in views)
    for each in views:
        _join(found, each)
    return found


def _is_little(schema: Schema, part: Schema) -> bool:
    """Return whether a schema adds little to the one that it wraps."""
    return (
        all(key in LITTLE or key.startswith("x-") for key in schema.parts)
        and not (schema.properties or schema.required or schema.kinds)
        and schema.types in (frozenset(), part.types)
    )


def _schemas(schema: Schema, key: str) -> list[Node]:
    """Take the schemas under a keyword out of the parts, if all have the form of schemas."""
    items = schema.parts[key].items() if key in schema.parts else []
    if not items or not all(map(is_schema, items)):
        return []
    del schema.parts[key]
    return items


def _read_types(schema: Schema) -> None:
    names = schema.get("type")
    names = [names] if isinstance(names, str) else names
    if is_sequence(names) and names and all(isinstance(name, str) for name in names):
        del schema.parts["type"]
        schema.types = frozenset(names) - {"null"} or frozenset(names)
        schema.nullable = "null" in names and len(set(names)) > 1
    if schema.get("nullable") is True:
        del schema.parts["nullable"]
        schema.nullable = True
    if "const" in schema.parts and same(schema.get("enum"), [schema.get("const")]):
        del schema.parts["enum"]
    lists = [node for key in ("enum", "x-open-enum") if (node := schema.parts.get(key))]
    if lists and all(is_sequence(node.value) for node in lists):
        values = {canonical(item.value): item for node in lists for item in node.items()}
        schema.nullable |= "null" in values and len(values) > 1
        if len(values) > 1:
            values.pop("null", None)
        schema.parts["enum"] = schema.node.child("enum").holding(values)


def _read_bounds(schema: Schema) -> None:
    """Read exclusive bounds: a flag in 3.0, a number since; of integers it is the next one."""
    is_integer = schema.types == {"integer"}
    for bound, step in (("Maximum", -1), ("Minimum", 1)):
        plain, exclusive = bound.lower(), f"exclusive{bound}"
        if schema.get(exclusive) is True and plain in schema.parts:
            schema.parts[exclusive] = schema.parts.pop(plain)
        value = schema.get(exclusive)
        if is_integer and type(value) is int and plain not in schema.parts:
            schema.parts[plain] = schema.parts.pop(exclusive).of(value + step)
    if is_integer and schema.get("multipleOf") == 1:
        del schema.parts["multipleOf"]


def _read_contents(schema: Schema) -> None:
    """Read what 3.1 says of the contents of a string as the format that 3.0 has for it."""
    if "format" in schema.parts:
        return
    if schema.get("contentEncoding") == "base64":
        schema.parts["format"] = schema.parts.pop("contentEncoding").of("byte")
    elif (
        schema.get("contentMediaType") == "application/octet-stream"
        and "contentEncoding" not in schema.parts
    ):
        schema.parts["format"] = schema.parts.pop("contentMediaType").of("binary")


def _read_union(schema: Schema) -> list[Node]:
    """Read the kinds of a union; return the only one, if there is but one."""
    for key in _UNIONS:
        items = [] if schema.kinds else _schemas(schema, key)
        flat = [one for item in items for one in _flat(item)]
        others = [item for item in flat if not _is_null(item.followed().value)]
        kinds = list({canonical(one.value): one for one in reversed(others)}.values())[::-1]
        schema.nullable |= 0 < len(others) < len(flat)
        if len(kinds) == 1:
            return kinds
        if items and not kinds:
            schema.types = frozenset({"null"})
        elif kinds:
            schema.kinds, schema.union = kinds, key
            if schema.types == {"object"} and all(map(_is_object, kinds)):
                schema.types = frozenset()
    return []


def _is_object(kind: Node) -> bool:
    schema = kind.followed()
    return schema.get("type") == "object" or is_mapping(schema.get("properties"))


def _flat(kind: Node, within: frozenset[Where] = frozenset()) -> Iterator[Node]:
    """Yield the kinds of a union that is itself but a kind of another; null as a kind."""
    whole = kind.followed()
    if not is_mapping(whole.value) or whole.where in within:
        yield kind
        return
    said = {**whole.value, **kind.beside().value} if kind.refers() else whole.value
    shaping = {key for key in said if key not in LITTLE and not key.startswith("x-")}
    keys = shaping - {"nullable"}
    items = whole.child(key).items() if len(keys) == 1 and (key := min(keys)) in _UNIONS else []
    if items and all(map(is_schema, items)):
        for item in items:
            yield from _flat(item, within | {whole.where})
    elif keys == {"type"} and is_sequence(said["type"]) and len(said["type"]) > 1:
        yield from (whole.of({"type": name}) for name in said["type"])
    elif "nullable" in said and not kind.refers():
        yield kind.of({key: value for key, value in said.items() if key != "nullable"})
    else:
        yield kind
        return
    if said.get("nullable") is True:
        yield whole.of({"type": "null"})


def _is_null(value: Any) -> bool:
    """Return whether a schema is of null and nothing else."""
    return is_mapping(value) and (
        value.get("type") in ("null", ["null"])
        or value.get("enum") == [None]
        or ("const" in value and value["const"] is None)
    )


def _join(schema: Schema, part: Schema) -> None:
    """Add a part of an allOf to a schema; what both write otherwise is a clash."""
    schema.sources |= part.sources
    schema.required |= part.required
    clashes: dict[str, Node] = {}
    for key, node in part.parts.items():
        if not same(schema.parts.setdefault(key, node).value, node.value) and key not in LITTLE:
            clashes[f"{key} {canonical(node.value)}"] = node
    for name, node in part.properties.items():
        held = schema.properties.setdefault(name, node)
        if held is not node and not same(held.value, node.value):
            both = {"allOf": [held.value, node.value]}
            schema.properties[name] = attrs.evolve(held, value=both)
    if schema.types and part.types and schema.types != part.types:
        clashes[f"type {sorted(part.types)}"] = part.node
    if schema.kinds and part.kinds:
        texts = sorted(canonical(kind.value) for kind in part.kinds)
        clashes[f"{part.union} {texts}"] = part.node
    schema.types = schema.types or part.types
    schema.kinds, schema.union = (
        (schema if schema.kinds else part).kinds,
        (schema.union or part.union),
    )
    if clashes:
        held = schema.parts.get("clashes", schema.node.of({}, "allOf"))
        schema.parts["clashes"] = held.holding({**held.members(), **clashes})
