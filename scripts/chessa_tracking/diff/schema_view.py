"""Schemas as their keywords: wrappers undone, each keyword with its place.

In: a schema. Out: what it says beside what it wraps. `$ref` with prose beside it, `allOf` of one
schema and `anyOf` of one schema and null wrap another and add little to it.
"""

from collections.abc import Mapping
from typing import Any, Final

import attrs

from chessa_codegen.document.loader import is_mapping, is_sequence
from chessa_codegen.document.refs import Where
from chessa_tracking.diff.node import ABSENT, EXAMPLES, PROSE, Side

UNIONS: Final = {"oneOf": "one-of", "anyOf": "any-of", "allOf": "all-of"}
_BESIDE: Final = (
    PROSE | EXAMPLES | {"title", "default", "deprecated", "nullable", "readOnly", "writeOnly"}
)


@attrs.frozen(eq=False)
class Keywords:
    """What a schema says, keyword by keyword."""

    side: Side
    own: dict[str, Side]
    inner: Side | None = None
    """What it wraps."""
    wrapper: str = ""
    """The keyword that wraps, a reference being none."""
    nullable: bool = False
    unions: dict[str, list[Side]] = attrs.field(factory=dict)

    def get(self, key: str) -> Any:
        found = self.own.get(key)
        return ABSENT if found is None else found.value

    def says(self, key: str) -> bool:
        return self.get(key) is True

    def at(self, key: str) -> Where:
        """Where a keyword stands, or would."""
        return self.own[key].where if key in self.own else (*self.side.where, key)

    def as_side(self, key: str) -> Side:
        return self.own[key]

    def mapping(self, key: str) -> dict[str, Side]:
        side = self.own.get(key)
        return {} if side is None or not is_mapping(side.value) else _members(side)


def _members(side: Side) -> dict[str, Side]:
    return {name: side.into(name) for name in side.value}


def plain(side: Side) -> Side:
    """A schema as a mapping: true is anything, false is nothing."""
    if isinstance(side.value, bool):
        return attrs.evolve(side, value={} if side.value else {"not": {}})
    return side


def read(side: Side) -> Keywords:
    """The keywords of a schema; what it wraps apart."""
    side = plain(side)
    value: Mapping[str, Any] = side.value if is_mapping(side.value) else {}
    own = {key: side.into(key) for key in value}
    if side.refers():
        del own["$ref"]
        target = side.followed()
        if _is_little(own):
            return Keywords(side, own, target, nullable=_null(own))
        unions = _unions(side)
        unions["allOf"] = [
            *unions.get("allOf", []),
            Side(side.document, {"$ref": value["$ref"]}, side.where),
        ]
        return Keywords(side, own, nullable=_null(own), unions=unions)
    for key in UNIONS:
        kinds = [kind for kind in side.sequence(key) if key == "allOf" or not is_null(kind.value)]
        rest = {name: one for name, one in own.items() if name != key}
        nulls = len(side.sequence(key)) - len(kinds)
        if len(kinds) == 1 and (key == "allOf" or nulls) and _is_little(rest):
            return Keywords(side, rest, kinds[0], key, bool(nulls) or _null(rest))
    null = _null(own) or any(
        is_null(kind.value) for key in ("oneOf", "anyOf") for kind in side.sequence(key)
    )
    return Keywords(side, own, nullable=null, unions=_unions(side))


def flat(keywords: Keywords) -> Keywords:
    """A schema with what it wraps put in its place."""
    seen: set[Where] = set()
    while keywords.inner is not None and keywords.inner.where not in seen:
        seen.add(keywords.inner.where)
        inner = read(keywords.inner)
        keywords = Keywords(
            keywords.side,
            inner.own | keywords.own,
            inner.inner,
            inner.wrapper,
            inner.nullable or keywords.nullable,
            inner.unions,
        )
    return attrs.evolve(keywords, inner=None)


def is_null(value: Any) -> bool:
    """Whether a schema is of null and nothing else."""
    if not is_mapping(value):
        return False
    return (
        value.get("type") in ("null", ["null"])
        or value.get("enum") == [None]
        or ("const" in value and value["const"] is None)
    )


def nulls(side: Side) -> list[Any]:
    """The kinds of a union that are null and nothing else."""
    kinds = [kind.value for key in ("oneOf", "anyOf") for kind in side.sequence(key)]
    return [kind for kind in kinds if is_null(kind)]


def is_annotation(side: Side) -> bool:
    """Whether a schema only speaks of values, and narrows them not."""
    return is_mapping(side.value) and _is_little(dict.fromkeys(side.value, side))


def types(keywords: Keywords) -> frozenset[str]:
    """The types but null; told by other keywords where none is named."""
    said = keywords.get("type")
    named = [said] if isinstance(said, str) else said if is_sequence(said) else []
    found = frozenset(one for one in named if isinstance(one, str))
    if not found and said is ABSENT:
        if keywords.own.keys() & {"properties", "additionalProperties"}:
            return frozenset({"object"})
        if "items" in keywords.own:
            return frozenset({"array"})
        values = keywords.get("enum")
        if is_sequence(values) and values and all(isinstance(one, str) for one in values):
            return frozenset({"string"})
    return found - {"null"}


def _is_little(own: Mapping[str, Side]) -> bool:
    return all(key in _BESIDE or key.startswith("x-") for key in own)


def _null(own: Mapping[str, Side]) -> bool:
    said = own["type"].value if "type" in own else None
    return (
        ("nullable" in own and own["nullable"].value is True)
        or said == "null"
        or (is_sequence(said) and "null" in said)
    )


def _unions(side: Side) -> dict[str, list[Side]]:
    return {
        key: [kind for kind in side.sequence(key) if key == "allOf" or not is_null(kind.value)]
        for key in UNIONS
        if side.get(key) is not ABSENT
    }
