"""Words that must not come back, and a reader of prose that finds them.

Prose is Markdown, docstrings, comments and string literals of several words. Code in it is exempt:
spans in backticks, fenced blocks, identifiers. `python -m tests.docs.words PATH…` prints what is
found.
"""

import ast
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
    r"look(s|ed|ing)?(?! up)": "read, check, inspect",
    r"doubles?|doubly": "duplicate",
    r"whole": "complete, entire",
    r"gone": "removed",
    r"mend(s|ed|ing)?": "fix",
    r"beside": "next to, compared with",
    r"shall": "must",
    r"under way": "in flight",
    r"(?<!there )(?<!here )(is|are|was|were) no": "is not a",
    r"houses?": "host, server",
    r"rooms?": "module, package",
    r"goes home|go home": "returns",
    r"handed (on|out|over)|hands (on|out|over)": "passed, returned",
    r"hung up": "closed the connection",
    r"deaf": "ignores",
    r"nobody|whoever|somebody|anybody": "name the actor",
    r"words": "text, message, names",
    r"unforeseen": "unexpected",
    r"(is|are|was|were) meant(?! to| for)": "is intentional",
    r"as ever": "as before",
    r"let in": "accepted",
    r"strays?": "unexpected",
    r"has its say|have their say": "decides",
    r"by heart": "in memory",
    r"parts the": "separates",
    r"no longer there": "removed",
}
"""Patterns of words that are denied, and what to write instead."""

_DENIED: Final = re.compile(
    r"(?<![\w.`/-])(?:" + "|".join(DENIED) + r")(?![\w`/(=-])", re.IGNORECASE
)
_OPENING: Final = re.compile(r"(What|Whether|How|Who|Where|When|Which|That)\b(?!.*\?$)")
_LABEL: Final = re.compile(r"^(In|Out): ", re.MULTILINE)
_CODE: Final = re.compile(
    r"```.*?^\s*```|`[^`\n]*`|\]\([^)]*\)|<[^>\s]+>", re.DOTALL | re.MULTILINE
)


def problems(path: Path) -> Iterator[str]:
    """Yield `path:line: word` for each denied word in the prose of a file."""
    text = path.read_text(encoding="utf-8")
    for line, prose, is_docstring in _prose(path, text):
        blanked = _CODE.sub(lambda code: re.sub(r"[^\n]", "·", code[0]), prose)
        found = [(match.start(), match[0]) for match in _DENIED.finditer(blanked)]
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
    docstrings = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                docstrings.add((first.value.lineno, first.value.col_offset))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            place = (node.lineno, node.col_offset)
            is_docstring = place in docstrings
            if is_docstring or len(re.findall(r"[a-z]+ (?=[a-z])", node.value)) >= 2:
                yield node.lineno, node.value, is_docstring
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string, False


def main(paths: Iterable[str]) -> None:
    """Print each problem of files and folders."""
    for name in paths:
        path = Path(name)
        files = (
            [path] if path.is_file() else sorted(path.rglob("*.py")) + sorted(path.rglob("*.md"))
        )
        for file in files:
            if any(part.startswith(".") for part in file.parts):
                continue
            for problem in problems(file):
                sys.stdout.write(f"{problem}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
