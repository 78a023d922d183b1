"""Rules, limits, options and reports in docs/following-the-vendor.md are those of the code."""

import copy
import re
from importlib import import_module
from typing import Any

import pytest

from chessa import __version__
from chessa_codegen.document import loader
from chessa_tracking.apply import release, update
from chessa_tracking.diff.changes import RULES, Level
from chessa_tracking.fetch import gather, source
from chessa_tracking.fetch.merge import Decisions
from chessa_tracking.fetch.source import open_source
from chessa_tracking.report import update as update_report
from tests.docs.pages import ROOT, read, rows, section
from tests.tracking import rendering
from tests.tracking.trees import body

NAME = "following-the-vendor.md"
NEXT = release.next_version(__version__, Level.MINOR)
PAGE = read(ROOT / "docs" / NAME)
TEXT = (ROOT / "docs" / NAME).read_text(encoding="utf-8")

# By the first cell of a row: the rules for a request and for a response.
CHANGES = {
    "a property is new and optional": (
        "new-optional-request-property",
        "response-optional-property-added",
    ),
    "a property is new and required": (
        "new-required-request-property",
        "response-required-property-added",
    ),
    "a property was removed": ("request-property-removed", "response-required-property-removed"),
    "a value of an enum is new": (
        "request-property-enum-value-added",
        "response-property-enum-value-added",
    ),
    "a value of an enum was removed": (
        "request-property-enum-value-removed",
        "response-property-enum-value-removed",
    ),
    "it may be null": ("request-property-became-nullable", "response-property-became-nullable"),
    "it may no longer be null": (
        "request-property-became-not-nullable",
        "response-property-became-not-nullable",
    ),
    "its type changed": ("request-property-type-changed", "response-property-type-changed"),
    "descriptions, examples": ("documentation-changed", "example-changed"),
}


def test_the_levels_are_those_of_the_rules() -> None:
    """Each row of the table names the levels that the rules have."""
    shown = rows(section(PAGE, "What changes mean"))[1:]
    assert [row[0] for row in shown] == list(CHANGES)
    for row in shown:
        levels = [RULES[rule].word for rule in CHANGES[row[0]]]
        assert [cell.partition(":")[0] for cell in row[1:]] == levels, row[0]
    assert RULES["other-change"].word == "major"


def test_the_limits_are_those_of_the_reader() -> None:
    """Pages, bytes and time are bounded as the page says."""
    text = " ".join(TEXT.split())
    assert f"at most {gather.MAX_PAGES:,} pages" in text
    assert f"{source.MAX_PAGE // 2**20} MiB each" in text
    assert f"{source.MAX_ALL // 2**20} MiB and five minutes in all" in text
    assert source.MAX_SECONDS == 300


def test_every_option_is_on_the_page() -> None:
    """The page names each option of the commands."""
    for name in ("update_spec", "diff_spec"):
        shown = import_module(name)._parser().format_help()
        options = set(re.findall(r"--[a-z-]+", shown)) - {"--help"}
        assert [option for option in options if option not in TEXT] == []


@pytest.fixture(scope="module")
def noted(tmp_path_factory: pytest.TempPathFactory) -> update.Update:
    """Return the update when the refund gained a note."""
    vendored: dict[str, Any] = loader.read(ROOT / "spec" / "openapi.yaml")
    edited = copy.deepcopy(vendored)
    body(edited)["properties"]["note"] = {"type": "string"}
    pages = rendering.render(edited, tmp_path_factory.mktemp("pages"))
    return update.look(ROOT, open_source(str(pages)), Decisions())


def test_the_worked_example_is_what_is_printed(noted: update.Update) -> None:
    """The report, the changelog and the version of the page are those of the command."""
    shown = update_report.as_text(noted).replace(f"{__version__} → {NEXT}", "0.1.0 → 0.1.1")
    # A body that is named has another place, and its name.
    shown = re.sub(r"The schema '\w+' gained", "The body gained", shown)
    shown, page = (re.sub(r"/\S+(?=/properties/note)", "", text) for text in (shown, TEXT))
    printed = shown.splitlines()
    assert "\n".join(printed[1:-1]) in page
    paths = loader.read(ROOT / "spec" / "openapi.yaml")["paths"]
    count = sum(method in item for item in paths.values() for method in loader.METHODS)
    assert f"{count + 1} pages, {count} operations" in printed[0]
    ((name, text),) = release.fragments(
        "0.1.1", noted.judgement, "version 1.0.0 of the vendor's API"
    ).items()
    assert f"`changelog.d/{name}`" in TEXT
    assert text in TEXT


def test_the_keys_of_the_object_are_on_the_page(noted: update.Update) -> None:
    """Each key of the JSON report has its row, and each of its members is named there."""
    shown = {row[0]: row[1] for row in rows(section(PAGE, "Unattended"))[1:]}
    report = update_report.as_object(noted)
    assert set(shown) == {*report, "refused"}
    for key, value in report.items():
        if isinstance(value, list) and value:
            assert all(f"{part}" in shown[key] for part in value[0]), key
