"""The text of the vendored document: one text for one document."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chessa_codegen.document.yaml import parse
from chessa_tracking.apply.spec_file import text_of
from tests.tracking.base import BASE, THING, edited, put
from tests.tracking.conftest import ROOT

Document = dict[str, Any]


def test_the_vendored_file_is_in_its_form(vendored: Document) -> None:
    """The file holds the one text, so that an update changes what the vendor changed alone."""
    assert text_of(vendored) == (ROOT / "spec" / "openapi.yaml").read_text(encoding="utf-8")


def test_key_order_and_quoting_mean_nothing() -> None:
    """A document read from JSON, or in another order, has the same text."""
    text = text_of(BASE)
    assert text_of(json.loads(json.dumps(BASE))) == text
    kept = edited()
    assert text_of({key: kept[key] for key in reversed(kept)}) == text
    for path in kept["paths"]:
        kept["paths"][path] = {
            key: kept["paths"][path][key] for key in reversed(kept["paths"][path])
        }
    kept["paths"] = {path: kept["paths"][path] for path in reversed(kept["paths"])}
    assert text_of(kept) == text


def test_a_change_is_a_line() -> None:
    """One property more is as many lines as it has, and no other line differs."""
    before = text_of(BASE).splitlines()
    note = {"type": "string"}
    after = text_of(edited(put(note, *THING, "properties", "note"))).splitlines()
    assert len(after) == len(before) + 2
    assert [line for line in after if line not in before] == ["        note:"]


def test_properties_keep_the_vendors_order() -> None:
    """The order of the properties is that of the arguments, and stays."""
    properties = {name: {"type": "string"} for name in ("tag", "orderId", "address")}
    read = parse(text_of(edited(put(properties, *THING, "properties"))).encode(), "x")
    again = read["components"]["schemas"]["Thing"]["properties"]
    assert list(again) == ["tag", "orderId", "address"]


TEXTS = st.one_of(
    st.text(
        st.characters(
            exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufffe\uffff"
        )
    ),
    st.text("ab :#-'\"\\{}[],&*!|>%@`?\n"),
    st.sampled_from(["no", "on", "1", "1.0", "012", "1e3", "0x1", "null", "~", "", " ", "=", "<<"])
    | st.sampled_from(
        ["2025-01-01", "12:30:45", "true", "- a", "a: b", "a #b", "\n", "a\n", " a\nb"]
    ),
    st.text("word ", min_size=61, max_size=300),
)
VALUES = st.recursive(
    TEXTS
    | st.integers()
    | st.booleans()
    | st.none()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_whatever_it_holds_is_read_again(value: Any) -> None:
    """Every value reads as it was, whatever YAML would make of its text."""
    document = {"openapi": "3.0.3", "x-value": value, "info": {"description": value}}
    read = parse(text_of(document).encode(), "x")
    assert json.dumps(read, sort_keys=True) == json.dumps(document, sort_keys=True)


def test_no_text_is_mistaken_by_older_readers() -> None:
    """Strings that YAML 1.1 takes for a truth value or a number stand in quotes."""
    for word in ("yes", "No", "on", "OFF", "y", "12:30:45", "1_000", "0o14", "2025-01-01"):
        text = text_of({"openapi": "3.0.3", "info": {"description": word}})
        assert f"description: '{word}'\n" in text


def test_texts_that_fold_badly() -> None:
    """Tabs, odd spaces and quotes at any length are read again as they were."""
    for text in ("words words\t" * 10 + " ", "a\u3000b " * 30, "'\"" * 60, "\t" * 100):
        assert parse(text_of({"openapi": "3.0.3", "x": text}).encode(), "x")["x"] == text
