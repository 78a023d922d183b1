"""Print the table of docs/performance.md, from results.json: `python -m benchmarks.page`."""

import json
import sys
from typing import Any, Final

from .report import HEADS, RESULTS, markdown, row

ALSO: Final = frozenset({"http.client", "raw socket", "httpx, pooled", "pydantic"})
"""Peers that are shown where nothing is to be reached as well."""


def table(document: dict[str, Any]) -> str:
    """Return the figures that have a target, and those of some peers, without seconds."""
    lines = []
    for figure in document["figures"]:
        if figure["to_reach"] or figure["peer"] in ALSO:
            *names, _, _, median, spread, reach, verdict = row(figure)
            lines.append((*names, f"**{median}**", spread, reach, verdict))
    return markdown(lines, HEADS[:3] + HEADS[5:])


if __name__ == "__main__":
    sys.stdout.write(table(json.loads(RESULTS.read_text("utf-8"))) + "\n")
