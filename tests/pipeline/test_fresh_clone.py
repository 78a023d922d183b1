"""The project as a stranger has it: cloned, nothing installed, its commands run as they are."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.packaging.environments import PYTHONS

ROOT = Path(__file__).resolve().parents[2]


def run(project: Path, *words: str, python: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of the project with next to nothing in the environment."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name in ("HOME", "PATH", "LANG", "TMPDIR") or name.startswith(("PIP_", "SSL_CERT_"))
    }
    return subprocess.run(
        words,
        cwd=project,
        env={**environment, "PYTHON": python},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.mark.nightly
@pytest.mark.parametrize(("version", "python"), PYTHONS.items(), ids=PYTHONS)
def test_a_clone_works(version: str, python: str, tmp_path: Path) -> None:
    """The demo runs twice and changes nothing; the tree is what every Python makes of the spec."""
    project = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(project)], check=True, timeout=60)
    for _ in range(2):
        done = run(project, "./scripts/demo", python=python)
        assert done.returncode == 0, done.stderr
        for words in ("16 operations", "BadRequestError", "invalid_refund_request", "counted: 1"):
            assert words in done.stdout
        status = run(project, "git", "status", "--porcelain", python=python)
        assert status.stdout == ""
    own = str(project / ".venv" / "bin" / "python")
    assert f"Python {version}." in run(project, own, "--version", python=python).stdout
    done = run(project, own, "scripts/regenerate.py", "--check", python=python)
    assert done.returncode == 0, done.stdout + done.stderr
