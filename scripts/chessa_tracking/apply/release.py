"""A release: the next version, and its changelog fragments for Python callers.

The rules are in CONTRIBUTING, "Versions" and "Changelog".
"""

import re
from typing import Final

from chessa_codegen.errors import SpecError
from chessa_tracking.apply.assess import Judgement
from chessa_tracking.diff.changes import Level
from chessa_tracking.report.diff import in_markdown

_VERSION: Final = re.compile(r'^__version__(?:: Final)? = "([0-9]+)\.([0-9]+)\.([0-9]+)"$', re.M)
# Rules that the server checks and no signature shows.
_LIMITS: Final = re.compile(
    r"-(?:max|min|pattern|default-value|const|unique-items|format|media-type|serialization)\b"
)
MIGRATION: Final = "docs/migration"
"""The folder of the pages that show the caller's code before and after a break."""
TYPES: Final = {Level.MAJOR: "breaking", Level.MINOR: "new", Level.PATCH: "fixed"}
"""The type of a fragment by its level, as towncrier knows it from pyproject.toml."""


def version_in(source: str) -> str:
    """Return the version in a module."""
    return ".".join(_found(source).groups())


def with_version(source: str, version: str) -> str:
    """Return the module with another version."""
    found = _found(source)
    return source[: found.start(1)] + version + source[found.end(3) :]


def _found(source: str) -> re.Match[str]:
    found = _VERSION.search(source)
    if found is None:
        raise SpecError(
            "The module says no version.",
            "overrides/chessa/_version.py",
            'It needs a line such as __version__ = "0.1.0".',
        )
    return found


def next_version(version: str, verdict: Level) -> str:
    """Return the next version: below 1.0 a break bumps the minor number, all else the patch."""
    major, minor, patch = map(int, version.split("."))
    if verdict is Level.NONE:
        return version
    if verdict is Level.MAJOR:
        return f"{major + 1}.0.0" if major else f"0.{minor + 1}.0"
    if verdict is Level.MINOR and major:
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def fragments(version: str, judgement: Judgement, title: str) -> dict[str, str]:
    """Return the changelog fragments of an update by file name, one for each type."""
    waiting = judgement.waiting
    surface = judgement.surface or ()
    told = {level: [each.text for each in surface if each.level is level] for level in TYPES}
    for level in (Level.MAJOR, Level.MINOR):
        told[level] += unseen(judgement, level)
    told[Level.MINOR] += [
        f"{in_markdown(each)} was left out until now, and is in the package"
        for each in judgement.delivered
    ]
    told[Level.MINOR] += [
        f"{in_markdown(each.operation or each.where)} {_WAITS[each.kind]}: {in_markdown(each.what)}"
        for each in waiting
        if each not in judgement.known
    ]
    links = {Level.MAJOR: f" ([code before and after]({MIGRATION}/{version}.md))"}
    found = {
        level: "\n".join([f"Follow {title}{links.get(level, '')}:", "", *map(bullet, texts), ""])
        for level, texts in told.items()
        if texts
    }
    if not found:
        places = {each.operation for each in judgement.changes if each.operation}
        where = f" of {_counted(len(places), 'operation')}" if places else ""
        found[Level.PATCH] = f"Follow the text{where} in {title}; no code has to change.\n"
    return {f"+vendor-{version}.{TYPES[level]}.md": text for level, text in found.items()}


def unseen(judgement: Judgement, level: Level) -> list[str]:
    """Return the changes of the spec that the server checks and no signature shows.

    If no signature shows anything of this level, all of them.
    """
    left_out = {each.operation for each in judgement.waiting} - {""}
    is_seen = any(each.level is level for each in judgement.surface or ())
    return [
        f"{in_markdown(change.operation) or 'The API'}: {in_markdown(change.text)}"
        for change in judgement.changes
        if change.level is level
        and change.operation not in left_out
        and (not is_seen or _LIMITS.search(change.rule))
    ]


_WAITS: Final = {"left out": "is not in the package yet", "opened": "is read as any JSON"}


def bullet(text: str) -> str:
    """Return a change as an item of a list."""
    return f"- {text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
