"""Generated decoders: the straight-line code of a model equals the codecs of its fields.

Each attribute and misfit of a model with fields of every kind is what `decode` makes of its value.
"""

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.marks import is_short, table
from tests.pipeline.made import Document, Package, answers, document, make, operation

TEXT: Final = {"type": "string"}
AMOUNT: Final = {**TEXT, "format": "decimal"}
TIME: Final = {**TEXT, "format": "date-time"}
KINDS: Final[Document] = {
    "string": TEXT,
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "decimal": AMOUNT,
    "time": TIME,
    "day": {**TEXT, "format": "date"},
    "free": {},
    "color": {**TEXT, "title": "Color", "x-open-enum": ["created", "red"]},
    "size": {"type": "integer", "title": "Size", "enum": [1, 2]},
    "constant": {**TEXT, "const": "x"},
    "exact_constant": {**AMOUNT, "const": "1.5"},
    "object": {"$ref": "#/components/schemas/Inner"},
    "array": {"type": "array", "items": AMOUNT},
}
USUAL: Final[dict[str, Any]] = {
    "string": "x", "boolean": True, "integer": 7, "number": Decimal("1.5"), "decimal": "1.50",
    "time": "2025-03-18T06:05:27.754Z", "day": "2025-03-18", "free": "x", "color": "created",
    "size": 1, "constant": "x",
    "exact_constant": "1.5", "object": {"page": 1}, "array": ["1"],
}  # fmt: skip
VARIANTS: Final = ("", "nullable_", "optional_")
NAMES: Final = [f"{variant}{kind}" for kind in KINDS for variant in VARIANTS]
ODD_KEY: Final = "a'] = \"{v}\"; __import__('os') #"
TEXTS: Final = (
    "", "x", "1", "-1", "-0", "0.00", "00", "01", "-01", "1.", ".5", "1,2", "1,", ",", "1 ", " 1",
    "1\n", "1_0", "+1", "--1", "NaN", "1e5", "1E-2", "1e401", "\u0661", "9" * 400, "9" * 401,
    "9" * 402, "0." + "0" * 399 + "1", "0." + "0" * 400 + "1", "0." + "0" * 401,
    "2025-03-18T06:05:27.754Z", "2025-03-18t06:05:27.754Z", "2025-03-18 06:05:27.754Z",
    "2025-02-30T06:05:27.754Z", "2025-03-18T06:05:27,754Z", "2025-03-18T06:05:27.7545Z",
    "2025-03-18T06:05:27Z", "2025-W11-2T06:05:27.754Z", "2025-03-18T06:05:60.754Z", "created",
    "-T::.Z", "-------T--:--:--.---Z---", "2025-03-18T24:00:00.000Z", "2025-03-18T20:04:00.000Z",
    "1.5.0", "..", ".", "0.", "00.5", "0/", "0", "9" * 399 + ".5", "\u00b2", "1\u0661",
)  # fmt: skip
OTHERS: Final[tuple[Any, ...]] = (
    None, True, False, 0, 1, -1, 1.5, 2.0, Decimal("1.50"), Decimal("1e500"), Decimal("NaN"), [],
    ["1"], [1.5], {}, {"page": 1}, {"page": "x"},
)  # fmt: skip


def nullable(schema: Document) -> Document:
    """The schema, with null as an alternative."""
    return {"anyOf": [schema, {"type": "null"}]}


def of(**properties: Document) -> Document:
    """An object with these properties."""
    return {"type": "object", "properties": properties}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """A package of models with fields of every kind, in every variant, and of several of one."""
    kinds: Document = {}
    for name, schema in KINDS.items():
        kinds |= {name: schema, f"nullable_{name}": nullable(schema)}
        kinds[f"optional_{name}"] = {"allOf": [schema], "x-optional": True}
    schemas = {
        "Inner": of(page={"type": "integer"}),
        "Kinds": of(**kinds, **{ODD_KEY: {**TEXT, "x-optional": True}}),
        "Amounts": of(a=AMOUNT, b=AMOUNT, c=AMOUNT, d=AMOUNT),
        "Moment": of(moment=TIME),
        "Plain": of(
            string=TEXT, amount=AMOUNT, other=AMOUNT, time=TIME, color=KINDS["color"],
            free={}, nothing=nullable(TEXT), constant=KINDS["constant"],
        ),
        "Node": of(inner={"$ref": "#/components/schemas/Node"}, spoiled=TIME),
    }  # fmt: skip
    holder = of(**{name: {"$ref": f"#/components/schemas/{name}"} for name in schemas})
    paths = {"/all": {"get": operation("read", responses=answers(holder))}}
    return make(Path(tmp_path_factory.mktemp("kinds")), document(paths, schemas, version="3.1.0"))


@pytest.fixture(scope="module")
def values(package: Package) -> list[Any]:
    """Values of every kind, those that only this package makes among them."""
    number = package.module("exact_json").NumberText("9" * 5_000)
    every = [*TEXTS, *OTHERS, number, package.model("Color")("created")]
    return every[::3] if is_short() else every


def plain(value: Any) -> Any:
    """A value with its type, its digits, and the text that it came in."""
    if isinstance(value, Decimal):
        return type(value), str(value), getattr(value, "wire", None)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return type(value), repr(value), getattr(value, "wire", None)


def check(package: Package, model: str, data: dict[str, Any]) -> None:
    """Each field is what its codec makes of its value: an attribute, a misfit, or absent."""
    cls = package.model(model)
    misfit = package.module("codecs").Misfit
    got = cls.from_dict(data)
    assert type(got) is cls
    for key, field in cls._described().fields.items():
        decoded = field.codec.decode(data[key]) if key in data else misfit("is absent")
        assert got._is_set(field.name) != isinstance(decoded, misfit)
        if got._is_set(field.name):
            assert plain(getattr(got, field.name)) == plain(decoded), data[key]
        noted = isinstance(decoded, misfit) and key in data
        assert got._misfits.get(key) == ((data[key], decoded.reason) if noted else None)


@table("name", NAMES)
def test_a_field_is_read_as_its_codec_does(name: str, package: Package, values: list[Any]) -> None:
    """Alone in its object or with all others, whatever its value is; and it spoils no other."""
    usual = {
        each: USUAL[each.removeprefix("nullable_").removeprefix("optional_")] for each in NAMES
    }
    for value in values:
        check(package, "Kinds", {name: value})
        check(package, "Kinds", {**usual, name: value})


@given(st.lists(st.from_regex(r"[-+,.0-9eE_ ]{0,6}"), min_size=4, max_size=4))
def test_amounts_are_read_as_if_alone(package: Package, texts: list[str]) -> None:
    """No text borrows from its neighbour what it lacks."""
    check(package, "Amounts", dict(zip("abcd", texts, strict=True)))


def test_amounts_that_are_looked_at_together_are_read_alone(
    package: Package, values: list[Any]
) -> None:
    """With any other, plain or not, each is what `decode` makes of it, commas included."""
    for first in values:
        for second in values:
            check(package, "Amounts", {"a": first, "b": second, "c": "7.10", "d": "0"})


def test_what_is_no_text_is_not_made_one(package: Package) -> None:
    """Whatever stands where an amount should be is not printed: it may be deep, or refuse."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    class Mute:
        def __format__(self, spec: str) -> str:
            raise AssertionError

        __str__ = __repr__ = object.__repr__

    for odd in (deep, Mute()):
        read = package.model("Amounts").from_dict({"a": "1", "b": odd, "c": "1", "d": "1"})
        assert read.a == 1
        assert read.misfits["b"] is odd


@given(
    st.from_regex(r"2[0-9]{3}-[0-3][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]\.[0-9]{3}Z")
)
def test_instants_are_read_as_decode_does(package: Package, text: str) -> None:
    """The vendor's form names an instant, or none, to the decoder as to the codec."""
    check(package, "Moment", {"moment": text})


@table("amount", ["1500.00000000", "0.00000000", "0", "-0.95", "7"])
@table("time", ["2025-03-18T06:05:27.754Z", "0001-01-01T20:04:00.000Z"])
def test_the_usual_forms_need_no_codec(
    amount: str, time: str, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values of the vendor are read on the spot, into plain values."""
    cls = package.model("Plain")
    monkeypatch.setattr(cls, "_decode_field", pytest.fail)
    usual = {"string": "", "color": "red", "free": None, "nothing": None, "constant": "x"}
    got = cls.from_dict({**usual, "amount": amount, "other": amount, "time": time})
    assert type(got.amount) is type(got.other) is Decimal
    assert type(got.time) is datetime.datetime
    assert type(got.color) is package.model("Color")
    assert str(got.amount) == str(Decimal(amount))
    assert got.time.isoformat(timespec="milliseconds") == time.replace("Z", "+00:00")


@pytest.mark.parametrize("spoiled", ["x", "2025-02-30T06:05:27.754Z"])
def test_an_object_is_read_once_at_every_level(
    spoiled: str, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A misfit in an object does not decode the objects in it, and those in them, again."""
    cls = package.model("Node")
    data: dict[str, Any] = {"inner": {}, "spoiled": spoiled}
    for _ in range(30):
        data = {"inner": data, "spoiled": spoiled}
    calls = []
    decode = cls._decode
    monkeypatch.setattr(cls, "_decode", lambda *given: calls.append(decode(*given)))
    assert cls.from_dict(data).to_dict() == data
    assert len(calls) == 32


def test_names_are_no_code(package: Package) -> None:
    """The name of a field in the document stands in the decoder as a string."""
    got = package.model("Kinds").from_dict({ODD_KEY: ODD_KEY})
    assert got.to_dict() == {ODD_KEY: ODD_KEY}
    assert not got.additional_properties
