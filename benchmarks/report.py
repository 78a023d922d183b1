"""Reports: a table for people, as text and as Markdown, and one JSON document for programs.

In: results, and what is to be reached. Out: text.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from .figures import DIFFERENCE, Figure, Limit
from .running import Results

HEADS: Final = (
    "case",
    "what",
    "against",
    "ours",
    "theirs",
    "ratio",
    "min – max",
    "to reach",
    "",
)
_NUMBERS: Final = frozenset({"ours", "theirs", "ratio", "min – max", "to reach"})
MET: Final = {True: "met", False: "not met", None: ""}


def is_met(figure: Figure, limit: Limit | None) -> bool | None:
    """None where nothing is to be reached, or nothing was measured."""
    if limit is None or figure.spread is None:
        return None
    return limit.is_met(figure.spread.median)


def rows(results: Results, targets: Mapping[tuple[str, str, str], Limit]) -> list[tuple[str, ...]]:
    """A line of the table for every figure, and one for each case that crashed."""
    lines = [
        _row(figure, targets.get(figure.key))
        for found in results.findings.values()
        for figure in found.figures
    ]
    blank = ("",) * 7
    return lines + [(name, *blank, f"crashed: {how}") for name, how in results.crashed.items()]


def _row(figure: Figure, limit: Limit | None) -> tuple[str, ...]:
    names = (figure.case, figure.name, figure.peer)
    reach = "" if limit is None else f"{'≥' if limit.is_floor else '≤'} {limit.value:g}"
    if figure.spread is None or figure.ours is None or figure.theirs is None:
        return (*names, "", "", "", "", reach, f"skipped: {figure.skipped}")
    spread = figure.spread
    is_difference = figure.kind == DIFFERENCE
    form: Callable[[float], str] = _signed if is_difference else _plain
    unit = f" {figure.unit}" if is_difference else ""
    return (
        *names,
        f"{_short(figure.ours)} {figure.unit}".rstrip(),
        f"{_short(figure.theirs)} {figure.unit}".rstrip(),
        form(spread.median) + unit,
        f"{form(spread.min)} – {form(spread.max)}",
        reach + unit if reach else "",
        MET[is_met(figure, limit)],
    )


def _plain(value: float) -> str:
    return f"{value:.2f}"


def _signed(value: float) -> str:
    return f"{value:+.1f}"


def _short(value: float) -> str:
    """Three digits that say something."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(lines: Sequence[tuple[str, ...]]) -> str:
    """Text in columns."""
    widths = [max(map(len, column)) for column in zip(HEADS, *lines, strict=True)]
    return "\n".join(
        "  ".join(
            _aligned(cell, width, head)
            for cell, width, head in zip(line, widths, HEADS, strict=True)
        ).rstrip()
        for line in (HEADS, *lines)
    )


def _aligned(cell: str, width: int, head: str) -> str:
    return cell.rjust(width) if head in _NUMBERS else cell.ljust(width)


def markdown(lines: Sequence[tuple[str, ...]]) -> str:
    """The same as a table of Markdown."""
    rule = tuple("---:" if head in _NUMBERS else "---" for head in HEADS)
    return "\n".join(f"| {' | '.join(line)} |" for line in (HEADS, rule, *lines))


def document(
    results: Results,
    targets: Mapping[tuple[str, str, str], Limit],
    *,
    command: str,
    machine: Mapping[str, object],
) -> dict[str, Any]:
    """All of it as one JSON value."""
    found = results.findings
    return {
        "command": command,
        "machine": dict(machine),
        "figures": [
            _as_json(figure, targets.get(figure.key))
            for each in found.values()
            for figure in each.figures
        ],
        "series": {
            name: {
                "places": series.places,
                "lines": {line: list(map(_exact, of)) for line, of in series.lines.items()},
            }
            for each in found.values()
            for name, series in each.series.items()
        },
        "crashed": results.crashed,
    }


def text_of(value: Mapping[str, Any]) -> str:
    """JSON as it is printed and saved."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _as_json(figure: Figure, limit: Limit | None) -> dict[str, Any]:
    spread = figure.spread
    values = None if spread is None else {name: _exact(each) for name, each in vars(spread).items()}
    return {
        "case": figure.case,
        "name": figure.name,
        "unit": figure.unit,
        "ours": _exact(figure.ours),
        "peer": figure.peer,
        "theirs": _exact(figure.theirs),
        figure.kind: values,
        "rounds": figure.rounds,
        "to_reach": None if limit is None else limit.as_json,
        "met": is_met(figure, limit),
        "skipped": figure.skipped or None,
    }


def _exact(value: float | None) -> float | None:
    """Six digits: more is noise, and makes a saved file differ for nothing."""
    return None if value is None else float(f"{value:.6g}")
