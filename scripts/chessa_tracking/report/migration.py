"""Write the page of a version that breaks callers: their code before and after.

A page has less than 200 lines; the changelog and the report for programs have every change.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

import attrs

from chessa_codegen.docs import markdown
from chessa_tracking.api_diff.edits import joined
from chessa_tracking.api_diff.surface import Edit, SurfaceChange
from chessa_tracking.apply.assess import Judgement
from chessa_tracking.apply.release import MIGRATION, bullet, unseen
from chessa_tracking.diff.changes import Level

INDEX: Final = f"{MIGRATION}/README.md"
_MOST_LINES: Final = 190
_MOST_ITEMS: Final = 8
"""So many sentences stand in one list."""
_REPEATED: Final = 3
"""So many sections that differ in names only are one."""
_LONGEST_RUN: Final = 8
"""So many arguments stand in a row before the rest is cut."""
_ARGUMENT: Final = re.compile("[-+ ] {5}.*")
_PAGE: Final = re.compile(r"([0-9]+)\.([0-9]+)\.([0-9]+)\.md")

_INTRODUCTION: Final = """\
In each block a line with `-` is your code before, and one with `+` after. Values and `...` stand
for yours; `models` is `chessa.models`. With `AsyncChessa`, `await` each call. The
[changelog](../../CHANGELOG.md) has all changes."""
_GROUPS: Final = (
    ("The same code means something else", "No type checker finds these. Read each of them first."),
    ("Removed", ""),
    ("Changed", ""),
)
_UNSEEN: Final = "No code shows these"
_INDEX: Final = """\
# Migration

A version that breaks callers has a page here: what was removed or changed, with your code before
and after. `scripts/update_spec.py` writes it from the packages of both versions.
[Upgrading](../upgrading.md) has the steps.

"""


@attrs.frozen
class _Section:
    """A break of callers: its names, its sentences, and the code."""

    names: tuple[str, ...]
    texts: tuple[str, ...]
    edit: Edit

    @property
    def group(self) -> int:
        """The place of its heading: the most severe first."""
        is_removal = bool(self.edit.note) or not self.edit.after
        return 0 if self.edit.is_silent else 1 if is_removal else 2

    @property
    def kind(self) -> tuple[object, ...]:
        """The sentences without their names."""
        return self.group, *(re.sub("`[^`]+`", "", text) for text in self.texts)


def files(version: str, judgement: Judgement, title: str, there: Iterable[str]) -> dict[str, str]:
    """Return the page of a version and the index, by path; nothing if it breaks no caller.

    `there` are the names of the files in the folder.
    """
    text = page(version, judgement, title)
    name = f"{version}.md"
    return {f"{MIGRATION}/{name}": text, INDEX: index({*there, name})} if text else {}


def index(names: Iterable[str]) -> str:
    """Return the list of the pages, the newest version first."""
    found = filter(None, map(_PAGE.fullmatch, names))
    versions = sorted((tuple(map(int, each.groups())) for each in found), reverse=True)
    numbers = (".".join(map(str, each)) for each in versions)
    lines = "".join(f"- [{each}]({each}.md)\n" for each in numbers)
    return _INDEX + (lines or "No version has one yet.\n")


def page(version: str, judgement: Judgement, title: str) -> str:
    """Return the page of a version; "" if it breaks no caller."""
    changes = [each for each in judgement.surface or () if each.level is Level.MAJOR]
    sections = sorted(_sections(changes), key=lambda each: each.group)  # stable
    others = [each.text for each in changes if each.edit is None]
    others += unseen(judgement, Level.MAJOR)
    if not (sections or others):
        return ""
    number = len(sections) + len(others)
    places = f"{number} place{'' if number == 1 else 's'}"
    lines = [f"# Migrating to {version}", ""]
    lines += [f"{title[:1].upper()}{title[1:]} changes what callers use in {places}.", ""]
    lines += _INTRODUCTION.splitlines()
    tail = ["", f"## {_UNSEEN}", "", *_items(others)] if others else []
    most = _MOST_LINES - len(tail)
    left = len(sections)
    for group, found in groupby(sections, key=lambda each: each.group):
        heading, about = _GROUPS[group]
        head = ["", f"## {heading}", *(["", about] if about else [])]
        for section in found:
            body = [*head, *_lines(section)]
            if len(lines) + len(body) > most:
                break
            lines, head, left = [*lines, *body], [], left - 1
    if left:
        more = f"… and {left} more: the changelog lists them, and the report of the update as JSON"
        lines += ["", f"{more} has their code."]
    return "\n".join([*lines, *tail, ""])


def _sections(changes: Sequence[SurfaceChange]) -> Iterator[_Section]:
    """Yield one section for all that one edit shows, and one for what occurs in many places."""
    by_code: dict[tuple[object, ...], list[SurfaceChange]] = {}
    for each in changes:
        if each.edit is not None:
            by_code.setdefault((each.edit.before, each.edit.after), []).append(each)
    alike: dict[tuple[object, ...], list[_Section]] = {}
    for found in by_code.values():
        edit = found[0].edit
        if edit is not None:
            names = dict.fromkeys(each.name for each in found)
            section = _Section((*names,), tuple(each.text for each in found), edit)
            alike.setdefault(section.kind, []).append(section)
    for group in alike.values():
        yield from _together(group) if len(group) >= _REPEATED else group


def _together(group: Sequence[_Section]) -> Iterator[_Section]:
    edit = joined(each.edit for each in group)
    names = tuple(dict.fromkeys(name for each in group for name in each.names))
    if edit is not None:
        yield _Section(names, tuple(text for each in group for text in each.texts), edit)


def _lines(section: _Section) -> Iterator[str]:
    names = [markdown.code(name) for name in section.names]
    more = f" and {len(names) - 1} more" if names[1:] else ""
    yield from ("", f"### {names[0]}{more}", "", *_items(section.texts), "")
    yield from markdown.block("diff", _diff(section.edit))
    if section.edit.note:
        yield from ("", section.edit.note)


def _items(texts: Sequence[str]) -> list[str]:
    more = len(texts) - _MOST_ITEMS
    shown = texts[:_MOST_ITEMS] if more > 1 else texts
    return [*map(bullet, shown), *([f"- … and {more} more."] if more > 1 else [])]


def _diff(edit: Edit) -> list[str]:
    """Return the lines of both, each with its sign; of many arguments the first and the last."""
    matcher = difflib.SequenceMatcher(None, edit.before, edit.after, autojunk=False)
    lines: list[str] = []
    for tag, *(start, end, first, last) in matcher.get_opcodes():
        signs = ("  ",) if tag == "equal" else ("- ", "+ ")
        for sign, part in zip(
            signs, (edit.before[start:end], edit.after[first:last]), strict=False
        ):
            lines += [f"{sign}{line}" for line in part]
    shown: list[str] = []
    for is_argument, run in groupby(lines, key=lambda line: (line[0], bool(_ARGUMENT.match(line)))):
        found = [*run]
        if is_argument[1] and len(found) > _LONGEST_RUN:
            found = [*found[:3], f"{found[0][0]}     # ...", *found[-3:]]
        shown += found
    return shown
