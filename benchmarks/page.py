"""The table of docs/performance.md: what is held to something, and what it is seen beside.

In: benchmarks/results.json, as `python -m benchmarks --save` wrote it. Out: Markdown;
`python -m benchmarks.page` prints it.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any, Final

from .report import MET
from .saving import RESULTS

HEAD: Final = (
    "| case | what | compared with | ratio | from – to | to reach | |\n"
    "|---|---|---|---:|---:|---:|---|"
)
BESIDE: Final = frozenset({"http.client", "raw socket", "httpx, pooled", "pydantic"})
"""Peers that are shown where nothing is to be reached as well."""


def table(document: Mapping[str, Any]) -> str:
    """The rows, in the order of the run."""
    figures: list[Mapping[str, Any]] = document["figures"]
    shown = [each for each in figures if each["to_reach"] or each["peer"] in BESIDE]
    return "\n".join([HEAD, *map(_row, shown)])


def _row(figure: Mapping[str, Any]) -> str:
    is_ratio = "ratio" in figure
    form = "{:.2f}" if is_ratio else f"{{:+.1f}} {figure['unit']}".rstrip()
    spread = figure["ratio" if is_ratio else "difference"]
    limit: Mapping[str, float] = figure["to_reach"] or {}
    reach = "".join(
        f"{'≥' if kind == 'at_least' else '≤'} {value:g}" for kind, value in limit.items()
    )
    cells = (
        figure["case"],
        figure["name"],
        figure["peer"],
        f"**{form.format(spread['median'])}**",
        f"{form.format(spread['min'])} – {form.format(spread['max'])}",
        reach,
        MET[figure["met"]],
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.write(table(json.loads(RESULTS.read_text("utf-8"))) + "\n")
