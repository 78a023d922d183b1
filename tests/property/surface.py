"""The operations, methods, classes and hints of the package, as a program can read them.

Only type hints and operations are read, nothing of how models work.
"""

import datetime
import functools
import importlib
import pkgutil
import types
import typing
from collections.abc import Hashable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import attrs

import chessa
import chessa_api.api
from chessa.testing._spec.document import SpecOperation
from chessa_api.enums import OpenEnum, OpenIntEnum
from chessa_api.exact_json import dumps
from chessa_api.model import Model
from chessa_api.operation import Operation
from chessa_codegen.overlay.essential import ESSENTIAL
from tests.property.effective import (
    SPEC,
    Kind,
    Schema,
    bare,
    items,
    kinds,
    plain,
    properties,
    tuple_items,
    values,
)
from tests.property.json_text import read
from tests.property.meaning import has_all, names
from tests.property.synthetic import Direction


def every_operation() -> Iterator[Operation[Any]]:
    """Yield what the package offers."""
    prefix = f"{chessa_api.api.__name__}."
    for module in pkgutil.walk_packages(chessa_api.api.__path__, prefix):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Operation):
                yield value


DOCUMENTED: Final[tuple[SpecOperation, ...]] = SPEC.operations
_OFFERED: Final = {(each.method, each.path): each for each in every_operation()}


def is_offered(documented: SpecOperation) -> bool:
    """Return whether the package has an operation of the spec."""
    return (documented.method, documented.path) in _OFFERED


def offered(documented: SpecOperation) -> Operation[Any]:
    """Return the package's operation for one of the spec."""
    return _OFFERED[documented.method, documented.path]


def offered_names() -> list[str]:
    """The names of all that the package offers."""
    return sorted({each.name for each in every_operation()})


def method(client: object, name: str) -> Any:
    """The method of a client: `orders.create`."""
    resource, _, last = name.partition(".")
    return getattr(getattr(client, resource), last)


def method_hints(client: object, name: str) -> dict[str, Any]:
    """The hints of a method: of each argument, and of what it returns."""
    return typing.get_type_hints(method(client, name).__func__)


def result_hint(operation: Operation[Any]) -> Any:
    """Return the hint of the result of an operation's method."""
    return method_hints(_CLIENT, operation.name)["return"]


_CLIENT: Final = chessa.Chessa(client_id="id", client_secret="secret")

# ---- Classes and their schemas -------------------------------------------------------------------


@attrs.frozen(eq=False)
class Place:
    """A schema of an object and the class that it is read into."""

    cls: type[Model]
    schema: Schema
    where: str
    direction: Direction
    required: Sequence[str] = ()
    """What decoding cannot do without: essential in every schema of the class."""

    def __str__(self) -> str:
        return f"{self.cls.__name__} of {self.where}"


def hints(cls: type[Model]) -> dict[str, Any]:
    """The hints of the attributes that a class documents."""
    written = tuple(cls.__annotations__.items())  # a planted mistake may change them
    named = tuple(attribute.name for attribute in attrs.fields(cls))
    return _hints(typing.cast("Hashable", cls), named, written)


@functools.cache
def _hints(cls: Hashable, names: tuple[str, ...], _written: tuple[Any, ...]) -> dict[str, Any]:
    every = typing.get_type_hints(cls)
    return {name: every[name] for name in names}


def alternatives(hint: Any) -> tuple[Any, ...]:
    """The parts of a union; a hint that is none, alone."""
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    return typing.get_args(hint) if is_union else (hint,)


def fitting(kind: Kind, hint: Any) -> Any:
    """The part of a hint that stands for a kind of value; None when there is none."""
    for part in alternatives(hint):
        if _stands_for(kind, part):
            return part
    return None


def _stands_for(kind: Kind, part: Any) -> bool:
    origin = typing.get_origin(part)
    is_class = isinstance(part, type) and origin is None
    match kind.name:
        case "object":
            return is_class and issubclass(part, Model) and has_all(part, kind.schema)
        case "map":
            return origin is dict
        case "array":
            return origin is (tuple if tuple_items(kind.schema) else list)
        case "text-enum":
            return is_class and issubclass(part, OpenEnum)
        case "integer-enum":
            return is_class and issubclass(part, OpenIntEnum)
        case "null":
            return part is type(None)
        case "any":
            return part is Any
    return bool(part is _PLAIN[kind.name])


_PLAIN: Final[Mapping[str, type]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": Decimal,
    "decimal": Decimal,
    "date": datetime.date,
    "date-time": datetime.datetime,
}


@functools.cache
def places() -> list[Place]:
    """List every object in a response or a body, with the class that it is read into."""
    found: dict[tuple[type[Model], str], Place] = {}
    for documented in filter(is_offered, DOCUMENTED):
        for root in [*_answers(documented), *_bodies(documented)]:
            for place in _below(root):
                found.setdefault((place.cls, repr(bare(place.schema))), place)
    needed: dict[type[Model], set[str]] = {}
    for place in found.values():
        of_this = {*place.schema.get(ESSENTIAL, ())}
        needed[place.cls] = needed.get(place.cls, of_this) & of_this
    return [attrs.evolve(place, required=sorted(needed[place.cls])) for place in found.values()]


@attrs.frozen
class _Root:
    """The root of a walk: a schema, and the hint of the value that it becomes."""

    schema: Any
    hint: Any
    where: str
    direction: Direction


def _answers(documented: SpecOperation) -> Iterator[_Root]:
    operation = offered(documented)
    for status, answer in documented.answers.items():
        codec = operation.responses.get(status)
        if answer.schema is not None and codec is not None:
            hint = codec.find() if codec.find else result_hint(operation)
            yield _Root(answer.schema, hint, f"{operation.name} {status}", "response")


def _bodies(documented: SpecOperation) -> Iterator[_Root]:
    operation, schema = offered(documented), documented.body_schema()
    typed = method_hints(_CLIENT, operation.name)
    for argument in operation.arguments if schema is not None else ():
        where = f"{operation.name}({argument.name})"
        if argument.location == "body":
            yield _Root(schema, typed[argument.name], where, "request")
        elif argument.location == "member":
            member = properties(plain(schema)).get(argument.wire, True)
            yield _Root(member, typed[argument.name], where, "request")


def _below(root: _Root) -> Iterator[Place]:
    seen: set[tuple[Any, str]] = set()
    waiting = [(root.schema, root.hint, root.where)]
    while waiting:
        schema, hint, where = waiting.pop()
        for kind in kinds(schema):
            part = read_as(kind, hint)
            if part is None or (part, repr(kind.schema)) in seen:
                continue
            seen.add((part, repr(kind.schema)))
            if kind.name == "array":
                waiting.append((items(kind.schema), typing.get_args(part)[0], f"{where}[]"))
            elif kind.name == "map":
                waiting.append((values(kind.schema), typing.get_args(part)[1], f"{where}{{}}"))
            elif kind.name == "object":
                yield Place(part, kind.schema, where, root.direction)
                named, hinted = names(kind.schema), hints(part)
                waiting += [
                    (each, hinted[named[key]], f"{where}.{key}")
                    for key, each in properties(kind.schema).items()
                    if named[key] in hinted
                ]


def read_as(kind: Kind, hint: Any) -> Any:
    """The part of a hint that a kind is read into; arguments take any sequence and mapping."""
    for part in alternatives(hint):
        origin = typing.get_origin(part)
        if kind.name == "array" and origin in (list, Sequence, tuple):
            return part
        if kind.name == "map" and origin in (dict, Mapping):
            return part
    return fitting(kind, hint) if kind.name == "object" else None


def as_wire(operation: Operation[Any], status: int, result: Any) -> Any:
    """Return a complete response as the JSON that it is written back to."""
    if isinstance(result, Model):
        return read(result.to_json())
    codec = operation.responses.get(str(status)) or operation.responses[f"{status // 100}XX"]
    return None if codec is None else read(dumps(codec.encode(result)))


def takes(kind: Kind, hint: Any) -> bool:
    """Return whether the hint of an argument has a part for a kind of value."""
    return read_as(kind, hint) is not None or fitting(kind, hint) is not None


# ---- Hints at run time ---------------------------------------------------------------------------


def conforms(value: Any, hint: Any) -> bool:
    """Return whether a value is what a hint says, to its last attribute."""
    return any(_is(value, part) for part in alternatives(hint))


def _is(value: Any, hint: Any) -> bool:
    origin = typing.get_origin(hint)
    if hint is Any:
        return True
    if hint is None or hint is type(None):
        return value is None
    if origin is list:
        (inner,) = typing.get_args(hint)
        return type(value) is list and all(conforms(item, inner) for item in value)
    if origin is tuple:
        inner = typing.get_args(hint)
        same = type(value) is tuple and len(value) == len(inner)
        return same and all(map(conforms, value, inner))
    if origin is dict:
        _, inner = typing.get_args(hint)
        return type(value) is dict and all(conforms(item, inner) for item in value.values())
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint is datetime.datetime:
        return isinstance(value, datetime.datetime) and value.utcoffset() is not None
    if hint is datetime.date:
        return isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)
    if not isinstance(value, hint):
        return False
    return not isinstance(value, Model) or misfit_attributes(value) == []


def misfit_attributes(model: Model) -> list[str]:
    """The attributes of a model that can be read, and are not what their hints say."""
    return [
        f"{type(model).__name__}.{name}"
        for name, hint in hints(type(model)).items()
        if hasattr(model, name) and not conforms(getattr(model, name), hint)
    ]
