"""The table and plots of docs/performance.md are those of benchmarks/results.json."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from benchmarks.page import table
from benchmarks.plots import plots
from benchmarks.report import RESULTS
from benchmarks.targets import TARGETS

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGE: Final = (DOCS / "performance.md").read_text("utf-8")


@pytest.fixture(scope="module")
def saved() -> Any:
    """Return the document of the run that was saved."""
    return json.loads(RESULTS.read_text("utf-8"))


def test_the_table_is_of_the_saved_run(saved: Any) -> None:
    """`python -m benchmarks.page` prints it as it stands on the page."""
    assert table(saved) in PAGE
    assert saved["machine"]["cpu"] in PAGE
    assert saved["machine"]["python"] in PAGE


def test_the_plots_are_of_the_saved_run(saved: Any) -> None:
    """Each is drawn from its figures, and shown on the page."""
    for name, image in plots(saved).items():
        assert (DOCS / name).read_text("utf-8") == image
        assert f"({name})" in PAGE


def test_everything_that_is_held_to_something_was_measured(saved: Any) -> None:
    """No target without a figure, none of another time, and no case that crashed."""
    figures = {(each["case"], each["name"], each["peer"]): each for each in saved["figures"]}
    assert saved["crashed"] == {}
    for key, limit in TARGETS.items():
        assert figures[key]["to_reach"] == limit, key


def test_what_is_missed_is_said(saved: Any) -> None:
    """Each case that misses its target is explained under "Where we lose"."""
    losses = PAGE.partition("## Where we lose")[2]
    missed = {each["case"] for each in saved["figures"] if each["met"] is False}
    assert [case for case in sorted(missed) if f"`{case}`" not in losses] == []
