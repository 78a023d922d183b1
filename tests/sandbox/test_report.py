"""The report of a test that failed with the fixture `chessa_sandbox`."""

import os
import subprocess
import sys
from pathlib import Path

FAILING = """
def test_of_a_user(chessa_sandbox):
    order = chessa_sandbox.add_order().fund().fail()
    chessa_sandbox.lose_next_answer()
    chessa_sandbox.request_refund(order.id)
    assert not chessa_sandbox.refunds

def test_that_passes(chessa_sandbox):
    chessa_sandbox.add_order()
"""


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
