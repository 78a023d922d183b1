"""oneOf and anyOf: one value, several kinds.

Variants that only ask for properties make no kinds of their own.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from chessa_codegen.document.refs import Where, place, shapes_values
from chessa_codegen.errors import SpecError
from chessa_codegen.ir import types
from chessa_codegen.ir.all_of import KEYWORDS, Composer, component_at
from chessa_codegen.ir.listing import Lister, Listing, either
from chessa_codegen.ir.types import Shape

_COMPONENTS: Final = "#/components/schemas/"

Read = Callable[[Any, Where, str], Shape]


class Alternatives:
    """Reads the kinds of one document."""

    def __init__(self, composer: Composer, components: Mapping[str, Any], shape_of: Read) -> None:
        self._composer = composer
        self._components = components
        self._shape_of = shape_of
        self._lister = Lister(composer)

    def shape(self, schema: Mapping[str, Any], where: Where, name: str) -> Shape:
        """Return the shape of a schema that has kinds."""
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
        listings: dict[Shape, Listing] = {}
        base = component_at(where)
        derived = self._composer.kinds_of(base) if base is not None else []
        null = schema.get("nullable") is True
        by_reference: dict[str, Shape] = {}
        variants = [
            (position, variant, (*where, keyword, position))
            for position, variant in enumerate(schema[keyword])
        ]
        several = sum(not self._is_null(variant, at) for _, variant, at in variants) > 1
        for position, variant, at in variants:
            if self._is_null(variant, at):
                null = True
                continue
            said_beside = {} if self._composer.referred(variant) in derived else beside
            own_name = f"{name}Option{position + 1}" if several else name
            kind = self._kind(variant, said_beside, at, own_name)
            kinds.append(kind)
            self._list(listings, kind, variant, at)
            if isinstance(variant, Mapping) and "$ref" in variant:
                by_reference[variant["$ref"]] = kind
        discriminator = schema.get("discriminator") or {}
        said = self._said(discriminator, by_reference, where)
        property_name = discriminator.get("propertyName") if said else None
        joined = types.any_of(kinds, property_name, said, listings)
        return types.nullable(joined) if null else joined

    def of_base(self, base: str, own: Shape, kind_of: Callable[[str], Shape]) -> Shape:
        """Return the shape of a component that others are made of, told apart by its discriminator.

        Its own class is for values that mean none of them.
        """
        derived = self._composer.kinds_of(base)
        discriminator = self._composer.discriminator(base)
        kinds = {_COMPONENTS + key: kind_of(key) for key in derived}
        listings: dict[Shape, Listing] = {}
        for key, kind in zip(derived, kinds.values(), strict=True):
            at: Where = ("components", "schemas", key)
            self._list(listings, kind, self._components[key], at)
        at = ("components", "schemas", base)
        self._list(listings, own, self._components[base], at)
        said = self._said(discriminator, kinds, at)
        return types.any_of(
            [*kinds.values(), own], discriminator.get("propertyName"), said, listings
        )

    def _list(self, listings: dict[Shape, Listing], kind: Shape, schema: Any, where: Where) -> None:
        shape = types.without_null(kind)
        listing = self._lister.listing(schema, where)
        listings[shape] = either(listings[shape], listing) if shape in listings else listing

    def _is_null(self, variant: Any, where: Where, within: frozenset[Where] = frozenset()) -> bool:
        """Return whether a kind is null and nothing else, in any spelling."""
        schema, at = self._composer.opened(variant, where)
        if not isinstance(schema, Mapping) or at in within:
            return False
        within |= {at}
        if parts := schema.get("allOf"):
            shaping = [part for part in parts if self._composer.shapes(part)] or parts
            return any(self._is_null(part, (*at, "allOf"), within) for part in shaping)
        for keyword in KEYWORDS:
            if keyword in schema:
                return all(self._is_null(one, (*at, keyword), within) for one in schema[keyword])
        if schema.get("enum"):
            return set(map(type, schema["enum"])) == {type(None)}
        if "const" in schema:
            return schema["const"] is None
        return schema.get("type") in ("null", ["null"])

    def _kind(self, variant: Any, beside: Mapping[str, Any], where: Where, name: str) -> Shape:
        """Return one of the kinds, with the keywords next to the list of them."""
        if beside == {"type": "object"} and isinstance(variant, Mapping) and "$ref" in variant:
            kind = self._shape_of(variant, where, name)
            if types.is_object(kind):
                return kind
        if beside and not self._is_slip(beside, variant, where):
            variant = self._composer.merged([beside, variant], where)
        return self._shape_of(variant, where, name)

    def _is_slip(self, beside: Mapping[str, Any], variant: Any, where: Where) -> bool:
        """Return whether `type: object` stands next to kinds of other types.

        Programs write it where a class of theirs is the type of a value: it says nothing.
        """
        if beside != {"type": "object"}:
            return False
        try:
            self._composer.merged([beside, variant], where)
        except SpecError:
            return True
        return False

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
