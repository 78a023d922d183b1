"""The values that an enum lists: which class of constants they make, if any.

Values that the schema's own type excludes are refused: one of the two is a mistake.
"""

import re
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


_SEPARATORS: Final = re.compile(r"(?<=[a-z])[\s_-]+(?=[a-z])")
NAMES: Final = ("x-enum-varnames", "x-enumNames", "x-enum-names")
"""The extensions that name the constants of an enum, the first of them that is there."""
_TEXTS: Final = ("x-enum-descriptions", "x-enumDescriptions")


@attrs.frozen
class Listed:
    """The values of an enum."""

    values: list[Any]
    """Each once, null left out."""
    null: bool
    type: str | None
    """`string` or `integer`; None for other and for mixed values: no class can list them."""
    varnames: dict[Any, str]
    descriptions: dict[Any, str]
    ours: list[Any]
    """Those that come from `x-open-enum`: seen in examples, and not in an `enum`."""


def spelling(value: object) -> str:
    """Return a value without what a spelling may change: its case, and what separates terms."""
    return _SEPARATORS.sub("", str(value).lower())


def listed(schema: Mapping[str, Any], where: Where) -> Listed:
    """Read the values of an enum."""
    theirs: list[Any] = schema.get("enum", [])
    spelled = {spelling(value) for value in theirs}
    ours = [one for one in schema.get("x-open-enum", []) if spelling(one) not in spelled]
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
        next((_by_value(schema[key], _named(schema)) for key in NAMES if key in schema), {}),
        next((_by_value(schema[key], _named(schema)) for key in _TEXTS if key in schema), {}),
        [value for value in ours if value is not None],
    )


def is_constant(schema: Mapping[str, Any]) -> bool:
    """Return whether the enum only says again which one value there is."""
    return "const" in schema and schema.get("enum") == [schema["const"]]


def _said_types(schema: Mapping[str, Any]) -> set[str]:
    said = schema.get("type") or []
    return {said} if isinstance(said, str) else set(said)


def _without_doubles(values: list[Any]) -> list[Any]:
    """Keep each value once; true is not 1, though Python takes them for equal."""
    told = [(isinstance(value, bool), value) for value in values]
    return [value for place, (_, value) in enumerate(told) if told[place] not in told[:place]]


def _type_of_all(values: list[Any], said: set[str]) -> str | None:
    for kind, name in ((str, "string"), (int, "integer")):
        if said <= {name} and values and all(type(value) is kind for value in values):
            return name
    return None


def _by_value(said: Any, found: list[Any]) -> dict[Any, str]:
    """Return texts by the values that they are of: a list in their order, or a map of them."""
    values = [value for value in found if value is not None]
    if isinstance(said, Mapping):
        texts = {value: said.get(str(value)) for value in values if isinstance(value, str | int)}
    elif isinstance(said, list) and len(said) in (len(found), len(values)):
        named = found if len(said) == len(found) else values
        texts = {v: t for v, t in zip(named, said, strict=True) if isinstance(v, str | int)}
    else:
        return {}
    return {value: text for value, text in texts.items() if isinstance(text, str)}


def fits(schema: Mapping[str, Any], key: str) -> bool:
    """Return whether each value of an enum has one of the names under a key."""
    values = [value for value in _named(schema) if value is not None]
    names = schema[key]
    is_list = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return is_list and len(names) in (len(values), len(_named(schema)))


def _named(schema: Mapping[str, Any]) -> list[Any]:
    """Return the values that names and descriptions are of: the vendor's, if it lists any."""
    values = schema.get("enum") or schema.get("x-open-enum")
    return values if isinstance(values, list) else []


def type_of(values: list[Any]) -> list[str]:
    """Return the types of the values of an enum that names none."""
    kinds = dict.fromkeys(_TYPES[type(value)][0] for value in values)
    return [kind for kind in kinds if kind != "integer" or "number" not in kinds]
