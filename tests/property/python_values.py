"""Python values that type hints and schemas allow: what a caller may hand in.

Strategies for values of the hint of an argument or attribute whose form on the wire the schema's
constraints allow.
"""

import datetime
import typing
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

import chessa
from chessa_api.model import Model
from tests.property.effective import (
    SCHEMAS,
    Kind,
    Schema,
    items,
    kinds,
    properties,
    tuple_items,
    values,
)
from tests.property.generation import numbers, valid
from tests.property.meaning import names
from tests.property.surface import alternatives, fitting, hints, read_as
from tests.property.synthetic import Direction, goes

_DEEPEST: Final = 12  # of models within models: some schemas hold themselves
_zones: Final = st.just(datetime.UTC) | st.integers(-14 * 3600, 14 * 3600).map(
    lambda offset: datetime.timezone(datetime.timedelta(seconds=offset))
)
_FIRST: Final = datetime.datetime(1, 1, 2)  # noqa: DTZ001 - hypothesis adds the time zone
_LAST: Final = datetime.datetime(9999, 12, 30)  # noqa: DTZ001
_instants: Final = st.datetimes(_FIRST, _LAST, timezones=_zones)
_whole: Final = st.integers(-(10**24), 10**24)


def python_values(
    schema: Any, hint: Any, direction: Direction, depth: int = 0
) -> st.SearchStrategy[Any]:
    """Values of a hint that a schema allows."""
    return st.one_of([_of_kind(kind, hint, direction, depth) for kind in kinds(schema)])


def _of_kind(kind: Kind, hint: Any, direction: Direction, depth: int) -> st.SearchStrategy[Any]:
    match kind.name:
        case "null":
            return st.none()
        case "decimal":
            return _taken(hint).filter(
                lambda value: SCHEMAS.allows(str(value), kind.schema, direction)
            )
        case "number":
            return _taken(hint).filter(lambda value: SCHEMAS.allows(value, kind.schema, direction))
        case "date-time":
            return _instants
        case "date":
            return st.dates()
        case "text-enum" | "integer-enum":
            enum = fitting(kind, hint)
            listed = valid(kind.schema, direction).filter(lambda value: value is not None)
            return listed.map(enum)
        case "array":
            if fixed := tuple_items(kind.schema):
                hints_of = typing.get_args(read_as(kind, hint))
                given = zip(fixed, hints_of, strict=True)
                return st.tuples(*(python_values(*each, direction, depth + 1) for each in given))
            (inner,) = typing.get_args(read_as(kind, hint))
            each = python_values(items(kind.schema), inner, direction, depth + 1)
            least, most = kind.schema.get("minItems", 0), kind.schema.get("maxItems", 2)
            return st.lists(each, min_size=least, max_size=max(least, min(most, 2)))
        case "map":
            _, inner = typing.get_args(read_as(kind, hint))
            each = python_values(values(kind.schema), inner, direction, depth + 1)
            least = kind.schema.get("minProperties", 0)
            return st.dictionaries(st.text(max_size=8), each, min_size=least, max_size=2)
        case "object":
            return models(fitting(kind, hint), kind.schema, direction, depth)
        case _:
            return valid(kind.schema, direction)


def _taken(hint: Any) -> st.SearchStrategy[Decimal | int]:
    """Amounts; an argument may be an int too."""
    return numbers | _whole if int in alternatives(hint) else numbers


def models(
    cls: type[Model], schema: Schema, direction: Direction, depth: int = 0
) -> st.SearchStrategy[Model]:
    """Instances of a class, made by its constructor; what is optional may be left out."""
    named, hinted = names(schema), hints(cls)
    required = {named[key] for key in schema.get("required", ()) if key in named}

    @st.composite
    def made(draw: st.DrawFn) -> Model:
        arguments: dict[str, Any] = {}
        for key, each in properties(schema).items():
            name = named[key]
            if not goes(each, direction):
                continue
            if name in required or (depth < _DEEPEST and draw(st.integers(0, 3))):
                arguments[name] = draw(python_values(each, hinted[name], direction, depth + 1))
            elif draw(st.booleans()):
                arguments[name] = chessa.UNSET
        return cls(**arguments)

    return made()
