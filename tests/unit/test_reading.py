"""Reading objects: by a function made for their shape, or value by value, to the same end.

Enters: values of every kind, objects of all shapes, in any order. Leaves: what each would be if it
were the only one, read by what `decode` says.
"""

import datetime
import threading
from collections import UserDict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chessa import UNSET, DecodeError
from chessa.models import Order, OrderStatus, Pagination
from chessa_api import wire
from chessa_api.codecs import Codec, Misfit
from chessa_api.exact_json import NumberText
from chessa_api.model import Model
from chessa_api.scalars import WireDateTime, WireDecimal

INNER: Final[dict[str, Codec]] = {
    "string": wire.STRING,
    "boolean": wire.BOOLEAN,
    "integer": wire.INTEGER,
    "number": wire.NUMBER,
    "decimal": wire.DECIMAL,
    "date-time": wire.DATE_TIME,
    "date": wire.DATE,
    "json": wire.JSON,
    "enum": wire.open_enum(OrderStatus),
    "constant": wire.constant(wire.DECIMAL, "1.5"),
    "model": wire.model(lambda: Pagination),
    "array": wire.array(wire.DECIMAL),
}
CODECS: Final = {
    **INNER,
    **{f"nullable {name}": wire.nullable(codec) for name, codec in INNER.items()},
}
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
    ["1"], [1.5], {}, {"page": 1}, {"page": "x"}, NumberText("9" * 5_000), OrderStatus("created"),
)  # fmt: skip


def plain(value: Any) -> Any:
    """A value with its type, its digits, and the text that it came in."""
    if isinstance(value, Misfit):
        return Misfit, value.reason
    if isinstance(value, Decimal):
        return type(value), str(value), getattr(value, "wire", None)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return type(value), repr(value), getattr(value, "wire", None)


# ---- Values of every kind ------------------------------------------------------------------------


def of_fields(fields: Mapping[str, Codec]) -> type[Any]:
    """A model with these fields, none of them required."""
    attributes = {name: wire.documented(name, codec) for name, codec in fields.items()}
    options: Any = {"slots": True, "eq": False, "repr": False, "kw_only": True}
    made: type[Any] = attrs.make_class("Made", attributes, bases=(Model,), **options)
    return made


def read_by_function(cls: type[Any], data: dict[str, Any]) -> Any:
    """The object as the function for its shape reads it, which may leave it to `decode`."""
    reading = cls._known()
    names = tuple(key for key in reading.fields if key in data)
    if names not in reading._readers:
        reading._readers[names] = reading._compiled(names)
    return cls.from_dict(data)


def plainly(model: Any) -> dict[str, Any]:
    """What a model holds, with types and texts."""
    held = {name: plain(value) for name, value in model._fields()}
    return {"": plain([*model.misfits.items()]), "?": model._misfits, **held}


def read_by_value(cls: type[Any], data: dict[str, Any]) -> Any:
    """The object as it is read if it is the first of its model."""
    reading, cls._reading = cls._reading, None
    try:
        return cls.from_dict(data)
    finally:
        cls._reading = reading


def check(cls: type[Any], data: dict[str, Any]) -> None:
    """A function for the shape gives what reading value by value does, and what `decode` does."""
    got = read_by_function(cls, data)
    assert plainly(got) == plainly(read_by_value(cls, data))
    for name, value in data.items():
        decoded = cls._known().fields[name].codec.decode(value)
        if isinstance(decoded, Misfit):
            assert got._misfits[name] == (value, decoded.reason)
            assert not got._is_set(name)
        else:
            assert plain(getattr(got, name)) == plain(decoded), value


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_the_usual_way_reads_as_decode_does(codec: Codec) -> None:
    """What the code of a codec comes to is what `decode` does, for values of every kind."""
    cls = of_fields({"value": codec})
    for value in (*TEXTS, *OTHERS):
        check(cls, {"value": value})


USUAL: Final[dict[str, Any]] = {
    "string": "x", "boolean": True, "integer": 7, "number": Decimal("1.5"), "decimal": "1.50",
    "date-time": "2025-03-18T06:05:27.754Z", "date": "2025-03-18", "json": "x", "enum": "created",
    "constant": "1.5", "model": {"page": 1}, "array": ["1"],
}  # fmt: skip


def names_of(kinds: Mapping[str, Any]) -> dict[str, Any]:
    """The kinds as attributes may be called."""
    return {kind.replace(" ", "_").replace("-", "_"): each for kind, each in kinds.items()}


@pytest.mark.parametrize("kind", names_of(CODECS))
def test_an_odd_value_spoils_no_other(kind: str) -> None:
    """Whatever one field holds, the others are read as ever, and it is read as if it were alone."""
    codecs = names_of(CODECS)
    usual = names_of(USUAL)
    data = {name: usual[name.removeprefix("nullable_")] for name in codecs}
    cls = of_fields(codecs)
    for value in (*TEXTS, *OTHERS):
        check(cls, {**data, kind: value})


AMOUNTS: Final = of_fields(dict.fromkeys(("a", "b", "c", "d"), wire.DECIMAL))
MOMENT: Final = of_fields({"moment": wire.DATE_TIME})


@given(st.lists(st.from_regex(r"[-+,.0-9eE_ ]{0,6}"), min_size=2, max_size=4))
def test_amounts_are_read_as_if_alone(texts: list[str]) -> None:
    """No text borrows from its neighbour what it lacks."""
    check(AMOUNTS, dict(zip(AMOUNTS._known().fields, texts, strict=False)))


@pytest.mark.parametrize("first", [*TEXTS, *OTHERS], ids=lambda value: repr(value)[:20])
def test_amounts_that_are_looked_at_together_are_read_alone(first: Any) -> None:
    """Beside any other, plain or not, each is what `decode` makes of it: commas deceive nobody."""
    for second in (*TEXTS, *OTHERS):
        check(AMOUNTS, {"a": first, "b": second, "c": "7.10"})


def test_what_is_no_text_is_not_made_one() -> None:
    """Whatever stands where an amount should be is not printed: it may be deep, or refuse."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    class Mute:
        def __format__(self, spec: str) -> str:
            raise AssertionError

        __str__ = __repr__ = object.__repr__

    for _ in range(4):
        AMOUNTS.from_dict({"a": "1", "b": "2"})
    for odd in (deep, Mute()):
        read = AMOUNTS.from_dict({"a": "1", "b": odd})
        assert read.a == 1
        assert read.misfits["b"] is odd


@given(
    st.from_regex(r"2[0-9]{3}-[0-3][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]\.[0-9]{3}Z")
)
def test_instants_are_read_as_decode_does(text: str) -> None:
    """The vendor's form names an instant, or none, to the function as to `decode`."""
    check(MOMENT, {"moment": text})


def test_the_usual_forms_need_no_decoding() -> None:
    """What the vendor sends is read on the spot, into plain values."""
    amounts = ["1500.00000000", "0.00000000", "0", "-0.95", "7"]
    instants = ["2025-03-18T06:05:27.754Z", "0001-01-01T00:00:00.000Z", "2025-03-18T20:04:00.000Z"]
    for kind, texts in (("decimal", amounts), ("date-time", instants), ("enum", ["created"])):
        cls = of_fields({"value": CODECS[kind], "other": CODECS[f"nullable {kind}"]})
        reading = cls._known()
        reading._decoders = dict.fromkeys(reading.fields, pytest.fail)
        for text in texts:
            got = read_by_function(cls, {"value": text, "other": text})
            assert got.value == got.other
            assert not isinstance(got.value, (WireDecimal, WireDateTime))
            assert isinstance(got.value, (Decimal, datetime.datetime, OrderStatus))
            assert read_by_function(cls, {"value": text, "other": None}).other is None


@pytest.mark.parametrize("spoiled", ["x", "2025-02-30T06:05:27.754Z", UNSET])
def test_an_object_is_read_once_at_every_level(spoiled: Any) -> None:
    """What spoils an object is no reason to read again the objects in it, and those in them."""
    calls = 0

    def inner() -> type[Any]:
        nonlocal calls
        calls += 1
        return cls

    fields = {"inner": wire.model(inner), "spoiled": wire.DATE_TIME}
    cls = of_fields(fields)
    data: dict[str, Any] = {"inner": {}, "spoiled": spoiled}
    for _ in range(30):
        data = {"inner": data, "spoiled": spoiled}
    read_by_function(cls, data)
    calls = 0
    cls.from_dict(data)
    assert calls == 31


# ---- Objects, one after another -----------------------------------------------------------------

KEYS: Final = (
    "originAmount", "feeUsd", "feeAmount", "createdAt", "updatedAt", "note", "cryptoAddress",
    "shortId", "recipient", "unknown", "other",
)  # fmt: skip
VALUES: Final[tuple[Any, ...]] = (
    "1.50", "1e2", "01", "2025-03-18T06:05:27.754Z", "2025-03-18T06:05:27Z", "x",
    None, True, 7, 1.5, {"city": "Accra"}, {"city": 1}, [],
)  # fmt: skip
OBJECTS: Final = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES)).map(
    lambda members: {"id": "1", **members, "status": "created"}
)


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    """Each test begins with no shape known, and leaves none."""
    Order._reading = None
    yield
    Order._reading = None


@given(st.lists(OBJECTS, min_size=2, max_size=6))
def test_an_object_is_read_as_if_it_were_the_first(objects: list[dict[str, Any]]) -> None:
    """Objects that were read before, of other shapes and types, leave no trace."""
    alone = []
    for each in objects:
        Order._reading = None
        alone.append(Order.from_dict(each))
    for _ in range(3):
        for each in objects:
            Order.from_dict(each)
    together = [Order.from_dict(each) for each in objects]  # their shapes have functions by now
    assert [repr(each) for each in together] == [repr(each) for each in alone]
    assert [each.to_dict() for each in together] == [each.to_dict() for each in alone]
    assert together == alone


def test_what_is_kept_is_bounded() -> None:
    """Thousands of shapes are read right, and few of them are remembered."""
    keys = [key for key in KEYS[:8] if key != "shortId"]
    for number in range(2 ** len(keys)):
        data: dict[str, Any] = {k: "1" for place, k in enumerate(keys) if number >> place & 1}
        data |= {"id": str(number), "status": "created", f"new{number}": "x"}
        for _ in range(4 if number % 3 else 1):
            assert Order.from_dict(data).to_dict() == data
    reading = Order._known()
    assert len(reading._readers) == 64
    assert len(reading._counts) <= 64
    kept = str([*reading._readers, *reading._counts])
    assert "new1" not in kept, "a server makes names up: they are not remembered"


def test_a_shape_that_keeps_coming_gets_its_function() -> None:
    """Not at once, since it takes its time; and not later for the many that came between."""
    data = {"id": "1", "status": "created", "note": "x"}
    for times in range(3):
        assert not Order._known()._readers, times
        Order.from_dict(data)
    assert len(Order._known()._readers) == 1
    assert Order._known().latest is next(iter(Order._known()._readers.values()))
    Order.from_dict({"id": "1", "status": "created"})
    Order.from_dict({**data, "new": 1})
    assert len(Order._known()._readers) == 1


def test_names_and_values_are_no_code() -> None:
    """What a document calls a field is looked up by the function, and stands in none."""
    key = "a'] = {v}{odd}\n__import__('os')"
    made: type[Any] = attrs.make_class(
        "Made", {"value": wire.documented(key, wire.STRING)}, bases=(Model,),
        slots=True, eq=False, repr=False, kw_only=True,
    )  # fmt: skip
    assert read_by_function(made, {key: key}).value == key


def test_a_required_field_is_missed_after_objects_that_had_it() -> None:
    """Neither a shape that is known nor an unknown key in its place hides what is missing."""
    for _ in range(4):
        Order.from_dict({"id": "1", "status": "created"})
    for data in ({"id": "1"}, {"id": "1", "other": "created"}, {}):
        with pytest.raises(DecodeError, match="is missing") as caught:
            Order.from_dict(data)
        assert caught.value.__context__ is None


def test_unset_is_absent() -> None:
    """A member that is UNSET is as good as none, in an object of any shape."""
    for before in ({"id": "1", "status": "created", "note": "x", "shortId": "y"}, {}):
        for _ in range(4 if before else 0):
            Order.from_dict(before)
        got = Order.from_dict({"id": "1", "status": "created", "note": UNSET, "shortId": UNSET})
        assert got.to_dict() == {"id": "1", "status": "created"}
        assert "note" not in got
        assert got.misfits == {}
        for each in (
            {"id": "1", "status": UNSET},
            {"id": UNSET, "status": "created", "new": UNSET},
        ):
            with pytest.raises(DecodeError, match="is missing"):
                Order.from_dict(each)
        assert not Order.from_dict({"id": "1", "status": "x", "new": UNSET}).additional_properties


class Text(str):
    """A string that is more than a string."""

    __slots__ = ()


def test_mappings_and_subclasses_are_read() -> None:
    """Whatever is a mapping of strings is read; its own names are kept."""
    data = {"id": "1", "status": "created", "originAmount": "1.50", "new": "x"}
    texts: Any = {Text(key): Text(value) for key, value in data.items()}
    for each in (UserDict(data), texts, UserDict(texts)):
        for _ in range(5):
            got = Order.from_dict(each)
            assert got == Order.from_dict(data)
            assert got.to_dict() == data
    assert type(next(iter(Order.from_dict(texts).additional_properties))) is Text


def test_threads_read_the_same() -> None:
    """Threads that find the same shapes at once disturb each other in nothing."""
    rows = [
        {"id": str(number), "status": "created", KEYS[number % 8]: "1.50", KEYS[number % 5]: None}
        for number in range(40)
    ]
    wrong: list[object] = []

    def read() -> None:
        for _ in range(20):
            wrong.extend(row for row in rows if Order.from_dict(row).to_dict() != row)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
