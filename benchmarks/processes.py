"""Fresh processes, one after the other: what a program costs from its start to its end.

In: programs, as text. Out: milliseconds of each, by round; they take turns, with the same flags and
the same folders to import from.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Final

from .interleaving import Contender, turns
from .payload import ROOT

_FLAGS: Final = ("-P", "-s")
_LONGEST: Final = 60.0


def interleave_programs(
    programs: Mapping[str, str], rounds: int, words: Sequence[str] = ()
) -> dict[str, list[float]]:
    """Let the programs take turns. The first two rounds, which compile, are not counted."""
    milliseconds: dict[str, list[float]] = {name: [] for name in programs}
    contenders = [Contender(name, program) for name, program in programs.items()]
    for contender in turns(contenders, 2):
        _seconds(contender.work, words)
    for contender in turns(contenders, rounds):
        milliseconds[contender.name].append(_seconds(contender.work, words) * 1e3)
    return milliseconds


def _seconds(program: str, words: Sequence[str]) -> float:
    packages = [str(ROOT / "generated"), str(ROOT / "overrides")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(packages)}
    command = [sys.executable, *_FLAGS, "-c", program, *words]
    begun = time.perf_counter()
    subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=_LONGEST,
        check=True,
    )
    return time.perf_counter() - begun
