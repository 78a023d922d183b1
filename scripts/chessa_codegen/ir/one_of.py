"""oneOf and anyOf: one value, several kinds.

In: a schema with one of the two. Out: the shape of whichever kind it is, with what a discriminator
says about them. Variants that only ask for properties make no kinds of their own.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from chessa_codegen.document.refs import Where, place, shapes_values
from chessa_codegen.errors import SpecError
from chessa_codegen.ir import types
from chessa_codegen.ir.all_of import Composer
from chessa_codegen.ir.types import Shape

KEYWORDS: Final = ("oneOf", "anyOf")
_COMPONENTS: Final = "#/components/schemas/"

Read = Callable[[Any, Where, str], Shape]


class Alternatives:
    """Reads the kinds of one document."""

    def __init__(self, composer: Composer, components: Mapping[str, Any], shape_of: Read) -> None:
        self._composer = composer
        self._components = components
        self._shape_of = shape_of

    def shape(self, schema: Mapping[str, Any], where: Where, name: str) -> Shape:
        """The shape of a schema that has kinds."""
        schema = self._composer.without_validation(schema)
        given = [keyword for keyword in KEYWORDS if keyword in schema]
        if not given:
            return self._shape_of(schema, where, name)
        if len(given) > 1:
            raise SpecError(
                "oneOf and anyOf stand next to each other.",
                place(where),
                "Join the two into one oneOf.",
            )
        (keyword,) = given
        beside = {
            key: value
            for key, value in schema.items()
            if shapes_values(key) and key not in (keyword, "discriminator")
        }
        kinds: list[Shape] = []
        null = schema.get("nullable") is True
        by_reference: dict[str, Shape] = {}
        for position, variant in enumerate(schema[keyword]):
            if _is_null(variant):
                null = True
                continue
            at = (*where, keyword, position)
            kind = self._kind(variant, beside, at, f"{name}Option{position + 1}")
            kinds.append(kind)
            if isinstance(variant, Mapping) and "$ref" in variant:
                by_reference[variant["$ref"]] = kind
        discriminator = schema.get("discriminator") or {}
        said = self._said(discriminator, by_reference, where)
        joined = types.any_of(kinds, discriminator.get("propertyName") if said else None, said)
        return types.nullable(joined) if null else joined

    def _kind(self, variant: Any, beside: Mapping[str, Any], where: Where, name: str) -> Shape:
        """One of the kinds, with what is said beside all of them."""
        if beside == {"type": "object"} and isinstance(variant, Mapping) and "$ref" in variant:
            kind = self._shape_of(variant, where, name)
            if types.is_object(kind):
                return kind
        whole = self._composer.merged([beside, variant], where) if beside else variant
        return self._shape_of(whole, where, name)

    def _said(
        self, discriminator: Mapping[str, Any], by_reference: Mapping[str, Shape], where: Where
    ) -> dict[str, Shape]:
        if not discriminator:
            return {}
        said = {ref.rpartition("/")[2]: kind for ref, kind in by_reference.items()}
        for value, target in (discriminator.get("mapping") or {}).items():
            ref = _COMPONENTS + target if target in self._components else target
            self._composer.target(ref, (*where, "discriminator", "mapping", value))
            if ref in by_reference:
                said[value] = by_reference[ref]
        return said


def _is_null(variant: Any) -> bool:
    """Whether a kind is null and nothing else."""
    if not isinstance(variant, Mapping):
        return False
    return (
        variant.get("type") in ("null", ["null"])
        or variant.get("enum") == [None]
        or ("const" in variant and variant["const"] is None)
    )
