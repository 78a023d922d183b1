"""The whole suite by hand: `python -m tests.pipeline.evolution [--jobs 2] [NAME ...]`.

Every case all the way, the property tests of its changed operations included. A line for each, and
the totals; exit 1 if any is not as it says.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Final

sys.path[:0] = [str(Path(__file__).resolve().parents[3] / "scripts")]

from tests.pipeline.evolution.case import cases  # noqa: E402
from tests.pipeline.evolution.crew import run  # noqa: E402
from tests.pipeline.evolution.whole import Result  # noqa: E402

_HEAD: Final = (
    f"{'case':46} {'verdict':8} {'rules':>5} {'sees':>5} {'calls':>5} {'proofs':>6} {'s':>6}"
)


def main(words: list[str]) -> int:
    """Run what was asked for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.pipeline.evolution")
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time")
    parser.add_argument("--examples", type=int, default=5, help="for each property; 0: none")
    parser.add_argument("names", nargs="*", metavar="NAME", help="cases; all of them without")
    asked = parser.parse_args(words)
    chosen = [case for case in cases() if not asked.names or case.name in asked.names]
    begun = time.monotonic()
    sys.stdout.write(f"{_HEAD}\n")
    results = []
    for result in run(chosen, asked.jobs, asked.examples):
        results.append(result)
        sys.stdout.write(f"{_line(result)}\n")
        sys.stdout.flush()
    failed = [result for result in results if result.problems]
    sys.stdout.write(
        f"{len(results)} cases, {len(failed)} not as they say; "
        f"{sum(result.called for result in results)} programs called, sync and async; "
        f"{sum(result.proven for result in results)} property tests; "
        f"{time.monotonic() - begun:.0f} s\n"
    )
    return 1 if failed or not results else 0


def _line(result: Result) -> str:
    case = result.case
    counts = f"{len(case.rules):5} {len(case.sees):5} {result.called:5} {result.proven:6}"
    line = f"{case.name:46} {case.verdict:8} {counts} {result.seconds:6.1f}"
    return "\n".join([line, *(f"    {problem}" for problem in result.problems)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
