"""Names and descriptions of the constants of enums, as vendors give them and the overlay pins."""

from pathlib import Path
from typing import Any

import pytest

from chessa_codegen.errors import SpecError
from chessa_codegen.regeneration import Settled, effective_document, settled
from tests.marks import table
from tests.pipeline.made import answers, document, make, operation

STATE = {"type": "integer", "enum": [0, 1], "title": "State"}
AT = "$.paths['/t'].get.responses['200'].content['application/json'].schema.properties.x"


def spec(**extensions: Any) -> dict[str, Any]:
    """Return a document with one enum."""
    thing = {"title": "Thing", "type": "object", "properties": {"x": {**STATE, **extensions}}}
    return document({"/t": {"get": operation("get", responses=answers(thing))}})


def constants(found: Settled) -> dict[str, Any]:
    """Return the constants of the enum."""
    (enum,) = found.plan.enums
    return dict(enum.constants)


@table("key", ["x-enum-varnames", "x-enumNames", "x-enum-names"])
def test_a_vendor_names_constants(key: str, tmp_path: Path) -> None:
    """The names that generators and frameworks write become the constants, made safe."""
    package = make(tmp_path, spec(**{key: ["None", "in-use"]}))
    state = package.model("State")
    assert (state.NONE, state.IN_USE) == (0, 1)


@table(
    "said",
    [
        {"x-enum-descriptions": ["Not yet.", 'It is "used".']},
        {"x-enum-descriptions": {"0": "Not yet.", "1": 'It is "used".'}},
        {"x-enumDescriptions": {"0": "Not yet.", "1": 'It is "used".'}},
    ],
)
def test_a_vendor_describes_values(said: dict[str, Any], tmp_path: Path) -> None:
    """The description of a value is the docstring of its constant."""
    source = make(tmp_path, spec(**said)).source("models/state.py")
    assert '    VALUE_0 = Known(0)\n    """Not yet."""\n' in source
    assert 'It is "used".' in source


@table(
    ("theirs", "ours", "known"),
    [
        ("failed", "Failed", {"FAILED": "failed"}),
        ("PAID-OUT", "paid_out", {"PAID_OUT": "PAID-OUT"}),
        ("PaidOut", "paid_out", {"PAID_OUT": "PaidOut"}),
        ("failed", "Refunded", {"FAILED": "failed", "REFUNDED": "Refunded"}),
        ("1.0", "10", {"VALUE_1_0": "1.0", "VALUE_10": "10"}),
        ("a1", "a-1", {"A1": "a1", "A_1": "a-1"}),
    ],
)
def test_a_value_of_ours_is_spelled_as_the_vendor_does(
    theirs: str, ours: str, known: dict[str, str], tmp_path: Path
) -> None:
    """Also where another schema of the title lists it: what we have seen or guessed gives way."""
    status = {"title": "Status", "type": "string"}
    for own in ({"enum": [theirs], "x-open-enum": [ours]}, {"x-open-enum": [ours]}):
        rows = {
            name: {"title": name.upper(), "type": "object", "properties": {"x": {**status, **each}}}
            for name, each in (("a", own), ("b", {"enum": [theirs]}))
        }
        paths = {f"/{n}": {"get": operation(n, responses=answers(rows[n]))} for n in rows}
        found = settled(document(paths))
        (enum,) = found.plan.enums
        assert dict(enum.constants) == known


@table(
    "names",
    [
        (["A", "B"], ["A", "B"]),
        (["A", "A"], ["A", "A_2"]),
        (["class", "mro"], ["CLASS", "MRO"]),
        (["日本", "B"], ["VALUE_0", "B"]),
        (["__import__('os')", "B"], ["IMPORT_OS", "B"]),
        (["A"], ["VALUE_0", "VALUE_1"]),
        (["A", 1], ["VALUE_0", "VALUE_1"]),
        ("A", ["VALUE_0", "VALUE_1"]),
        ({"0": "A"}, ["VALUE_0", "VALUE_1"]),
    ],
)
def test_names_of_a_vendor_are_data(names: tuple[Any, list[str]]) -> None:
    """Each becomes an identifier of its own; a list that does not fit is dropped, not the enum."""
    said, expected = names
    found = settled(spec(**{"x-enum-varnames": said}))
    assert list(constants(found)) == expected
    assert {each.kind for each in found.findings} <= {"corrected"}


def test_an_enum_that_is_none_is_opened() -> None:
    """Names are read before the document is known to be valid."""
    found = settled(spec(enum=5, **{"x-enum-varnames": ["A"]}))
    assert "opened" in {each.kind for each in found.findings}


def test_names_that_come_later_rename_no_constant() -> None:
    """Callers keep the constants that they know."""
    memory = settled(spec()).plan.names.kept()
    assert list(constants(settled(spec(**{"x-enum-varnames": ["A", "B"]}), memory))) == [
        "VALUE_0",
        "VALUE_1",
    ]


def corrected(vendor: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Return a document with names by the overlay."""
    action = {"target": AT, "description": "The vendor's are cryptic. Obsolete when they are not.",
              "update": {"x-enum-varnames": names}}  # fmt: skip
    overlay = {"overlay": "1.0.0", "info": {"title": "O", "version": "1"}, "actions": [action]}
    return effective_document(vendor, overlay)


@pytest.mark.parametrize("vendor", [{}, {"x-enumNames": ["C", "D"]}])
def test_names_of_the_overlay_overrule_all_others(vendor: dict[str, Any]) -> None:
    """A person renames constants that are remembered, and those that the vendor names."""
    memory = settled(spec(**vendor)).plan.names.kept()
    found = settled(corrected(spec(**vendor), ["A", "B"]), memory)
    assert list(constants(found)) == ["A", "B"]
    assert list(constants(settled(corrected(spec(), ["A", "B"]), found.plan.names.kept()))) == [
        "A",
        "B",
    ]


def test_a_vendor_cannot_pin_names() -> None:
    """A mark of the overlay in the vendor's document means nothing."""
    memory = settled(spec()).plan.names.kept()
    marked = spec(**{"x-enum-varnames": ["A", "B"], "x-enum-pinned": True})
    overlay = {"overlay": "1.0.0", "info": {"title": "O", "version": "1"}, "actions": [
        {"target": "$.info", "description": "A title. Obsolete when it is one.",
         "update": {"title": "Other"}}]}  # fmt: skip
    found = settled(effective_document(marked, overlay), memory)
    assert list(constants(found)) == ["VALUE_0", "VALUE_1"]


def test_a_slip_of_the_overlay_is_refused() -> None:
    """Names that are not one for each value are an error where the overlay gives them."""
    with pytest.raises(SpecError, match="does not list a name for each value"):
        settled(corrected(spec(), ["A"]))
