"""The base of every model: what the wire said, typed, with nothing lost and nothing made up.

An attribute that the server left out is an empty slot: reading it raises `AbsentFieldError` (or
gives None where the spec marks it optional). A value that does not fit its type is an empty slot
too; the raw value is in `misfits`. Keys that the spec does not know are in `additional_properties`.
`to_dict` writes all of it back.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from .errors import AbsentFieldError, DecodeError, EncodeError, MisfitFieldError
from .exact_json import dumps, loads
from .reading import Field, Reading
from .types import UNSET

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Model:
    """A JSON object with typed attributes."""

    __slots__ = ("_misfits", "_unknown")
    __attrs_attrs__: ClassVar[tuple[Any, ...]]
    _reading: ClassVar[Reading | None] = None
    _misfits: dict[str, tuple[Any, str]] | None
    _unknown: dict[str, Any] | None

    def __attrs_post_init__(self) -> None:
        self._misfits = self._unknown = None
        for attribute in self.__attrs_attrs__:
            if getattr(self, attribute.name) is UNSET:
                delattr(self, attribute.name)

    def __init_subclass__(cls) -> None:
        cls._reading = None

    @classmethod
    def _known(cls) -> Reading:
        if cls._reading is None:
            cls._reading = Reading(cls)
        return cls._reading

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read a JSON object, as `json.loads` or `from_json` would give it.

        Raises `DecodeError` when it is no object, or lacks one of the few fields that are required.
        """
        if data.__class__ is not dict:
            if not isinstance(data, Mapping):
                raise DecodeError(f"{cls.__name__}: is not an object")
            data = dict(data)
        reading = cls._reading or cls._known()
        model: Any = reading.latest(data, len(data))
        if model is None:
            model = reading.read(data)
        if model._misfits is not None:
            reading.sort_out(model)
        read: Self = model
        return read

    @classmethod
    def from_json(cls, data: bytes | str) -> Self:
        """Read JSON text, every digit kept. Raises `DecodeError`."""
        return cls.from_dict(loads(data))

    def to_dict(self) -> dict[str, Any]:
        """Write the object back, under its names on the wire.

        Numbers with a fraction are Decimal, so that no digit is lost; `to_json` writes them out.
        Raises `EncodeError` for an attribute set to what has no exact form on the wire.
        """
        members: dict[str, Any] = {}
        misfits = self._misfits or _NOTHING
        for key, name, codec, _required, _optional in self._known().fields.values():
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
            if key in misfits:
                members[key] = misfits[key][0]
        return {**members, **(self._unknown or _NOTHING)}

    def to_json(self) -> bytes:
        """Write the object as JSON, every digit kept. Raises `EncodeError`."""
        return dumps(self.to_dict())

    @property
    def additional_properties(self) -> dict[str, Any]:
        """What the server sent beside the documented fields, by its name on the wire."""
        if self._unknown is None:
            self._unknown = {}
        return self._unknown

    @property
    def misfits(self) -> Mapping[str, Any]:
        """The raw values that did not fit their fields, by their names on the wire."""
        if not self._misfits:
            return {}
        fields = self._known().fields
        return {
            key: raw
            for key, (raw, _) in self._misfits.items()
            if not self._is_set(fields[key].name)
        }

    def __contains__(self, name: object) -> bool:
        """Whether the server sent the field of this Python name, fitting or not."""
        return any(
            field.name == name
            and (self._is_set(field.name) or field.key in (self._misfits or _NOTHING))
            for field in self._known().fields.values()
        )

    if not TYPE_CHECKING:  # a type checker shall go on refusing names that no model has

        def __getattr__(self, name: str) -> Any:
            for field in self._known().fields.values():
                if field.name == name:
                    return self._read_empty(field)
            raise AttributeError(f"{type(self).__name__} has no field {name!r}")

    def _read_empty(self, field: Field) -> None:
        place = f"{type(self).__name__}.{field.name}"
        if field.key in (self._misfits or _NOTHING):
            _, reason = (self._misfits or _NOTHING)[field.key]
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
        for field in self._known().fields.values():
            value = self._slot(field.name)
            if value is not UNSET:
                yield field.name, value

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return (
            dict(self._fields()) == dict(other._fields())
            and self.misfits == other.misfits
            and (self._unknown or {}) == (other._unknown or {})
        )

    def __repr__(self) -> str:
        parts = [f"{name}={value!r}" for name, value in self._fields()]
        if self._unknown:
            parts.append(f"additional_properties={self._unknown!r}")
        if misfits := self.misfits:
            parts.append(f"misfits={misfits!r}")
        return f"{type(self).__name__}({', '.join(parts)})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """For IPython and hypothesis, which would read what is absent."""
        printer.text(repr(self))

    def __reduce__(self) -> tuple[Any, ...]:
        fields = dict(self._fields())
        return _restore, (type(self), fields, dict(self._misfits or {}), dict(self._unknown or {}))


def _restore(
    cls: type[Model],
    fields: dict[str, Any],
    misfits: dict[str, tuple[Any, str]],
    unknown: dict[str, Any],
) -> Model:
    restored = cls.__new__(cls)
    restored._misfits, restored._unknown = misfits or None, unknown or None
    for name, value in fields.items():
        setattr(restored, name, value)
    return restored
