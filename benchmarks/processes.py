"""Fresh processes, one after the other: what a program costs from its start to its end.

In: programs, as text. Out: milliseconds of each, by round; they take turns, with the same flags and
the same folders to import from.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Final

from .interleaving import Contender, turns
from .payload import ROOT

_FLAGS: Final = ("-P", "-s")
_LONGEST: Final = 300.0


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
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(packages)}
    return seconds([sys.executable, *_FLAGS, "-c", program, *words], variables)


def seconds(command: Sequence[str], variables: Mapping[str, str]) -> float:
    """From the start of a process to its end, which has to be a good one.

    A timer ends one that does not: waiting with a timeout is done by sleeping ever longer, which
    would round what is measured up to 16, 32, 64 ms, and then to 50 more each.
    """
    with tempfile.TemporaryFile() as complaints:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            env=variables,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
        )
        timer = threading.Timer(_LONGEST, process.kill)
        timer.start()
        try:
            status = process.wait()
            spent = time.perf_counter() - begun
        finally:
            timer.cancel()
        if status:
            complaints.seek(0)
            sys.stderr.write(complaints.read().decode("utf-8", "replace"))
            raise subprocess.CalledProcessError(status, list(command))
    return spent
