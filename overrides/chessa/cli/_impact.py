"""`chessa impact`: the lines of a caller's code that use what a new version removes or changes."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import attrs
import click

from ._connection import output_option
from ._output import Form, say, show, show_text
from ._surface import Change, Surface, UnreadableError, compare, find, read, sentences_of
from ._text import printable

_LONGEST_CODE: Final = 90
_LEFT_OUT: Final = frozenset({"node_modules", "__pycache__", "site-packages"})


@attrs.frozen(order=True)
class Use:
    """A line of a caller's code, and the change that it meets."""

    file: str
    line: int
    change: str
    code: str
    is_certain: bool
    """False where only the name of an attribute is the same: its object is not known."""
    changelog: str | None = None


@click.command("impact")
@click.argument("old")
@click.argument("new")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--changelog",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CHANGELOG.md of the new version. [default: the one in NEW]",
)
@output_option
def COMMAND(  # noqa: N802  # as of every module here
    old: str, new: str, paths: tuple[Path, ...], changelog: Path | None, form: Form
) -> int:
    """List the lines of your code that use what a new version of chessa removes or changes.

    OLD and NEW are wheels, folders with the unpacked packages, or numbers of installed versions.
    PATHS are your files and folders. Nothing of yours or of a version is run. Ends with 1 if a line
    is found.

    An attribute is found by its name only: `perhaps` says that it may be one of another object.
    """
    try:
        before, after = read(find(old)), read(find(new))
    except UnreadableError as error:
        raise click.UsageError(str(error)) from None
    sentences = after.changelog
    if changelog is not None:
        sentences = tuple(sentences_of(changelog.read_text(encoding="utf-8")))
    changes = list(compare(before, after))
    found = sorted(uses(changes, files(paths), before, sentences))
    if form == "table":
        for each in found:
            show_text(text_of(each))
    else:
        show([attrs.asdict(each) for each in found], form)
    number = len({(each.file, each.line) for each in found})
    say(f"{number} lines use what was removed or changed, of {len(changes)} changes.")
    return 1 if found else 0


def text_of(use: Use) -> str:
    """Return the lines on a use."""
    certainty = "" if use.is_certain else "perhaps: "
    lines = [f"{use.file}:{use.line}: {use.code}", f"  {certainty}{use.change}"]
    if use.changelog is not None:
        lines.append(f"  changelog: {use.changelog}")
    return "".join(f"{printable(line)}\n" for line in lines)


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the Python files of paths, without environments and hidden folders."""
    for path in paths:
        if path.is_file():
            yield path
            continue
        for each in sorted(path.rglob("*.py")):
            folders = each.relative_to(path).parts[:-1]
            if not any(part.startswith(".") or part in _LEFT_OUT for part in folders):
                yield each


def uses(
    changes: Iterable[Change],
    paths: Iterable[Path],
    old: Surface,
    sentences: Iterable[str],
) -> Iterator[Use]:
    """Yield the lines of files that meet a change."""
    by_name: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_name[_key(change)].append(change)
    said = tuple(sentences)
    for path in paths:
        try:
            source = path.read_text(encoding="utf-8")
            tree = ast.parse(source)
        except (OSError, SyntaxError, ValueError):
            say(f"{path}: is not Python that can be read, left out")
            continue
        lines = source.splitlines()
        for line, change, is_certain in dict.fromkeys(_met(tree, by_name, old)):
            code = lines[line - 1].strip()
            cut = code if len(code) <= _LONGEST_CODE else f"{code[:_LONGEST_CODE]}…"
            sentence = next((each for each in said if _is_on(each, change)), None)
            yield Use(str(path), line, change.text, cut, is_certain, sentence)


def _key(change: Change) -> str:
    """Return the name by which a change is met in code."""
    if change.kind in ("name", "attribute"):
        return change.name
    return change.owner.rpartition(".")[2]


def _is_on(sentence: str, change: Change) -> bool:
    """Return whether a sentence of the changelog names what changed."""
    spans = re.findall(r"`([^`]*)`", sentence)
    places = [re.split(r"[(\s]", span)[0].removeprefix("chessa.") for span in spans]
    if change.subject.removeprefix("chessa.") not in places:
        return False
    return change.kind not in ("argument", "needed") or change.name in places


Met = Iterator[tuple[int, Change, bool]]


def _met(tree: ast.Module, by_name: dict[str, list[Change]], old: Surface) -> Met:
    """Yield the lines that meet a change, and whether that is certain."""
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "chessa":
            for alias in node.names:
                for change in by_name.get(alias.name, ()):
                    if change.kind == "name" and change.owner == node.module:
                        yield alias.lineno, change, True
        elif isinstance(node, ast.Attribute):
            owner = _last_name(node.value)
            line = node.end_lineno or node.lineno
            for change in by_name.get(node.attr, ()):
                if change.kind == "name":
                    if owner == change.owner.rpartition(".")[2]:
                        yield line, change, True
                elif change.kind == "attribute":
                    if f"{owner}.{node.attr}" not in old.methods:
                        yield line, change, owner == change.owner
                elif owner == change.owner.partition(".")[0]:
                    yield from _met_by_call(node, change, calls.get(id(node)))


def _met_by_call(node: ast.Attribute, change: Change, call: ast.Call | None) -> Met:
    line = node.end_lineno or node.lineno
    if change.kind == "method":
        yield line, change, True
    elif call is not None:
        given: list[Any] = [each for each in call.keywords if each.arg == change.name]
        if change.position is not None and change.position < len(call.args):
            given.append(call.args[change.position])
        is_open = any(each.arg is None for each in call.keywords) or any(
            isinstance(each, ast.Starred) for each in call.args
        )
        if change.kind == "argument" and given:
            yield given[0].lineno, change, True
        elif is_open or (change.kind == "needed" and not given):
            yield line, change, not is_open


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
