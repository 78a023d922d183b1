"""Every digit and every instant, both ways: JSON text into models, and models into JSON text."""

import datetime
import json
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chessa import DecodeError, MisfitFieldError
from chessa.models import Order, OrderStatus, Pagination, Rate, StatusHistoryEntry
from tests.marks import table

# JSON numbers as a server may write them.
NUMBERS = (
    "0", "-0", "0.0", "-0.00", "1", "10", "100", "0.10", "1.50", "82605.06975000001",
    "12345678901234567.89", "0.000000000000000000000000000001", "1e2", "1E+2", "1.5e-7", "0e0",
    "123456789012345678901234567890", "-98765432109876543210.0123456789", "1E400", "1e-400",
    "9" * 400,
)  # fmt: skip
# Texts that Python's Decimal takes, or a lenient reader might, and that are not JSON numbers.
NO_NUMBERS = (
    "", " ", " 1", "1 ", "1_000", "1,000", "+1", ".5", "5.", "01", "-", "1e", "0x10", "NaN",
    "nan", "Infinity", "-Infinity", "sNaN", "\u0661", "\uff11", "1e99999999", "1E401", "1e-401",
    "1\n", "one",
)  # fmt: skip


def rate(text: str) -> Rate:
    """Return a rate whose number stands in JSON like this."""
    return Rate.from_json(f'{{"rate": {text}}}')


def order(amount: str) -> Order:
    """Return an order whose amount stands in a string like this."""
    return Order.from_dict({"id": "1", "status": "created", "originAmount": amount})


def same(one: Decimal, other: Decimal) -> bool:
    """Return whether two amounts have the same digits, not only the same value."""
    return one.as_tuple() == other.as_tuple()


@table("text", NUMBERS)
def test_a_number_keeps_its_digits(text: str) -> None:
    """A JSON number arrives as the Decimal of its text, and leaves as a number of those digits."""
    got = rate(text)
    assert type(got.rate).__mro__[-2] is Decimal
    assert same(got.rate, Decimal(text))
    written = got.to_json().decode().removeprefix('{"rate":').removesuffix("}")
    assert Decimal(written) == Decimal(text)
    assert Decimal(written).as_tuple().digits == Decimal(text).as_tuple().digits
    assert isinstance(json.loads(written), (int, float)), "it is a JSON number"


@table("text", NUMBERS)
def test_an_amount_in_a_string_leaves_as_the_text_it_was(text: str) -> None:
    """An amount in a string arrives as that Decimal, and leaves as that very text."""
    got = order(text)
    assert same(got.origin_amount, Decimal(text))
    assert got.to_dict()["originAmount"] == text
    assert isinstance(got.origin_amount * 2, Decimal)


@table("text", NO_NUMBERS)
def test_a_text_that_is_no_number_of_json_is_a_misfit(text: str) -> None:
    """A text that only Python takes for a number is kept raw, never returned."""
    got = order(text)
    with pytest.raises(MisfitFieldError):
        _ = got.origin_amount
    assert got.to_dict()["originAmount"] == text


def test_the_form_that_was_not_documented_is_understood_and_kept() -> None:
    """A number where a string is documented, and the reverse, is read, and goes back as it was."""
    got = Order.from_json('{"id": "1", "status": "created", "originAmount": 12.50}')
    assert got.origin_amount == Decimal("12.5")
    assert b'"originAmount":12.50' in got.to_json()
    assert rate('"82605.06975000001"').to_json() == b'{"rate":"82605.06975000001"}'


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**60), max_value=10**60))
def test_any_amount_survives(amount: Decimal) -> None:
    """An amount that is set is written with its digits, as number and as string, and read again."""
    written = Rate(from_asset="BTC", rate=amount, to_asset="USDC").to_json()
    assert Rate.from_json(written).rate == amount
    text = order("1").replace(origin_amount=amount).to_dict()["originAmount"]
    assert "E" not in text.upper()
    assert Decimal(text) == amount


@table(
    "text", ["9" * 5000, "-" + "9" * 4301, "1" + "0" * 9000, "1e401", "1E-99999999", "1e999999999"]
)
def test_a_number_that_python_cannot_hold_is_kept_as_it_was(text: str) -> None:
    """A number out of all bounds is a misfit where an amount is wanted, and goes back untouched."""
    got = Pagination.from_json(f'{{"page": 1, "total": {text}, "extra": {text}}}')
    assert got.page == 1
    with pytest.raises(MisfitFieldError):
        _ = got.total
    assert got.to_json().decode() == f'{{"page":1,"total":{text},"extra":{text}}}'


def test_whole_numbers_may_be_written_with_a_fraction() -> None:
    """In JSON 1.0 and 1e2 are integers; 1.5 is none."""
    page = Pagination.from_json('{"page": 1.0, "pageSize": 1e2, "pages": 1.5}')
    assert (page.page, page.page_size) == (1, 100)
    assert isinstance(page.page, int)
    with pytest.raises(MisfitFieldError):
        _ = page.pages


def test_a_model_takes_what_the_json_module_gives() -> None:
    """A dict with floats, from another JSON reader, is read by the digits that a float prints."""
    assert Rate.from_dict(json.loads('{"rate": 82605.06975000001}')).rate == Decimal(
        "82605.06975000001"
    )
    late = Order.from_dict({"id": "1", "status": "x", "createdAt": 1.5, "note": None})
    assert late.misfits == {"createdAt": Decimal("1.5")}
    assert b'"createdAt":1.5' in late.to_json()
    for odd in (math.nan, math.inf):
        assert Order.from_dict({"id": "1", "status": "x", "originAmount": odd}).misfits


# ---- JSON itself --------------------------------------------------------------------------------


@table(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"   ", "not JSON"),
        (b"{", "not JSON"),
        (b'{"rate": 1} {}', "not JSON"),
        (b"{'rate': 1}", "not JSON"),
        (b'{"rate": 01}', "not JSON"),
        (b'{"rate": .5}', "not JSON"),
        (b'{"rate": NaN}', "NaN is not JSON"),
        (b'{"rate": Infinity}', "Infinity is not JSON"),
        (b'{"rate": -Infinity}', "-Infinity is not JSON"),
        (b'{"rate": 1, "rate": 2}', "one name twice"),
        (b'{"rate": 1, "x": {"a": 1, "\\u0061": 2}}', "one name twice"),
        (b'{"rate": "\xff"}', "not UTF-8"),
        (b"[" * 101 + b"]" * 101, "nested more than 100 levels deep"),
        (b"[" * 9 + b"[[]]," * 90 + b"[" * 92, "nested more than 100 levels deep"),
        (b"]" + b"[" * 102 + b"]" * 102, "nested more than 100 levels deep"),
        (b"[" * 200_000, "nested more than 100 levels deep"),
        (b'{"a":' * 200_000, "nested more than 100 levels deep"),
        (b'{"rate": "\n"}', "not JSON"),
        (b"[" + b"[]," * 100_000 + b"0]", r"10[04]\d\d\d values or more"),
        (b"[" + b"0.1," * 262_000 + b"0]", r"10[04]\d\d\d values or more"),
        (b"[" + b'{"":0},' * 50_000 + b"0]", r"10[04]\d\d\d values or more"),
        (b'["' + b'\\\\","' * 100_000 + b'"]', r"10[04]\d\d\d values or more"),
    ],
)
def test_what_is_no_json_is_refused(data: bytes, why: str) -> None:
    """Refusals are DecodeErrors, chain nothing, and show nothing of the text."""
    with pytest.raises(DecodeError, match=why) as caught:
        Rate.from_json(data)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_the_nesting_limit_is_exact_and_counts_no_text() -> None:
    """A hundred levels are read; brackets in strings do not count."""
    deep = b"[" * 98 + b"]" * 98
    assert Rate.from_json(b'{"rate": 1, "x": {"y": ' + deep + b"}}").additional_properties
    text = b'"' + b'[{\\"' * 500 + b'"'
    assert Rate.from_json(b'{"rate": 1, "x": ' + text + b"}").additional_properties


def test_the_limit_of_values_counts_no_text_and_grows_with_the_document() -> None:
    """Commas in strings do not count; a long document may have one for every 10 bytes."""
    text = b'"' + b',[\\\\\\",' * 30_000 + b'"'
    assert Rate.from_json(b'{"rate": 1, "x": ' + text + b"}").additional_properties
    rows = b",".join([b'{"id": 12345678, "n": 87654321, "of": "an order"}'] * 60_000)
    assert Rate.from_json(b'{"rate": 1, "x": [' + rows + b"]}").additional_properties
    rows = b",".join([b"[0]"] * 49_990)
    assert Rate.from_json(b'{"rate": 1, "x": [' + rows + b"]}").additional_properties


def test_text_of_any_script_survives() -> None:
    """Names and texts beyond ASCII go out escaped, and come back the same; a BOM is skipped."""
    data = {"rate": 1, "note": 'Zoë \u2028 \U0001f4b8 \x7f "\\ </script>', "é": None}
    got = Rate.from_json(b"\xef\xbb\xbf" + json.dumps(data, ensure_ascii=False).encode())
    assert json.loads(got.to_json()) == data
    assert got.to_json().isascii()


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(codec="utf-8"))
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**300), max_value=10**300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON_VALUES)
def test_any_value_beside_the_documented_ones_survives(value: Any) -> None:
    """Whatever JSON stands under an unknown key is written and read as the same value."""
    written = Rate.from_dict({"rate": 1, "extra": value}).to_json()
    assert Rate.from_json(written).additional_properties == {"extra": value}


# ---- Instants -----------------------------------------------------------------------------------


def at(text: Any) -> StatusHistoryEntry:
    """Return a step whose timestamp stands in JSON like this."""
    return StatusHistoryEntry.from_dict({"timestamp": text})


@table(
    ("text", "instant"),
    [
        ("2025-03-18T06:05:27.754Z", (2025, 3, 18, 6, 5, 27, 754_000)),
        ("2025-03-18T06:05:27Z", (2025, 3, 18, 6, 5, 27)),
        ("2025-03-18t06:05:27z", (2025, 3, 18, 6, 5, 27)),
        ("2025-03-18 06:05:27+00:00", (2025, 3, 18, 6, 5, 27)),
        ("2025-03-18T08:05:27.754+02:00", (2025, 3, 18, 6, 5, 27, 754_000)),
        ("2025-03-18T00:35:27-05:30", (2025, 3, 18, 6, 5, 27)),
        ("2025-03-18T06:05:27.123456789Z", (2025, 3, 18, 6, 5, 27, 123_456)),
        ("2025-03-18T06:05:27.7Z", (2025, 3, 18, 6, 5, 27, 700_000)),
        ("2025-03-18T06:05:27,754Z", (2025, 3, 18, 6, 5, 27, 754_000)),
        ("20250318T060527Z", (2025, 3, 18, 6, 5, 27)),
        ("2025-03-18T06:05Z", (2025, 3, 18, 6, 5)),
        ("0001-01-01T00:00:00.000Z", (1, 1, 1)),
        ("9999-12-31T23:59:59.999Z", (9999, 12, 31, 23, 59, 59, 999_000)),
    ],
)
def test_an_instant_is_read_and_leaves_as_the_text_it_was(
    text: str, instant: tuple[int, ...]
) -> None:
    """ISO 8601 in its many forms: the right aware instant, and the very text on the way back."""
    got = at(text)
    assert got.timestamp == datetime.datetime(*instant, tzinfo=datetime.UTC)  # type: ignore[arg-type, misc]
    assert got.timestamp.utcoffset() is not None
    assert got.to_dict() == {"timestamp": text}


@table(
    "text",
    [
        "2025-03-18T06:05:27.754", "2025-03-18", "", "yesterday", "2025-02-30T00:00:00Z",
        "2025-03-18T06:05:61Z", "2025-03-18T25:00:00Z", "0000-01-01T00:00:00Z", "1742277927",
        "2025-03-18T06:05:27.754Z and more", 1_742_277_927, None, True, ["2025-03-18T06:05:27Z"],
        "2025-03-18T06:05:60Z",
    ],
)  # fmt: skip
def test_what_names_no_instant_is_a_misfit(text: Any) -> None:
    """Without an offset, out of the calendar, or not a text: kept raw, never returned."""
    got = at(text)
    with pytest.raises(MisfitFieldError):
        _ = got.timestamp
    assert got.to_dict() == {"timestamp": text}


@given(
    st.datetimes(
        timezones=st.timezones() | st.just(datetime.UTC),
        min_value=datetime.datetime(2, 1, 1),  # noqa: DTZ001 - the zone is drawn separately
        max_value=datetime.datetime(9998, 12, 31),  # noqa: DTZ001
    )
)
def test_any_aware_instant_survives(instant: datetime.datetime) -> None:
    """An instant that is set is written in RFC 3339, and read again as the same instant."""
    step = StatusHistoryEntry(
        checked=True, description="Paid.", status=OrderStatus.CREATED, timestamp=instant
    )
    written = step.to_dict()["timestamp"]
    again = at(written).timestamp
    assert again == instant or again.timestamp() == instant.timestamp()
    assert again.microsecond == instant.microsecond
    assert len(written) >= len("2025-03-18T06:05:27.754Z")
