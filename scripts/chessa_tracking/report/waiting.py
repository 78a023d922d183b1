"""Report operations left out and schemas opened, each with its reason, its place and its fix.

All that have one reason are one entry with a count; programs get every one.
"""

from collections.abc import Iterator
from typing import Any, Final

import attrs

from chessa_codegen.characters import visible
from chessa_codegen.validate.repair import Finding
from chessa_tracking.apply.assess import Judgement
from chessa_tracking.report.diff import in_markdown, wrapped

_MOST_NAMES: Final = 3
_MOST_ENTRIES: Final = 8
"""So many reasons are on the page of a pull request."""
_TITLE: Final = "Not in the package yet, and tried again at every run"
_DELIVERED: Final = "Delivered now, and left out before"


@attrs.frozen
class _Entry:
    """Everything that waits for one reason."""

    names: str
    what: str
    where: str
    fix: str


def as_object(judgement: Judgement) -> dict[str, Any]:
    """Return what waits and what was delivered for programs."""
    return {
        "waiting": [
            {
                "kind": each.kind,
                "operation": each.operation,
                "where": each.where,
                "what": each.what,
                "fix": each.fix,
            }
            for each in judgement.waiting
        ],
        "delivered": list(judgement.delivered),
    }


def _entries(judgement: Judgement) -> list[_Entry]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for each in judgement.waiting:
        what = each.what.replace(each.operation or each.where, "It")
        groups.setdefault((each.kind, what), []).append(each)
    return [
        _Entry(f"{_named(group)} {_DONE[kind]}:", what, group[0].where, group[0].fix)
        for (kind, what), group in groups.items()
    ]


_DONE: Final = {"left out": "left out", "opened": "read as any JSON"}


def _named(group: list[Finding]) -> str:
    names = [each.operation or each.where for each in group]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"{', '.join(names[:_MOST_NAMES])}{more}"


def as_lines(judgement: Judgement) -> Iterator[str]:
    """Yield the lines for a terminal: none where nothing waits."""
    if judgement.delivered:
        yield from ["", f"{_DELIVERED}: {visible(', '.join(judgement.delivered))}"]
    if entries := _entries(judgement):
        yield from ["", f"{_TITLE} ({len(judgement.waiting)})"]
        for entry in entries:
            yield from wrapped(f"{entry.names} {entry.what}", "  ", "    ")
            yield from wrapped(f"where: {entry.where}", "    ")
            yield from wrapped(f"fix: {entry.fix}", "    ", "      ")


def as_markdown(judgement: Judgement) -> Iterator[str]:
    """Yield the lines for a pull request."""
    if judgement.delivered:
        yield from [f"**{_DELIVERED}**: {in_markdown(', '.join(judgement.delivered))}.", ""]
    if entries := _entries(judgement):
        yield from [f"### {_TITLE} ({len(judgement.waiting)})", ""]
        for entry in entries[:_MOST_ENTRIES]:
            texts = f"{entry.names} {entry.what}", f"Where: {entry.where}", f"Fix: {entry.fix}"
            yield "- " + " ".join(map(in_markdown, texts))
        if more := len(entries) - _MOST_ENTRIES:
            yield from [f"- … and {more} more reasons; the JSON report has all"] * (more > 0)
        yield ""
