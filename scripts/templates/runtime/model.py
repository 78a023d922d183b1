"""The base of every model: a JSON object, typed, with nothing lost and nothing invented.

An attribute that the server omitted is an empty slot: reading it raises `AbsentFieldError` (or
gives None where the spec marks it optional). A value that does not fit its type is an empty slot
too; the raw value is in `misfits`. Keys that the spec does not know are in `additional_properties`.
`to_dict` writes all of it back.
"""

from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, NamedTuple, Self, TypeVar

from .codecs import Codec, Misfit, deviates
from .errors import AbsentFieldError, DecodeError, EncodeError, MisfitFieldError
from .exact_json import dumps, exact, loads
from .types import UNSET

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Field(NamedTuple):
    """An attribute of a model, as the class declares it."""

    key: str
    name: str
    codec: Codec
    required: bool
    optional: bool


class _Schema:
    """The fields of a model, by key in the order of the spec, and the class to decode into."""

    __slots__ = ("absent", "by_name", "draft", "fields", "get")

    def __init__(self, cls: Any) -> None:
        declared = [Field(name=each.name, **each.metadata) for each in cls.__attrs_attrs__]
        self.fields = {field.key: field for field in declared}
        self.by_name = {field.name: field for field in declared}
        keys = [field.key for field in declared if not field.optional]
        self.absent: dict[str, Any] = dict.fromkeys(keys, UNSET)
        self.get: Callable[[Mapping[str, Any]], tuple[Any, ...]] = (
            itemgetter(*keys) if keys[1:] else lambda data: tuple([data[key] for key in keys])
        )
        # Models are frozen, and setting their slots one by one through `object.__setattr__` would
        # take longer than decoding. A draft has the same slots and can be written to.
        thawed = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
        members = {"__slots__": (), "_schema": self, **thawed}
        self.draft: Any = type(cls.__name__, (cls,), members)


class Model:
    """A JSON object with typed attributes. It does not change: `replace` makes another."""

    __slots__ = ("_misfits", "_unknown")
    __attrs_attrs__: ClassVar[tuple[Any, ...]]
    _schema: ClassVar[_Schema | None] = None
    _shown: ClassVar[tuple[str, ...]] = ()
    """The fields that a repr shows. They are about no person: the generator chooses them."""
    _misfits: Mapping[str, tuple[Any, str]]
    _unknown: Mapping[str, Any]

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_misfits", _NOTHING)
        object.__setattr__(self, "_unknown", _NOTHING)
        for attribute in self.__attrs_attrs__:
            if getattr(self, attribute.name) is UNSET:
                object.__delattr__(self, attribute.name)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "_schema" not in vars(cls):
            cls._schema = None

    @classmethod
    def _described(cls) -> _Schema:
        if cls._schema is None:
            cls._schema = _Schema(cls)
        return cls._schema

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read a JSON object, as `json.loads` or `from_json` would give it.

        Raises `DecodeError` if it is not an object, or lacks one of the few required fields.
        """
        if data.__class__ is not dict:
            if not isinstance(data, Mapping):
                raise DecodeError(f"{cls.__name__}: is not an object")
            data = dict(data)
        schema = cls._schema or cls._described()
        model = schema.draft.__new__(schema.draft)
        model._misfits = model._unknown = _NOTHING
        try:
            values = schema.get(data)
            all_known = len(data) == len(values)
        except KeyError:
            values = schema.get({**schema.absent, **data})
            all_known = False
            deviates()
        model._decode(values, data)
        if not all_known and not data.keys() <= schema.fields.keys():
            deviates()
            model._unknown = exact(
                {k: v for k, v in data.items() if k not in schema.fields and v is not UNSET}
            )
        model.__class__ = cls
        read: Self = model
        return read

    def _decode(self: Any, _values: tuple[Any, ...], _data: Mapping[str, Any]) -> None:
        """Set the attributes: generated for each model, and run on a draft of it.

        `_values` are those of the fields that are not optional, `UNSET` where `_data` lacks one.
        """

    def _decode_field(self: Any, name: str, value: Any) -> None:
        """Decode a value that is not of the usual form, and record it if it does not fit."""
        field = self._schema.by_name[name]
        found = Misfit("is missing") if value is UNSET else field.codec.decode(value)
        if found.__class__ is not Misfit:
            setattr(self, name, found)
            return
        deviates()
        if field.required:
            raise DecodeError(f"{type(self).__name__}: `{field.key}` {found.reason}")
        if value is not UNSET:
            misfits = {**self._misfits, field.key: (exact(value), found.reason)}
            self._misfits = {key: misfits[key] for key in self._schema.fields if key in misfits}

    @classmethod
    def from_json(cls, data: bytes | str) -> Self:
        """Read JSON text, every digit kept. Raises `DecodeError`."""
        return cls.from_dict(loads(data))

    def replace(self, /, **changes: Any) -> Self:
        """Return a copy with other values: fields by their names, `UNSET` to leave one out.

        `additional_properties` replaces all undocumented members; without it they are kept, as are
        misfits.
        """
        schema, unknown = self._described(), changes.pop("additional_properties", self._unknown)
        for name in changes:
            if name not in schema.by_name:
                raise TypeError(self._no_field(name))
        fields = {**dict(self._fields()), **changes}
        misfits = {k: v for k, v in self._misfits.items() if schema.fields[k].name not in changes}
        return _restore(type(self), fields, misfits, unknown)

    def to_dict(self, *, names: Literal["wire", "python"] = "wire") -> dict[str, Any]:
        """Write the object back as JSON values.

        Numbers with a fraction are Decimal, so that no digit is lost; `to_json` writes them out.

        Args:
            names: `wire` for the names that the server uses, which `from_dict` reads; `python` for
                those of the attributes, at every depth. Undocumented members keep theirs.

        Raises `EncodeError` for an attribute set to what has no exact form on the wire.
        """
        if names == "python":
            members: dict[str, Any] = _renamed(self, self.to_dict())
            return members
        if names != "wire":
            raise TypeError('names must be "wire" or "python"')
        return self._written()

    def _written(self) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for key, name, codec, _required, _optional in self._described().fields.values():
            value = self._slot(name)
            if value is not UNSET:
                try:
                    members[key] = codec.encode(value)
                except EncodeError as error:
                    problem = f"{type(self).__name__}.{name}: {error}"
                except RecursionError:
                    problem = (
                        f"{type(self).__name__}.{name}: it is nested too deep, or holds itself"
                    )
                else:
                    continue
                raise EncodeError(problem)
            if key in self._misfits:
                members[key] = self._misfits[key][0]
        return {**members, **self._unknown}

    def to_json(self) -> bytes:
        """Write the object as JSON, every digit kept. Raises `EncodeError`."""
        return dumps(self.to_dict())

    @property
    def additional_properties(self) -> Mapping[str, Any]:
        """The members that the spec does not document, by their names on the wire."""
        return MappingProxyType(self._unknown)

    @property
    def misfits(self) -> Mapping[str, Any]:
        """The raw values that did not fit their fields, by their names on the wire."""
        return {key: raw for key, (raw, _) in self._misfits.items()}

    def __contains__(self, name: object) -> bool:
        """Return whether the server sent the field of this Python name, fitting or not."""
        field = self._described().by_name.get(name) if isinstance(name, str) else None
        return field is not None and (self._is_set(field.name) or field.key in self._misfits)

    if not TYPE_CHECKING:  # a type checker must keep rejecting unknown names

        def __getattr__(self, name: str) -> Any:
            if field := self._described().by_name.get(name):
                return self._read_empty(field)
            # With a name and no object, for which Python would add a suggestion of its own.
            raise AttributeError(self._no_field(name), name=name)

    def _no_field(self, name: str) -> str:
        if name[:1] == "_":  # tools ask for these, and catch what is raised
            return f"{type(self).__name__} has no field {name!r}"
        from .display import no_field

        names = {field.key: field.name for field in self._described().fields.values()}
        return no_field(type(self).__name__, name, names, self._unknown)

    def _read_empty(self, field: Field) -> None:
        place = f"{type(self).__name__}.{field.name}"
        if field.key in self._misfits:
            _, reason = self._misfits[field.key]
            raise MisfitFieldError(
                f"{place} cannot be read: what the server sent {reason}. "
                f"The raw value is in .misfits[{field.key!r}]."
            )
        if not field.optional:
            raise AbsentFieldError(
                f"{place} cannot be read: the server left it out. "
                f"Ask with `{field.name!r} in …` before reading."
            )

    def _is_set(self, name: str, /) -> bool:
        return self._slot(name) is not UNSET

    def _slot(self, name: str, /) -> Any:
        try:
            return object.__getattribute__(self, name)
        except AttributeError:
            return UNSET

    def _fields(self) -> Iterator[tuple[str, Any]]:
        for field in self._described().fields.values():
            value = self._slot(field.name)
            if value is not UNSET:
                yield field.name, value

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return (
            dict(self._fields()) == dict(other._fields())
            and self.misfits == other.misfits
            and self._unknown == other._unknown
        )

    def __repr__(self) -> str:
        """Return the ids, statuses and amounts, and no personal data; `details` has all."""
        from .display import brief

        fields = [(name, self._slot(name)) for name in self._shown]
        shown = [(name, value) for name, value in fields if value is not UNSET]
        unknown, misfits = len(self._unknown), [*self._misfits]
        return brief(type(self).__name__, shown, unknown, misfits, self._items())

    def _items(self) -> list[Any] | None:
        """Return the list that the object holds, if it is used as one."""
        return None

    def details(self) -> str:
        """Return all that the object holds as text, personal data too, a field to each line."""
        from .display import details

        kept = {"additional_properties": dict(self._unknown), "misfits": self.misfits}
        held = [*self._fields(), *((name, value) for name, value in kept.items() if value)]
        return details(type(self).__name__, held)

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Print the repr for IPython and hypothesis, which would read absent attributes."""
        printer.text(repr(self))

    def __reduce__(self) -> tuple[Any, ...]:
        fields = dict(self._fields())
        return _restore, (type(self), fields, dict(self._misfits), dict(self._unknown))

    # pydantic calls these two. Nothing here imports it before.

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        from .pydantic_support import model_schema

        return model_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        from .pydantic_support import json_schema

        return json_schema(cls, schema, handler)


_M = TypeVar("_M", bound=Model)


def _restore(
    cls: type[_M],
    fields: Mapping[str, Any],
    misfits: Mapping[str, tuple[Any, str]],
    unknown: Mapping[str, Any],
) -> _M:
    restored = cls(**{**dict.fromkeys(cls._described().by_name, UNSET), **fields})
    object.__setattr__(restored, "_misfits", misfits)
    object.__setattr__(restored, "_unknown", dict(unknown))
    return restored


def _renamed(value: Any, written: Any) -> Any:
    """Return what a value was written as, under the Python names of the models in it."""
    if isinstance(value, Model):
        fields = value._described().fields
        documented = {
            fields[key].name: _renamed(value._slot(fields[key].name), member)
            for key, member in written.items()
            if key in fields
        }
        others = {key: member for key, member in written.items() if key not in fields}
        return documented | others | documented  # which come first, and win
    if isinstance(value, Mapping) and isinstance(written, dict):
        return {key: _renamed(value[key], member) for key, member in written.items()}
    if isinstance(value, (list, tuple)) and isinstance(written, list):
        return [_renamed(item, each) for item, each in zip(value, written, strict=True)]
    return written
