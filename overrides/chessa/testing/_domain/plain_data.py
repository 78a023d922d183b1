"""Records as values of JSON and back, by the types of their fields."""

import datetime
import types
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias, Union, cast, get_args, get_origin

import attrs

from chessa_api.exact_json import within_bounds

from .._spec.document import is_list
from .clock import LATEST

Record: TypeAlias = Any
_COLLECTIONS: Final[tuple[Any, ...]] = (tuple, set)


def dump(value: Record) -> Any:
    """Return a record, or a collection of them, as values of JSON."""
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    kind: Any = value.__class__
    if attrs.has(kind):
        return {a.alias: dump(getattr(value, a.name)) for a in attrs.fields(kind)}
    if isinstance(value, Mapping):
        members = cast("Mapping[object, Any]", value)
        return {str(key): dump(each) for key, each in members.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [dump(each) for each in cast("Iterable[Any]", value)]
    return value


def load(kind: Any, value: Any, place: str) -> Any:
    """Return a value of JSON as this type. Raises `ValueError`, which names the place, for another.

    Args:
        kind: A type, an attrs class, or a collection of them.
        value: As `dump` returns it.
        place: For the error.
    """
    if kind is Any:
        return value
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        given = next(each for each in inner if each is not type(None))
        return None if value is None else load(given, value, place)
    if origin is Literal:
        return _checked(value, value in inner, place)
    if origin is tuple and inner[1:] != (...,):
        items = _checked(value, is_list(value) and len(value) == len(inner), place)
        return tuple(load(k, each, place) for k, each in zip(inner, items, strict=True))
    if origin in (list, tuple, set, Sequence):
        items = _checked(value, isinstance(value, list), place)
        made = [load(inner[0], each, f"{place}[{n}]") for n, each in enumerate(items)]
        return made if origin not in _COLLECTIONS else _collected(origin, made)
    if origin in (dict, Mapping):
        members = _checked(value, isinstance(value, Mapping), place)
        return {
            str(name): load(inner[1], each, f"{place}.{name}") for name, each in members.items()
        }
    if attrs.has(kind):
        return _record(kind, value, place)
    return _scalar(kind, value, place)


def _collected(kind: Any, values: list[Any]) -> Any:
    return tuple(values) if kind is tuple else set(values)


def _record(kind: Any, value: Any, place: str) -> Any:
    members = _checked(value, isinstance(value, Mapping), place)
    known = {each.alias: each for each in attrs.fields(kind)}
    unknown = sorted(set(members) - set(known))
    if unknown:
        raise ValueError(f"{place} has an unknown member {unknown[0]!r}")
    missing = [n for n, each in known.items() if each.default is attrs.NOTHING and n not in members]
    if missing:
        raise ValueError(f"{place} lacks {missing[0]!r}")
    given = {n: load(known[n].type, each, f"{place}.{n}") for n, each in members.items()}
    try:
        return kind(**given)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None


def _scalar(kind: Any, value: Any, place: str) -> Any:
    if kind is datetime.datetime or kind is Decimal:
        text = _checked(value, isinstance(value, str), place)
        try:
            return _instant(text) if kind is datetime.datetime else _amount(text)
        except (ValueError, ArithmeticError):
            raise ValueError(f"{place} is not {_NAMES[kind]}") from None
    if kind is float and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return float(value)
    is_right = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    return _checked(value, is_right, place)


_NAMES: Final[Mapping[Any, str]] = {
    datetime.datetime: "an aware time in ISO 8601",
    Decimal: "an amount",
}


def _instant(text: str) -> datetime.datetime:
    instant = datetime.datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("it has no time zone")
    instant = instant.astimezone(datetime.UTC)
    if instant > LATEST:
        raise ValueError("it is later than the clock goes")
    return instant


def _amount(text: str) -> Decimal:
    amount = Decimal(text)
    if not (amount.is_finite() and within_bounds(text) and len(text) <= 1_000):
        raise ValueError("it is not an amount")
    return amount


def _checked(value: Any, is_right: bool, place: str) -> Any:
    if not is_right:
        raise ValueError(f"{place} has a value of another type")
    return value
