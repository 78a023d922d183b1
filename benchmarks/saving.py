"""What is kept of a run: benchmarks/results.json, and the plots in docs/.

In: the JSON document of a run. Out: files. A run of some cases replaces these in what another run
on the same kind of machine has left.
"""

import json
from collections.abc import Sequence, Set
from typing import Any, Final

from . import report
from .environment import ROOT
from .plots import plots

RESULTS: Final = ROOT / "benchmarks" / "results.json"


def save(document: dict[str, Any], ran: Set[str], order: Sequence[str]) -> None:
    """Write it all."""
    before = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else None
    whole = merged(before, document, ran, order)
    RESULTS.write_text(report.text_of(whole), encoding="utf-8")
    for name, image in plots(whole).items():
        (ROOT / "docs" / name).write_text(image, encoding="utf-8")


def merged(
    before: dict[str, Any] | None, now: dict[str, Any], ran: Set[str], order: Sequence[str]
) -> dict[str, Any]:
    """The document with what is kept of the one before: the cases that did not run now."""
    if before is None or before["machine"] != now["machine"]:
        return now
    kept = [figure for figure in before["figures"] if figure["case"] not in ran]
    if not kept:
        return now
    figures = sorted(kept + now["figures"], key=lambda figure: order.index(figure["case"]))
    command = "; ".join(dict.fromkeys([*before["command"].split("; "), now["command"]]))
    series = {**before["series"], **now["series"]}
    crashed = {name: how for name, how in before["crashed"].items() if name not in ran}
    return {
        **now,
        "command": command,
        "figures": figures,
        "series": series,
        "crashed": {**crashed, **now["crashed"]},
    }
