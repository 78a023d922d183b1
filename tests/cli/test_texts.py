"""Texts for terminals and files: nothing of the API acts on a terminal or a spreadsheet."""

import csv
import io
import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chessa.cli._text import columns, fitting, guarded, printable, split, to_csv, to_json
from chessa_api.exact_json import loads

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=JSON)
def test_json_is_exact_and_printable(value: Any) -> None:
    """JSON output reads back as the same value, and prints on any terminal."""
    written = to_json(value)
    assert json.loads(written) == value
    assert all(line.isprintable() for line in written.split("\n"))


def test_json_keeps_every_digit() -> None:
    """An amount is written with the digits that the API sent."""
    assert to_json(loads(b'{"a": 10.50, "b": 1e3}')) == '{\n  "a": 10.50,\n  "b": 1E+3\n}'


@given(rows=st.lists(st.dictionaries(st.sampled_from(["a", "=b", "c"]), st.text(), min_size=1)))
def test_csv_has_no_formula(rows: list[dict[str, str]]) -> None:
    """No cell of a CSV is a formula or has a control character, and a reader finds each cell."""
    written = to_csv(rows)
    read = list(csv.reader(io.StringIO(written)))
    assert len(read) == (len(rows) + 1 if rows else 0)
    for cell in (cell for row in read for cell in row):
        assert cell.isprintable()
        is_number = re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", cell)
        assert is_number or not cell.lstrip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("  =1+1", "'  =1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-1+cmd", "'-1+cmd"),
        ("'quoted", "''quoted"),
        ("-10.50", "-10.50"),
        ("+2348000000000", "'+2348000000000"),
        ("Ada", "Ada"),
    ],
)
def test_a_formula_gets_an_apostrophe(text: str, cell: str) -> None:
    """A formula is guarded; a negative amount and a name are left as they are."""
    assert guarded(text) == cell


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b31m", r"\x9b31m"),
        ("a\nb\r", r"a\nb\r"),
        ("\u202eabc", r"\u202eabc"),
        ("\ud800", r"\ud800"),
        ("[bold]é[/bold]", "[bold]é[/bold]"),
    ],
)
def test_control_characters_are_shown_as_escapes(text: str, shown: str) -> None:
    """An escape sequence, a line break and a direction mark are shown, and do nothing."""
    assert printable(text) == shown


def test_a_result_is_split_into_rows_and_the_rest() -> None:
    """Lists of objects are tables; objects are flattened; other lists stay in their cell."""
    value = {"orders": [{"id": "1", "by": {"name": "a"}}], "page": {"n": 1}, "tags": ["x"]}
    assert split(value) == ({"orders": [{"id": "1", "by.name": "a"}]}, {"page.n": 1, "tags": ["x"]})
    assert split([{"id": "1"}]) == ({"": [{"id": "1"}]}, {})
    assert split(None) == ({}, {})
    assert split("text") == ({}, {"": "text"})


def test_columns_that_do_not_fit_are_left_out() -> None:
    """Ids and statuses come first, nothing is cut, and a narrower column may still fit."""
    rows = [{"name": "x" * 30, "status": "created", "id": "i" * 36, "n": Decimal(1)}]
    assert columns(rows) == ["id", "status", "name", "n"]
    assert fitting(columns(rows), rows, 50) == ["id", "status", "n"]
    assert fitting(columns(rows), rows, 5) == ["id"]
    assert fitting(columns(rows), rows, None) == ["id", "status", "name", "n"]
