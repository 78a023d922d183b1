"""Write the changes of a comparison as text: for a terminal, for programs, for a pull request.

The same change in several places is one row with a count; programs get every one. Names and paths
of the vendor are not trusted: no terminal obeys them, and in Markdown they are plain text.
"""

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Final

import attrs

from chessa_codegen.characters import visible
from chessa_codegen.docs import markdown
from chessa_codegen.errors import SpecError
from chessa_tracking.api_diff.surface import SurfaceChange
from chessa_tracking.diff.changes import Change, Level, verdict

Surface = Sequence[SurfaceChange] | None
"""None if the surface was not compared."""

_MEANING: Final = {
    Level.MAJOR: "Python callers may break",
    Level.MINOR: "there is more to use",
    Level.PATCH: "nothing that callers notice",
    Level.NONE: "nothing changed",
}
_WIDTH: Final = 100
_MOST_OF_A_RULE: Final = 5
"""So many patches of one rule are shown to a person."""
_MOST_ROWS: Final = {"spec": 90, "python": 40}
"""So many rows fit on the page of a pull request."""
_HOLDER: Final = re.compile(
    r"the (schema|response|header|body|operation)( '[^']*')?", re.IGNORECASE
)


def overall(changes: Iterable[Change], surface: Surface = None) -> Level:
    """Return the higher of both verdicts."""
    return max(verdict(changes), verdict(surface or ()))


def as_json(changes: Sequence[Change], surface: Surface = None) -> str:
    """Return one JSON object for programs, with every change."""
    return json.dumps(as_object(changes, surface), indent=2)  # ASCII: a terminal obeys nothing


def as_object(changes: Sequence[Change], surface: Surface = None) -> dict[str, Any]:
    """Return the object that `as_json` writes."""
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
            {
                "name": each.name,
                "level": each.level.word,
                "text": each.text,
                "before": "\n".join(each.edit.before) if each.edit else "",
                "after": "\n".join(each.edit.after) if each.edit else "",
            }
            for each in surface or ()
        ],
    }


def refusal(error: SpecError) -> dict[str, Any]:
    """Return the same object for a document that was refused: it has no verdict."""
    return {
        "verdict": None,
        "changes": [],
        "surface": [],
        "refused": {
            "what": " ".join((error.what, *error.details)),
            "where": error.where,
            "fix": error.fix,
        },
    }


# ---- For people ---------------------------------------------------------------------------------


@attrs.frozen
class _Row:
    """A change, and how many others are the same but for their place."""

    change: Change
    places: int = 1

    @property
    def text(self) -> str:
        more = f" The same in {self.places - 1} more places." if self.places > 2 else ""
        return self.change.text + (" The same in another place." if self.places == 2 else more)


def _rows(changes: Iterable[Change]) -> list[_Row]:
    """Return the most severe changes first, the same in several places as one row."""
    groups: dict[tuple[Level, str, str], list[Change]] = {}
    ordered = sorted(changes, key=lambda each: (-each.level, each.operation, each.pointer, each))
    for each in ordered:
        groups.setdefault((each.level, each.rule, _HOLDER.sub("", each.text)), []).append(each)
    return _folded(_Row(group[0], len(group)) for group in groups.values())


_PROPERTY: Final = re.compile("(.+ (?:gained|lost) the (?:required|optional) )property ('.+')[.]")


def _folded(rows: Iterable[_Row]) -> list[_Row]:
    """Return what one schema gained or lost as one row."""
    folded: dict[tuple[object, ...], list[_Row]] = {}
    for row in rows:
        change = row.change
        found = _PROPERTY.fullmatch(change.text)
        key = (change.rule, change.operation, row.places, found[1]) if found else (row,)
        folded.setdefault(key, []).append(row)
    return [_joined(group) if group[1:] else group[0] for group in folded.values()]


def _joined(rows: list[_Row]) -> _Row:
    first = rows[0].change
    matches = [_PROPERTY.fullmatch(row.change.text) for row in rows]
    names = _listed([found[2] for found in matches if found])
    head = matches[0][1] if matches[0] else ""
    return _Row(attrs.evolve(first, text=f"{head}properties {names}."), rows[0].places)


def _some(rows: list[_Row]) -> tuple[list[_Row], list[tuple[str, int]]]:
    """Return all rows but the many patches of one rule; and how many of which are left out."""
    counts = Counter[str]()
    shown: list[_Row] = []
    for row in rows:
        counts[row.change.rule] += 1
        if row.change.level is not Level.PATCH or counts[row.change.rule] <= _MOST_OF_A_RULE:
            shown.append(row)
    patches = {row.change.rule for row in rows if row.change.level is Level.PATCH}
    left = [(rule, number - _MOST_OF_A_RULE) for rule, number in counts.items() if rule in patches]
    return shown, [(rule, number) for rule, number in left if number > 0]


def as_text(changes: Sequence[Change], surface: Surface = None) -> str:
    """Return a report for a terminal: by level, the most severe first."""
    lines: list[str] = []
    if surface:
        lines += ["PYTHON: what callers see", ""]
        for level, text in _surface_rows(surface):
            lines += wrapped(f"{level.word:<6} {text}", "  ", " " * 9)
        lines.append("")
    for level, group in groupby(_rows(changes), key=lambda row: row.change.level):
        lines += [f"{level.word.upper()}: {_MEANING[level]}", ""]
        shown, more = _some(list(group))
        for operation, rows in groupby(shown, key=lambda row: row.change.operation):
            lines.append(f"  {visible(operation) or 'The document'}")
            for row in rows:
                lines += wrapped(row.text, "    ")
                lines.append(f"      {row.change.rule}  {visible(row.change.pointer)}")
            lines.append("")
        lines += [f"  … and {number} more: {rule}\n" for rule, number in more]
    return "\n".join([*lines, *_verdicts(changes, surface)])


_MEMBER: Final = re.compile(
    "(`[^`]+`) ((?:lost|gained) the (?:optional )?(?:attribute|argument|value)) (.+)"
)
_MOST_NAMES: Final = 20


def _surface_rows(surface: Iterable[SurfaceChange]) -> list[tuple[Level, str]]:
    """Return sentences, the most severe first: one for what a class lost, one for alike ones."""
    members: dict[tuple[Level, str, str], list[str]] = {}
    for each in sorted(surface, key=lambda one: (-one.level, one.name)):
        found = _MEMBER.fullmatch(each.text)
        owner, what, name = (found[1], found[2], found[3]) if found else (each.text, "", "")
        members.setdefault((each.level, owner, what), []).append(name)
    alike: dict[tuple[Level, str], list[str]] = {}
    for (level, owner, what), names in members.items():
        rest = f" {what}{'s' * (len(names) > 1)} {_listed(names)}" if what else ""
        alike.setdefault((level, rest or owner), []).append(owner if rest else "")
    return [
        (level, owners[0] + rest + (f"; so did {_listed(owners[1:])}" if owners[1:] else ""))
        for (level, rest), owners in alike.items()
    ]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def wrapped(text: str, indent: str, further: str | None = None) -> list[str]:
    """Wrap a text of the vendor or of ours for a terminal."""
    return textwrap.wrap(
        visible(text),
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


# ---- For a pull request -------------------------------------------------------------------------


def as_markdown(changes: Sequence[Change], surface: Surface = None) -> str:
    """Return the text of a pull request: less than 200 lines, the most severe first."""
    level = overall(changes, surface)
    lines = [f"**Verdict: {level.word}**: {_MEANING[level]}.", ""]
    lines.append(f"- Spec: {verdict(changes).word} {_counted(changes)}")
    if surface is not None:
        lines.append(f"- Python: {verdict(surface).word} {_counted(surface)}")
    if surface:
        ordered = _surface_rows(surface)
        most = _MOST_ROWS["python"]
        rows = [[level.word, _with_code(text)] for level, text in ordered[:most]]
        rows += [["", f"… and {len(ordered) - most} more"]] * (len(ordered) > most)
        lines += ["", "### What Python callers see", ""]
        lines += markdown.table(("Level", "What changed"), rows)
    room = _MOST_ROWS["spec"]
    for each, group in groupby(_rows(changes), key=lambda row: row.change.level):
        found = list(group)
        shown, more = _some(found)
        lines += ["", f"### {each.word.capitalize()}: {_MEANING[each]}", ""]
        lines += markdown.table(
            ("Operation", "What changed", "Rule"),
            [
                [
                    in_markdown(row.change.operation) or "the document",
                    in_markdown(row.text),
                    f"`{row.change.rule}`",
                ]
                for row in shown[:room]
            ]
            + _left_out(shown[room:], more),
        )
        room = max(0, room - len(shown))
    return "\n".join(lines)


def _left_out(rows: list[_Row], more: list[tuple[str, int]]) -> list[list[str]]:
    """Return one row for the rows that a table leaves out."""
    counts = Counter(row.change.rule for row in rows) + Counter(dict(more))
    rules = ", ".join(f"`{rule}` ({number})" for rule, number in counts.most_common(8))
    rules += ", …" if len(counts) > 8 else ""
    return [["", f"… and {counts.total()} more; the JSON report has all", rules]] if counts else []


_LINKS: Final = {
    "#": "&#35;",  # refers to no issue; before the others, which make some
    "@": "&#64;",  # mentions no account
    "://": "&#58;//",  # becomes no link
    "www.": "www&#46;",
}


def in_markdown(words: str) -> str:
    """Return text of the vendor that is nothing but text, wherever it is shown."""
    text = markdown.text(words)
    for sign, entity in _LINKS.items():
        text = text.replace(sign, entity)
    return text


def _with_code(sentence: str) -> str:
    """Return a sentence of ours with the names that it quotes as code."""
    parts = re.split("(`[^`]+`)", sentence)
    return "".join(
        markdown.code(part[1:-1]) if place % 2 else _spaced(part)
        for place, part in enumerate(parts)
    )


def _spaced(words: str) -> str:
    """Escape the text between two names, with the spaces that part them."""
    before, after = (" " * each for each in (words[:1].isspace(), words[-1:].isspace()))
    return f"{before}{in_markdown(words)}{after}" if words.strip() else words
