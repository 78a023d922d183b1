"""The values that an enum lists: which class of constants they make, if any.

Values that the schema's own type excludes are refused: one of the two is a mistake.
"""

from collections.abc import Mapping
from typing import Any, Final

import attrs

from chessa_codegen.document.refs import Where, place
from chessa_codegen.errors import SpecError

_TYPES: Final[Mapping[type, tuple[str, ...]]] = {
    str: ("string",),
    bool: ("boolean",),
    int: ("integer", "number"),
    float: ("number",),
    list: ("array",),
    dict: ("object",),
}


@attrs.frozen
class Listed:
    """The values of an enum."""

    values: list[Any]
    """Each once, null left out."""
    null: bool
    type: str | None
    """`string` or `integer`; None for other and for mixed values: no class can list them."""
    varnames: dict[Any, str]
    ours: list[Any]
    """Those that come from `x-open-enum`: seen in examples, and not in an `enum`."""


def listed(schema: Mapping[str, Any], where: Where) -> Listed:
    """Read the values of an enum."""
    theirs: list[Any] = schema.get("enum", [])
    spelled = {str(value).lower() for value in theirs}
    ours = [one for one in schema.get("x-open-enum", []) if str(one).lower() not in spelled]
    found = [*theirs, *ours]
    values = [value for value in found if value is not None]
    said = _said_types(schema)
    for value in values:
        if said and not said & set(_TYPES[type(value)]):
            raise SpecError(
                f"The enum lists {value!r}, which is not of the type {schema['type']}.",
                place(where),
                "Correct the type or the values by the overlay; quote what is text.",
            )
    null = len(values) < len(found) or schema.get("nullable") is True or "null" in said
    return Listed(
        list(_without_doubles(values)),
        null,
        _type_of_all(values, said - {"null"}),
        _varnames(schema, theirs or ours, where),
        [value for value in ours if value is not None],
    )


def _said_types(schema: Mapping[str, Any]) -> set[str]:
    said = schema.get("type") or []
    return {said} if isinstance(said, str) else set(said)


def _without_doubles(values: list[Any]) -> list[Any]:
    return [value for place, value in enumerate(values) if value not in values[:place]]


def _type_of_all(values: list[Any], said: set[str]) -> str | None:
    for kind, name in ((str, "string"), (int, "integer")):
        if said <= {name} and values and all(type(value) is kind for value in values):
            return name
    return None


def _varnames(schema: Mapping[str, Any], found: list[Any], where: Where) -> dict[Any, str]:
    values = [value for value in found if value is not None]
    names = schema.get("x-enum-varnames") or []
    if len(names) not in (0, len(found), len(values)):
        raise SpecError(
            f"x-enum-varnames has {len(names)} names for {len(found)} values.",
            place((*where, "x-enum-varnames")),
            "Give each value a name, in the same order.",
        )
    named = found if len(names) == len(found) else values
    hashable = all(isinstance(value, str | int | None) for value in named)
    return dict(zip(named, names, strict=False)) if hashable else {}
