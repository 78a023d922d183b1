"""The report of a test that failed with the fixture `chessa_sandbox`."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chessa.testing import Sandbox
from chessa.testing.pytest_plugin import pytest_runtest_makereport
from tests.marks import CI

FAILING = """
def test_of_a_user(chessa_sandbox):
    order = chessa_sandbox.add_order().fund().fail()
    chessa_sandbox.lose_next_answer()
    chessa_sandbox.request_refund(order.id)
    assert not chessa_sandbox.refunds

def test_that_passes(chessa_sandbox):
    chessa_sandbox.add_order()
"""


@pytest.mark.parametrize(
    ("when", "failed", "is_shown"),
    [
        ("call", True, True),
        ("call", False, False),
        ("setup", True, False),
    ],
)
def test_the_transcript_is_added_to_a_failed_call(
    chessa_sandbox: Sandbox, when: str, failed: bool, is_shown: bool
) -> None:
    """The report of the call gets it, if it failed; no other does."""
    report: Any = SimpleNamespace(when=when, failed=failed, sections=[])
    item: Any = SimpleNamespace(funcargs={"chessa_sandbox": chessa_sandbox})
    hook = pytest_runtest_makereport(item)
    next(hook)
    with pytest.raises(StopIteration) as stopped:
        hook.send(report)
    assert stopped.value.value is report
    shown = [("chessa_sandbox", chessa_sandbox.transcript())]
    assert report.sections == (shown if is_shown else [])


@CI
def test_a_failed_test_shows_the_transcript(tmp_path: Path) -> None:
    """Once, for the test that failed: requests, faults and movements."""
    (tmp_path / "test_it.py").write_text(FAILING, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["-p", "chessa.testing.pytest_plugin", "-o", "addopts=", str(tmp_path)]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=tmp_path,
    )
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert done.stdout.count("chessa_sandbox ---") == 1
    assert "* refund of 10 USDC" in done.stdout
    assert "x-- response lost, acted |" in done.stdout
