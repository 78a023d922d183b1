"""Both sides of a comparison: nodes that know their place, and when two of them are the same.

In: nodes of two documents. Out: what stands in them, references followed, whatever their form; and
whether two trees are the same JSON, or say the same once references are followed.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import attrs

from chessa_codegen.characters import visible
from chessa_codegen.document import refs
from chessa_codegen.document.loader import is_mapping, is_sequence
from chessa_codegen.document.refs import Where


class _Absent:
    """What a key holds that is not there."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
PROSE: Final = frozenset({"description", "summary", "externalDocs", "$comment"})
EXAMPLES: Final = frozenset({"example", "examples"})
_LONGEST: Final = 60


@attrs.frozen(eq=False)
class Side:
    """A node of one document, and where it stands."""

    document: Mapping[str, Any]
    value: Any
    where: Where

    def get(self, key: str) -> Any:
        return self.value.get(key, ABSENT) if is_mapping(self.value) else ABSENT

    def says(self, key: str) -> bool:
        """Whether a flag is set."""
        return self.get(key) is True

    def into(self, *keys: str | int) -> "Side":
        value = self.value
        for key in keys:
            value = value[key]
        return Side(self.document, value, (*self.where, *keys))

    def mapping(self, key: str) -> "dict[str, Side]":
        """The members of the mapping under a key; none where it is anything else."""
        found = self.get(key)
        return {name: self.into(key, name) for name in found} if is_mapping(found) else {}

    def sequence(self, key: str) -> "list[Side]":
        """The items of the list under a key; none where it is anything else."""
        found = self.get(key)
        return [self.into(key, i) for i in range(len(found))] if is_sequence(found) else []

    def refers(self) -> bool:
        return isinstance(self.get("$ref"), str)

    def followed(self) -> "Side":
        """Itself, or what it refers to."""
        if not self.refers():
            return self
        value, where = refs.resolve(self.document, self.value["$ref"], self.where)
        return Side(self.document, value, where)


def same(one: Any, other: Any) -> bool:
    """Whether two trees are the same JSON: the order of keys is nothing, true is not 1."""
    if is_mapping(one) and is_mapping(other):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if is_sequence(one) and is_sequence(other):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return one is other or bool(one == other)


def canonical(value: Any) -> str:
    """One text for all trees that are the same: to find them by."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


class Likeness:
    """Tells whether two nodes say the same once references are followed; remembers what did."""

    def __init__(self) -> None:
        self._known: set[tuple[Where, Where]] = set()
        """Targets of references that say the same."""

    def same(self, old: Side, new: Side) -> bool:
        """Whether two nodes say the same. Circles do until something in them does not."""
        assumed: set[tuple[Where, Where]] = set()
        todo = [(old, new)]
        while todo:
            one, other = todo.pop()
            if one.refers() and other.refers():
                if not same(_beside(one.value), _beside(other.value)):
                    return False
                one, other = one.followed(), other.followed()
                pair = one.where, other.where
                if pair in self._known or pair in assumed:
                    continue
                assumed.add(pair)
            if is_mapping(one.value) and is_mapping(other.value):
                if one.value.keys() != other.value.keys():
                    return False
                todo += [(one.into(key), other.into(key)) for key in one.value]
            elif is_sequence(one.value) and is_sequence(other.value):
                if len(one.value) != len(other.value):
                    return False
                todo += [(one.into(i), other.into(i)) for i in range(len(one.value))]
            elif not same(one.value, other.value):
                return False
        self._known |= assumed
        return True


def _beside(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: member for key, member in value.items() if key != "$ref"}


def quoted(name: object) -> str:
    """A name of the vendor's, in a sentence: short and visible."""
    return f"'{_short(str(name))}'"


def shown(value: Any) -> str:
    """A value of the vendor's, in a sentence: short and visible."""
    return _short(json.dumps(value, ensure_ascii=False, default=str))


def _short(text: str) -> str:
    plain = visible(text[: _LONGEST * 2])
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
