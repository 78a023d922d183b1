"""Reading by shapes: what was worked out for one object must never show in the next.

Enters: objects of all shapes, in any order. Leaves: what each would be if it were the only one.
"""

import threading
from collections import UserDict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chessa import UNSET, DecodeError
from chessa.models import Order, OrderStatus, Pagination
from chessa_api import wire
from chessa_api.codecs import Codec, Misfit
from chessa_api.exact_json import NumberText
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
READ_AT_ONCE: Final = {name: codec for name, codec in CODECS.items() if codec.at_once}

TEXTS: Final = (
    "", "x", "1", "-1", "-0", "0.00", "00", "01", "-01", "1.", ".5", "1,2", "1,", ",", "1 ", " 1",
    "1\n", "1_0", "+1", "--1", "NaN", "1e5", "1E-2", "1e401", "\u0661", "9" * 400, "9" * 401,
    "9" * 402, "0." + "0" * 399 + "1", "0." + "0" * 400 + "1", "0." + "0" * 401,
    "2025-03-18T06:05:27.754Z", "2025-03-18t06:05:27.754Z", "2025-03-18 06:05:27.754Z",
    "2025-02-30T06:05:27.754Z", "2025-03-18T06:05:27,754Z", "2025-03-18T06:05:27.7545Z",
    "2025-03-18T06:05:27Z", "2025-W11-2T06:05:27.754Z", "2025-03-18T06:05:60.754Z", "created",
    "-T::.Z", "-------T--:--:--.---Z---",
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


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_the_way_of_a_type_reads_as_decode_does(codec: Codec) -> None:
    """What a codec does for values of one very type is what it does for any value."""
    for value in (*TEXTS, *OTHERS):
        way = codec.way(type(value))
        assert plain(value if way is None else way(value)) == plain(codec.decode(value)), value


def check_at_once(codec: Codec, texts: list[str]) -> None:
    """Reading these at once gives up, or gives what reading one by one does."""
    assert codec.at_once is not None
    found = codec.at_once(texts)
    if found is not None:
        assert [plain(value) for value in found] == [plain(codec.decode(text)) for text in texts]


@pytest.mark.parametrize("codec", READ_AT_ONCE.values(), ids=READ_AT_ONCE)
def test_reading_at_once_is_reading_one_by_one(codec: Codec) -> None:
    """Whatever stands beside it, a text is read as if it were alone."""
    for one in TEXTS:
        for other in TEXTS:
            check_at_once(codec, [one, other])


@given(st.lists(st.from_regex(r"[-+,.0-9eE_ ]{0,6}"), min_size=2, max_size=4))
def test_reading_amounts_at_once_is_reading_them_one_by_one(texts: list[str]) -> None:
    """No text borrows from its neighbour what it lacks."""
    check_at_once(wire.DECIMAL, texts)


def test_the_usual_forms_are_read_at_once() -> None:
    """The amounts and timestamps that the vendor sends, without a text beside them."""
    amounts = ["1500.00000000", "0.00000000", "-0.95", "7"]
    instants = ["2025-03-18T06:05:27.754Z", "0001-01-01T00:00:00.000Z"]
    for codec, texts in ((wire.DECIMAL, amounts), (wire.DATE_TIME, instants)):
        assert codec.at_once is not None
        found = [*(codec.at_once(texts) or ())]
        assert len(found) == len(texts)
        assert not any(isinstance(value, (WireDecimal, WireDateTime)) for value in found)


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
    Order._shapes = None
    yield
    Order._shapes = None


@given(st.lists(OBJECTS, min_size=2, max_size=6))
def test_an_object_is_read_as_if_it_were_the_first(objects: list[dict[str, Any]]) -> None:
    """Objects that were read before, of other shapes and types, leave no trace."""
    alone = []
    for each in objects:
        Order._shapes = None
        alone.append(Order.from_dict(each))
    together = [Order.from_dict(each) for each in objects]
    assert [repr(each) for each in together] == [repr(each) for each in alone]
    assert [each.to_dict() for each in together] == [each.to_dict() for each in alone]
    assert together == alone


def test_what_is_kept_is_bounded() -> None:
    """Thousands of shapes are read right, and few of them are remembered."""
    keys = [key for key in KEYS[:8] if key != "shortId"]
    for number in range(2 ** len(keys)):
        data: dict[str, Any] = {k: "1" for place, k in enumerate(keys) if number >> place & 1}
        data |= {"id": str(number), "status": "created", f"new{number}": "x"}
        assert Order.from_dict(data).to_dict() == data
    for number in range(2 ** len(keys)):
        data = {key: "1" if number >> place & 1 else None for place, key in enumerate(keys)}
        data |= {"id": str(number), "status": "created"}
        assert Order.from_dict(data).to_dict() == data
    shapes = Order._known()
    assert len(shapes._kept) <= 64
    assert all(len(shape._rows) <= 64 for shape in shapes._kept.values())
    kept = str([*shapes._kept]) + str([shape._fields for shape in shapes._kept.values()])
    assert "new1" not in kept, "a server makes names up: they are not remembered"


def test_a_required_field_is_missed_after_objects_that_had_it() -> None:
    """Neither a shape that is known nor an unknown key in its place hides what is missing."""
    Order.from_dict({"id": "1", "status": "created"})
    for data in ({"id": "1"}, {"id": "1", "other": "created"}, {}):
        with pytest.raises(DecodeError, match="is missing") as caught:
            Order.from_dict(data)
        assert caught.value.__context__ is None


def test_unset_is_absent() -> None:
    """A member that is UNSET is as good as none, in an object of any shape."""
    for before in ({"id": "1", "status": "created", "note": "x", "shortId": "y"}, {}):
        if before:
            Order.from_dict(before)
        got = Order.from_dict({"id": "1", "status": "created", "note": UNSET, "shortId": UNSET})
        assert got.to_dict() == {"id": "1", "status": "created"}
        assert "note" not in got


class Text(str):
    """A string that is more than a string."""

    __slots__ = ()


def test_mappings_and_subclasses_are_read() -> None:
    """Whatever is a mapping of strings is read; its own names are kept."""
    data = {"id": "1", "status": "created", "originAmount": "1.50", "new": "x"}
    texts: Any = {Text(key): Text(value) for key, value in data.items()}
    for each in (UserDict(data), texts, UserDict(texts)):
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
