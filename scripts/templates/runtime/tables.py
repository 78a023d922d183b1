"""Rows of a table: the items of a list model as flat dicts, of types that tables know."""

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from .enums import OpenEnum, OpenIntEnum
from .model import Model
from .types import UNSET


def rows(name: str, items: list[Any]) -> list[dict[str, Any]]:
    """Return a dict for each item; other items than objects are in a column of this name."""
    made = [dict(_cells(type(i), i)) if isinstance(i, Model) else {name: _cell(i)} for i in items]
    columns = dict.fromkeys(column for row in made for column in row)  # several, of a union
    return [{column: row.get(column) for column in columns} for row in made]


def _cells(
    cls: type[Model], model: Model | None, place: str = "", above: tuple[type[Model], ...] = ()
) -> Iterator[tuple[str, Any]]:
    for field in cls._described().fields.values():
        value = UNSET if model is None else model._slot(field.name)
        find = (field.codec.inner or field.codec).find
        nested = None if find is None else find()
        if nested is None or nested in (cls, *above):  # a class within itself would never end
            yield f"{place}{field.name}", _cell(value)
        else:
            within = value if isinstance(value, Model) else None
            yield from _cells(nested, within, f"{place}{field.name}.", (cls, *above))


def _cell(value: Any) -> Any:
    """Return a value without what is ours: subclasses of str, Decimal and datetime, and models."""
    if value is UNSET:
        return None
    if isinstance(value, (OpenEnum, OpenIntEnum)):
        return value.value
    if isinstance(value, Decimal):
        return Decimal(value)
    if isinstance(value, datetime.datetime):
        return _in_utc(value)
    if isinstance(value, Model):
        return value.to_dict(names="python")
    if isinstance(value, (list, tuple)):
        return [_cell(item) for item in value]
    if isinstance(value, dict):
        return {key: _cell(item) for key, item in value.items()}
    return value


def _in_utc(value: datetime.datetime) -> datetime.datetime:
    """Return the same instant: a column of a table has one time zone."""
    plain = datetime.datetime.combine(value.date(), value.timetz())
    try:
        return plain.astimezone(datetime.UTC)
    except OverflowError:  # in the first or last hours of all years
        return plain
