"""Every block of Python in the documentation runs as it stands, tests in it included."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.docs.pages import ROOT, Block, blocks
from tests.marks import table

BLOCKS = list(blocks())
FOR_PYTEST = [block for block in BLOCKS if "chessa_sandbox" in block.code]
PATHS = os.pathsep.join(str(ROOT / part) for part in ("generated", "overrides"))
PLAIN = [block for block in BLOCKS if block not in FOR_PYTEST]


def run_tool(folder: Path, *command: str, **variables: str) -> str:
    """Run a tool of the environment in a folder without an error, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@table("block", PLAIN)
def test_a_block_runs(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block runs by itself, and so does each test that it defines."""
    module = ModuleType("documented")
    monkeypatch.setitem(sys.modules, "documented", module)  # in which Litestar reads annotations
    names = vars(module)
    exec(compile(block.code, block.place, "exec"), names)  # noqa: S102 - our own pages
    for name, value in list(names.items()):
        if name.startswith("test_") and inspect.isfunction(value):
            value()


@pytest.mark.ci
def test_blocks_run_under_pytest(tmp_path: Path) -> None:
    """Each block that asks for the fixture passes under pytest, as a reader would run it."""
    for number, block in enumerate(FOR_PYTEST):
        (tmp_path / f"test_{number}.py").write_text(block.code, encoding="utf-8")
    command = ("pytest", "-rp", "-W", "error", "-p", "no:cacheprovider", ".")
    plugins = "chessa.testing.pytest_plugin,pytest_httpx"  # loading all of them takes a second
    few = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": plugins}
    printed = run_tool(tmp_path, *command, PYTHONPATH=PATHS, **few)
    for number, block in enumerate(FOR_PYTEST):
        assert f"PASSED test_{number}.py::" in printed, block.place


def test_there_are_blocks() -> None:
    """Blocks are found on the pages that have some, and the first one is a dozen lines at most."""
    pages = {block.page for block in BLOCKS}
    assert {"README.md", "docs/errors.md", "docs/testing.md", "docs/reference/orders.md"} <= pages
    assert FOR_PYTEST
    assert len(BLOCKS[0].code.splitlines()) <= 12


def in_files(folder: Path, chosen: list[Block]) -> list[str]:
    """Write blocks to files of their own, and return the names."""
    names = [f"{re.sub('[^a-z0-9]+', '_', block.place.lower())}.py" for block in chosen]
    for name, block in zip(names, chosen, strict=True):
        (folder / name).write_text(block.code, encoding="utf-8")
    return names


def test_blocks_are_formatted(tmp_path: Path) -> None:
    """Blocks written by hand have the format of the project's code."""
    names = in_files(tmp_path, [one for one in BLOCKS if "reference" not in one.page])
    run_tool(tmp_path, "ruff", "format", "--isolated", "--diff", "--line-length", "100", *names)


@pytest.mark.nightly
def test_blocks_are_typed(tmp_path: Path) -> None:
    """Blocks pass a strict type checker, so that readers can paste them into checked code."""
    stubs = "[mypy]\n[mypy-pandas.*]\nignore_missing_imports = true\n"  # pandas-stubs has its types
    (tmp_path / "mypy.ini").write_text(stubs, encoding="utf-8")
    run_tool(tmp_path, "mypy", "--strict", *in_files(tmp_path, BLOCKS), MYPYPATH=PATHS)
