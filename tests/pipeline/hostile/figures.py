"""Many cases, in as many processes as are wanted, told as figures.

In: cases. Out: how many documents were refused and generated, and of each invariant how often it
was broken, with the first cases that did.
"""

import collections
import multiprocessing
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import attrs

from .cases import Case
from .proof import INVARIANTS, Prover, Verdict, is_twice

_AT_ONCE: Final = 20
_SHOWN: Final = 12


@attrs.define
class Figures:
    """What is known of the documents so far."""

    refused: int = 0
    generated: int = 0
    calls: int = 0
    """Calls that were held against the document."""
    twice: int = 0
    slowest: float = 0.0
    broken: collections.Counter[str] = attrs.field(factory=lambda: collections.Counter[str]())
    """Of each invariant, how many documents broke it."""
    seen: list[str] = attrs.field(factory=list[str])

    def add(self, verdict: Verdict) -> None:
        """Count one more document."""
        self.refused += verdict.refusal is not None
        self.generated += verdict.refusal is None
        self.calls += verdict.calls
        self.twice += verdict.twice
        self.slowest = max(self.slowest, verdict.seconds)
        self.broken.update({invariant for invariant, _ in verdict.broken})
        self.seen += [f"{verdict.case}: {name}: {what}" for name, what in verdict.broken]

    @property
    def documents(self) -> int:
        """How many there were."""
        return self.refused + self.generated

    def table(self) -> str:
        """All figures, a line each, and the first of what was seen."""
        rows = [
            ("documents", self.documents),
            ("refused", self.refused),
            ("generated", self.generated),
            ("calls held against the document", self.calls),
            ("generated twice", self.twice),
            ("seconds of the slowest", round(self.slowest, 1)),
            *((name, self.broken[name]) for name in INVARIANTS),
        ]
        lines = [f"{name:<42}{value:>8,}" for name, value in rows]
        return "\n".join([*lines, *self.seen[:_SHOWN]])


def verdicts(cases: Iterable[Case], jobs: int = 1) -> Iterator[Verdict]:
    """What becomes of each document; the order is that of the cases."""
    numbered = list(enumerate(cases))
    parts = [numbered[start : start + _AT_ONCE] for start in range(0, len(numbered), _AT_ONCE)]
    # Spawned: the hook that listens stays in a process for life, and this one lives on.
    spawned = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory(prefix="hostile-") as folder,
        ProcessPoolExecutor(jobs, spawned, initializer=_begin, initargs=(folder,)) as pool,
    ):
        for made in pool.map(_prove, parts):
            yield from made


def figures(cases: Iterable[Case], jobs: int = 1) -> Figures:
    """The figures of all of them."""
    found = Figures()
    for verdict in verdicts(cases, jobs):
        found.add(verdict)
    return found


_PROVERS: Final[list[Prover]] = []
"""Of this process: one, once it has begun."""


def _begin(folder: str) -> None:
    _PROVERS.append(Prover(Path(tempfile.mkdtemp(dir=folder))))  # what imports for it ends with it


def _prove(cases: Sequence[tuple[int, Case]]) -> list[Verdict]:
    return [_PROVERS[0].prove(case, twice=is_twice(number)) for number, case in cases]
