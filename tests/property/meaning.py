"""The oracle: what a JSON value of a schema means in Python.

Written from the schemas alone; no codec of the package is called.
"""

import datetime
import functools
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import attrs

from chessa_api.enums import OpenEnum, OpenIntEnum
from chessa_api.model import Model
from chessa_codegen.ir import naming
from tests.property.effective import (
    SCHEMAS,
    Kind,
    flag,
    items,
    kinds,
    parts,
    plain,
    properties,
    spelling,
    tuple_items,
    values,
)
from tests.property.json_text import same

_INSTANT: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))"
)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")  # RFC 8259
_NAMES: Final[Mapping[str, Mapping[str, str]]] = json.loads(
    (Path(__file__).resolve().parents[2] / "spec" / "names.json").read_text("utf-8")
)["attributes"]
_MICROSECOND: Final = Fraction(1, 1_000_000)
_EPOCH: Final = datetime.datetime(1, 1, 1)  # noqa: DTZ001 - only differences are taken


def names(schema: Mapping[str, Any]) -> dict[str, str]:
    """The Python name of every property of an object, by its name on the wire.

    Of several that want one name, the one that had it before keeps it.
    """
    asked = {}
    for key, each in properties(schema).items():
        pinned = plain(each).get("x-python-name") if isinstance(each, Mapping) else None
        asked[key] = pinned or key
    return _named(schema.get("title", ""), tuple(asked.items()))


@functools.cache
def _named(title: str, asked: tuple[tuple[str, str], ...]) -> dict[str, str]:
    known = _NAMES.get(title, {})
    wanted = [naming.snake(name, naming.FIELD_NAMES_TAKEN) for _, name in asked]
    found: dict[str, str] = {}
    for (key, _), first, other in zip(asked, wanted, naming.distinct(wanted), strict=True):
        had = known.get(key, "")
        found[key] = had if re.fullmatch(rf"{first}(_[0-9]+)?", had) else other
    return found


def has_all(cls: type[Model], schema: Mapping[str, Any]) -> bool:
    """Return whether a class has an attribute for every property of an object."""
    return set(names(schema).values()) <= {attribute.name for attribute in attrs.fields(cls)}


def instant(text: str) -> Fraction | None:
    """Seconds since the year 1 of an RFC 3339 timestamp, exactly; None for what is none."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(found[number]) for number in range(1, 7))
    try:
        whole = datetime.datetime(year, month, day, hour, minute, second) - _EPOCH  # noqa: DTZ001
    except ValueError:
        return None
    offset = 0
    if found[9]:
        offset = (int(found[10]) * 60 + int(found[11])) * (60 if found[9] == "+" else -60)
    fraction = Fraction(int(found[7]), 10 ** len(found[7])) if found[7] else Fraction(0)
    return whole.days * 86_400 + whole.seconds - offset + fraction


def seconds(value: datetime.datetime) -> Fraction:
    """Seconds since the year 1 of an aware datetime, exactly."""
    offset = value.utcoffset() or datetime.timedelta()
    since = value.replace(tzinfo=None) - _EPOCH
    return Fraction((since - offset) // datetime.timedelta(microseconds=1), 1_000_000)


def same_on_the_wire(schema: Any, one: Any, other: Any) -> bool:
    """Return whether two JSON values say the same: instants as instants, all else to the letter."""
    if isinstance(one, str) and isinstance(other, str):
        is_instant = any(kind.name == "date-time" for kind in kinds(schema))
        return one == other or (is_instant and instant(one) == instant(other) is not None)
    if isinstance(one, list) and isinstance(other, list) and len(one) != len(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() != other.keys():
        return False
    if isinstance(one, (list, dict)) and type(one) is type(other):
        return all(same_on_the_wire(each, one[at], other[at]) for at, each in parts(schema, one))
    return same(one, other)


def problems(schema: Any, wire: Any, value: Any, *, strict: bool = True) -> list[str]:
    """List the places where a Python value does not mean the JSON value it was read from.

    Not `strict`: a value that the schema does not allow may have been kept as a misfit.
    """
    every = kinds(schema)
    allowed = [kind for kind in every if len(every) == 1 or SCHEMAS.allows(wire, kind.schema)]
    by_kind = [list(_of_kind(kind, wire, value, strict=strict)) for kind in allowed or every]
    return min(by_kind, key=len, default=[])


def _of_kind(kind: Kind, wire: Any, value: Any, *, strict: bool) -> Iterator[str]:
    match kind.name:
        case "array":
            yield from _of_array(kind, wire, value, strict=strict)
        case "map":
            yield from _of_map(kind, wire, value, strict=strict)
        case "object":
            yield from _of_object(kind, wire, value, strict=strict)
        case _:
            if not _is_meant(kind, wire, value):
                yield f"{kind.name} {wire!r} became {type(value).__name__} {value!r}"


def _is_meant(kind: Kind, wire: Any, value: Any) -> bool:
    match kind.name:
        case "null":
            return wire is None and value is None
        case "any":
            return same(wire, value)
        case "string":
            return isinstance(wire, str) and isinstance(value, str) and wire == value
        case "boolean":
            return isinstance(wire, bool) and wire is value
        case "integer":
            return type(value) is int and not isinstance(wire, bool) and wire == value
        case "number" | "decimal":
            return _is_number(value) and _amount(wire) == value
        case "date":
            return type(value) is datetime.date and value.isoformat() == wire
        case "date-time":
            return isinstance(wire, str) and _is_instant(wire, value)
        case "text-enum" | "integer-enum":
            return (
                wire == value and isinstance(value, (OpenEnum, OpenIntEnum)) and _known(kind, value)
            )
    raise AssertionError(kind.name)


def _is_number(value: Any) -> bool:
    """Return whether it is an exact number; an int stands for an amount in an argument."""
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _amount(wire: Any) -> Decimal | None:
    """Return the number of a JSON value: a response may have it as a number or in a text."""
    if isinstance(wire, str):
        return Decimal(wire) if _NUMBER.fullmatch(wire) else None
    return Decimal(wire) if _is_number(wire) else None


def _is_instant(wire: str, value: Any) -> bool:
    if not isinstance(value, datetime.datetime) or value.utcoffset() is None:
        return False
    exact = instant(wire)
    return exact is not None and 0 <= exact - seconds(value) < _MICROSECOND


def _known(kind: Kind, value: OpenEnum | OpenIntEnum) -> bool:
    if value in kind.schema.get("enum", ()) or value.is_known:
        return value.is_known
    known = {spelling(each) for each in type(value)}
    return value not in kind.schema.get("x-open-enum", ()) or spelling(value) in known


def _of_array(kind: Kind, wire: Any, value: Any, *, strict: bool) -> Iterator[str]:
    fixed = tuple_items(kind.schema)
    held = tuple if fixed else list
    if not isinstance(wire, list) or type(value) is not held or len(wire) != len(value):
        yield f"array became {type(value).__name__} {value!r}"
        return
    inner = fixed or [items(kind.schema)] * len(wire)
    for position, (sent, got) in enumerate(zip(wire, value, strict=True)):
        for problem in problems(inner[position], sent, got, strict=strict):
            yield f"[{position}]: {problem}"


def _of_map(kind: Kind, wire: Any, value: Any, *, strict: bool) -> Iterator[str]:
    if not isinstance(wire, dict) or not isinstance(value, dict) or wire.keys() != value.keys():
        yield f"map became {type(value).__name__} {value!r}"
        return
    for name, sent in wire.items():
        for problem in problems(values(kind.schema), sent, value[name], strict=strict):
            yield f"[{name!r}]: {problem}"


def _of_object(kind: Kind, wire: Any, value: Any, *, strict: bool) -> Iterator[str]:
    if not isinstance(wire, dict) or not isinstance(value, Model):
        yield f"object became {type(value).__name__} {value!r}"
        return
    named = names(kind.schema)
    if not has_all(type(value), kind.schema):
        yield f"object became a {type(value).__name__}, which lacks fields"
    for key, each in properties(kind.schema).items():
        name = named[key]
        if (key in wire) != (name in value):
            yield f".{name}: {'lost' if key in wire else 'made up'}"
        elif not strict and key in wire and _reads_as_absent(each, name, value, wire[key]):
            pass
        elif key in wire and (strict or key not in value.misfits):
            for problem in problems(each, wire[key], getattr(value, name, _NOTHING), strict=strict):
                yield f".{name}: {problem}"
        elif key in wire and not same(value.misfits[key], wire[key]):
            yield f".{name}: its misfit is not what came"
        elif key not in wire and not _reads_as_absent(each, name, value):
            yield f".{name}: is absent, and reads as something"
    unknown = {key: wire[key] for key in wire if key not in named}
    if not same(unknown, {**value.additional_properties}) and not _is_shared(value, named):
        yield f"unknown keys became {value.additional_properties!r}"


def _reads_as_absent(schema: Any, name: str, value: Model, wire: Any = None) -> bool:
    """Return whether a field reads as it does when it is absent; null is as good as absent."""
    got = getattr(value, name, _NOTHING)
    if wire is not None:
        return False
    return got is None if flag(schema, "x-optional") else got is _NOTHING


def _is_shared(value: Model, named: Mapping[str, str]) -> bool:
    """Return whether the class has fields that this schema does not know: others share it."""
    return len(attrs.fields(type(value))) > len(named)


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


_NOTHING: Final = _Nothing()
