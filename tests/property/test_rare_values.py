"""Values that generation hardly meets, at every place where one could stand.

Timestamps with leap seconds, nine digits or lower-case letters and numbers with huge exponents or
four thousand digits are read to the last digit or are misfits, and are written back as they came.
"""

import datetime
import functools
import json
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import find

import chessa
from tests.property.effective import kinds, properties
from tests.property.generation import PROFILE, valid
from tests.property.json_text import read, same, written
from tests.property.meaning import names, problems, same_on_the_wire
from tests.property.surface import Place, misfit_attributes, places

UTC: Final = datetime.UTC
INSTANTS: Final[dict[str, datetime.datetime | None]] = {
    "2025-03-18T06:05:27Z": datetime.datetime(2025, 3, 18, 6, 5, 27, 0, UTC),
    "2025-03-18t06:05:27z": datetime.datetime(2025, 3, 18, 6, 5, 27, 0, UTC),
    "2025-03-18T06:05:27.123456789Z": datetime.datetime(2025, 3, 18, 6, 5, 27, 123456, UTC),
    "2025-03-18T06:05:27.7Z": datetime.datetime(2025, 3, 18, 6, 5, 27, 700000, UTC),
    "2025-03-18T06:05:27.999999999Z": datetime.datetime(2025, 3, 18, 6, 5, 27, 999999, UTC),
    "2025-03-18T06:05:27-00:00": datetime.datetime(2025, 3, 18, 6, 5, 27, 0, UTC),
    "2025-03-18T06:05:27.754+05:30": datetime.datetime(2025, 3, 18, 0, 35, 27, 754000, UTC),
    "2024-02-29T23:59:59.999Z": datetime.datetime(2024, 2, 29, 23, 59, 59, 999000, UTC),
    "9999-12-31T23:59:59.999Z": datetime.datetime(9999, 12, 31, 23, 59, 59, 999000, UTC),
    "0001-01-01T00:00:00Z": datetime.datetime(1, 1, 1, 0, 0, 0, 0, UTC),
    "2016-12-31T23:59:60Z": None,  # a leap second: Python has no name for it
    "0000-01-01T00:00:00Z": None,  # before Python's first year
    "2025-02-29T00:00:00Z": None,
    "2025-03-18T06:05:27": None,  # names no instant
    "2025-03-18": None,
    "": None,
}
"""Texts, and the instant that each names to the microsecond; None where it names none here."""

AMOUNTS: Final[dict[str, Decimal | None]] = {
    "0": Decimal(0),
    "-0": Decimal("-0"),
    "0.00": Decimal("0.00"),
    "1e400": Decimal("1e400"),
    "1E-400": Decimal("1E-400"),
    "123456789012345678901234567890.123456789012345678901234567890": Decimal(
        "123456789012345678901234567890.123456789012345678901234567890"
    ),
    "82605.06975000001": Decimal("82605.06975000001"),
    "1e401": None,
    "1e999999999": None,
    "-1e-99999": None,
}
"""Numbers of JSON, and their values; None where they are out of all bounds."""

NO_AMOUNTS: Final = (
    *("1_000", "1,000", " 1", "1 ", "+1", ".5", "1.", "01", "0x1", "NaN", "Infinity", "١", ""),
)


PLACES: Final = places()


def leaves(kind: str) -> list[Any]:
    """Every attribute of a class for values of one kind."""
    return [
        pytest.param(place, key, id=f"{place.cls.__name__}.{key} of {place.where}")
        for place in PLACES
        for key, schema in properties(place.schema).items()
        if [each.name for each in kinds(schema) if each.name != "null"] == [kind]
    ]


def read_with(place: Place, key: str, text: str) -> Any:
    """Read a model with one field of this JSON text, and the required ones."""
    members = {other: written(value).decode() for other, value in least(place).items()}
    members[key] = text
    whole = ",".join(f"{json.dumps(name)}:{member}" for name, member in members.items())
    return place.cls.from_json(f"{{{whole}}}")


@functools.cache
def _valid(place: Place) -> dict[str, Any]:
    value: dict[str, Any] = find(valid(place.schema), lambda _: True, settings=PROFILE)
    return value


def least(place: Place) -> dict[str, Any]:
    """An object with what is required, and nothing else."""
    value = _valid(place)
    return {key: value[key] for key in place.required}


OF_EVERY_KIND: Final = (
    *("null", "true", "false", "0", "1", "-1", "1.5", '""', '"1"', '"true"'),
    *("[]", "[null]", "[1]", "{}", '{"id": 1}'),
)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_values_of_every_kind(place: Place) -> None:
    """In each field each kind of value is what the schema says, or a misfit; never another kind.

    A class of several schemas takes what one of them says.
    """
    schemas = [place.schema, *(each.schema for each in PLACES if each.cls is place.cls)]
    for key in properties(place.schema).keys() - place.required:
        for text in OF_EVERY_KIND:
            sent = {**least(place), key: read(text)}
            model = read_with(place, key, text)
            assert misfit_attributes(model) == [], (key, text)
            # The schema of the place first: it is nearly always the one that says so.
            assert any(not problems(each, sent, model, strict=False) for each in schemas), (
                key,
                text,
                problems(place.schema, sent, model, strict=False),
            )
            assert same_on_the_wire(place.schema, sent, read(model.to_json())), (key, text)


def check(place: Place, key: str, text: str, value: object) -> None:
    """The field has this value or, where that is None, is a misfit; and goes back as it came."""
    name = names(place.schema)[key]
    try:
        model = read_with(place, key, text)
    except chessa.DecodeError:
        assert value is None
        assert key in place.required
        return
    if value is None:
        with pytest.raises(chessa.MisfitFieldError):
            getattr(model, name)
        assert str(model.misfits[key]) == (read(text) if text.startswith('"') else text)
    else:
        assert getattr(model, name, "a misfit") == value
        assert misfit_attributes(model) == []
    assert same(read(model.to_json())[key], read(text))


@pytest.mark.parametrize(("place", "key"), leaves("date-time"))
def test_rare_instants(place: Place, key: str) -> None:
    """Every timestamp is the instant that it names, or a misfit; its text is never lost."""
    for text, instant in INSTANTS.items():
        check(place, key, f'"{text}"', instant)


@pytest.mark.parametrize(("place", "key"), leaves("decimal"))
def test_rare_amounts_in_texts(place: Place, key: str) -> None:
    """Every number of JSON in a text is that amount, to the last digit; nothing else is one."""
    for text, amount in AMOUNTS.items():
        check(place, key, f'"{text}"', amount)
    for text in NO_AMOUNTS:
        check(place, key, f'"{text}"' if text.isascii() else '"\\u0661"', None)


def neighbours(kind: str) -> list[Any]:
    """Every class with several attributes for values of one kind, and their names on the wire."""
    found: dict[str, tuple[Place, list[str]]] = {}
    for place, key in (leaf.values for leaf in leaves(kind)):
        found.setdefault(str(place), (place, []))[1].append(key)
    return [
        pytest.param(place, keys, id=name) for name, (place, keys) in found.items() if len(keys) > 1
    ]


def check_neighbours(place: Place, keys: list[str], texts: dict[str, Any]) -> None:
    """Check each of these texts next to itself, and next to its successor: all as if alone."""
    optional = [key for key in keys if key not in place.required]
    for first, second in zip(texts, [*texts][1:] + [*texts][:1], strict=True):
        for pair in ((first, first), (first, second), (second, first)):
            sent = {key: pair[position % 2] for position, key in enumerate(optional)}
            model = place.cls.from_json(written({**least(place), **sent}))
            assert misfit_attributes(model) == []
            assert model.misfits == {key: text for key, text in sent.items() if texts[text] is None}
            for key in sent.keys() - model.misfits.keys():
                assert getattr(model, names(place.schema)[key]) == texts[sent[key]]
            assert same(read(model.to_json()), read(written({**least(place), **sent})))


@pytest.mark.parametrize(("place", "keys"), neighbours("date-time"))
def test_rare_instants_side_by_side(place: Place, keys: list[str]) -> None:
    """A timestamp is read as if it were alone, whatever form the others of the object have."""
    check_neighbours(place, keys, INSTANTS)


@pytest.mark.parametrize(("place", "keys"), neighbours("decimal"))
def test_rare_amounts_side_by_side(place: Place, keys: list[str]) -> None:
    """An amount is read as if it were alone, to the last digit, whatever the others are."""
    check_neighbours(place, keys, {**AMOUNTS, **dict.fromkeys((*NO_AMOUNTS, "1,2"))})


@pytest.mark.parametrize(("place", "key"), leaves("number"))
def test_rare_numbers(place: Place, key: str) -> None:
    """Every number is that amount, to the last digit; one out of all bounds is kept as its text."""
    for text, amount in AMOUNTS.items():
        check(place, key, text, amount)
    check(place, key, "9" * 4_001, None)


@pytest.mark.parametrize(("place", "key"), leaves("text-enum") + leaves("integer-enum"))
def test_values_that_are_not_listed_yet(place: Place, key: str) -> None:
    """A new value of an enum is kept, as it came."""
    (kind,) = [each for each in kinds(properties(place.schema)[key]) if each.name != "null"]
    for text, value in (('"not listed yet"', "not listed yet"), ("987654321", 987654321)):
        is_of_kind = isinstance(value, str) == (kind.name == "text-enum")
        check(place, key, text, value if is_of_kind else None)
