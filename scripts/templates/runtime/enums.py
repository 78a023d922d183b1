"""Open enums: strings and integers with their known values as constants, open to new ones.

A value that the spec does not list yet is kept as received, compares equal to it and is sent back
unchanged; `is_known` tells the two apart. The class is iterable: `list(OrderStatus)`.
"""

from collections.abc import Iterator
from typing import Any, ClassVar, Self, TypeVar

_Member = TypeVar("_Member", bound="OpenEnum | OpenIntEnum")
_T = TypeVar("_T")


class Known:
    """A listed value of an open enum: `CREATED = Known("created")`."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __get__(self, instance: object, owner: type[_Member]) -> _Member:
        return owner(self.value)


class _Listed(type):
    """A class that iterates over its known values, in the order of the spec."""

    members: dict[Any, Any]

    def __iter__(cls: type[_T]) -> Iterator[_T]:
        members: dict[Any, _T] = vars(cls)["members"]
        return iter(members.values())

    def __len__(cls) -> int:
        return len(cls.members)


def _collect(cls: type[Any], base: type[Any]) -> dict[Any, Any]:
    members: dict[Any, Any] = {}
    for name, constant in list(vars(cls).items()):
        if isinstance(constant, Known):
            member = members.setdefault(constant.value, base.__new__(cls, constant.value))
            setattr(cls, name, member)
    return members


class OpenEnum(str, metaclass=_Listed):
    """A string with known values. Any other string is a member too, with `is_known` false."""

    __slots__ = ()
    members: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        cls.members = _collect(cls, str)

    def __new__(cls, value: str) -> Self:
        member: Self | None = cls.members.get(value)
        return str.__new__(cls, value) if member is None else member

    @property
    def value(self) -> str:
        """The plain string."""
        return str.__str__(self)

    @property
    def is_known(self) -> bool:
        """Return whether the spec lists this value."""
        return self.value in self.members

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        from .pydantic_support import enum_schema

        return enum_schema(cls, str)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        from .pydantic_support import json_schema

        return json_schema(cls, schema, handler)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __str__(self) -> str:
        return str.__str__(self)


class OpenIntEnum(int, metaclass=_Listed):
    """An integer with known values. Any other integer is a member too, with `is_known` false."""

    __slots__ = ()
    members: ClassVar[dict[int, Any]] = {}

    def __init_subclass__(cls) -> None:
        cls.members = _collect(cls, int)

    def __new__(cls, value: int) -> Self:
        member: Self | None = cls.members.get(value)
        return int.__new__(cls, value) if member is None else member

    @property
    def value(self) -> int:
        """The plain integer."""
        return int(self)

    @property
    def is_known(self) -> bool:
        """Return whether the spec lists this value."""
        return self.value in self.members

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        from .pydantic_support import enum_schema

        return enum_schema(cls, int)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        from .pydantic_support import json_schema

        return json_schema(cls, schema, handler)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({int(self)})"
