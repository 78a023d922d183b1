"""Cases all the way, several at a time.

Enters: cases. Leaves: their results, in their order. Each process has a stage of its own.
"""

import atexit
import multiprocessing
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from tests.pipeline.evolution.case import Case
from tests.pipeline.evolution.whole import Result, Stage

_stages: Final[list[Stage]] = []


def run(chosen: Sequence[Case], jobs: int, examples: int) -> Iterator[Result]:
    """Take cases all the way; `examples` for each property, and none without."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, _begin) as pool:
        yield from pool.map(_run, chosen, [examples] * len(chosen))


def _begin() -> None:
    """Set the stage of a process."""
    folder = tempfile.TemporaryDirectory(prefix="evolution-")
    stage = Stage(Path(folder.name))
    _stages.append(stage)
    atexit.register(folder.cleanup)
    atexit.register(stage.close)


def _run(case: Case, examples: int) -> Result:
    try:
        return _stages[0].run(case, examples=examples)
    except Exception as error:  # noqa: BLE001 - one case must not end the others
        return Result(case, (f"{type(error).__name__}: {error}",))
