"""The keywords of two schemas, compared: type, enum, bounds, and whatever else is no part.

In: keywords before and after, and where the schema is used. Out: changes, in the ledger. A keyword
that no rule names is `other-change`; one that says the same in other words is `equivalent-change`.
"""

from typing import Any, Final

import attrs

from chessa_codegen.document.loader import is_mapping, is_sequence
from chessa_codegen.document.refs import Where
from chessa_tracking.diff.change_set import Ledger
from chessa_tracking.diff.extensions import rule_of_key
from chessa_tracking.diff.node import ABSENT, canonical, quoted, same, shown
from chessa_tracking.diff.rules import Direction, Place, rule_of
from chessa_tracking.diff.schema_view import UNIONS, Keywords, types

_BOUNDS: Final = {
    "maxLength": "max-length",
    "minLength": "min-length",
    "maxItems": "max-items",
    "minItems": "min-items",
    "maxProperties": "max-properties",
    "minProperties": "min-properties",
    "maxContains": "max-contains",
    "minContains": "min-contains",
}
_LEAVES: Final = {
    "pattern": "pattern",
    "default": "default-value",
    "const": "const",
    "dependentRequired": "dependent-required",
}
_ALWAYS_CHANGED: Final = {
    "contentEncoding": "content-encoding-changed",
    "contentMediaType": "content-media-type-changed",
}
_PRESENCE: Final = {
    "contains": "contains",
    "propertyNames": "property-names",
    "if": "if",
    "then": "then",
    "else": "else",
    "not": "not",
    "contentSchema": "content-schema",
    "unevaluatedItems": "unevaluated-items",
    "unevaluatedProperties": "unevaluated-properties",
    "dependentSchemas": "dependent-schema",
    "prefixItems": "prefix-items",
}
_FLAGS: Final = {
    "uniqueItems": ("unique-items-set", "unique-items-unset"),
    "deprecated": ("deprecated", "reactivated"),
}
_OF_PARTS: Final = {"properties", "required", "patternProperties", "items", "additionalProperties"}
_HANDLED: Final = frozenset(
    {"type", "format", "nullable", "enum", "x-open-enum", "title", "discriminator"}
    | {"maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "multipleOf"}
    | {"readOnly", "writeOnly"}
    | {*_BOUNDS, *_LEAVES, *_ALWAYS_CHANGED, *_PRESENCE, *_FLAGS, *_OF_PARTS, *UNIONS}
)
_PYTHON_TYPES: Final = frozenset({"date", "date-time", "decimal"})
"""Formats of which the package makes a type of its own."""
_WIDER_FORMATS: Final = {("int32", "int64"), ("float", "double")}


@attrs.frozen
class Spot:
    """Where a schema is used, and what it is called there."""

    direction: Direction
    place: Place
    base: str
    path: str = ""
    component: bool = False
    """Whether its class is named by its component, and a title is prose."""
    required: bool = False

    @property
    def name(self) -> str:
        return f"{quoted(self.path)} of {self.base}" if self.path else self.base

    def rule(self, what: str) -> str:
        return rule_of(self.direction, self.place, what)

    def child(self, base: str = "", path: str = "") -> "Spot":
        """A part of the value."""
        deep: dict[Place, Place] = {"parameter": "parameter-property"}
        inner = deep.get(self.place, self.place if "parameter" in self.place else "property")
        return Spot(self.direction, inner, base or self.base, path)

    def property(self, name: str) -> "Spot":
        return self.child(path=f"{self.path}.{name}" if self.path else name)


def equivalent(ledger: Ledger, where: Where, what: str) -> None:
    """What is written in another way, and means the same."""
    ledger.report("equivalent-change", where, f"{what} is written otherwise and means the same")


def compare(ledger: Ledger, old: Keywords, new: Keywords, spot: Spot) -> None:
    """Compare all keywords but those that hold parts of the value."""
    one = _Values(ledger, old, new, spot)
    one.group(("type", "nullable", "format"), one.types)
    one.group(("enum", "x-open-enum"), one.enum)
    for word in ("Maximum", "Minimum"):
        one.group((word.lower(), f"exclusive{word}"), lambda word=word: one.limits(word))
    for key in _BOUNDS:
        one.group((key,), lambda key=key: one.bound(_BOUNDS[key], key, old.get(key), new.get(key)))
    one.group(("multipleOf",), one.multiple)
    for key, what in _LEAVES.items():
        one.group((key,), lambda key=key, what=what: one.leaf(key, what))
    for key, (on, off) in _FLAGS.items():
        one.group((key,), lambda key=key, on=on, off=off: one.flag(key, on, off))
    for key in ("readOnly", "writeOnly"):
        one.group((key,), lambda key=key: one.hidden(key))
    one.group(("title",), one.title)
    one.group(("discriminator",), one.discriminator)
    for key in dict.fromkeys((*old.own, *new.own)):
        one.rest(key)


@attrs.frozen
class _Values:
    """One pair of schemas."""

    ledger: Ledger
    old: Keywords
    new: Keywords
    spot: Spot

    def group(self, keys: tuple[str, ...], job: Any) -> None:
        """Compare keywords that speak of one thing; told as equivalent where nothing came of it."""
        changed = [key for key in keys if not same(self.old.get(key), self.new.get(key))]
        count = self.ledger.count
        if changed or "type" in keys:
            job()
        if changed and self.ledger.count == count and not self._is_unordered(changed):
            equivalent(self.ledger, self.new.at(changed[0]), f"{changed[0]} of {self.spot.name}")

    def _is_unordered(self, keys: list[str]) -> bool:
        pairs = [(self.old.get(key), self.new.get(key)) for key in keys]
        return all(
            key in ("enum", "type", "x-open-enum")
            and is_sequence(one)
            and is_sequence(other)
            and set(map(canonical, one)) == set(map(canonical, other))
            for key, (one, other) in zip(keys, pairs, strict=True)
        )

    def say(self, what: str, key: str, text: str) -> None:
        self.ledger.report(self.spot.rule(what), self.new.at(key), text)

    def other(self, key: str) -> None:
        self.ledger.report("other-change", self.new.at(key), f"{key} of {self.spot.name} changed")

    def told(self, key: str) -> str:
        before, after = self.old.get(key), self.new.get(key)
        if before is ABSENT:
            return f"is now {shown(after)}"
        return f"was {shown(before)} and is " + ("gone" if after is ABSENT else shown(after))

    # ---- Types

    def types(self) -> None:
        before, after = types(self.old), types(self.new)
        formats = tuple(self._format(each) for each in (self.old, self.new))
        what = self._type_change(before, after, *formats)
        if what is not None:
            was, now = (
                _words(kinds, each) for kinds, each in zip((before, after), formats, strict=True)
            )
            key = "type" if before != after else "format"
            self.say(what, key, f"the type of {self.spot.name} was {was} and is {now}")
        if self.old.nullable != self.new.nullable:
            now = "now" if self.new.nullable else "no longer"
            what = "became-nullable" if self.new.nullable else "became-not-nullable"
            key = "nullable" if "nullable" in self.new.own else "type"
            at = self.new.at(key) if key in self.new.own else self.new.side.where
            self.ledger.report(self.spot.rule(what), at, f"{self.spot.name} may {now} be null")

    def _format(self, schema: Keywords) -> str:
        found = schema.get("format")
        return found if isinstance(found, str) else ""

    def _type_change(
        self, before: frozenset[str], after: frozenset[str], was: str, now: str
    ) -> str | None:
        if before == after:
            if was == now:
                return None
            if "string" in before and {was, now} & _PYTHON_TYPES:
                return "type-changed"
            if self.spot.direction == "response":
                return "type-compatible"
            return "type-generalized" if not now or (was, now) in _WIDER_FORMATS else "type-changed"
        multiple = len(before) > 1 or len(after) > 1
        if _is_wider(before, after):
            return "list-of-types-widened" if multiple and after else "type-generalized"
        if _is_wider(after, before):
            return "list-of-types-narrowed" if multiple and before else "type-specialized"
        return "type-changed"

    def enum(self) -> None:
        before, after = (_listed(each) for each in (self.old, self.new))
        name = self.spot.name
        if before is None and after is None:
            self.other(
                "enum" if "enum" in self.new.own or "enum" in self.old.own else "x-open-enum"
            )
            return
        if before is None:
            self.say("became-enum", "enum", f"{name} has a list of values now")
            return
        if after is None:
            self.say("became-not-enum", "enum", f"{name} has no list of values any more")
            return
        count = self.ledger.count
        for key in after.keys() - before.keys():
            self.say("enum-value-added", "enum", f"{name} gained the value {shown(after[key])}")
        for key in before.keys() - after.keys():
            self.say("enum-value-removed", "enum", f"{name} lost the value {shown(before[key])}")
        if self.ledger.count == count and not self._is_unordered(["enum"]):
            key = "x-open-enum"
            opened = [each.get(key) is ABSENT for each in (self.old, self.new)]
            if opened[0] != opened[1]:
                how = "closed" if opened[1] else "open"
                self.ledger.report("extension-changed", self.new.at(key), f"{name} is {how} now")

    # ---- Bounds

    def limits(self, word: str) -> None:
        short = word[:3].lower()
        pairs = [_limits(each, word) for each in (self.old, self.new)]
        for i, what in enumerate((short, f"exclusive-{short}")):
            key = (word.lower(), f"exclusive{word}")[i]
            self.bound(what, key, pairs[0][i], pairs[1][i])

    def bound(self, what: str, key: str, before: Any, after: Any) -> None:
        if same(before, after):
            return
        if not all(value is ABSENT or _is_number(value) for value in (before, after)):
            self.other(key)
            return
        if before is ABSENT or after is ABSENT:
            how = "set" if before is ABSENT else "unset"
        else:
            how = "increased" if after > before else "decreased"
        was = f"is now {shown(after)}" if before is ABSENT else f"was {shown(before)} and is "
        was += "" if before is ABSENT else "gone" if after is ABSENT else shown(after)
        self.say(f"{what}-{how}", key, f"the {what} of {self.spot.name} {was}")

    def multiple(self) -> None:
        key = "multipleOf"
        absent = self.old.get(key) is ABSENT, self.new.get(key) is ABSENT
        how = "set" if absent[0] else "unset" if absent[1] else "changed"
        self.say(f"multiple-of-{how}", key, f"{key} of {self.spot.name} {self.told(key)}")

    # ---- The others

    def leaf(self, key: str, what: str) -> None:
        how = _how(self.old.get(key), self.new.get(key))
        self.say(f"{what}-{how}", key, f"the {key} of {self.spot.name} {self.told(key)}")

    def flag(self, key: str, on: str, off: str) -> None:
        if self.old.says(key) != self.new.says(key):
            now = "now" if self.new.says(key) else "no longer"
            what = on if self.new.says(key) else off
            self.say(what, key, f"{self.spot.name} is {now} {key}")

    def hidden(self, key: str) -> None:
        if self.old.says(key) == self.new.says(key):
            return
        need = "required" if self.spot.required else "optional"
        words = "read-only" if key == "readOnly" else "write-only"
        how = "" if self.new.says(key) else "not-"
        rule = f"{self.spot.direction}-{need}-property-became-{how}{words}"
        text = f"{self.spot.name} is {'now' if not how else 'no longer'} {words}"
        self.ledger.report(rule, self.new.at(key), text)

    def title(self) -> None:
        text = f"the title of {self.spot.name} {self.told('title')}"
        makes_class = not self.spot.component and any(
            types(each) & {"object"} or each.unions or _listed(each) or each.inner
            for each in (self.old, self.new)
        )
        if makes_class:
            self.say("title-changed", "title", text)
        else:
            self.ledger.report("documentation-changed", self.new.at("title"), text)

    def discriminator(self) -> None:
        key = "discriminator"
        before, after = self.old.get(key), self.new.get(key)
        if before is ABSENT or after is ABSENT:
            how = _how(before, after)
            self.say(f"{key}-{how}", key, f"the {key} of {self.spot.name} was {how}")
            return
        if not (is_mapping(before) and is_mapping(after)):
            self.other(key)
            return
        if not same(before.get("propertyName"), after.get("propertyName")):
            text = f"the kinds of {self.spot.name} are told apart by another property"
            self.say(f"{key}-property-name-changed", key, text)
        maps = [each.get("mapping", {}) for each in (before, after)]
        if not all(map(is_mapping, maps)):
            self.other(key)
            return
        for value in dict.fromkeys((*maps[0], *maps[1])):
            one, other = (each.get(value, ABSENT) for each in maps)
            if not same(one, other):
                how = _how(one, other).replace("removed", "deleted")
                text = f"the meaning of {quoted(value)} in {self.spot.name} was {how}"
                self.say(f"{key}-mapping-{how}", key, text)
        rest = [
            {k: v for k, v in each.items() if k not in ("propertyName", "mapping")}
            for each in (before, after)
        ]
        if not same(*rest):
            self.other(key)

    def rest(self, key: str) -> None:
        before, after = self.old.get(key), self.new.get(key)
        if key in _PRESENCE:
            self._presence(key)
        elif key in _ALWAYS_CHANGED and not same(before, after):
            self.say(_ALWAYS_CHANGED[key], key, f"{key} of {self.spot.name} {self.told(key)}")
        elif key not in _HANDLED and key not in _ALWAYS_CHANGED and not self._alike(key):
            text = f"{quoted(key)} of {self.spot.name} changed"
            self.ledger.report(rule_of_key(key), self.new.at(key), text)

    def _presence(self, key: str) -> None:
        if key in self.old.own and key in self.new.own:
            if not self._alike(key):
                self.other(key)
            return
        how = "removed" if key in self.old.own else "added"
        side = self.old.own.get(key) or self.new.own[key]
        text = f"{key} of {self.spot.name} was {how}"
        self.ledger.report(self.spot.rule(f"{_PRESENCE[key]}-{how}"), side.where, text)

    def _alike(self, key: str) -> bool:
        one, other = self.old.own.get(key), self.new.own.get(key)
        if one is None or other is None:
            return False
        if key in ("example", "examples") or key.startswith("x-"):
            return same(one.value, other.value)
        return self.ledger.likeness.same(one, other)


def _is_wider(one: frozenset[str], other: frozenset[str]) -> bool:
    if not other or not one:
        return not other
    return one < other or (one, other) == (frozenset({"integer"}), frozenset({"number"}))


def _words(kinds: frozenset[str], form: str) -> str:
    words = " or ".join(quoted(kind) for kind in sorted(kinds)) or "anything"
    return f"{words} ({quoted(form)})" if form else words


def _listed(schema: Keywords) -> dict[str, Any] | None:
    """The values of an enum, open or closed."""
    lists = [schema.get(key) for key in ("enum", "x-open-enum")]
    if not any(map(is_sequence, lists)) or not all(x is ABSENT or is_sequence(x) for x in lists):
        return None
    return {canonical(value): value for each in lists if is_sequence(each) for value in each}


def _limits(schema: Keywords, word: str) -> tuple[Any, Any]:
    """A bound, and an exclusive one; 3.0 writes the second as a flag."""
    bound, exclusive = schema.get(word.lower()), schema.get(f"exclusive{word}")
    if exclusive is True:
        return ABSENT, bound
    return bound, ABSENT if exclusive is False else exclusive


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _how(before: Any, after: Any) -> str:
    return "added" if before is ABSENT else "removed" if after is ABSENT else "changed"
