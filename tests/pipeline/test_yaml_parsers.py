"""The two parsers of YAML: the fast one must give what the exact one gives.

`test_reading` holds both to its tables.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chessa_codegen.document import yaml, yaml_events
from chessa_codegen.errors import SpecError
from tests.marks import table

PARTS = (
    *("a", "é", " ", "  ", "\n", "\n  ", "\n    ", "\n\n", "- ", ": ", ":", "? ", "?", "'", '"'),
    *("[", "]", "{", "}", ",", ", ", "#", " #c", "|", ">", "|-", ">+", "|2", "%", "@", "`", "\\\n"),
    *("&x ", "*x", "!!str ", "! ", "!t ", "<<: ", "---", "...", "\\n", "\\/", "\\x41", '"a":b'),
    *("1", "0x1F", "012", "1e3", "yes", "~", "null", "k: |\n  x\n   y\n\n", "a: b\n"),
)
"""Parts of YAML, in which the two may differ."""


def read_by(content: bytes, *, fast: bool) -> Any:
    """Read a text with one of the parsers."""
    with pytest.MonkeyPatch.context() as patch:
        if not fast:
            patch.setattr(yaml_events, "libyaml", None)
        return yaml.parse(content, "spec.yaml")


def test_the_fast_parser_is_here() -> None:
    """The environment of the project has the parser in C, so that large documents take seconds."""
    assert yaml_events.is_for_both("a: 1\n")


@given(st.lists(st.sampled_from(PARTS), max_size=14).map("".join))
def test_drawn_texts_are_equal(text: str) -> None:
    """A drawn document that the exact parser reads gives the same tree by both."""
    content = f"a: 1\nk: {text}".encode()
    try:
        expected = read_by(content, fast=False)
    except SpecError:
        return  # the fast parser may know more: it allows blank lines before a block's first line
    assert repr(read_by(content, fast=True)) == repr(expected)


@table("text", ["a:\tb\n", "a: |#b\n", "%YAML 1.2\n---\na: 1\n", "a: \ufeffb\n"])
def test_a_text_in_which_they_differ_is_not_for_both(text: str) -> None:
    """Tabs, directives, byte order marks and a comment right behind a block's mark are exact."""
    assert not yaml_events.is_for_both(text)
