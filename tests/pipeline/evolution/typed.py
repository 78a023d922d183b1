"""Type-check many packages cheaply: each replaces the last in one folder.

The client is checked with the new package and the calls, for it must fit them as it is.
"""

import gc
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mypy import api

from chessa_codegen import atomic
from tests.pipeline.evolution.base import ROOT

_OPTIONS: Final = (
    *("--strict", "--config-file=", "--python-version=3.11", "--no-error-summary"),
    *("--follow-imports=normal", "--explicit-package-bases"),
)


class Types:
    """A folder with both packages, and what mypy knows of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shutil.copytree(
            ROOT / "overrides" / "chessa",
            folder / "chessa",
            ignore=shutil.ignore_patterns("__pycache__"),
        )

    def check(self, package: Path, programs: Sequence[str]) -> str:
        """Check a package and its callers; what is wrong, or ""."""
        _follow(package / "chessa_api", self._folder / "chessa_api")
        for old in self._folder.glob("program_*.py"):
            old.unlink()
        names = [f"program_{number}.py" for number in range(len(programs))]
        for name, code in zip(names, programs, strict=True):
            (self._folder / name).write_text(code, encoding="utf-8")
        where = [self._folder / name for name in ("chessa_api", "chessa", *names)]
        cache = f"--cache-dir={self._folder / '.cache'}"
        limit, thresholds = sys.getrecursionlimit(), gc.get_threshold()
        try:
            said, failed, status = api.run([*_OPTIONS, cache, *map(str, where)])
        finally:
            sys.setrecursionlimit(limit)  # mypy raises both, for whatever test runs here next
            gc.set_threshold(*thresholds)
        return (said + failed).strip() or (f"mypy ended with {status}" if status else "")


def _follow(package: Path, copy: Path) -> None:
    """Make a copy like a package, and touch only what differs."""
    wanted, there = atomic.files(package), atomic.files(copy) if copy.is_dir() else {}
    for name in there:
        if name not in wanted:
            (copy / name).unlink()
    for name, content in wanted.items():
        if there.get(name) != content:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes(content)
