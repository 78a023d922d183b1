"""Tuples, maps by patterns, named enum values and directions: drawn, read, and written back.

Features of OpenAPI 3.1, which the vendor's version does not have: a package of its own.
"""

import inspect
import json
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chessa.testing._spec.document import Spec
from chessa.testing._spec.schemas import Schemas
from tests.pipeline.made import Document, Package, answers, content, document, make, operation
from tests.property.generation import numbers
from tests.property.json_text import read, same, written

TEXT: Final[Document] = {"type": "string"}
WHOLE: Final[Document] = {"type": "integer"}
STATE: Final[Document] = {"$ref": "#/components/schemas/State"}


def pair(*items: Document, **rest: Any) -> Document:
    """A tuple of just these items."""
    return {"type": "array", "prefixItems": [*items], "items": False, "minItems": 2, **rest}


PROPERTIES: Final[Document] = {
    "pair": pair({"type": "number"}, STATE),
    "maybe": pair(TEXT, WHOLE, type=["array", "null"]),
    "lines": {"type": "array", "items": pair(TEXT, {"type": "number"})},
    "amounts": {
        "type": "object",
        "patternProperties": {"^x-": {"type": "number"}},
        "additionalProperties": False,
    },
    "either": {
        "type": "object",
        "patternProperties": {"^a": TEXT, "^b": WHOLE},
        "additionalProperties": False,
    },
    "state": STATE,
    "level": {**WHOLE, "enum": [1, 2], "x-enum-varnames": ["LOW", "HIGH"]},
    "madeBy": {**TEXT, "readOnly": True},
    "secret": {**TEXT, "writeOnly": True},
}
THING: Final[Document] = {"$ref": "#/components/schemas/Thing"}
SPEC: Final = document(
    {
        "/things": {
            "post": operation(
                "put",
                requestBody={"required": True, **content(THING)},
                responses=answers(THING),
            )
        }
    },
    {
        "Thing": {"type": "object", "required": ["pair"], "properties": PROPERTIES},
        "State": {**TEXT, "enum": ["a", "b"], "x-enum-varnames": ["FIRST", "SECOND"]},
    },
    version="3.1.0",
)
SCHEMAS: Final = Schemas(Spec(SPEC))

TEXTS: Final = st.text(max_size=5)
STATES: Final = st.sampled_from(["a", "b", "new"])
VALUES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "maybe": st.none() | st.tuples(TEXTS, st.integers()),
    "lines": st.lists(st.tuples(TEXTS, numbers), max_size=2),
    "amounts": st.dictionaries(TEXTS.map("x-{}".format), numbers, max_size=2),
    "either": st.dictionaries(TEXTS.map("a{}".format), TEXTS, max_size=2)
    | st.dictionaries(TEXTS.map("b{}".format), st.integers(), max_size=2),
    "state": STATES,
    "level": st.sampled_from([1, 2, 3]),
}
PAIRS: Final = st.tuples(numbers, STATES)
RECEIVED: Final = st.fixed_dictionaries({"pair": PAIRS}, optional={**VALUES, "madeBy": TEXTS})
SENT: Final = st.fixed_dictionaries({"pair": PAIRS}, optional={**VALUES, "secret": TEXTS})


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The generated package."""
    return make(tmp_path_factory.mktemp("drawn"), SPEC)


def as_json(value: Any) -> Any:
    """Return drawn values as JSON has them: a tuple is an array."""
    return read(written(json_ready(value)))


def json_ready(value: Any) -> Any:
    """Return a value with lists in place of tuples."""
    if isinstance(value, dict):
        return {key: json_ready(each) for key, each in value.items()}
    return [*map(json_ready, value)] if isinstance(value, (tuple, list)) else value


def test_what_comes_is_read_and_goes_back(package: Package) -> None:
    """A tuple is a tuple, a map a dict, an enum keeps what it does not know; no digit is lost."""
    thing, state = package.model("Thing"), package.model("State")

    @given(RECEIVED)
    def holds(drawn: dict[str, Any]) -> None:
        model = thing.from_json(written(json_ready(drawn)))
        named = {{"madeBy": "made_by"}.get(key, key): value for key, value in drawn.items()}
        assert {name: getattr(model, name) for name in named} == named
        assert model.misfits == {}
        assert type(model.pair) is tuple
        assert type(model.pair[0]) is Decimal
        assert type(model.pair[1]) is state
        assert same(read(model.to_json()), as_json(drawn))

    holds()


def test_what_is_sent_is_valid(package: Package) -> None:
    """Arguments of these types become a body that the spec allows, and that means them."""
    known = package.model("State")

    @given(SENT)
    def holds(drawn: dict[str, Any]) -> None:
        package.call("things.put", **drawn, answer='{"pair": [1, "a"]}')
        body = read(package.sent[-1].body)
        assert same(body, as_json(drawn))
        states = {drawn["pair"][1], drawn.get("state", "a")}
        if states <= {"a", "b"} and drawn.get("level") != 3:
            assert SCHEMAS.problems(body, THING, "request", "body") == []
        assert known(drawn["pair"][1]).is_known == (drawn["pair"][1] != "new")

    holds()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("pair", [1]),
        ("pair", [1, "a", 2]),
        ("pair", ["x", "a"]),
        ("pair", {"0": 1}),
        ("maybe", ["a", 1.5]),
        ("lines", [["a"]]),
        ("amounts", {"x-": "1,0"}),
        ("either", {"a": None}),
    ],
)
def test_what_does_not_fit_is_kept(package: Package, key: str, value: Any) -> None:
    """It is a misfit, raises where it is read, and goes back as it came."""
    body = {"pair": [1, "a"], key: value}
    model = package.model("Thing").from_json(json.dumps(body))
    assert {**model.misfits} == {key: read(json.dumps(value))}
    with pytest.raises(package.module("errors").MisfitFieldError):
        getattr(model, key)
    assert read(model.to_json()) == read(json.dumps(body))


def test_named_values_are_constants(package: Package) -> None:
    """By the names that the document gives, of texts and of numbers."""
    state, level = package.model("State"), package.model("ThingLevel")
    assert (state.FIRST, state.SECOND, level.LOW, level.HIGH) == ("a", "b", 1, 2)


def test_each_direction_has_its_own(package: Package) -> None:
    """Callers cannot send what is for reading only, and may send what is for writing only."""
    taken = inspect.signature(package.module("client").Resources(None).things.put).parameters
    assert {*taken} == {"pair", *VALUES, "secret"}
