"""Running tests on packages in which something was planted, and reading how that ended.

In: a folder with copies of both packages, and tests to run on them. Out: whether they turned red.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs
import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGES: Final = {"chessa_api": ROOT / "generated", "chessa": ROOT / "overrides"}
TIMEOUT: Final = 300


@attrs.frozen
class Run:
    """How the tests ended.

    In CI pytest cuts nothing from its summary: the line that names a test may be far above its end.
    """

    status: int
    output: str = attrs.field(repr=False)

    @property
    def end(self) -> str:
        """What a reader needs of a long output."""
        return self.output[-4_000:]

    def check_green(self) -> None:
        """All of them passed."""
        assert self.status == pytest.ExitCode.OK, self.end

    def check_red(self, test: str) -> None:
        """A test whose name begins so failed: not an import, not a fixture, not the test itself."""
        assert self.status == pytest.ExitCode.TESTS_FAILED, self.end
        assert re.search(rf"^FAILED {re.escape(test)}", self.output, re.MULTILINE), self.end


def run_tests(packages: Path, *tests: str, settings: Mapping[str, str] | None = None) -> Run:
    """Run tests of this project on the packages in a folder, up to the first that fails."""
    options = ["-q", "-x", "-p", "no:cacheprovider", "-o", "pythonpath=scripts ."]
    # Compiled tests are kept, whatever the environment says: to compile pytest's plugins anew, as
    # it rewrites them, takes longer than most of these runs.
    paths = {"PYTHONPATH": str(packages), "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=ROOT,
        env={**os.environ, **paths, **(settings or {})},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    return Run(done.returncode, done.stdout + done.stderr[-1_000:])
