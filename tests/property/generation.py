"""JSON values around the effective spec: valid ones, nearly valid ones, and any.

Numbers have more digits than a float, and objects more of their properties than chance would give.
"""

import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final, TypeAlias

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from tests.property.effective import SCHEMAS, bare, parts, plain, properties
from tests.property.synthetic import Direction, date_times, decimal_texts, drawn, goes

Json: TypeAlias = Any
_SHRINKS: Final = os.environ.get("CHESSA_PROPERTY_SHRINK", "1") != "0"
_EXAMPLES: Final = settings().max_examples // 10  # of each of hundreds of tests
PROFILE: Final = settings(
    max_examples=int(os.environ.get("CHESSA_PROPERTY_EXAMPLES", _EXAMPLES)),
    phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if _SHRINKS else [])],
    derandomize=True,  # the same tests and number of examples draw the same examples
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

numbers: Final = decimal_texts(powers=("", "", "e5", "E+2", "e-7", "E300", "e-300")).map(Decimal)
_scalars: Final = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | numbers
    | st.text(max_size=12)
    | decimal_texts()
    | date_times()
)
any_json: Final[st.SearchStrategy[Json]] = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)

# ---- Valid ---------------------------------------------------------------------------------------

_Strategy: TypeAlias = Callable[[Any, Direction], st.SearchStrategy[Json]]


def _once(make: _Strategy) -> _Strategy:
    """Make the strategy of a schema once: to prepare one costs more than to draw from it."""
    made: dict[str, st.SearchStrategy[Json]] = {}

    def remembered(schema: Any, direction: Direction) -> st.SearchStrategy[Json]:
        key = f"{direction} {schema!r}"
        if key not in made:
            made[key] = make(schema, direction)
        return made[key]

    return remembered


def valid(schema: Any, direction: Direction = "response") -> st.SearchStrategy[Json]:
    """Values that a schema allows, with Decimal for every number that has a fraction."""
    return _valid(bare(schema), direction)


@_once
def _valid(schema: Any, direction: Direction) -> st.SearchStrategy[Json]:
    return _completed(schema, direction).filter(
        lambda value: SCHEMAS.allows(value, schema, direction)
    )


_drawn: Final = _once(drawn)


@st.composite
def _completed(draw: st.DrawFn, schema: Any, direction: Direction) -> Json:
    """Draw a value; give an object, half of the time, all the properties that it lacks."""
    value = _sharper(draw, schema, draw(_drawn(schema, direction)))
    if isinstance(value, dict) and draw(st.booleans()):
        for name, each in properties(plain(schema)).items():
            if name not in value and goes(each, direction):
                value[name] = _sharper(draw, each, draw(_drawn(each, direction)))
    return value


def _sharper(draw: st.DrawFn, schema: Any, value: Json) -> Json:
    """The value with numbers of more digits than a float has."""
    if isinstance(value, float):
        value = Decimal(repr(value))
        precise = draw(st.none() | numbers)
        return precise if precise is not None and SCHEMAS.allows(precise, schema) else value
    if isinstance(value, (list, dict)):
        sharper = {at: _sharper(draw, each, value[at]) for at, each in parts(schema, value)}
        return list(sharper.values()) if isinstance(value, list) else sharper
    return value


# ---- Nearly valid --------------------------------------------------------------------------------


@st.composite
def nearly_valid(draw: st.DrawFn, schema: Any) -> Json:
    """A valid value of which one or two places were replaced, renamed, dropped or added."""
    value = draw(valid(schema))
    for _ in range(draw(st.integers(1, 2))):
        places = list(_places(value))
        if places:
            holder, key = draw(st.sampled_from(places))
            _spoil(draw, holder, key)
        else:
            value = draw(any_json)
    return value


def _places(value: Json) -> Iterator[tuple[Any, Any]]:
    """Every place in a value, as its holder and its key there."""
    keys = value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0)
    for key in list(keys):
        yield value, key
        yield from _places(value[key])


def _spoil(draw: st.DrawFn, holder: Any, key: Any) -> None:
    if isinstance(holder, dict):
        match draw(st.sampled_from(["replace", "replace", "drop", "rename", "add"])):
            case "drop":
                del holder[key]
                return
            case "rename":
                holder[draw(st.text(max_size=8))] = holder.pop(key)
                return
            case "add":
                key = draw(st.text(max_size=8))
    holder[key] = draw(any_json)
