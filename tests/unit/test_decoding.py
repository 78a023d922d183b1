"""Objects, one after another: each is decoded as if it were the only one."""

import threading
from collections import UserDict
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chessa import UNSET, DecodeError
from chessa.models import Order
from chessa_api.codecs import Misfit

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


@given(st.lists(OBJECTS, min_size=2, max_size=6))
def test_an_object_is_decoded_as_if_it_were_the_first(objects: list[dict[str, Any]]) -> None:
    """Whatever came before, a field is what its codec makes of the value, absent, or a misfit."""
    fields = Order._described().fields
    for data in objects:
        got = Order.from_dict(data)
        for key, field in fields.items():
            decoded = field.codec.decode(data[key]) if key in data else UNSET
            if isinstance(decoded, Misfit):
                assert got.misfits[key] == data[key]
                decoded = UNSET
            assert repr(got._slot(field.name)) == repr(decoded)
        unknown = {key: str(value) for key, value in data.items() if key not in fields}
        assert {k: str(value) for k, value in got.additional_properties.items()} == unknown
        assert list(got.misfits) == [key for key in fields if key in got.misfits]


def test_as_many_unknown_keys_as_absent_ones_are_kept() -> None:
    """An object of the usual number of members is not taken for one of the documented ones."""
    keys = [field.key for field in Order._described().fields.values() if not field.optional]
    for missing in (key for key in keys if key not in ("id", "status")):
        data = {key: "x" for key in keys if key != missing} | {"status": "created", "new": "x"}
        got = Order.from_dict(data)
        assert got.additional_properties == {"new": "x"}
        assert got.to_dict() == data


def test_a_required_field_is_missed_among_others() -> None:
    """An unknown key in its place does not hide what is missing."""
    for data in ({"id": "1"}, {"id": "1", "other": "created"}, {}):
        with pytest.raises(DecodeError, match="is missing") as caught:
            Order.from_dict(data)
        assert caught.value.__context__ is None


def test_unset_is_absent() -> None:
    """A member that is UNSET is as good as none."""
    got = Order.from_dict(
        {"id": "1", "status": "created", "note": UNSET, "shortId": UNSET, "refund": UNSET}
    )
    assert got.to_dict() == {"id": "1", "status": "created"}
    assert "note" not in got
    assert got.misfits == {}
    for each in ({"id": "1", "status": UNSET}, {"id": UNSET, "status": "created", "new": UNSET}):
        with pytest.raises(DecodeError, match="is missing"):
            Order.from_dict(each)
    assert not Order.from_dict({"id": "1", "status": "x", "new": UNSET}).additional_properties


class Text(str):
    """A string that is more than a string."""

    __slots__ = ()


def test_mappings_and_subclasses_are_decoded() -> None:
    """Whatever is a mapping of strings is read; its own names are kept."""
    data = {"id": "1", "status": "created", "originAmount": "1.50", "new": "x"}
    texts: Any = {Text(key): Text(value) for key, value in data.items()}
    for each in (UserDict(data), texts, UserDict(texts)):
        got = Order.from_dict(each)
        assert got == Order.from_dict(data)
        assert got.to_dict() == data
    assert type(next(iter(Order.from_dict(texts).additional_properties))) is Text


def test_threads_read_the_same() -> None:
    """Threads that decode into one class at once, the first time too, do not disturb each other."""
    rows = [
        {"id": str(number), "status": "created", KEYS[number % 8]: "1.50", KEYS[number % 5]: None}
        for number in range(40)
    ]
    wrong: list[object] = []
    Order._schema = None

    def read() -> None:
        for _ in range(20):
            wrong.extend(row for row in rows if Order.from_dict(row).to_dict() != row)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
