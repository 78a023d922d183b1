"""JSON values, drawn by schemathesis from the effective spec and by hypothesis around it.

In: schemas. Out: strategies for valid values, for values that are nearly valid, and for any JSON.
schemathesis has no strategy for responses, so every schema becomes the request body of a synthetic
document. What it cannot know is registered with it: decimal amounts, open enums, more timestamps.
"""

import datetime
import functools
import os
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from tests.property.effective import SCHEMAS, SPEC, Schema, bare, items, kinds, properties, values

Json: TypeAlias = Any
EXAMPLES: Final = int(os.environ.get("CHESSA_PROPERTY_EXAMPLES", "25"))
_SHRINKS: Final = os.environ.get("CHESSA_PROPERTY_SHRINK", "1") != "0"
PROFILE: Final = settings(
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if _SHRINKS else [])],
    derandomize=True,  # the same examples everywhere; other numbers of examples give others
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
_LONGEST: Final = 2  # of arrays: longer ones show nothing more, and cost
_ONE_SIDED: Final = frozenset({"readOnly", "writeOnly"})  # not drawn for requests
_DAYS: Final = st.dates(datetime.date(1, 1, 2), datetime.date(9999, 12, 30))

# ---- Texts that schemathesis cannot know ---------------------------------------------------------


def _matching(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(pattern, fullmatch=True, alphabet=st.characters(codec="ascii"))


_POWERS: Final = ("", "", "", "e5", "E+2", "e-7", "E400", "e-400")  # as far as amounts go


@st.composite
def decimal_texts(draw: st.DrawFn, powers: tuple[str, ...] = _POWERS) -> str:
    """A number of JSON in a text: many digits, trailing zeros, exponents."""
    whole = draw(st.just("0") | _matching("[1-9][0-9]{0,24}"))
    fraction = draw(st.just("") | _matching(r"\.[0-9]{1,24}"))
    return draw(st.sampled_from(["", "-"])) + whole + fraction + draw(st.sampled_from(powers))


@st.composite
def date_times(draw: st.DrawFn) -> str:
    """A timestamp of RFC 3339 that Python can hold: any offset, any length of fraction."""
    day, time = draw(_DAYS), draw(st.times())
    fraction = draw(st.just("") | _matching(r"\.[0-9]{1,9}"))
    offset = draw(st.just("Z") | _matching("[+-](0[0-9]|1[0-4]):[0-5][0-9]"))
    return f"{day.isoformat()}T{time.isoformat('seconds')}{fraction}{offset}"


schemathesis.openapi.format("decimal", decimal_texts())
schemathesis.openapi.format("date-time", date_times())


def _open_enum(schema: Schema) -> str:
    """Register an open enum; the name of the format that draws it."""
    known = [value for value in schema["x-open-enum"] if value is not None]
    name = f"open-enum-{'-'.join(map(str, known))}"
    changed = st.sampled_from(known).map(str.swapcase) | st.text(max_size=12)
    schemathesis.openapi.format(name, st.sampled_from(known) | changed)
    return name


# ---- The synthetic document ----------------------------------------------------------------------


def _drawable(schema: Any, *, whole: bool, closed: bool = True) -> Any:
    """A schema as schemathesis can draw from it; `whole` asks for every property, and no others."""
    if isinstance(schema, list):
        return [_drawable(item, whole=whole, closed=closed) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    made = {
        key: _drawn_keyword(key, value, whole=whole)
        for key, value in schema.items()
        if key not in _ONE_SIDED
    }
    if "x-open-enum" in made and "enum" not in made and made.get("type", "string") == "string":
        made["format"] = _open_enum(made)
    if made.get("format") == "decimal":
        made.pop("pattern", None)  # the format draws what the pattern allows
    if "items" in made:
        most = max(made.get("minItems", 0), _LONGEST)
        made["maxItems"] = min(made.get("maxItems", most), most)
    if whole and made.get("properties"):
        made["required"] = sorted({*made["properties"], *made.get("required", ())})
        if closed:
            made.setdefault("additionalProperties", False)
    return made


def _drawn_keyword(key: str, value: Any, *, whole: bool) -> Any:
    match key:
        case "properties":
            return {name: _drawable(each, whole=whole) for name, each in value.items()}
        case "$ref" if whole:
            return value.replace("/schemas/", "/schemas/Whole.", 1)
        case "items" | "additionalProperties":
            return _drawable(value, whole=whole)
        case "allOf" | "anyOf" | "oneOf":
            return _drawable(value, whole=whole, closed=key != "allOf")
        case _:
            return value


@functools.cache
def _components() -> dict[str, Any]:
    schemas = SPEC.document.get("components", {}).get("schemas", {})
    return {
        f"{'Whole.' if whole else ''}{name}": _drawable(schema, whole=whole)
        for name, schema in schemas.items()
        for whole in (False, True)
    }


def _from_schemathesis(schema: Any, *, whole: bool) -> st.SearchStrategy[Json]:
    content = {"application/json": {"schema": _drawable(schema, whole=whole)}}
    operation = {
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "OK"}},
    }
    document = {
        "openapi": SPEC.document["openapi"],
        "info": {"title": "Values of one schema", "version": "1"},
        "paths": {"/value": {"post": operation}},
        "components": {"schemas": _components()},
    }
    loaded = schemathesis.openapi.from_dict(document)
    strategy: st.SearchStrategy[Any] = loaded["/value"]["POST"].as_strategy()
    return strategy.map(lambda case: case.body)


# ---- Valid, nearly valid, and any JSON -----------------------------------------------------------

_numbers: Final = decimal_texts(powers=("", "", "e5", "E+2", "e-7", "E300", "e-300")).map(Decimal)
_scalars: Final = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | _numbers
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


@functools.cache
def _valid(key: str) -> st.SearchStrategy[Json]:
    schema = _BY_KEY[key]
    drawn = _from_schemathesis(schema, whole=False) | _from_schemathesis(schema, whole=True)
    return _sharpened(schema, drawn).filter(lambda value: SCHEMAS.allows(value, schema))


_BY_KEY: Final[dict[str, Any]] = {}


def valid(schema: Any) -> st.SearchStrategy[Json]:
    """Values that a schema allows, with Decimal for every number that has a fraction."""
    schema = bare(schema)
    _BY_KEY[repr(schema)] = schema
    return _valid(repr(schema))


@st.composite
def _sharpened(draw: st.DrawFn, schema: Any, drawn: st.SearchStrategy[Json]) -> Json:
    """Draw a value, with numbers of more digits than a float has."""
    return _sharper(draw, schema, draw(drawn))


def _sharper(draw: st.DrawFn, schema: Any, value: Json) -> Json:
    if isinstance(value, float):
        value = Decimal(repr(value))
        precise = draw(st.none() | _numbers)
        return precise if precise is not None and SCHEMAS.allows(precise, schema) else value
    if isinstance(value, list):
        inner = next((items(k.schema) for k in kinds(schema) if k.name == "array"), True)
        return [_sharper(draw, inner, item) for item in value]
    if isinstance(value, dict):
        fitting = [kind.schema for kind in kinds(schema) if kind.name in ("object", "map")]
        known = {name: s for one in fitting for name, s in properties(one).items()}
        rest = next((values(one) for one in fitting), True)
        return {name: _sharper(draw, known.get(name, rest), item) for name, item in value.items()}
    return value


@st.composite
def nearly_valid(draw: st.DrawFn, schema: Any) -> Json:
    """A valid value of which one or two places were given, renamed or lost something else."""
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
