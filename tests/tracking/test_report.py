"""Reports have both verdicts with their reasons, and prose of the vendor that is only prose."""

import json
from collections.abc import Callable

from chessa_tracking.api_diff.surface import SurfaceChange
from chessa_tracking.diff.changes import Change, Level
from chessa_tracking.report.diff import as_json, as_markdown, as_text, overall
from tests.marks import table

BAD = "\x1b[31m|`x`|<img src=x>[a](https://evil.example)@octocat #12\u202e\n# head www.evil.example"
CHANGES = [
    Change("GET /a", "/paths/~1a", "endpoint-added", Level.MINOR, "GET /a is new."),
    Change(f"GET /{BAD}", f"/paths/{BAD}", "other-change", Level.MAJOR, f"{BAD} changed."),
    *(
        Change("GET /a", f"/paths/{n}", "documentation-changed", Level.PATCH, f"Words {n}.")
        for n in range(9)
    ),
]


SURFACE = [SurfaceChange("orders.create", Level.MAJOR, f"lost the argument {BAD}")]


def test_json_has_both_verdicts_and_every_change() -> None:
    """The higher of both is the verdict, and nothing is left out for programs."""
    found = json.loads(as_json(CHANGES[:1], SURFACE))
    assert (found["verdict"], len(found["changes"])) == ("major", 1)
    assert found["changes"][0] == {
        "rule": "endpoint-added",
        "level": "minor",
        "operation": "GET /a",
        "pointer": "/paths/~1a",
        "text": "GET /a is new.",
    }
    assert found["surface"][0]["name"] == "orders.create"
    assert len(json.loads(as_json(CHANGES))["changes"]) == len(CHANGES)
    assert overall(CHANGES[:1]) is Level.MINOR
    assert json.loads(as_json([]))["verdict"] == "none"


@table("make", [as_text, as_json, as_markdown])
def test_no_terminal_obeys_a_report(make: Callable[..., str]) -> None:
    """No control character but the newline, and nothing that turns the direction of text."""
    text = make(CHANGES, SURFACE)
    assert not set(text) & {"\x1b", "\r", "\x07", "\u202e", "\x9b"}


def test_words_are_words_in_markdown() -> None:
    """No table is broken, no HTML, link, mention or code made by what the vendor writes."""
    text = as_markdown(CHANGES, SURFACE)
    assert "<img" not in text.replace("\\<img", "")
    assert "https://" not in text
    assert "www." not in text
    assert "@octocat" not in text
    assert "[a](" not in text.replace("\\[a\\](", "")
    assert all(
        line.count("|") - line.count("\\|") in (3, 4)
        for line in text.splitlines()
        if line[:1] == "|"
    )
    assert not any(line.startswith("# ") for line in text.splitlines())


def test_the_text_has_the_most_serious_first_and_few_of_many_patches() -> None:
    """Levels in order; five of nine patches of one rule, and the number of the others."""
    text = as_text(CHANGES, SURFACE)
    assert text.index("PYTHON") < text.index("MAJOR:") < text.index("MINOR:") < text.index("PATCH:")
    assert "… and 4 more: documentation-changed" in text
    assert text.endswith("verdict: major, Python callers may break")
    assert "python:  major  (1 major)" in text
    assert "(no changes)" in as_text([])
    assert "python:" not in as_text([])


def test_a_page_for_a_pull_request_is_short() -> None:
    """Less than 200 lines whatever the size, the same in forty responses as one row."""
    many = [
        Change(f"GET /{n}", f"/{n}", rule, level, f"The body lost the optional property 'p{n}'.")
        for n in range(500)
        for rule, level in (("other-change", Level.MAJOR), ("example-changed", Level.PATCH))
    ]
    surface = [
        SurfaceChange(f"orders.m{n}", Level.MAJOR, f"`orders.m{n}` is removed") for n in range(300)
    ]
    text = as_markdown(many, surface)
    assert len(text.splitlines()) < 200
    assert text.index("### Major") < text.index("### Patch")
    assert "… and 410 more" in text
    assert len(json.loads(as_json(many))["changes"]) == 1000
    same = [
        Change(f"GET /{n}", f"/{n}", "other-change", Level.MAJOR, f"The response '{n}' lost 'p'.")
        for n in range(40)
    ]
    for make in (as_text, as_markdown):
        assert "The same in 39 more places." in make(same)
        assert make(same).count("lost") == 1


def test_what_one_class_lost_is_one_row() -> None:
    """The members of one class, and the same member of several, are one sentence each."""
    lost = [
        SurfaceChange(
            f"models.{owner}.{name}", Level.MAJOR, f"`models.{owner}` lost the attribute `{name}`"
        )
        for owner, names in {"A": "xy", "B": "x", "C": "x"}.items()
        for name in names
    ]
    gone = [
        Change("GET /a", f"/{n}", "other-change", Level.MAJOR, f"The body lost the optional {n}.")
        for n in ("property 'p'", "property 'q'")
    ]
    for make in (as_text, as_markdown):
        text = " ".join(make(gone, lost).split())
        assert "`models.A` lost the attributes `x`, `y`" in text
        assert "`models.B` lost the attribute `x`; so did `models.C`" in text
        assert "The body lost the optional properties 'p', 'q'." in text
        assert "(2 major)" in text
        assert "(4 major)" in text
