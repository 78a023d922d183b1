"""`./scripts/test` runs the tests in two passes: none is left out, and none that fails is missed.

In: the script with stand-ins for what it runs, and the tables of `tests/conftest.py`. Out: which
passes ran, and the exit status that their own make.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ALONE, HERE, SINGLY
from tests.packaging.building import ROOT

PYTHON = """#!/bin/sh
case "$*" in
    -IS*) echo 0 ;;
    *"--beside yes"*) echo "$*" >>calls; exit "$BESIDE" ;;
    *"--beside no"*) echo "$*" >>calls; exit "$APART" ;;
esac
"""
MEASURES = re.compile(r"gc\.collect|tracemalloc\.start|/proc/self|threading\.(active_c|enum)")


def run(folder: Path, *words: str, beside: int = 0, apart: int = 0) -> tuple[int, list[str]]:
    """Run the script where the passes end so: its own status, and the arguments of each pass."""
    commands = folder / ".venv" / "bin"
    commands.mkdir(parents=True)
    (folder / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "test", folder / "scripts")
    stand_ins = {folder / "scripts" / "bootstrap": "#!/bin/sh\n", commands / "python": PYTHON}
    stand_ins |= {commands / name: "#!/bin/sh\n" for name in ("ruff", "mypy", "pyright", "pytest")}
    for path, text in stand_ins.items():
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
    done = subprocess.run(
        [folder / "scripts" / "test", *words],
        env={**os.environ, "BESIDE": str(beside), "APART": str(apart)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not done.stderr
    return done.returncode, (folder / "calls").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("beside", "apart", "status", "passes"),
    [
        (0, 0, 0, 2),
        (1, 0, 1, 2),  # the second runs all the same
        (0, 1, 1, 2),
        (1, 1, 1, 2),
        (5, 0, 0, 2),  # 5: nothing was selected
        (0, 5, 0, 2),
        (1, 5, 1, 2),
        (5, 1, 1, 2),
        (5, 5, 5, 2),
        (2, 0, 2, 1),  # 2: interrupted
        (4, 0, 4, 1),  # 4: an option that is none
        (0, 3, 3, 2),
        (1, 2, 2, 2),
    ],
)
def test_the_status_tells_of_both(
    beside: int, apart: int, status: int, passes: int, tmp_path: Path
) -> None:
    """Red if either is, green if one was and the other had nothing; an interruption ends both."""
    ended, calls = run(tmp_path, beside=beside, apart=apart)
    assert (ended, len(calls)) == (status, passes)


def test_both_get_what_was_asked_for(tmp_path: Path) -> None:
    """Arguments go to both passes, word by word; the second stays alone whatever they are."""
    _, calls = run(tmp_path, "--all", "-n", "4", "-k", "a refund")
    common = "-m pytest --no-header -m not nightly"
    assert calls == [
        f"{common} -n 2 -n 4 -k a refund --beside yes",
        f"{common} -n 4 -k a refund --beside no -n 0",
    ]


def test_each_test_is_in_one_pass() -> None:
    """What the two passes collect is, together, what there is."""
    files = (
        "tests/unit/test_tls_stream.py",
        "tests/unit/test_outcomes.py",
        "tests/faults/test_leaks.py",
    )

    def collected(*words: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "", *files, *words],
            cwd=ROOT,
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return [line for line in done.stdout.splitlines() if "::" in line]

    beside, apart = collected("--beside", "yes"), collected("--beside", "no")
    assert {name.partition("::")[0] for name in beside} == {files[1]}
    assert sorted(beside + apart) == sorted(collected())


def test_what_measures_runs_alone() -> None:
    """A file that counts descriptors, threads, garbage or memory stands in the table."""
    measuring = [
        path.relative_to(HERE)
        for path in HERE.rglob("*.py")
        if path != Path(__file__) and MEASURES.search(path.read_text(encoding="utf-8"))
    ]
    assert len(measuring) >= 5
    assert not [path for path in measuring if not {path.as_posix(), path.parts[0]} & set(ALONE)]


def test_the_tables_name_what_there_is() -> None:
    """No place in them is gone, and no reason is missing."""
    assert not [place for place in (*ALONE, *SINGLY) if not (HERE / place).exists()]
    assert all(ALONE.values())
