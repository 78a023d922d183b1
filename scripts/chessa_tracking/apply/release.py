"""A release: the next version, and what its changelog says to Python callers.

In: what changed and how much it means. Out: texts. The rules are in CONTRIBUTING, "Versions".
"""

import re
from collections.abc import Iterable
from typing import Final

from chessa_codegen.errors import SpecError
from chessa_tracking.api_diff.package import SurfaceChange
from chessa_tracking.diff.changes import Change, Level
from chessa_tracking.report.diff import in_markdown

_VERSION: Final = re.compile(r'^__version__(?:: Final)? = "([0-9]+)\.([0-9]+)\.([0-9]+)"$', re.M)
_ENTRY: Final = re.compile(r"^## ", re.M)
# What the server checks and no signature shows.
_LIMITS: Final = re.compile(
    r"-(?:max|min|pattern|default-value|const|unique-items|format|media-type|serialization)\b"
)
_HEADINGS: Final = {
    Level.MAJOR: "Breaks callers:",
    Level.MINOR: "New:",
    Level.PATCH: "Mended:",
}


def version_in(source: str) -> str:
    """The version that a module says."""
    return ".".join(_found(source).groups())


def with_version(source: str, version: str) -> str:
    """The module with another version."""
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
    """Below 1.0 what breaks callers bumps the minor number, all else the patch number."""
    major, minor, patch = map(int, version.split("."))
    if verdict is Level.NONE:
        return version
    if verdict is Level.MAJOR:
        return f"{major + 1}.0.0" if major else f"0.{minor + 1}.0"
    if verdict is Level.MINOR and major:
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def entry(
    version: str, changes: Iterable[Change], surface: Iterable[SurfaceChange], title: str
) -> str:
    """The section of the changelog for a version."""
    changes = list(changes)
    lines = [f"## {version} (unreleased)", "", f"Follows {title}."]
    surface = list(surface)
    told = {level: [each.text for each in surface if each.level is level] for level in _HEADINGS}
    for level in (Level.MAJOR, Level.MINOR):
        seen = bool(told[level])  # by callers: then only what no signature shows is told as well
        told[level] += [
            f"{in_markdown(change.operation) or 'The API'}: {in_markdown(change.text)}"
            for change in changes
            if change.level is level and (not seen or _LIMITS.search(change.rule))
        ]
    for level, heading in _HEADINGS.items():
        if told[level]:
            lines += ["", heading, "", *(_bullet(text) for text in told[level])]
    if not any(told.values()):
        places = {change.operation for change in changes if change.operation}
        where = f" of {_counted(len(places), 'operation')}" if places else ""
        lines += ["", f"- The words{where} follow the vendor's pages; no code has to change."]
    return "\n".join([*lines, ""])


def _bullet(text: str) -> str:
    return f"- {text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def with_entry(changelog: str, text: str) -> str:
    """The changelog with a section before all others."""
    first = _ENTRY.search(changelog)
    place = first.start() if first else len(changelog)
    return f"{changelog[:place]}{text}\n{changelog[place:]}"
