"""Rows of a table for figures, their text and Markdown, and the results that are saved."""

import json
import os
import platform
import re
from collections.abc import Sequence, Set
from pathlib import Path
from typing import Any, Final

from .environments import LOCK
from .payload import ROOT
from .plots import plots

RESULTS: Final = ROOT / "benchmarks" / "results.json"
HEADS: Final = (
    "case",
    "what",
    "compared with",
    "ours",
    "theirs",
    "ratio",
    "from – to",
    "to reach",
    "",
)
_NUMBERS: Final = frozenset(HEADS[3:8])
_VERDICTS: Final = {True: "met", False: "not met", None: ""}
_PEERS: Final = (
    "aiohttp",
    "attrs",
    "httpcore",
    "httpx",
    "openapi-generator-cli",
    "openapi-python-client",
    "pydantic",
    "urllib3",
)
Document = dict[str, Any]
Row = tuple[str, ...]


def rows(document: Document) -> list[Row]:
    """Return a row for each figure, and for each case that crashed."""
    crashed = [
        (name, *[""] * (len(HEADS) - 2), f"crashed: {reason}")
        for name, reason in document["crashed"].items()
    ]
    return [*map(row, document["figures"]), *crashed]


def row(figure: dict[str, Any]) -> Row:
    """Return the cells of a figure."""
    names = figure["case"], figure["name"], figure["peer"]
    reach = "".join(
        f"{'≥' if kind == 'at_least' else '≤'} {value:g}"
        for kind, value in (figure["to_reach"] or {}).items()
    )
    if figure["skipped"]:
        return (*names, "", "", "", "", reach, f"skipped: {figure['skipped']}")
    unit = figure["unit"]
    form = "{:.2f}" if "ratio" in figure else f"{{:+.1f}} {unit}".rstrip()
    spread = figure.get("ratio") or figure["difference"]
    return (
        *names,
        f"{_short(figure['ours'])} {unit}".rstrip(),
        f"{_short(figure['theirs'])} {unit}".rstrip(),
        form.format(spread["median"]),
        f"{form.format(spread['min'])} – {form.format(spread['max'])}",
        reach,
        _VERDICTS[figure["met"]],
    )


def _short(value: float) -> str:
    """Return three significant digits."""
    return f"{value:,.{0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2}f}"


def text(table: Sequence[Row]) -> str:
    """Return columns."""
    lines = [HEADS, *table]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            f"{cell:{'>' if head in _NUMBERS else '<'}{width}}"
            for cell, width, head in zip(line, widths, HEADS, strict=True)
        ).rstrip()
        for line in lines
    )


def markdown(table: Sequence[Row], heads: Row = HEADS) -> str:
    """Return a table of Markdown."""
    rule = "".join("---:|" if head in _NUMBERS else "---|" for head in heads)
    head, *lines = (f"| {' | '.join(line)} |" for line in (heads, *table))
    return "\n".join([head.replace("|  |", "| |"), f"|{rule}", *lines])


def as_json(document: Document) -> str:
    """Return a document as it is printed and saved."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def machine() -> Document:
    """Return the kind of machine, without names and paths, and the versions of the peers."""
    info = Path("/proc/cpuinfo")
    cpu = re.search(
        r"^model name\s*: (.+)$", info.read_text("utf-8") if info.is_file() else "", re.M
    )
    system = platform.system()
    if Path("/etc/os-release").is_file():
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return {
        "cpu": cpu[1] if cpu else platform.machine(),
        "cores": os.cpu_count(),
        "os": f"{system} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "versions": pinned(LOCK.read_text("utf-8")),
    }


def pinned(lock: str) -> dict[str, str]:
    """Return the versions of the peers that a lock pins."""
    found = dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", lock, re.M))
    return {name: found[name] for name in _PEERS if name in found}


def save(document: Document, ran: Set[str], order: Sequence[str]) -> None:
    """Write benchmarks/results.json, and the plots in docs/."""
    before = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else None
    merged = merge(before, document, ran, order)
    RESULTS.write_text(as_json(merged), encoding="utf-8")
    for name, image in plots(merged).items():
        (ROOT / "docs" / name).write_text(image, encoding="utf-8")


def merge(before: Document | None, now: Document, ran: Set[str], order: Sequence[str]) -> Document:
    """Add the cases of an earlier run on the same kind of machine that did not run now."""
    if before is None or before["machine"] != now["machine"]:
        return now
    kept = [figure for figure in before["figures"] if figure["case"] not in ran]
    if not kept:
        return now
    crashed = {name: reason for name, reason in before["crashed"].items() if name not in ran}
    commands = dict.fromkeys([*before["command"].split("; "), now["command"]])
    return {
        **now,
        "command": "; ".join(commands),
        "figures": sorted(kept + now["figures"], key=lambda figure: order.index(figure["case"])),
        "series": {**before["series"], **now["series"]},
        "crashed": {**crashed, **now["crashed"]},
    }
