"""allOf and its relatives: several schemas that hold at once, made into one.

In: schemas as they stand in the document. Out: one schema without allOf at its top. Parts that
contradict each other are refused.
"""

from collections.abc import Mapping
from typing import Any, Final

from chessa_pipeline.errors import SpecError
from chessa_pipeline.references import Where, place, shapes_values, step

_NAMING: Final = frozenset({"title", "x-python-name"})


class Composer:
    """Merges schemas of one document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._is_3_0 = str(document.get("openapi", "")).startswith("3.0")

    def beside_reference(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """What shapes a value beside its `$ref`: nothing in 3.0, where it must be ignored."""
        rest = {key: value for key, value in schema.items() if key not in ("$ref", "nullable")}
        return {} if self._is_3_0 or not any(map(shapes_values, rest)) else rest

    def target(self, reference: object, where: Where) -> tuple[Any, Where]:
        """What a reference points to, and where that is."""
        return step(self._document, reference, where)

    def opened(self, schema: Any, where: Where) -> tuple[Any, Where]:
        """A schema that says the same without a reference at its top; and its place."""
        if not (isinstance(schema, Mapping) and "$ref" in schema):
            return schema, where
        rest = self.beside_reference(schema)
        if rest:
            parts = [{"$ref": schema["$ref"]}, *rest.get("allOf", ())]
            return {**rest, "allOf": parts}, where
        return self.opened(*self.target(schema["$ref"], where))

    def shapes(self, part: Any) -> bool:
        """Whether a part of an allOf says something of the shape of a value."""
        if not isinstance(part, Mapping):
            return part is not True
        return "$ref" in part or any(map(shapes_values, part))

    def only_validate(self, variants: list[Any]) -> bool:
        """Whether variants say no more than which properties must be there."""
        return bool(variants) and all(
            isinstance(variant, Mapping)
            and variant
            and "$ref" not in variant
            and {key for key in variant if shapes_values(key)} <= {"required"}
            for variant in variants
        )

    def merged(self, parts: list[Any], where: Where) -> dict[str, Any]:
        """One schema that says what all the parts say."""
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
            if "allOf" in schema:
                schema = self.merged([*schema["allOf"], _without(schema, "allOf")], at)
            if position != last or "$ref" in part:  # the whole names the class, not what it is of
                schema = {key: value for key, value in schema.items() if key not in _NAMING}
            merged = self._merge(merged, schema, where)
        return merged

    def _merge(
        self, first: Mapping[str, Any], second: Mapping[str, Any], where: Where
    ) -> dict[str, Any]:
        merged = {**first, **second}
        for key in first.keys() & second.keys():
            merged[key] = _merge_keyword(key, first[key], second[key], where)
        if first and second and first.get("nullable") and "nullable" not in second:
            merged["nullable"] = not any(map(shapes_values, second))
        return merged


def _without(schema: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != key}


def _merge_keyword(key: str, first: Any, second: Any, where: Where) -> Any:
    if first == second:
        return first
    match key:
        case "properties":
            both = {
                name: {"allOf": [first[name], second[name]]}
                for name in first
                if name in second and first[name] != second[name]
            }
            return {**first, **second, **both}
        case "required":
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
    if not common and {"integer", "number"} == {*allowed, *wanted}:
        common = ["integer"]
    chosen = _or_refuse(common, "type", first, second, where)
    return chosen[0] if len(chosen) == 1 else chosen


def _or_refuse(common: Any, what: str, first: Any, second: Any, where: Where) -> Any:
    if common:
        return common
    raise SpecError(
        f"The parts of this allOf contradict each other: {what} {first} and {second}.",
        place(where),
        "Make the parts agree, or give the property one schema by the overlay.",
    )
