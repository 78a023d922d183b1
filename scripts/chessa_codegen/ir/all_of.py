"""allOf and similar keywords: several schemas that hold at once, merged into one.

Parts that contradict each other are refused.
"""

import contextlib
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

from chessa_codegen.document.refs import Where, is_3_0, locate, place, shapes_values, step
from chessa_codegen.errors import SpecError

KEYWORDS: Final = ("oneOf", "anyOf")
_NAMING: Final = frozenset({"title", "x-python-name"})


def component_at(where: Where) -> str | None:
    """Return the name of the schema at a place, if it has one."""
    is_component = where[:2] == ("components", "schemas") and len(where) == 3
    return str(where[2]) if is_component else None


class Composer:
    """Merges schemas of one document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._is_3_0 = is_3_0(document)
        # By identity, each with its inputs, which keeps their ids from being used again.
        self._opened: dict[int, tuple[Any, dict[str, Any]]] = {}
        self._merged: dict[int, tuple[Any, dict[str, Any]]] = {}
        self._components: Mapping[str, Any] = document.get("components", {}).get("schemas", {})
        self._derived: dict[str, list[str]] = {}
        self._kinds: dict[str, list[str]] = {}
        for key in self._components:
            for base in self._bases(key):
                self._derived.setdefault(base, []).append(key)

    def named(self, target: object) -> str | None:
        """Return the component that a discriminator's mapping or a reference means."""
        if not isinstance(target, str) or target in self._components:
            return target if isinstance(target, str) else None
        return component_at(locate(self._document, target)) if target.startswith("#/") else None

    def referred(self, schema: Any) -> str | None:
        """Return the component that a schema refers to, if it does."""
        return self.named(schema.get("$ref")) if isinstance(schema, Mapping) else None

    def _bases(self, key: str) -> set[str]:
        """Return the components that one is made of by allOf, however deep."""
        found: set[str] = set()
        waiting = [key]
        while waiting:
            for part in _parts(self._components[waiting.pop()]):
                base = self.referred(part)
                if base is not None and base not in found:
                    found.add(base)
                    waiting.append(base)
        return found - {key}

    def discriminator(self, key: str) -> Mapping[str, Any]:
        """Return the discriminator of a component, or of a part that it does not share."""
        for part in (self._components[key], *_parts(self._components[key])):
            if isinstance(part, Mapping) and isinstance(part.get("discriminator"), Mapping):
                found: Mapping[str, Any] = part["discriminator"]
                return found
        return {}

    def kinds_of(self, key: str) -> list[str]:
        """Return the components made of this one, where its discriminator means them.

        A mere alias of it is one only if the mapping says so, or if there is no mapping.
        """
        if key not in self._kinds:
            self._kinds[key] = self._kinds_of(key)
        return self._kinds[key]

    def _kinds_of(self, key: str) -> list[str]:
        schema = self._components[key]
        derived = self._derived.get(key, [])
        if not derived or not isinstance(schema, Mapping):
            return []
        for keyword in KEYWORDS:
            if keyword in schema:
                named = set(map(self.referred, schema[keyword]))
                return [one for one in derived if one in named]
        discriminator = self.discriminator(key)
        if not isinstance(discriminator.get("propertyName"), str):
            return []
        mapped = {self.named(target) for target in (discriminator.get("mapping") or {}).values()}
        return [one for one in derived if one in mapped or not (mapped and self._is_alias(one))]

    def _is_alias(self, key: str) -> bool:
        """Return whether a component adds nothing to the one that it refers to."""
        schema = self._components[key]
        shaping = [part for part in schema["allOf"] if self.shapes(part)]
        return len(shaping) == 1 and not any(
            shapes_values(keyword) for keyword in schema if keyword != "allOf"
        )

    def beside_reference(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the shaping keywords next to a `$ref`; none in 3.0, which ignores them."""
        rest = {key: value for key, value in schema.items() if key not in ("$ref", "nullable")}
        return {} if self._is_3_0 or not any(map(shapes_values, rest)) else rest

    def target(self, reference: object, where: Where) -> tuple[Any, Where]:
        """Return the target of a reference, and its place."""
        return step(self._document, reference, where)

    def opened(self, schema: Any, where: Where) -> tuple[Any, Where]:
        """Return an equivalent schema without a reference at its top, and its place."""
        if not (isinstance(schema, Mapping) and "$ref" in schema):
            return schema, where
        rest = self.beside_reference(schema)
        if rest:
            if id(schema) not in self._opened:
                parts = [{"$ref": schema["$ref"]}, *rest.get("allOf", ())]
                self._opened[id(schema)] = schema, {**rest, "allOf": parts}
            return self._opened[id(schema)][1], where
        return self.opened(*self.target(schema["$ref"], where))

    def plain(self, schema: Any, where: Where) -> Mapping[str, Any]:
        """Return a schema with its reference followed, and its allOf merged where possible."""
        whole, at = self.opened(schema, where)
        if isinstance(whole, Mapping) and "allOf" in whole:
            with contextlib.suppress(SpecError):
                whole = self.merged([whole], at)
        return whole if isinstance(whole, Mapping) else {}

    def says(self, schema: Any, flag: str, where: Where) -> bool:
        """Return whether a schema, its target or one of its parts sets a flag."""
        if not isinstance(schema, Mapping):
            return False
        parts = [*schema.get("allOf", ())]
        if "$ref" in schema:
            parts.append(self.target(schema["$ref"], where)[0])
        return schema.get(flag) is True or any(self.says(part, flag, where) for part in parts)

    def shapes(self, part: Any) -> bool:
        """Return whether a part of an allOf changes the shape of a value."""
        if not isinstance(part, Mapping):
            return part is not True
        return "$ref" in part or any(map(shapes_values, part))

    def only_reference(self, parts: list[Any]) -> Mapping[str, Any] | None:
        """Return the reference of an allOf whose other parts say no more than its type, if any.

        `type: object` says nothing next to a part of another type: programs write it.
        """
        shaping = [part for part in parts if self.shapes(part)]
        found = [part for part in shaping if isinstance(part, Mapping) and "$ref" in part]
        if len(found) != 1:
            return None
        theirs: Any = None
        for part in shaping:
            if part is found[0]:
                continue
            theirs = theirs or self.plain(found[0], ()).get("type")
            said = {key for key in part if shapes_values(key)} if part else set[str]()
            if said != {"type"} or theirs is None or part["type"] not in (theirs, "object"):
                return None
        return found[0]

    def without_validation(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the schema without a oneOf or anyOf that only requires properties."""
        idle = [key for key in ("oneOf", "anyOf") if _only_validates(schema.get(key))]
        return {key: schema[key] for key in schema if key not in idle} if idle else schema

    def key(self, schema: Any) -> tuple[int, ...]:
        """Return the identity of an allOf: the schemas of the document that it is made of."""
        if isinstance(schema, Mapping) and set(schema) == {"allOf"}:
            return tuple(sorted({number for part in schema["allOf"] for number in self.key(part)}))
        return (id(schema),)

    def merged(self, parts: list[Any], where: Where) -> dict[str, Any]:
        """Return one schema equivalent to all the parts together."""
        merged: dict[str, Any] = {}
        last = len(parts) - 1
        for position, part in enumerate(parts):
            schema, at = self.opened(part, where)
            if schema is False:
                raise SpecError(
                    "A part of this allOf accepts nothing.", place(at), "Remove the part."
                )
            if not isinstance(schema, Mapping):
                continue
            base = component_at(at)
            if base is not None and self.kinds_of(base):  # the shared part, not the kinds
                schema = {k: v for k, v in schema.items() if k not in (*KEYWORDS, "discriminator")}
            if "allOf" in schema:
                schema = self._flattened(schema, at)
            schema = self.without_validation(schema)
            if position != last or "$ref" in part:  # the allOf names the class, not its parts
                schema = {key: value for key, value in schema.items() if key not in _NAMING}
            merged = self._merge(merged, schema, where)
        return merged

    def _flattened(self, schema: Mapping[str, Any], where: Where) -> dict[str, Any]:
        """Return a schema with its allOf merged into it; merge once, however many others use it."""
        if id(schema) not in self._merged:
            rest = {key: value for key, value in schema.items() if key != "allOf"}
            self._merged[id(schema)] = schema, self.merged([*schema["allOf"], rest], where)
        return self._merged[id(schema)][1]

    def _merge(
        self, first: Mapping[str, Any], second: Mapping[str, Any], where: Where
    ) -> dict[str, Any]:
        merged = {**first, **second}
        for key in first.keys() & second.keys():
            merged[key] = _merge_keyword(key, first[key], second[key], where)
        if first and second and first.get("nullable") and "nullable" not in second:
            merged["nullable"] = not any(map(shapes_values, second))
        return merged


def _parts(schema: Any) -> Iterator[Mapping[str, Any]]:
    parts = schema.get("allOf", ()) if isinstance(schema, Mapping) else ()
    return (part for part in parts if isinstance(part, Mapping))


def _only_validates(variants: Any) -> bool:
    return bool(variants) and all(
        isinstance(variant, Mapping)
        and variant
        and "$ref" not in variant
        and {key for key in variant if shapes_values(key)} <= {"required"}
        for variant in variants
    )


def _merge_keyword(key: str, first: Any, second: Any, where: Where) -> Any:
    if first == second:
        return first
    match key:
        case "properties" | "patternProperties":
            both = {
                name: {"allOf": [first[name], second[name]]}
                for name in first
                if name in second and first[name] != second[name]
            }
            return {**first, **second, **both}
        case "required" | "x-essential":
            return list(dict.fromkeys([*first, *second]))
        case "enum" | "x-open-enum":
            common = [value for value in first if value in second]
            return _or_refuse(common, "enum values", first, second, where)
        case "type":
            return _merge_types(first, second, where)
        case "items":
            return {"allOf": [first, second]}
        case "oneOf" | "anyOf" | "const":
            return _or_refuse(None, key, first, second, where)
        case "nullable":
            return first and second
        case "additionalProperties":
            return second if isinstance(second, Mapping) else first
        case _:
            return second


def _merge_types(first: Any, second: Any, where: Where) -> Any:
    allowed = first if isinstance(first, list) else [first]
    wanted = second if isinstance(second, list) else [second]
    common = [kind for kind in allowed if kind in wanted]
    if "integer" in {*allowed, *wanted} - {*common} and {"number"} <= {*allowed, *wanted}:
        common = [kind for kind in common if kind != "number"] + ["integer"]
    chosen = _or_refuse(list(dict.fromkeys(common)), "type", first, second, where)
    return chosen[0] if len(chosen) == 1 else chosen


def _or_refuse(common: Any, what: str, first: Any, second: Any, where: Where) -> Any:
    if common:
        return common
    one, other = (textwrap.shorten(str(said), 80, placeholder="…") for said in (first, second))
    raise SpecError(
        f"The parts of this allOf contradict each other: {what} {one} and {other}.",
        place(where),
        "Make the parts agree, or give the property one schema by the overlay.",
    )
