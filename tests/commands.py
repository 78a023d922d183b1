"""Run the commands of the project in this process: starting one takes a second."""

import contextlib
import io
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import regenerate as regenerating
import update_spec as updating
from chessa_codegen.regeneration import Job

Done = subprocess.CompletedProcess[str]


def run(main: Callable[[list[str]], int], *words: object) -> Done:
    """Call the main function of a command; return its exit status and its output."""
    arguments = [str(word) for word in words]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(arguments)
    return Done(arguments, status, out.getvalue(), err.getvalue())


def inputs(tree: Path) -> dict[str, Any]:
    """Name the parts of a copy of the project that regeneration reads and writes."""
    return {
        "spec": tree / "spec" / "openapi.yaml",
        "overlay": tree / "spec" / "overlay.yaml",
        "config": tree / "generator-config.yaml",
        "output": tree / "generated",
        "lock": tree / "spec" / "lock.json",
        "examples": tree / "docs" / "examples.toml",
    }


def regenerate(tree: Path, *words: object) -> Done:
    """Run `regenerate.py` in a copy of the project."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regenerating, "ROOT", tree)
        patch.setattr(regenerating, "Job", partial(Job, **inputs(tree)))
        return run(regenerating.main, *words)


def update(tree: Path, *words: object) -> Done:
    """Run `update_spec.py` in a copy of the project, from the folder that the copy is in."""
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(tree.parent):
        patch.setattr(updating, "ROOT", tree)
        return run(updating.main, *words)
