"""How the objects of one model are read: value by value, or by a function made for their shape.

In: the attributes of a model, and JSON objects. Out: models. A server sends many objects of few
shapes (the documented names that an object has), so a shape that keeps coming gets a function of
straight-line code. It may send many shapes as well: what is kept is bounded.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from operator import itemgetter
from typing import Any, Final, NamedTuple, Self

from .codecs import DECIMAL, PLAIN_NUMBER, Codec, Misfit
from .errors import DecodeError
from .exact_json import exact
from .types import UNSET

_MOST: Final = 64  # functions that are made for a model, and shapes that are counted meanwhile
_OFTEN: Final = 3  # the first call of a process shall not pay for functions that it hardly uses


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

    def decoder(self) -> Callable[[Any, Any], Any]:
        """A function that decodes a value for a model, and notes there if it does not fit."""
        key, decode = self.key, self.codec.decode

        def decode_for(model: Any, value: Any) -> Any:
            found = Misfit("is missing") if value is UNSET else decode(value)
            if found.__class__ is Misfit:
                model._misfits = model._misfits or {}
                model._misfits[key] = value, found.reason
            return found

        return decode_for


Reader = Callable[[Mapping[str, Any], int], Any]
"""Reads an object of so many names, if it is of the one shape that this is for; else None."""


class Reading:
    """How the objects of one model are read, as far as they were seen."""

    __slots__ = ("_cls", "_counts", "_decoders", "_readers", "fields", "latest")

    def __init__(self, cls: Any) -> None:
        self.fields = {field.key: field for field in map(Field.of, cls.__attrs_attrs__)}
        """By their names on the wire, in the order of the spec."""
        self.latest: Reader = lambda _data, _count: None
        """The function for the object before: most objects are like that one."""
        self._cls = cls
        self._decoders = {key: field.decoder() for key, field in self.fields.items()}
        self._readers: dict[tuple[str, ...], Reader] = {}
        self._counts: dict[tuple[str, ...], int] = {}

    def read(self, data: Mapping[str, Any]) -> Any:
        """Read an object that is not like the one before."""
        names = tuple([key for key in self.fields if key in data])
        model = None
        if reader := self._readers.get(names):
            self.latest = reader
            model = reader(data, len(names))
        if model is None:
            model = self._read_each(data)
            self._count(names)
        if len(names) < len(data):
            unknown = {k: v for k, v in data.items() if k not in self.fields and v is not UNSET}
            model._unknown = exact(unknown) or None
        return model

    def sort_out(self, model: Any) -> None:
        """Take away what was noted as not fitting, so that nobody reads it."""
        noted, kept = model._misfits, {}
        for field in self.fields.values():  # misfits stand in the order of the spec
            if field.key in noted:
                value, reason = noted[field.key]
                if field.required:
                    raise DecodeError(f"{self._cls.__name__}: `{field.key}` {reason}")
                delattr(model, field.name)
                if value is not UNSET:
                    kept[field.key] = value, reason
        model._misfits = kept or None

    def _read_each(self, data: Mapping[str, Any]) -> Any:
        """Read value by value, which is what a function for a shape has to come to."""
        for key, field in self.fields.items():
            if field.required and key not in data:
                raise DecodeError(f"{self._cls.__name__}: `{key}` is missing")
        model = self._cls.__new__(self._cls)
        model._misfits = model._unknown = None
        for key, field in self.fields.items():
            if key in data:
                setattr(model, field.name, self._decoders[key](model, data[key]))
        return model

    def _count(self, names: tuple[str, ...]) -> None:
        """Make the function for a shape that came often; other threads may do so as well."""
        if names in self._readers or not names or len(self._readers) >= _MOST:
            return
        count = self._counts.pop(names, 0) + 1
        if count >= _OFTEN:
            self._readers[names] = self.latest = self._compiled(names)
            return
        if len(self._counts) >= _MOST:
            self._counts.clear()
        self._counts[names] = count

    def _compiled(self, names: tuple[str, ...]) -> Reader:
        """Make the function for a shape.

        Its text holds names of attributes, templates of codecs and numbers. What the spec or a
        server says, keys included, is among the objects that the text refers to.
        """
        # What may raise comes before what may go deep: no object is read twice at every level.
        fields = [self.fields[key] for key in names]
        fields.sort(key=lambda field: field.codec.usual is None)
        objects: dict[str, Any] = {
            "new": self._cls.__new__,
            "cls": self._cls,
            "take": itemgetter(*[field.key for field in fields]),
        }
        lines = []
        amounts = [number for number, field in enumerate(fields) if field.codec is DECIMAL]
        if len(amounts) > 1:  # look at them together: as many plain numbers between as many commas
            pattern = ",".join([PLAIN_NUMBER] * len(amounts))
            objects |= {"decimal": Decimal, "are_plain": re.compile(pattern).fullmatch}
            classes = " is ".join([f"v{number}.__class__" for number in amounts])
            texts = ",".join([f"{{v{number}}}" for number in amounts])
            lines.append(f'plain = {classes} is str and are_plain(f"{texts}")')
        for number, field in enumerate(fields):
            words = {word: f"{word}{number}" for word in field.codec.words}
            objects |= {words[word]: meant for word, meant in field.codec.words.items()}
            objects[f"decode{number}"] = self._decoders[field.key]
            words |= {"v": f"v{number}", "odd": f"decode{number}(model, v{number})"}
            value = (field.codec.usual or "{odd}").format_map(words)
            if len(amounts) > 1 and number in amounts:
                value = f"decimal(v{number}) if plain else {value}"
            lines.append(f"model.{field.name} = {value}")
        values = ", ".join([f"v{number}" for number in range(len(fields))])
        text = _TEXT.format(count=len(fields), values=values, lines="\n        ".join(lines))
        exec(text, objects)  # noqa: S102 - see above
        reader: Reader = objects["read"]
        return reader


_TEXT: Final = """
def read(data, count):
    if count != {count}:
        return None
    try:
        {values} = take(data)
        model = new(cls)
        model._misfits = model._unknown = None
        {lines}
    except (KeyError, ValueError):
        return None
    return model
"""
