"""`python -m tests.pipeline.hostile [--all] [--seed N] [--jobs N]`: hostile documents, in figures.

In: whether all of them or some at random, a seed, how many processes. Out: the figures; 0 where no
invariant was broken, else 1 and the first documents that broke one.
"""

import argparse
import random
import sys
from pathlib import Path
from typing import Final

# As pytest has it: run as a command, there is nobody else to say where the pipeline is.
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "scripts"))

from .cases import ALL, drawn
from .figures import Figures, verdicts

_EVERY: Final = 500


def main() -> int:
    """Run, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.pipeline.hostile", description=__doc__)
    parser.add_argument("--all", action="store_true", help="every position with every payload")
    parser.add_argument("--cases", type=int, default=300, help="how many, without --all")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    seed = random.randrange(2**32) if given.seed is None else given.seed
    cases = drawn(len(ALL) if given.all else given.cases, seed)
    sys.stdout.write(f"seed {seed}\n")
    found = Figures()
    for verdict in verdicts(cases, given.jobs):
        found.add(verdict)
        for invariant, what in verdict.broken:
            sys.stdout.write(f"{verdict.case}: {invariant}: {what}\n")
        if found.documents % _EVERY == 0:
            sys.stdout.write(f"{found.documents:,} of {len(ALL) if given.all else given.cases:,}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{found.table()}\n")
    return 1 if found.broken else 0


if __name__ == "__main__":
    sys.exit(main())
