"""Denied terms, and a reader of prose that finds them.

Prose is Markdown, docstrings, comments and string literals of three or more terms. Code in it is
exempt: spans in backticks, fenced blocks, identifiers. `python -m tests.docs.words PATH…` prints
what it finds.
"""

import ast
import functools
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

DENIED: Final = {
    r"answer(s|ed|ing)?": "response, respond",
    r"repeat(s|ed|ing)?": "retry",
    r"sights?": "read",
    r"look(s|ed|ing)?(?! up| like)": "read, check, inspect",
    r"doubles?(?! quote)|doubl(y|ed)": "duplicate",
    r"whole": "complete, entire",
    r"gone": "removed",
    r"mend(s|ed|ing)?": "fix",
    r"beside": "next to, compared with",
    r"shall": "must",
    r"under way": "in flight",
    r"(?<!there\s)(?<!here\s)(is|are|was|were) no(?! longer)": "is not a",
    r"houses?": "host, server",
    r"rooms?": "module, package",
    r"go(es)? home": "returns",
    r"(?<!shake\s)hand(ed|s) (on|out|over)": "passed, returned",
    r"hung up": "closed the connection",
    r"deaf": "ignores",
    r"nobody|whoever|somebody|anybody": "name the actor",
    r"words": "text, message, names",
    r"unforeseen": "unexpected",
    r"(is|are|was|were) meant(?! to| for)": "is intentional",
    r"as ever": "as before",
    r"let in": "accepted",
    r"strays?": "unexpected",
    r"ha(s|ve) (its|their) say": "decides",
    r"by heart": "in memory",
    r"parts the": "separates",
}
"""Patterns of denied terms, and the term to use. A space stands for any white space."""

_ANY: Final = "|".join(DENIED)
_OPENING: Final = re.compile(
    r"(What|Whether|How|Who|Which|That|(When|Where)(?![^.]*,))\b(?!.*\?$)", re.MULTILINE
)
_LABEL: Final = re.compile(r"^(In|Out|Enters|Leaves): ", re.MULTILINE)
_CODE: Final = re.compile(
    r"```.*?^\s*```|`[^`\n]*`|\]\([^)]*\)|<[^>\s]+>", re.DOTALL | re.MULTILINE
)


@functools.cache
def _pattern(term: str) -> re.Pattern[str]:
    spaced = term.replace(" ", r"\s+")
    return re.compile(rf"(?<![\w.`/-])(?:{spaced})(?![\w`/(=-])", re.IGNORECASE)


def is_denied(text: str, term: str = _ANY) -> bool:
    """Return whether a text holds a denied term, or one of a row of the table."""
    return _pattern(term).search(text) is not None


def is_refused_opening(text: str) -> bool:
    """Return whether a docstring must not begin so, or holds a label."""
    return (_OPENING.match(text) or _LABEL.search(text)) is not None


def problems(path: Path, quoted: Iterable[str] = ()) -> Iterator[str]:
    """Yield `path:line: term` for each denied term in a file, except in quoted texts."""
    text = path.read_text(encoding="utf-8")
    quotes = [r"\s+".join(map(re.escape, each.rstrip(".").split())) for each in quoted]
    exempt = [_CODE, *(re.compile(quote, re.IGNORECASE) for quote in quotes if quote)]
    for line, prose, is_docstring in _prose(path, text):
        blanked = prose
        for pattern in exempt:
            blanked = pattern.sub(lambda code: re.sub(r"[^\n]", "·", code[0]), blanked)
        found = [(match.start(), match[0]) for match in _pattern(_ANY).finditer(blanked)]
        if is_docstring:
            found += [(match.start(), match[0]) for match in _LABEL.finditer(blanked)]
            found += [(0, match[0]) for match in [_OPENING.match(blanked)] if match]
        for start, word in found:
            yield f"{path}:{line + prose.count(chr(10), 0, start)}: {word}"


def _prose(path: Path, text: str) -> Iterator[tuple[int, str, bool]]:
    """Yield each piece of prose with its first line, and whether it is a docstring."""
    if path.suffix != ".py":
        yield 1, text, False
        return
    tree = list(ast.walk(ast.parse(text)))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    first = [node.body[0] for node in tree if isinstance(node, documented) and node.body]
    docstrings = [node.value for node in first if isinstance(node, ast.Expr)]
    for node in tree:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            is_docstring = node in docstrings
            if is_docstring or len(re.findall(r"[a-z]+ (?=[a-z])", node.value)) >= 2:
                yield node.lineno, node.value, is_docstring
    commented = (line for line in text.replace("`", "·").splitlines() if "#" in line)
    if not any(map(is_denied, commented)):
        return  # most files: to read tokens takes longer than all the rest
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string, False


def main(paths: Iterable[str]) -> None:
    """Print each problem of files and folders."""
    for path in map(Path, paths):
        found = [path, *sorted(path.rglob("*.py")), *sorted(path.rglob("*.md"))]
        for file in found:
            if file.is_file() and not any(part.startswith(".") for part in file.parts):
                sys.stdout.writelines(f"{problem}\n" for problem in problems(file))


if __name__ == "__main__":
    main(sys.argv[1:])
