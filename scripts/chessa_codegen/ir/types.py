"""Shapes: the kinds of value that the generated code can hold, and how each is written in Python.

In: what `schemas` read. Out: type hints and codec expressions, made of our own words, of names
that passed `naming`, and of `repr`; never of the spec's text.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import attrs

from chessa_codegen.characters import literal


@attrs.frozen
class Scalar:
    """A value of one codec."""

    codec: str
    read: tuple[str, ...]
    """The types that come out."""
    taken: tuple[str, ...]
    """The types that may go in."""
    lowered: Mapping[str, str] = attrs.field(factory=dict, eq=False, hash=False)
    """The schema that the generator sees in its place."""


@attrs.frozen
class Constant:
    """A value of which the spec allows one only; others are kept, and tell kinds apart."""

    base: Scalar
    value: str | int


@attrs.frozen
class ModelRef:
    """An object with a class of its own."""

    name: str


@attrs.frozen
class EnumRef:
    """An open enum with a class of its own."""

    name: str
    integer: bool = False


@attrs.frozen
class Array:
    item: "Shape"


@attrs.frozen
class Dictionary:
    value: "Shape"


@attrs.frozen
class Nullable:
    inner: "Shape"


@attrs.frozen
class Union:
    kinds: tuple["Shape", ...]
    discriminator: str | None = None
    said: tuple[tuple[str, int], ...] = ()
    """What the discriminator says, and which of `kinds` it means."""


Shape = Scalar | Constant | ModelRef | EnumRef | Array | Dictionary | Nullable | Union

STRING: Final = Scalar("STRING", ("str",), ("str",), {"type": "string"})
BOOLEAN: Final = Scalar("BOOLEAN", ("bool",), ("bool",), {"type": "boolean"})
INTEGER: Final = Scalar("INTEGER", ("int",), ("int",), {"type": "integer"})
NUMBER: Final = Scalar("NUMBER", ("Decimal",), ("Decimal", "int"), {"type": "number"})
DECIMAL: Final = Scalar("DECIMAL", ("Decimal",), ("Decimal", "int"), {"type": "string"})
DATE_TIME: Final = Scalar(
    "DATE_TIME", ("datetime.datetime",), ("datetime.datetime",), {"type": "string"}
)
DATE: Final = Scalar("DATE", ("datetime.date",), ("datetime.date",), {"type": "string"})
JSON: Final = Scalar("JSON", ("Any",), ("Any",))
NULL: Final = Nullable(JSON)
"""All that is known of it is that it was null."""


def nullable(shape: Shape) -> Shape:
    """Allow null, once."""
    return shape if isinstance(shape, Nullable) else Nullable(shape)


def without_null(shape: Shape) -> Shape:
    """Take the null away, to see what else there is."""
    return shape.inner if isinstance(shape, Nullable) else shape


def is_object(shape: Shape) -> bool:
    """Whether every value of this shape is a JSON object."""
    if isinstance(shape, Union):
        return all(map(is_object, shape.kinds))
    return isinstance(shape, ModelRef | Dictionary)


def any_of(
    kinds: list[Shape], discriminator: str | None = None, said: Mapping[str, Shape] | None = None
) -> Shape:
    """Join kinds: nested unions flat, doubles once, null outside; one kind is no union."""
    null = any(isinstance(kind, Nullable) for kind in kinds)
    distinct = dict.fromkeys(map(without_null, kinds))
    unions = [kind for kind in distinct if isinstance(kind, Union)]
    flat = list(
        dict.fromkeys(
            part
            for kind in distinct
            for part in (kind.kinds if isinstance(kind, Union) else (kind,))
        )
    )
    if not flat:
        return NULL
    if JSON in flat:
        joined: Shape = JSON
    elif len(flat) == 1:
        joined = flat[0]
    elif len(distinct) == 1:
        joined = unions[0]
    else:
        joined = _discriminated(flat, unions, discriminator, said or {})
    return nullable(joined) if null else joined


def _discriminated(
    flat: list[Shape],
    unions: list[Union],
    discriminator: str | None,
    said: Mapping[str, Shape],
) -> Union:
    """A union of `flat`, with what its own discriminator says and those of the unions in it."""
    inner = {union.discriminator for union in unions} - {None}
    name = discriminator or (inner.pop() if len(inner) == 1 else None)
    places = {
        value: flat.index(union.kinds[place])
        for union in unions
        if name and union.discriminator == name
        for value, place in union.said
    }
    places |= {
        value: flat.index(without_null(shape))
        for value, shape in said.items()
        if without_null(shape) in flat
    }
    return Union(tuple(flat), name if places else None, tuple(places.items()))


def named(shape: Shape | None) -> Iterator[str]:
    """The classes that a shape names."""
    match shape:
        case ModelRef(name) | EnumRef(name):
            yield name
        case Array(inner) | Dictionary(inner) | Nullable(inner):
            yield from named(inner)
        case Union(kinds):
            for kind in kinds:
                yield from named(kind)
        case _:
            return


def hint(shape: Shape, *, argument: bool = False, lists: str = "list") -> str:
    """The type hint, of what is read or (`argument`) of what is taken."""
    kinds = dict.fromkeys(_alternatives(shape, argument, lists))
    return "Any" if "Any" in kinds else " | ".join(kinds)


def _alternatives(shape: Shape, argument: bool, lists: str) -> list[str]:
    match shape:
        case Scalar():
            return list(shape.taken if argument else shape.read)
        case Constant(base):
            return _alternatives(base, argument, lists)
        case ModelRef(name):
            return [f"models.{name}"]
        case EnumRef(name, integer):
            return [f"models.{name}", *(["int" if integer else "str"] if argument else [])]
        case Array(item):
            inner = hint(item, argument=argument, lists=lists)
            return [f"Sequence[{inner}]" if argument else f"{lists}[{inner}]"]
        case Dictionary(value):
            inner = hint(value, argument=argument, lists=lists)
            return [f"Mapping[str, {inner}]" if argument else f"dict[str, {inner}]"]
        case Nullable(inner_shape):
            return [*_alternatives(inner_shape, argument, lists), "None"]
        case Union(kinds):
            return [part for kind in kinds for part in _alternatives(kind, argument, lists)]


def codec(shape: Shape) -> str:
    """The expression of the codec, in the words of the generated `fields` module."""
    match shape:
        case Scalar():
            return f"_fields.{shape.codec}"
        case Constant(base, value):
            return f"_fields.constant(_fields.{base.codec}, {literal(value)})"
        case ModelRef(name):
            return f"_fields.model(lambda: models.{name})"
        case EnumRef(name, integer):
            return f"_fields.{'open_int_enum' if integer else 'open_enum'}(models.{name})"
        case Array(item):
            return f"_fields.array({codec(item)})"
        case Dictionary(value):
            return f"_fields.mapping({codec(value)})"
        case Nullable(inner):
            return f"_fields.nullable({codec(inner)})"
        case Union(kinds, None):
            return f"_fields.union({', '.join(map(codec, kinds))})"
        case Union(kinds, discriminator, said):
            named = ", ".join(f"{literal(value)}: {codec(kinds[place])}" for value, place in said)
            places = {place for _, place in said}
            others = "".join(f", {codec(k)}" for i, k in enumerate(kinds) if i not in places)
            return f"_fields.discriminated({literal(discriminator)}, {{{named}}}{others})"


def joined(first: Shape, second: Shape) -> Shape | None:
    """One shape for a field that two schemas of one class describe; None where they disagree."""
    if first == second:
        return first
    if isinstance(first, Constant) or isinstance(second, Constant):
        bases = [one.base if isinstance(one, Constant) else one for one in (first, second)]
        return bases[0] if bases[0] == bases[1] else None
    if NULL in (first, second):
        return nullable(second if first == NULL else first)
    if isinstance(first, Nullable) or isinstance(second, Nullable):
        inner = joined(without_null(first), without_null(second))
        return None if inner is None else nullable(inner)
    if isinstance(first, Array) and isinstance(second, Array):
        item = joined(first.item, second.item)
        return None if item is None else Array(item)
    return None


def described(shape: Shape) -> str:
    """The shape in a message for people."""
    return hint(shape).replace("models.", "")
