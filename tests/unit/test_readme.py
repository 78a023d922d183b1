"""The README is true: its Python runs as it stands, and its commands and files exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_python_runs(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every Python block runs, tests in it included."""
    names: dict[str, object] = {"__name__": "readme"}
    exec(compile(block, "README.md", "exec"), names)  # noqa: S102 - our own README
    for name, value in names.items():
        if name.startswith("test_") and callable(value):
            value()
    assert "Traceback" not in capsys.readouterr().out


def test_quickstart_is_short() -> None:
    """The first block, which newcomers copy, is a dozen lines at most."""
    assert len(BLOCKS) >= 3
    assert len(BLOCKS[0].splitlines()) <= 12


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\./scripts/\w+|scripts/\w+\.py", README))))
def test_commands_exist(path: str) -> None:
    """Every script that the README names is there, and can be run."""
    assert (ROOT / path).is_file()
    assert (ROOT / path).stat().st_mode & 0o100
