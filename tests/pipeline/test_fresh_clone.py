"""The project as a stranger has it: cloned, nothing installed, its commands run as they are."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROBE = """
import ensurepip, sys
sys.version_info >= (3, 11) and print("%d.%d" % sys.version_info[:2], sys.executable)
"""


def pythons() -> dict[str, str]:
    """The interpreters that the project supports, on the PATH and of pyenv: one of each version."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    commands = [sys.executable, *map(str, sorted(pyenv.glob("versions/3.*/bin/python3")))]
    commands += [path for n in range(11, 30) if (path := shutil.which(f"python3.{n}"))]
    found: dict[str, str] = {}
    for command in commands:
        probe = [command, "-Ic", PROBE]
        done = subprocess.run(probe, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode == 0 and done.stdout:
            version, executable = done.stdout.split(maxsplit=1)
            found.setdefault(version, executable.strip())
    return found


PYTHONS = pythons()


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
