"""Staging: the new tree, made and tested in a copy before any file is put in place."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from chessa_codegen.errors import SpecError
from chessa_codegen.regeneration import Job

_NOT_COPIED: Final = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", ".update*", ".*_cache", ".hypothesis", "*.egg-info", "dist"
)
_SHOWN: Final = 40


@contextmanager
def staged(root: Path) -> Iterator[Path]:
    """Make a copy of the tree; remove it at the end."""
    with tempfile.TemporaryDirectory(prefix="update-") as workshop:
        copy = Path(workshop) / root.name
        shutil.copytree(root, copy, ignore=_NOT_COPIED, symlinks=True)
        yield copy


def job_in(root: Path) -> Job:
    """Return the job that makes the package of a tree in it."""
    return Job(
        spec=root / "spec" / "openapi.yaml",
        overlay=root / "spec" / "overlay.yaml",
        config=root / "generator-config.yaml",
        output=root / "generated",
        lock=root / "spec" / "lock.json",
        reference=root / "docs" / "reference",
        examples=root / "docs" / "examples.toml",
        for_client=True,
    )


def prove(root: Path) -> None:
    """Run the property tests of a tree in it. Raises `SpecError` if the package fails them."""
    words = ("-q", "--no-header", "-n", "2", "-p", "no:cacheprovider")
    chosen = ("-m", "not ci and not nightly", "--hypothesis-profile", "ci")
    command = [sys.executable, "-m", "pytest", *words, *chosen, "tests/property"]
    environment = {name: v for name, v in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = (done.stdout + done.stderr).splitlines()[-_SHOWN:]
        raise SpecError(
            "The package that the new document makes does not pass the property tests:",
            "tests/property",
            "Correct the document by the overlay, or fix the pipeline: a property is never wrong "
            "because the vendor changed.",
            tuple(lines),
        )
