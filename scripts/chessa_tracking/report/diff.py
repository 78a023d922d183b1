"""What a comparison found, as text: for a terminal, for programs, and for a pull request.

In: changes of the spec, and of the Python surface where that was compared. Out: text. Names and
paths of the vendor's are not trusted: no terminal obeys them, and in Markdown they are words.
"""

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Final, Protocol

from chessa_codegen.characters import visible
from chessa_codegen.docs import markdown
from chessa_tracking.diff.changes import Change, Level, verdict


class SurfaceChange(Protocol):
    """A change of what Python callers see."""

    @property
    def name(self) -> str: ...
    @property
    def level(self) -> Level: ...
    @property
    def text(self) -> str: ...


Surface = Sequence[SurfaceChange] | None
"""None where the surface was not compared."""

_MEANING: Final = {
    Level.MAJOR: "Python callers may break",
    Level.MINOR: "there is more to use",
    Level.PATCH: "nothing that callers notice",
    Level.NONE: "nothing changed",
}
_WIDTH: Final = 100
_MOST_OF_A_RULE: Final = 5
"""So many patches of one rule are shown in a page for people."""


def overall(changes: Iterable[Change], surface: Surface = None) -> Level:
    """The higher of both verdicts."""
    return max(verdict(changes), verdict(surface or ()))


def as_json(changes: Sequence[Change], surface: Surface = None) -> str:
    """One object, for programs."""
    return json.dumps(as_object(changes, surface), indent=2)  # ASCII: a terminal obeys nothing


def as_object(changes: Sequence[Change], surface: Surface = None) -> dict[str, Any]:
    """The same, to be part of more."""
    return {
        "verdict": overall(changes, surface).word,
        "changes": [
            {
                "rule": change.rule,
                "level": change.level.word,
                "operation": change.operation,
                "pointer": change.pointer,
                "text": change.text,
            }
            for change in changes
        ],
        "surface": [
            {"name": each.name, "level": each.level.word, "text": each.text}
            for each in surface or ()
        ],
    }


# ---- For a terminal -----------------------------------------------------------------------------


def as_text(changes: Sequence[Change], surface: Surface = None) -> str:
    """Grouped by level, the most serious first."""
    lines: list[str] = []
    if surface:
        lines += ["PYTHON: what callers see", ""]
        for each in sorted(surface, key=lambda one: (-one.level, one.name)):
            lines += _wrapped(f"{each.level.word:<6} {visible(each.text)}", "  ", " " * 9)
        lines.append("")
    for level, group in _by_level(changes):
        lines += [f"{level.word.upper()}: {_MEANING[level]}", ""]
        for operation, rows in groupby(group, key=lambda change: change.operation):
            shown, more = _some(list(rows))
            lines.append(f"  {visible(operation) or 'The document'}")
            for change in shown:
                lines += _wrapped(visible(change.text), "    ")
                lines.append(f"      {change.rule}  {visible(change.pointer)}")
            lines += [f"    … and {number} more: {rule}" for rule, number in more]
            lines.append("")
    return "\n".join([*lines, *_verdicts(changes, surface)])


def _wrapped(text: str, indent: str, further: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if further is None else further,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _verdicts(changes: Sequence[Change], surface: Surface) -> list[str]:
    level = overall(changes, surface)
    lines = [f"spec:    {verdict(changes).word:<6} {_counted(changes)}"]
    if surface is not None:
        lines.append(f"python:  {verdict(surface).word:<6} {_counted(surface)}")
    return [*lines, f"verdict: {level.word}, {_MEANING[level]}"]


def _counted(found: Sequence[Change] | Sequence[SurfaceChange]) -> str:
    if not found:
        return "(no changes)"
    counts = [
        (level, sum(each.level is level for each in found)) for level in sorted(Level, reverse=True)
    ]
    return f"({', '.join(f'{number} {level.word}' for level, number in counts if number)})"


def _by_level(changes: Sequence[Change]) -> list[tuple[Level, list[Change]]]:
    ordered = sorted(changes, key=lambda each: (-each.level, each.operation, each.pointer, each))
    return [(level, list(rows)) for level, rows in groupby(ordered, key=lambda each: each.level)]


def _some(changes: list[Change]) -> tuple[list[Change], list[tuple[str, int]]]:
    """All but the many patches of one rule; and how many of which are left out."""
    shown: list[Change] = []
    counts: dict[str, int] = {}
    for change in changes:
        counts[change.rule] = counts.get(change.rule, 0) + 1
        if change.level is not Level.PATCH or counts[change.rule] <= _MOST_OF_A_RULE:
            shown.append(change)
    left = {
        change.rule: counts[change.rule] - _MOST_OF_A_RULE
        for change in changes
        if change.level is Level.PATCH
    }
    return shown, [(rule, number) for rule, number in left.items() if number > 0]


# ---- For a pull request -------------------------------------------------------------------------


def as_markdown(changes: Sequence[Change], surface: Surface = None) -> str:
    """The text of a pull request."""
    level = overall(changes, surface)
    lines = [f"**Verdict: {level.word}**: {_MEANING[level]}.", ""]
    lines.append(f"- Spec: {verdict(changes).word} {_counted(changes)}")
    if surface is not None:
        lines.append(f"- Python: {verdict(surface).word} {_counted(surface)}")
    if surface:
        ordered = sorted(surface, key=lambda one: (-one.level, one.name))
        rows = [[one.level.word, _with_code(one.text)] for one in ordered]
        lines += ["", "### What Python callers see", ""]
        lines += markdown.table(("Level", "What changed"), rows)
    for each, group in _by_level(changes):
        shown, more = _some(group)
        rows = [
            [
                in_markdown(change.operation) or "the document",
                in_markdown(change.text),
                f"`{change.rule}`",
            ]
            for change in shown
        ]
        rows += [["", f"… and {number} more", f"`{rule}`"] for rule, number in more]
        lines += ["", f"### {each.word.capitalize()}: {_MEANING[each]}", ""]
        lines += markdown.table(("Operation", "What changed", "Rule"), rows)
    return "\n".join(lines)


_LINKS: Final = {
    "#": "&#35;",  # refers to no issue; before the others, which make some
    "@": "&#64;",  # mentions nobody
    "://": "&#58;//",  # becomes no link
    "www.": "www&#46;",
}


def in_markdown(words: str) -> str:
    """Words of the vendor's that are nothing but words, wherever they are shown."""
    text = markdown.text(words)
    for sign, entity in _LINKS.items():
        text = text.replace(sign, entity)
    return text


def _with_code(sentence: str) -> str:
    """A sentence of ours with the names that it quotes as code."""
    parts = re.split("(`[^`]+`)", sentence)
    return "".join(
        markdown.code(part[1:-1]) if place % 2 else _spaced(part)
        for place, part in enumerate(parts)
    )


def _spaced(words: str) -> str:
    """Words between two names, with the spaces that part them."""
    before, after = (" " * each for each in (words[:1].isspace(), words[-1:].isspace()))
    return f"{before}{in_markdown(words)}{after}" if words.strip() else words
