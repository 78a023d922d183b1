"""Values of one schema, drawn by schemathesis.

schemathesis draws requests only, so the schema becomes the request body of a synthetic document;
formats that it cannot know (decimal amounts, open enums, timestamps) are registered with it.
"""

import datetime
from collections.abc import Mapping
from typing import Any, Final, Literal

import schemathesis
from hypothesis import strategies as st

from tests.property.effective import SPEC, flag

Direction = Literal["request", "response"]
_LEFT_OUT: Final[Mapping[Direction, str]] = {"request": "readOnly", "response": "writeOnly"}
_LONGEST: Final = 2  # of arrays: longer ones show nothing more, and cost
_POWERS: Final = ("", "", "", "e5", "E+2", "e-7", "E400", "e-400")  # as far as amounts go
_DAYS: Final = st.dates(datetime.date(1, 1, 2), datetime.date(9999, 12, 30))


def _matching(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(pattern, fullmatch=True, alphabet=st.characters(codec="ascii"))


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


def _open_enum(known: list[str]) -> str:
    """Register an open enum; the name of the format that draws it."""
    name = f"open-enum-{'-'.join(known)}"
    changed = st.sampled_from(known).map(str.swapcase) | st.text(max_size=12)
    schemathesis.openapi.format(name, st.sampled_from(known) | changed)
    return name


def drawn(schema: Any, direction: Direction) -> st.SearchStrategy[Any]:
    """Values that schemathesis draws for a schema."""
    components = SPEC.document.get("components", {}).get("schemas", {})
    content = {"application/json": {"schema": _drawable(schema, direction)}}
    operation = {
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "OK"}},
    }
    document = {
        "openapi": SPEC.document["openapi"],
        "info": {"title": "Values of one schema", "version": "1"},
        "paths": {"/value": {"post": operation}},
        "components": {
            "schemas": {name: _drawable(each, direction) for name, each in components.items()}
        },
    }
    loaded = schemathesis.openapi.from_dict(document)
    strategy: st.SearchStrategy[Any] = loaded["/value"]["POST"].as_strategy()
    return strategy.map(lambda case: case.body)


def _drawable(schema: Any, direction: Direction) -> Any:
    """A schema as schemathesis can draw from it."""
    if isinstance(schema, list):
        return [_drawable(item, direction) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    made = {
        key: _drawable(value, direction)
        if key in ("items", "additionalProperties", "allOf", "anyOf", "oneOf")
        else value
        for key, value in schema.items()
        if key not in ("readOnly", "writeOnly")
    }
    if "properties" in schema:
        sent = {k: v for k, v in schema["properties"].items() if goes(v, direction)}
        made["properties"] = {name: _drawable(each, direction) for name, each in sent.items()}
        unsent = set(schema["properties"]) - set(sent)
        made["required"] = [name for name in schema.get("required", ()) if name not in unsent]
    if "x-open-enum" in made and "enum" not in made and made.get("type", "string") == "string":
        made["format"] = _open_enum([value for value in made["x-open-enum"] if value is not None])
    if made.get("format") == "decimal":
        made.pop("pattern", None)  # the format draws what the pattern allows
    if "items" in made:
        most = max(made.get("minItems", 0), _LONGEST)
        made["maxItems"] = min(made.get("maxItems", most), most)
    return made


def goes(schema: Any, direction: Direction) -> bool:
    """Return whether a property is sent this way."""
    return not flag(schema, _LEFT_OUT[direction])
