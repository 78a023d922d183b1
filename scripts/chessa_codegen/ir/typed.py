"""Schemas with a type: scalars, arrays and maps."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from chessa_codegen.document.refs import Where, place
from chessa_codegen.errors import SpecError
from chessa_codegen.ir import types
from chessa_codegen.ir.types import Shape

Member = Callable[[Any, Where, str], Shape]
"""Returns the shape of an item of an array or a value of a map."""
_STRING_FORMATS: Final[Mapping[str, Shape]] = {
    "date-time": types.DATE_TIME,
    "date": types.DATE,
    "decimal": types.DECIMAL,
}
_SCALARS: Final[Mapping[str, Shape]] = {
    "string": types.STRING,
    "number": types.NUMBER,
    "integer": types.INTEGER,
    "boolean": types.BOOLEAN,
    "null": types.NULL,
}


def scalar(kind: str, schema: Mapping[str, Any], where: Where) -> Shape:
    """Return the shape of a string, a number, a boolean or null, or of its one value."""
    if kind not in _SCALARS:
        raise SpecError(f"There is no type {kind!r}.", place(where), "Use a JSON type.")
    shape = _SCALARS[kind]
    if kind == "string":
        shape = _STRING_FORMATS.get(schema.get("format", ""), shape)
    constant = schema.get("const")
    if isinstance(shape, types.Scalar) and isinstance(constant, str | int):
        return types.Constant(shape, constant)
    return shape


def array(schema: Mapping[str, Any], where: Where, name: str, member: Member) -> Shape:
    """Return a list, or a tuple where the schema says what stands at each place."""
    places: list[Any] = schema.get("prefixItems") or []
    rest, count = schema.get("items", True), len(places)
    is_closed = count > 0 and (rest is False or schema.get("maxItems", count + 1) <= count)
    kinds: list[Shape] = []
    if not is_closed:
        kinds.append(member(rest, (*where, "items"), f"{name}Item"))
    if types.JSON not in kinds:
        kinds += [
            member(one, (*where, "prefixItems", number), f"{name}Item{number + 1}")
            for number, one in enumerate(places)
        ]
    if is_closed and schema.get("minItems", 0) >= count:
        return types.Tuple(tuple(kinds))
    return types.Array(types.any_of(kinds))


def values(schema: Mapping[str, Any], where: Where, name: str, member: Member) -> Shape:
    """Return the shape of the values of a map; patterns of names say no more than their kinds.

    Names that fit no pattern are not expected, unless the schema itself speaks of them.
    """
    patterns: Mapping[str, Any] = schema.get("patternProperties") or {}
    rest = schema.get("additionalProperties", not patterns)
    held: dict[Where, Any] = {
        ("patternProperties", pattern): each for pattern, each in patterns.items()
    }
    if rest is not False:
        held["additionalProperties",] = rest
    kinds = [member(each, (*where, *at), name) for at, each in held.items()]
    return types.any_of(kinds) if kinds else types.JSON
