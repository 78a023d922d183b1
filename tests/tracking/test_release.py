"""The next version, and the changelog fragments of it."""

import re
import tomllib

import pytest

from chessa_codegen.errors import SpecError
from chessa_tracking.api_diff.surface import SurfaceChange
from chessa_tracking.apply import release
from chessa_tracking.apply.assess import Judgement
from chessa_tracking.diff.changes import Change, Level
from tests.marks import table
from tests.tracking.conftest import ROOT


@table(
    ("version", "verdict", "following"),
    [
        ("0.1.0", Level.MAJOR, "0.2.0"),
        ("0.1.0", Level.MINOR, "0.1.1"),
        ("0.1.0", Level.PATCH, "0.1.1"),
        ("0.1.0", Level.NONE, "0.1.0"),
        ("0.9.9", Level.MAJOR, "0.10.0"),
        ("1.2.3", Level.MAJOR, "2.0.0"),
        ("1.2.3", Level.MINOR, "1.3.0"),
        ("1.2.3", Level.PATCH, "1.2.4"),
    ],
)
def test_the_next_version(version: str, verdict: Level, following: str) -> None:
    """Below 1.0 a break bumps the minor number, all else the patch number; then as SemVer says."""
    assert release.next_version(version, verdict) == following


def test_the_version_stands_in_one_module() -> None:
    """It is found there and replaced there, and nothing else in the module changes."""
    source = (ROOT / "overrides" / "chessa" / "_version.py").read_text(encoding="utf-8")
    version = release.version_in(source)
    changed = release.with_version(source, "12.34.56")
    assert release.version_in(changed) == "12.34.56"
    assert changed.replace("12.34.56", version) == source
    with pytest.raises(SpecError, match="says no version"):
        release.version_in("version = 1\n")


CHANGES = [
    Change("POST /v1/a", "/x", "new-optional-request-property", Level.MINOR, "note is new"),
    Change("POST /v1/a", "/y", "request-property-max-decreased", Level.MAJOR, "n is at most 8"),
    Change("POST /v1/a", "/z", "documentation-changed", Level.PATCH, "the summary changed"),
]
SURFACE = [
    SurfaceChange("a.make", Level.MAJOR, "`a.make` now requires `code`"),
    SurfaceChange("a.make", Level.MINOR, "`a.make` gained the optional argument `note`"),
]
FOUND = Judgement(tuple(CHANGES), tuple(SURFACE))


def test_fragments() -> None:
    """One for each type; what no signature shows is told from the spec; prose is not mentioned."""
    assert release.fragments("0.2.0", FOUND, "version 1.0.0 of the vendor's API") == {
        "+vendor-0.2.0.breaking.md": (
            "Follow version 1.0.0 of the vendor's API "
            "([code before and after](docs/migration/0.2.0.md)):\n"
            "\n"
            "- `a.make` now requires `code`.\n"
            "- POST /v1/a: n is at most 8.\n"
        ),
        "+vendor-0.2.0.new.md": (
            "Follow version 1.0.0 of the vendor's API:\n"
            "\n"
            "- `a.make` gained the optional argument `note`.\n"
        ),
    }


@pytest.mark.parametrize(("number", "where"), [(1, "of 1 operation"), (2, "of 2 operations")])
def test_a_fragment_of_text_alone(number: int, where: str) -> None:
    """An update of the vendor's prose says that no code has to change."""
    changes = tuple(
        Change(f"GET /v1/{place}", "/x", "documentation-changed", Level.PATCH, "text changed")
        for place in range(number)
    )
    assert release.fragments("0.1.1", Judgement(changes), "it") == {
        "+vendor-0.1.1.fixed.md": f"Follow the text {where} in it; no code has to change.\n"
    }


def test_fragments_are_of_known_types() -> None:
    """Those of the updater and those in changelog.d have a type of pyproject.toml."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["towncrier"]
    known = [each["directory"] for each in settings["type"]]
    assert known == list(release.TYPES.values())
    named = {path.name for path in (ROOT / settings["directory"]).iterdir()} - {"README.md"}
    form = re.compile(rf"\+[\w.-]+\.({'|'.join(known)})\.md")
    assert [name for name in named if not form.fullmatch(name)] == []
    assert settings["start_string"] in (ROOT / settings["filename"]).read_text("utf-8")


def test_text_of_the_vendor_stays_text_in_the_changelog() -> None:
    """No heading, HTML, link or mention comes out of what the vendor writes."""
    hostile = "x\n\n## 9.9.9\n<img src=x> @octocat [a](http://evil.example)"
    change = Change("POST /v1/a", "/y", "request-property-pattern-added", Level.MAJOR, hostile)
    (entry,) = release.fragments("0.2.0", Judgement((change,)), "it").values()
    assert "\n## 9.9.9" not in entry
    assert "@octocat" not in entry
    assert "<img" not in entry.replace("\\<img", "")
