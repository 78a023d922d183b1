"""The documents and the figures of the case `growth`."""

import pytest

from benchmarks.cases.pipeline import growth
from benchmarks.growing import changed, document
from benchmarks.run import Run
from chessa_tracking.diff.openapi import compare


def test_a_growing_document_grows_evenly() -> None:
    """A document has as many operations as asked for, and two changes for every tenth."""
    for operations in (10, 30):
        before = document(operations)
        assert sum(map(len, before["paths"].values())) == operations
        found = compare(before, changed(before))
        assert {change.rule for change in found} == {
            "new-optional-request-parameter",
            "response-non-success-status-added",
        }
        assert len(found) == 2 * operations / 10


@pytest.mark.nightly
def test_each_step_is_measured() -> None:
    """Regenerating, the diff and the comparison for callers have a figure from size to size."""
    run = Run("growth")
    growth(run, (10, 30))
    assert [figure["name"] for figure in run.figures] == [
        f"{step}, 10 to 30 operations" for step in ("regenerate", "diff", "surface")
    ]
    for figure in run.figures:
        assert figure["ours"] > 0
        assert 2 < figure["theirs"] < 3
