"""The project as a stranger has it: cloned, nothing installed, its commands run as they are."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OLDEST, NEWEST = 11, 14


def pythons() -> list[str]:
    """The interpreters of this machine that the project supports, one of each version."""
    found = [sys.executable]
    for minor in range(OLDEST, NEWEST + 1):
        command = shutil.which(f"python3.{minor}")
        if minor == sys.version_info.minor or command is None:
            continue
        probe = [command, "-Ic", "import ensurepip, sys; print(sys.executable)"]
        done = subprocess.run(probe, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            found.append(done.stdout.strip())
    return found


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


@pytest.mark.long
@pytest.mark.parametrize("python", pythons(), ids=lambda path: Path(path).parent.parent.name)
def test_a_clone_works(python: str, tmp_path: Path) -> None:
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
    done = run(project, own, "scripts/regenerate.py", "--check", python=python)
    assert done.returncode == 0, done.stdout + done.stderr
