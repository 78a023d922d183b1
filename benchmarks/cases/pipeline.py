"""Regenerating, next to openapi-python-client alone; and the growth of its cost with the document.

Both commands format with the ruff of .venv; ours also applies an overlay, validates, checks its
output and writes a lock.
"""

import functools
import itertools
import json
import operator
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from chessa_codegen.regeneration import Job, regenerate
from chessa_tracking.api_diff.package import compare_packages
from chessa_tracking.diff.openapi import compare

from ..growing import changed, document
from ..payload import ROOT
from ..run import OURS, Run, Times, Work, command, exact, interleave

PEER: Final = "openapi-python-client"
ROUNDS: Final = {10: (7, 3), 100: (5, 3), 1000: (3, 1)}
"""Operations, and the rounds of a full and of a quick run."""


def regenerating(run: Run) -> None:
    """Measure both commands, on the vendored document and on ones of 10, 100, 1,000 operations."""
    lines: Times = {OURS: [], PEER: []}
    with tempfile.TemporaryDirectory(prefix="regenerate-") as folder:
        run.say("our document")
        seconds = _commands(Path(folder), ROOT / "spec" / "openapi.yaml", [], run.of(9, 3))
        run.against("our document", "s", seconds)
        for operations, rounds in ROUNDS.items():
            run.say(f"{operations} operations")
            spec = Path(folder, f"{operations}.json")
            spec.write_text(_json(document(operations)), encoding="utf-8")
            seconds = _commands(Path(folder), spec, ["--no-overlay"], run.of(*rounds))
            run.against(f"{operations} operations", "s", seconds)
            for name, values in seconds.items():
                lines[name].append(exact(statistics.median(values)))
    run.series["regenerate"] = {"places": list(ROUNDS), "lines": lines}


def _commands(folder: Path, spec: Path, options: Sequence[str], rounds: int) -> Times:
    tools, output = Path(sys.executable).parent, folder / "output"
    made = output / "made"
    ours = [sys.executable, "scripts/regenerate.py", "--spec", spec, *options]
    theirs = [tools / PEER, "generate", "--path", spec, "--meta", "none", "--output-path", made]
    path = os.pathsep.join([str(tools), os.environ.get("PATH", os.defpath)])
    work = {
        OURS: functools.partial(command, *ours, "--output", output, "--package", "made", PATH=path),
        PEER: functools.partial(command, *theirs, PATH=path),
    }

    def empty() -> None:
        """Check the package of the turn before, and remove it."""
        if output.is_dir() and len(list(made.rglob("*.py"))) < 10:
            raise RuntimeError("a command wrote fewer than 10 modules")
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir()

    wall, _ = interleave(work, rounds, before=empty)
    empty()
    shutil.rmtree(output)
    return wall


def growth(run: Run, sizes: Sequence[int] = (10, 100, 1000)) -> None:
    """Measure how many times processor time grows with the operations, over how many times the
    bytes of the document do: 1 means that cost grows as the document does."""
    sizes = sizes[: run.of(3, 2)]
    steps: dict[str, dict[str, Work]] = {"regenerate": {}, "diff": {}, "surface": {}}
    with tempfile.TemporaryDirectory(prefix="growth-") as folder:
        for size in sizes:
            old = document(size)
            new = changed(old)
            before, after = (
                _job(Path(folder, f"{size}"), old),
                _job(Path(folder, f"{size}-new"), new),
            )
            regenerate(after)
            steps["regenerate"][str(size)] = functools.partial(regenerate, before)
            steps["diff"][str(size)] = functools.partial(compare, old, new)
            steps["surface"][str(size)] = functools.partial(
                compare_packages, before.target, after.target
            )
        for step, work in steps.items():
            run.say(step)
            _, cpu = interleave(work, 2)
            for small, large in itertools.pairwise(sizes):
                grown = list(map(operator.truediv, cpu[str(large)], cpu[str(small)]))
                bytes_ = len(_json(document(large))) / len(_json(document(small)))
                name = f"{step}, {small} to {large} operations"
                run.compare(name, "the document's bytes", "times", grown, [bytes_] * 2)


def _job(folder: Path, spec: Any) -> Job:
    folder.mkdir()
    path = folder / "openapi.json"
    path.write_text(_json(spec), encoding="utf-8")
    return Job(spec=path, overlay=None, output=folder, lock=folder / "lock.json")


def _json(spec: Any) -> str:
    return json.dumps(spec, indent=1)
