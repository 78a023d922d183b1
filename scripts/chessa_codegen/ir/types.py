"""Shapes: kinds of value that generated code can hold, as type hints and codec expressions."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

import attrs

from chessa_codegen.characters import literal
from chessa_codegen.ir.listing import Listing, distinctive, either


@attrs.frozen
class Scalar:
    """A value of one codec."""

    codec: str
    read: tuple[str, ...]
    """The types that come out."""
    taken: tuple[str, ...]
    """The types that may go in."""
    module: str = "_fields"
    """The generated module that has the codec."""


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
class Tuple:
    """An array of just so many items, each of a shape of its own."""

    items: tuple["Shape", ...]


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
    """The values of the discriminator, each with the index in `kinds` that it means."""
    listed: tuple[str, ...] = ()
    """The values that the schema of each kind lists, as JSON text."""


@attrs.frozen
class Recursive:
    """A shape that is made of itself: arrays and maps in `inner` hold `Itself`."""

    name: str
    inner: "Shape"


@attrs.frozen
class Itself:
    """The recursive shape of this name, around this place."""

    name: str


Shape = (
    Scalar
    | Constant
    | ModelRef
    | EnumRef
    | Array
    | Tuple
    | Dictionary
    | Nullable
    | Union
    | Recursive
    | Itself
)

STRING: Final = Scalar("STRING", ("str",), ("str",))
BOOLEAN: Final = Scalar("BOOLEAN", ("bool",), ("bool",))
INTEGER: Final = Scalar("INTEGER", ("int",), ("int",))
NUMBER: Final = Scalar("NUMBER", ("Decimal",), ("Decimal", "int"))
DECIMAL: Final = Scalar("DECIMAL", ("Decimal",), ("Decimal", "int"))
DATE_TIME: Final = Scalar("DATE_TIME", ("datetime.datetime",), ("datetime.datetime",))
DATE: Final = Scalar("DATE", ("datetime.date",), ("datetime.date",))
JSON: Final = Scalar("JSON", ("Any",), ("Any",))
TEXT: Final = Scalar("TEXT", ("str",), ("str",), module="_media")
"""The text of a body."""
BYTES: Final = Scalar("BYTES", ("bytes",), ("bytes",), module="_media")
"""A body as it is."""
FILE: Final = Scalar("FILE", ("File",), ("FileContent",), module="_files")
"""A file that is sent."""
NULL: Final = Nullable(JSON)
"""The shape of a value that was only seen as null."""


def nullable(shape: Shape) -> Shape:
    """Allow null, once."""
    return shape if isinstance(shape, Nullable) else Nullable(shape)


def without_null(shape: Shape) -> Shape:
    """Return the shape without null."""
    return shape.inner if isinstance(shape, Nullable) else shape


def is_object(shape: Shape) -> bool:
    """Return whether every value of this shape is a JSON object."""
    if isinstance(shape, Union):
        return all(map(is_object, shape.kinds))
    if isinstance(shape, Recursive):
        return is_object(shape.inner)
    return isinstance(shape, ModelRef | Dictionary)


def any_of(
    kinds: list[Shape],
    discriminator: str | None = None,
    said: Mapping[str, Shape] | None = None,
    listings: Mapping[Shape, Listing] | None = None,
) -> Shape:
    """Join kinds: flatten nested unions, drop duplicates, move null out; one kind stays itself."""
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
        listed = _listed(flat, unions, listings or {})
        joined = _discriminated(flat, unions, discriminator, said or {}, listed)
    return nullable(joined) if null else joined


def _discriminated(
    flat: list[Shape],
    unions: list[Union],
    discriminator: str | None,
    said: Mapping[str, Shape],
    listed: tuple[str, ...],
) -> Union:
    """Return a union of `flat`, with its own discriminator joined with those of inner unions."""
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
    return Union(tuple(flat), name if places else None, tuple(places.items()), listed)


def _listed(
    flat: list[Shape], unions: list[Union], listings: Mapping[Shape, Listing]
) -> tuple[str, ...]:
    """Return the values that the schema of each kind lists, with those of the unions in it."""
    found: dict[Shape, Listing] = {}
    inner = [
        (kind, json.loads(text))
        for union in unions
        for kind, text in zip(union.kinds, union.listed, strict=False)
    ]
    for kind, listing in (*listings.items(), *inner):
        found[kind] = either(found[kind], listing) if kind in found else listing
    return tuple(json.dumps(found.get(kind)) for kind in flat) if any(found.values()) else ()


def unbound(shape: Shape) -> frozenset[str]:
    """Return the recursive shapes around a shape, without which it has no meaning."""
    match shape:
        case Itself(name):
            return frozenset({name})
        case Recursive(name, inner):
            return unbound(inner) - {name}
        case Array(inner) | Dictionary(inner) | Nullable(inner):
            return unbound(inner)
        case Union(parts) | Tuple(parts):
            return frozenset[str]().union(*map(unbound, parts))
        case _:
            return frozenset()


def named(shape: Shape | None) -> Iterator[str]:
    """Yield the classes that a shape names."""
    match shape:
        case ModelRef(name) | EnumRef(name):
            yield name
        case Array(inner) | Dictionary(inner) | Nullable(inner) | Recursive(_, inner):
            yield from named(inner)
        case Union(parts) | Tuple(parts):
            for part in parts:
                yield from named(part)
        case _:
            return


def hint(shape: Shape, *, argument: bool = False, lists: str = "list") -> str:
    """Return the type hint, of a value that is read or of an `argument`."""
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
        case Tuple(items):
            inner = ", ".join(hint(item, argument=argument, lists=lists) for item in items)
            return [f"tuple[{inner}]"]
        case Dictionary(value):
            inner = hint(value, argument=argument, lists=lists)
            return [f"Mapping[str, {inner}]" if argument else f"dict[str, {inner}]"]
        case Nullable(inner_shape):
            return [*_alternatives(inner_shape, argument, lists), "None"]
        case Union(kinds):
            return [part for kind in kinds for part in _alternatives(kind, argument, lists)]
        case Recursive(_, inner_shape):
            return _alternatives(inner_shape, argument, lists)
        case Itself():
            return ["Any"]


def codec(shape: Shape) -> str:
    """Return the expression of the codec, in names of the generated `fields` module."""
    match shape:
        case Scalar():
            return f"{shape.module}.{shape.codec}"
        case Constant(base, value):
            return f"_fields.constant(_fields.{base.codec}, {literal(value)})"
        case ModelRef(name):
            return f"_fields.model(lambda: models.{name})"
        case EnumRef(name, integer):
            return f"_fields.{'open_int_enum' if integer else 'open_enum'}(models.{name})"
        case Array(item):
            return f"_fields.array({codec(item)})"
        case Tuple(items):
            return f"_fields.tuple_of({', '.join(map(codec, items))})"
        case Dictionary(value):
            return f"_fields.mapping({codec(value)})"
        case Nullable(inner):
            return f"_fields.nullable({codec(inner)})"
        case Recursive(name, inner):
            return f"_fields.recursive(lambda {name}: {codec(inner)})"
        case Itself(name):
            return name
        case Union(kinds, None, _, listed):
            return f"_fields.union({', '.join(map(codec, kinds))}{_listed_argument(listed)})"
        case Union(kinds, discriminator, said, listed):
            named = ", ".join(f"{literal(value)}: {codec(kinds[place])}" for value, place in said)
            places = [place for _, place in said]
            unsaid = [place for place in range(len(kinds)) if place not in places]
            others = "".join(f", {codec(kinds[place])}" for place in unsaid)
            listed = tuple(listed[place] for place in (*places, *unsaid)) if listed else ()
            argument = _listed_argument(listed)
            return f"_fields.discriminated({literal(discriminator)}, {{{named}}}{others}{argument})"


def _listed_argument(listed: tuple[str, ...]) -> str:
    """Return the values that the kinds of a union list, where the lists differ."""
    told = distinctive([json.loads(text) for text in listed]) if listed else []
    texts = [literal(json.dumps(listing)) for listing in told]
    return f", listed=({', '.join(texts)},)" if any(told) else ""


def joined(first: Shape, second: Shape) -> Shape | None:
    """Return one shape for a field that two schemas of one class describe, if they agree."""
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
    """Return the shape in a message for people."""
    return hint(shape).replace("models.", "")
