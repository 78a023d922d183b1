#!/usr/bin/env python3
"""How the cost of following a document grows with the document.

    python benchmarks/growth.py [OPERATIONS ...]        (10, 100 and 1,000 without any)

For each size a document is regenerated into a package, and compared with the same document after a
change. Processor time, of this process and the tools that it runs; `x` is the cost per byte of the
document, relative to the smallest: 1 means that it grows as the document does.
"""

import argparse
import functools
import json
import resource
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT)]

import attrs  # noqa: E402 - the line above is before what needs it

from benchmarks.growing import changed, document  # noqa: E402
from chessa_codegen.regeneration import Job, regenerate  # noqa: E402
from chessa_tracking.api_diff.package import compare_packages  # noqa: E402
from chessa_tracking.diff.openapi import compare  # noqa: E402

_SIZES: Final = (10, 100, 1000)
STEPS: Final = ("regenerate", "diff", "surface")


@attrs.frozen
class Cost:
    """What a document of one size costs."""

    operations: int
    document: int
    """Bytes, as JSON."""
    package: int
    """Bytes of the Python that is made of it."""
    changes: int
    seconds: dict[str, float]


def measure(operations: int, folder: Path) -> Cost:
    """Regenerate a document and its changed form, and compare them both ways."""
    before = document(operations)
    after = changed(before)
    text = json.dumps(before, indent=1)
    packages = []
    seconds: dict[str, float] = {}
    for when, whole in (("before", before), ("after", after)):
        place = folder / str(operations) / when
        place.mkdir(parents=True)
        spec = place / "openapi.json"
        spec.write_text(json.dumps(whole, indent=1), encoding="utf-8")
        job = Job(spec=spec, overlay=None, output=place, lock=place / "lock.json")
        seconds.setdefault("regenerate", _time(functools.partial(regenerate, job)))
        packages.append(job.target)
    found: list[object] = []
    seconds["diff"] = _time(lambda: found.extend(compare(before, after)))
    seconds["surface"] = _time(lambda: compare_packages(*packages))
    size = sum(path.stat().st_size for path in packages[0].rglob("*.py"))
    return Cost(operations, len(text), size, len(found), seconds)


def _time(work: Callable[[], object]) -> float:
    begun = _spent()
    work()
    return _spent() - begun


def _spent() -> float:
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


def table(costs: Sequence[Cost]) -> str:
    """The figures, a line for each size."""
    first = costs[0]
    steps = "".join(f" {f'{step} s':>13} {'x':>5}" for step in STEPS)
    lines = [f"{'operations':>10} {'document':>10} {'package':>10} {'changes':>8}{steps}"]
    for cost in costs:
        growth = cost.document / first.document
        cells = "".join(
            f" {cost.seconds[step]:13.2f} {cost.seconds[step] / first.seconds[step] / growth:5.2f}"
            for step in STEPS
        )
        sizes = f"{cost.operations:10} {cost.document:10} {cost.package:10} {cost.changes:8}"
        lines.append(sizes + cells)
    return "\n".join(lines)


def main(words: Sequence[str]) -> int:
    """Measure what was asked for, and print it."""
    parser = argparse.ArgumentParser(description="How cost grows with the document.")
    parser.add_argument("operations", nargs="*", type=int, default=_SIZES)
    sizes = parser.parse_args(words).operations
    with tempfile.TemporaryDirectory(prefix="growth-") as folder:
        costs = []
        for operations in sizes:
            costs.append(measure(operations, Path(folder)))
            sys.stdout.write("\n".join(table(costs).splitlines()[-1 if costs[1:] else 0 :]) + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
