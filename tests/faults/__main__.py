"""`python -m tests.faults --calls N --seed S`: a random run, told as a table.

It exits with 0 where all figures are 0, else with 1 and the first call that broke something.
"""

import argparse
import random
import sys

from .random_run import run


def main() -> int:
    """Run, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    seed = random.randrange(2**32) if given.seed is None else given.seed
    sys.stdout.write(f"seed {seed}\n")
    sys.stdout.flush()
    report = run(given.calls, seed)
    sys.stdout.write(f"{report.table()}\n")
    return 0 if report.is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
