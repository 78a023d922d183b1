"""The command: its exit status, its formats, and what it refuses."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import diff_spec
from tests import commands
from tests.tracking.base import BASE, THING, edited, put

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "diff_spec.py"


def run(*words: object) -> "subprocess.CompletedProcess[str]":
    """Run the command."""
    return commands.run(diff_spec.main, *words)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two documents with a minor change between them."""
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    changed = edited(lambda d: d["paths"]["/things"].update(put={"responses": {}}))
    old.write_text(json.dumps(BASE))
    new.write_text(json.dumps(changed))
    return old, new


def test_each_format_says_the_verdict(files: tuple[Path, Path]) -> None:
    """Text, JSON and Markdown; exit 0, for it compared."""
    assert "verdict: minor" in run(*files).stdout
    assert json.loads(run(*files, "--format", "json").stdout)["verdict"] == "minor"
    done = run(*files, "--format", "markdown", "--fail-on", "major")
    assert (done.returncode, "**Verdict: minor**" in done.stdout) == (0, True)


def test_it_fails_on_a_verdict_as_high_as_asked(files: tuple[Path, Path]) -> None:
    """Exit 1, with the report all the same."""
    done = run(*files, "--fail-on", "minor")
    assert (done.returncode, "endpoint-added" in done.stdout) == (1, True)


@pytest.mark.ci
def test_it_fails_on_an_ascii_terminal_too(files: tuple[Path, Path]) -> None:
    """The command itself: exit 1, with the report all the same."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, files), "--fail-on", "minor"],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, "endpoint-added" in done.stdout) == (1, True)


@pytest.mark.parametrize(
    ("key", "value"),
    [("openapi", "2.0"), ("servers", [{"url": "https://a:b@c.example"}]), ("x-a", "\x00")],
)
def test_what_is_not_safe_is_refused(files: tuple[Path, Path], key: str, value: Any) -> None:
    """An unknown version or an unsafe document: exit 2, with which and how to fix it."""
    old, new = files
    new.write_text(json.dumps(BASE | {key: value}))
    done = run(old, new)
    assert (done.returncode, done.stdout) == (2, "")
    assert "new.json" in done.stderr
    assert "fix:" in done.stderr


def test_a_refusal_has_no_verdict(files: tuple[Path, Path]) -> None:
    """As JSON it says what was refused, and where."""
    old, new = files
    new.write_text(json.dumps(BASE | {"openapi": "2.0"}))
    done = run(old, new, "--format", "json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["verdict"], found["changes"]) == (2, None, [])
    assert "2.0" in found["refused"]["what"]


def test_a_reference_to_nothing_is_compared_and_no_file_is_refused(
    files: tuple[Path, Path],
) -> None:
    """The one waits, as in a package; the other is exit 2, and no traceback."""
    old, new = files
    lost = edited(put({"$ref": "#/nowhere"}, *THING, "properties", "name"))
    new.write_text(json.dumps(lost))
    done = run(old, new)
    assert done.returncode == 0
    assert "Not in the package yet" in done.stdout
    done = run(old, "none.json")
    assert done.returncode == 2
    assert done.stderr.startswith("refused: ")


@pytest.mark.ci
def test_a_closed_pipe_is_no_traceback(files: tuple[Path, Path]) -> None:
    """The reader has closed the pipe."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, str(SCRIPT), *map(str, files)]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")
