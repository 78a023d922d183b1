"""Models and enums as types of pydantic (version 2). Only pydantic makes this module load.

A model is read as `from_dict` reads it, and written as `to_dict` writes it. Its JSON schema is that
of the spec, in `schemas.json`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from typing import Any, Final

from pydantic_core import PydanticCustomError, core_schema

from . import models
from .errors import DecodeError
from .schemas import DEFINITIONS, definitions

_BEING_DESCRIBED: Final[ContextVar[frozenset[str]]] = ContextVar(
    "being_described", default=frozenset()
)
"""The classes around the one that is described: they refer to each other."""


def model_schema(cls: Any) -> Any:
    """Return the core schema of a model."""

    def validate(value: Any) -> Any:
        if isinstance(value, cls):
            return value
        try:
            return cls.from_dict(value)
        except DecodeError as error:
            reason = str(error)
        raise PydanticCustomError("decode_error", "{reason}", {"reason": reason})

    def serialize(value: Any, info: core_schema.SerializationInfo) -> Any:
        if not isinstance(value, cls):
            return value
        return _as_json(value.to_dict()) if info.mode_is_json() else value.to_dict()

    return core_schema.no_info_plain_validator_function(
        validate,
        ref=_name(cls),
        serialization=core_schema.plain_serializer_function_ser_schema(serialize, info_arg=True),
    )


def enum_schema(cls: Any, plain: type) -> Any:
    """Return the core schema of an open enum, whose values are of the type `plain`."""
    inner = core_schema.str_schema() if plain is str else core_schema.int_schema()
    return core_schema.no_info_after_validator_function(cls, inner, ref=_name(cls))


def _as_json(value: Any) -> Any:
    """Return a JSON value that pydantic writes as the same one.

    It would write a Decimal as text, so a number is an int or a float where that is exact.
    """
    if isinstance(value, dict):
        return {key: _as_json(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    if not isinstance(value, Decimal):
        return value
    if not value.is_finite():  # which pydantic reads as a float, and JSON does not have
        return str(value)
    if value == value.to_integral_value():
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else str(value)


# ---- JSON schema --------------------------------------------------------------------------------


def json_schema(cls: Any, schema: Any, handler: Any) -> Any:
    """Return the JSON schema of a class; the classes in it are definitions of their own."""
    if "ref" not in schema:
        return _reference(cls, handler)
    with _within(_name(cls)):
        return _resolved(
            definitions()[cls.__name__], lambda name: _reference(getattr(models, name), handler)
        )


def _reference(cls: Any, handler: Any) -> Any:
    """Have pydantic define a class, and return the reference to it: as to the items of a list."""
    from pydantic import TypeAdapter

    name = _name(cls)
    if name in _BEING_DESCRIBED.get():
        items: Any = core_schema.definition_reference_schema(name)
    else:
        items = {**TypeAdapter(cls).core_schema, "ref": name}
    return handler(core_schema.list_schema(items))["items"]


def _resolved(schema: Any, refer: Callable[[str], Any]) -> Any:
    if isinstance(schema, list):
        return [_resolved(item, refer) for item in schema]
    if not isinstance(schema, dict):
        return schema
    members = {key: _resolved(member, refer) for key, member in schema.items()}
    target = members.pop("$ref", None)
    return members if target is None else {**refer(target.removeprefix(DEFINITIONS)), **members}


@contextmanager
def _within(name: str) -> Iterator[None]:
    token = _BEING_DESCRIBED.set(_BEING_DESCRIBED.get() | {name})
    try:
        yield
    finally:
        _BEING_DESCRIBED.reset(token)


def _name(cls: type) -> str:
    """Return the name that pydantic knows a class by, and shortens to that of the class."""
    return f"{cls.__module__}.{cls.__qualname__}:{id(cls)}"
