"""The values that a schema lists, at any depth: they tell the kinds of a union apart.

A listing is an array of values (`enum`, `const`) or an object of listings by property, with those
of items and of map values under `[]`, and of the first item of a tuple under `[0]`. It comes from
the schema itself, not from its class: schemas that share a class may list different values.
"""

import functools
import json
from collections.abc import Mapping
from typing import Any, Final

from chessa_codegen.document.refs import Where
from chessa_codegen.ir.all_of import KEYWORDS, Composer, component_at

Listing = list[Any] | dict[str, Any] | None

ITEMS: Final = "[]"
_DEEPEST: Final = 4
_MOST_SCHEMAS: Final = 300


class Lister:
    """Reads the listings of one document."""

    def __init__(self, composer: Composer) -> None:
        self._composer = composer
        self._left = 0
        self._listings: dict[Where, Listing] = {}

    def listing(self, schema: Any, where: Where) -> Listing:
        """Return what a schema lists, as deep as a bounded number of schemas allows."""
        schema, where = self._composer.opened(schema, where)
        if where not in self._listings:
            self._listings[where] = self._deepest(schema, where)
        return self._listings[where]

    def _deepest(self, schema: Any, where: Where) -> Listing:
        found: Listing = None
        for depth in range(_DEEPEST + 1):
            self._left = _MOST_SCHEMAS
            deeper = self._listing(schema, where, depth, frozenset(), None)
            if self._left < 0:
                break
            found = deeper
        return found

    def _listing(
        self, schema: Any, where: Where, depth: int, within: frozenset[Where], kind: str | None
    ) -> Listing:
        """`kind` is the component whose allOf led here: discriminators of its bases mean it."""
        self._left -= 1
        whole, at = self._composer.opened(schema, where)
        if self._left < 0 or not isinstance(whole, Mapping) or at in within:
            return None
        within |= {at}
        base = component_at(at)
        kind = kind or base
        found = self._own(whole, at, depth)
        for position, part in enumerate(whole.get("allOf", ())):
            inner = self._listing(part, (*at, "allOf", position), depth, within, kind)
            found = _both(found, inner)
        for keyword in KEYWORDS:
            if keyword in whole and not (base and self._composer.kinds_of(base)):
                kinds = [
                    self._listing(variant, (*at, keyword, position), depth, within, None)
                    for position, variant in enumerate(whole[keyword])
                ]
                found = _both(found, functools.reduce(either, kinds))
        if base and kind and base != kind and depth:
            found = _both(found, self._implied(base, kind))
        return found

    def _own(self, schema: Mapping[str, Any], at: Where, depth: int) -> Listing:
        if "const" in schema:
            return [schema["const"]]
        if values := schema.get("enum", schema.get("x-open-enum")):
            return list(values)
        if schema.get("type") in ("null", ["null"]):
            return [None]
        if not depth:
            return None
        properties = schema.get("properties") or {}
        inner: dict[str, list[tuple[Where, Any]]] = {
            key: [((*at, "properties", key), one)]
            for key, one in properties.items()
            if key != ITEMS
        }
        for number, one in enumerate(schema.get("prefixItems") or ()):
            inner[f"[{number}]"] = [((*at, "prefixItems", number), one)]
        rest = [((*at, "items"), schema["items"])] if "items" in schema else []
        if not properties:
            patterns = schema.get("patternProperties") or {}
            rest += [((*at, "patternProperties", key), one) for key, one in patterns.items()]
            if schema.get("additionalProperties", False) is not False:
                rest.append(((*at, "additionalProperties"), schema["additionalProperties"]))
        members: dict[str, Listing] = {
            key: functools.reduce(
                either, [self._listing(one, at, depth - 1, frozenset(), None) for at, one in held]
            )
            for key, held in {**inner, ITEMS: rest}.items()
            if held
        }
        return {key: listing for key, listing in members.items() if listing} or None

    def _implied(self, base: str, kind: str) -> Listing:
        """Return the values of a base's discriminator that mean one of its kinds."""
        discriminator = self._composer.discriminator(base)
        name = discriminator.get("propertyName")
        mapping = discriminator.get("mapping") or {}
        values = [text for text, to in mapping.items() if self._composer.named(to) == kind]
        return {name: [one for text in values or [kind] for one in _meant(text)]} if name else None


def _meant(text: str) -> list[Any]:
    """Return the values of which a text is the JSON text, itself among them."""
    try:
        value = json.loads(text)
    except ValueError:
        return [text]
    return [text, value] if isinstance(value, int) else [text]


def _by_text(values: list[Any]) -> dict[str, Any]:
    """Tell true from 1, which are equal in Python."""
    return {json.dumps(value, sort_keys=True): value for value in values}


def _both(one: Listing, other: Listing) -> Listing:
    """Return the listing of what two schemas accept."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: _both(one.get(key), other.get(key)) for key in {**one, **other}}
    if isinstance(one, list) and isinstance(other, list):
        second = _by_text(other)
        return [value for text, value in _by_text(one).items() if text in second] or one
    return one or other


def either(one: Listing, other: Listing) -> Listing:
    """Return the listing of what one of two schemas accepts."""
    if isinstance(one, dict) and isinstance(other, dict):
        shared = {key: either(one[key], other[key]) for key in one if key in other}
        return {key: listing for key, listing in shared.items() if listing} or None
    if isinstance(one, list) and isinstance(other, list):
        return list({**_by_text(one), **_by_text(other)}.values())
    return None


def distinctive(listings: list[Listing]) -> list[Listing]:
    """Leave out what every one of several kinds lists alike: it tells none from another."""
    first = listings[0]
    if all(listing == first for listing in listings):
        return [None] * len(listings)
    if not all(isinstance(listing, dict) for listing in listings):
        return listings
    kept: list[dict[str, Any]] = [{} for _ in listings]
    for key in dict.fromkeys(key for listing in listings for key in listing or ()):
        inner = [listing.get(key) if isinstance(listing, dict) else None for listing in listings]
        for place, listing in enumerate(distinctive(inner)):
            if listing:
                kept[place][key] = listing
    return [listing or None for listing in kept]
