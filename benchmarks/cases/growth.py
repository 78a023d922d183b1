"""How the cost of following a document grows with it: `benchmarks/growth.py`, as figures.

Each is how many times the processor time has grown, over how many times the document's bytes have:
1 means that cost grows as the document does.
"""

import itertools
import tempfile
from pathlib import Path
from typing import Final

from ..figures import Findings, ratio
from ..growth import STEPS, Cost
from ..growth import measure as cost_of
from ..setting import Setting

NAME: Final = "growth"
PEER: Final = "the document's bytes"
_SIZES: Final = ((10, 100), (10, 100, 1000))


def measure(setting: Setting) -> Findings:
    """From each size to the next; a quick run ends at 100."""
    sizes = _SIZES[setting.of(1, 0)]
    rounds = [_round(setting, sizes, number) for number in range(1 + setting.of(2, 2))][1:]
    figures = []
    for place, (small, large) in enumerate(itertools.pairwise(sizes)):
        pairs = [(costs[place], costs[place + 1]) for costs in rounds]
        bytes_ = [after.document / before.document for before, after in pairs]
        for step in STEPS:
            grown = [after.seconds[step] / before.seconds[step] for before, after in pairs]
            name = f"{step}, {small} to {large} operations"
            figures.append(ratio((NAME, name, PEER), "times", grown, bytes_))
    return Findings(figures)


def _round(setting: Setting, sizes: tuple[int, ...], number: int) -> list[Cost]:
    """The costs of all sizes. The first round imports and fills caches: of the smallest alone."""
    setting.say(f"round {number}")
    with tempfile.TemporaryDirectory(prefix="growth-") as folder:
        return [cost_of(size, Path(folder)) for size in (sizes if number else sizes[:1])]
