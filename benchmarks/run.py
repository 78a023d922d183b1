"""One function of a case, in this process: `python -m benchmarks.run CASE MODULE:FUNCTION`.

Contenders take turns, so that a disturbance of the machine affects them alike. Prints the figures
and the series of plots as JSON.
"""

import gc
import json
import operator
import os
import pkgutil
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .payload import ROOT
from .targets import TARGETS, is_met

Work = Callable[[], object]
Times = dict[str, list[float]]
"""Seconds, or what is computed from them, by contender and round."""
OURS: Final = "chessa"
"""The prefix of contenders that are not compared with each other."""
_KINDS: Final = {"ratio": operator.truediv, "difference": operator.sub}


def interleave(
    work: Mapping[str, Work], rounds: int, warm_up: int = 1, before: Work = gc.collect
) -> tuple[Times, Times]:
    """Return wall and processor time of each contender, by round; of no round of the warm-up.

    Every second round has the reverse order. The clocks stop while `before` runs, ahead of each
    turn, and while the result of a turn is dropped. Processor time includes child processes.
    """
    order = list(work)
    wall: Times = {name: [] for name in work}
    cpu: Times = {name: [] for name in work}
    for number in range(warm_up + rounds):
        for name in order[:: -1 if number % 2 else 1]:
            before()
            begun = time.perf_counter(), _cpu()
            result = work[name]()
            used = _cpu() - begun[1]
            wall[name].append(time.perf_counter() - begun[0])
            cpu[name].append(used)
            del result
    for times in (wall, cpu):
        for values in times.values():
            del values[:warm_up]
    return wall, cpu


def _cpu() -> float:
    uses = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def command(*arguments: object, **variables: str) -> None:
    """Run a command to its end. A timeout would round the time up: to wait with one is to sleep."""
    done = subprocess.run(
        list(map(str, arguments)),
        env={**os.environ, **variables},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode("utf-8", "replace"))


def convert(times: Times, function: Callable[[float], float]) -> Times:
    """Apply a function to each value."""
    return {name: list(map(function, values)) for name, values in times.items()}


def exact(value: float) -> float:
    """Round to six digits: more is noise that makes a saved file differ."""
    return float(f"{value:.6g}")


@dataclass(frozen=True)
class Run:
    """The figures of a case, in the form of the JSON document."""

    case: str
    is_quick: bool = False
    figures: list[dict[str, Any]] = field(default_factory=list)
    series: dict[str, Any] = field(default_factory=dict)

    def of(self, full: int, quick: int) -> int:
        """Return a number of rounds, or of calls."""
        return quick if self.is_quick else full

    def say(self, text: str) -> None:
        """Report progress on stderr."""
        sys.stderr.write(f"    {text}\n")

    def against(self, name: str, unit: str, values: Times, ours: str = OURS) -> None:
        """Compare one of our contenders with each peer."""
        for peer, theirs in values.items():
            if not peer.startswith(OURS):
                self.compare(name, peer, unit, values[ours], theirs)

    def compare(
        self,
        name: str,
        peer: str,
        unit: str,
        ours: Sequence[float],
        theirs: Sequence[float],
        kind: str = "ratio",
    ) -> None:
        """Add a figure: ours over theirs, or less theirs, of the same round."""
        values = list(map(_KINDS[kind], ours, theirs))
        q1, median, q3 = statistics.quantiles(
            values if values[1:] else values * 2, n=4, method="inclusive"
        )
        spread = {"median": median, "min": min(values), "max": max(values), "q1": q1, "q3": q3}
        self._add(
            name,
            peer,
            unit=unit,
            ours=exact(statistics.median(ours)),
            theirs=exact(statistics.median(theirs)),
            rounds=len(values),
            **{kind: {each: exact(value) for each, value in spread.items()}},
        )

    def skip(self, name: str, peer: str, reason: str) -> None:
        """Add a figure that is not measured."""
        self._add(name, peer, skipped=reason)

    def _add(self, name: str, peer: str, **measured: Any) -> None:
        limit = TARGETS.get((self.case, name, peer))
        spread = measured.get("ratio", measured.get("difference"))
        met = is_met(limit, spread["median"]) if limit and spread else None
        figure = {"case": self.case, "name": name, "peer": peer, "skipped": None, **measured}
        self.figures.append({**figure, "to_reach": limit, "met": met})


def main(case: str, function: str, *options: str) -> None:
    """Measure, and print."""
    run = Run(case, is_quick="--quick" in options)
    pkgutil.resolve_name(function)(run)
    json.dump({"figures": run.figures, "series": run.series}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
