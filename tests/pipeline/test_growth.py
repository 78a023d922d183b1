"""The figures of `benchmarks/growth.py`: that they are there, and what they are made of."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.growing import changed, document
from chessa_tracking.diff.openapi import compare

ROOT = Path(__file__).resolve().parents[2]


def test_a_growing_document_grows_evenly() -> None:
    """As many operations as asked for, and a change for every one in ten, told once each."""
    for operations in (10, 30):
        whole = document(operations)
        assert sum(map(len, whole["paths"].values())) == operations
        found = compare(whole, changed(whole))
        assert {change.rule for change in found} == {
            "new-optional-request-parameter",
            "response-non-success-status-added",
        }
        assert len(found) == 2 * operations / 10


@pytest.mark.nightly
def test_the_figures_are_printed() -> None:
    """A line for each size has the cost of regenerating, of the diff and of the surface."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "growth.py"), "10", "30"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    head, first, second = done.stdout.splitlines()
    assert head.split()[:4] == ["operations", "document", "package", "changes"]
    assert re.fullmatch(r" +10( +\d+){3}( +\d+\.\d\d +1\.00){3}", first)
    assert re.fullmatch(r" +30( +\d+){3}( +\d+\.\d\d +\d+\.\d\d){3}", second)
