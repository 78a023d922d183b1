"""How the objects of one shape are read: worked out once, and then done for each of them.

In: the fields of a model, and JSON objects. Out: for the names that an object has, a `Shape`, which
takes out the values of the attributes; for the types of these, a `Row`, which converts them. A
server sends many objects of few shapes, so most look like the one before. It may send many shapes
as well: what is kept is bounded.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple, Self

from .codecs import AtOnce, Codec, Misfit

Misfits = dict[str, tuple[Any, str]]
"""The values that do not fit their fields, and why, by their names on the wire."""
_MOST: Final = 64  # shapes that are kept of a model, and rows that are kept of a shape


class Field(NamedTuple):
    """An attribute of a model, as the wire has it."""

    key: str
    name: str
    codec: Codec
    required: bool
    optional: bool

    @classmethod
    def of(cls, attribute: Any) -> Self:
        """Read what `wire` wrote on an attribute of attrs."""
        return cls(name=attribute.name, **attribute.metadata)


_Step = tuple[int, Callable[[Any], Any], str]  # where the value is, how it is read, its name


class Row:
    """What is to be converted in documented values that have these types."""

    __slots__ = ("_groups", "_steps", "types")

    def __init__(self, fields: Sequence[Field], types: list[type]) -> None:
        self.types = types
        self._steps: list[_Step] = []
        """Values to convert one by one."""
        self._groups: list[tuple[slice, AtOnce, list[_Step]]] = []
        """Texts to convert at once, or else one by one."""
        readers = [
            field.codec.at_once if kind is str else None
            for field, kind in zip(fields, types, strict=True)
        ]
        for at_once, group in groupby(range(len(fields)), readers.__getitem__):
            places = [*group]
            steps = [
                (place, decode, fields[place].key)
                for place in places
                if (decode := fields[place].codec.way(types[place])) is not None
            ]
            if at_once is None or len(steps) == 1:
                self._steps += steps
            else:
                self._groups.append((slice(places[0], places[-1] + 1), at_once, steps))

    def convert(self, values: list[Any]) -> Misfits | None:
        """Convert the values in place, and say which of them do not fit."""
        misfits: Misfits | None = None
        steps = self._steps
        for where, at_once, one_by_one in self._groups:
            found = at_once(values[where])
            if found is None:
                steps = steps + one_by_one
            else:
                values[where] = found
        for place, decode, key in steps:
            value = decode(values[place])
            if value.__class__ is Misfit:
                misfits = misfits or {}
                misfits[key] = values[place], value.reason
            values[place] = value
        return misfits


class Shape:
    """What the objects of a model with the same documented names have in common."""

    __slots__ = ("_fields", "_rows", "fill", "latest", "take")

    def __init__(self, fields: Sequence[Field]) -> None:
        self._fields = fields
        self._rows: dict[tuple[type, ...], Row] = {}
        self.latest = Row((), [])
        """The row of the object before."""
        self.take = _taker([field.key for field in fields])
        """Take the documented values out of an object, or raise `KeyError`."""
        self.fill: Callable[[object, Sequence[Any]], None] = self._set_each
        """Give these values to a model."""

    def row(self, types: list[type]) -> Row:
        """How to convert values of these types, which are not those of the object before."""
        key = tuple(types)
        row = self._rows.get(key)
        if row is None:
            row = Row(self._fields, types)
            if len(self._rows) < _MOST:
                self._rows[key] = row
        self.latest = row
        return row

    def compile(self) -> Self:
        """Fill models by an assignment, which takes an eighth of the time of as many `setattr`.

        Its text is made of the names of attributes only, as attrs makes `__init__`.
        """
        targets = ", ".join(f"model.{field.name}" for field in self._fields)
        made: dict[str, Any] = {}
        exec(f"def fill(model, values): [{targets}] = values", made)  # noqa: S102 - see above
        self.fill = made["fill"]
        return self

    def _set_each(self, model: object, values: Sequence[Any]) -> None:
        for field, value in zip(self._fields, values, strict=True):
            setattr(model, field.name, value)


class Shapes:
    """The shapes of one model, as far as its objects were seen."""

    __slots__ = ("_kept", "_ordered", "fields", "latest")

    def __init__(self, fields: Iterable[Field]) -> None:
        self.fields = {field.key: field for field in fields}
        """By their names on the wire, in the order of the spec."""
        readers = [field.codec.at_once for field in self.fields.values()]
        self._ordered = sorted(
            self.fields.values(), key=lambda field: readers.index(field.codec.at_once)
        )
        """Side by side what can be read at once."""
        self._kept: dict[tuple[str, ...], Shape] = {}
        self.latest = Shape(self._ordered).compile()
        """The shape of the object before; of the first one, most likely, that of all fields."""

    def find(self, data: Mapping[str, Any]) -> Shape:
        """The shape of an object that is not like the one before."""
        names = tuple([key for key in self.fields if key in data])
        shape = self._kept.get(names)
        if shape is None:
            shape = Shape([field for field in self._ordered if field.key in data])
            if len(self._kept) < _MOST:
                self._kept[names] = shape.compile()
        self.latest = shape
        return shape


def _taker(names: list[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda data: tuple([data[name] for name in names])
