"""Prose of the project holds no denied term."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from chessa_codegen.document import loader
from tests.docs import words
from tests.docs.pages import ROOT
from tests.marks import CI

CHECKED: Final = (
    "*.md",
    "changelog.d/*.md",
    "docs/*.md",
    "docs/dev/*.md",
    "docs/migration/README.md",
    "overrides/**/*.py",
    "benchmarks/*.py",
    "benchmarks/cases/*.py",
    "examples/*.py",
    pytest.param("tests/**/*.py", marks=CI),
    "scripts/**/*.py",
    "scripts/templates/generator/*.jinja",
    "generated/**/*.py",
    "docs/reference/*.md",
    "docs/*.toml",
    "spec/overlay.yaml",
)
PLANTED: Final = (
    *("answered", "repeat", "sight", "looks", "doubles", "whole", "gone", "mended", "beside"),
    *("shall", "under way", "is no", "house", "rooms", "goes home", "hands over", "hung up"),
    *("deaf", "Nobody", "words", "unforeseen", "was meant", "as ever", "let in", "stray"),
    *(" ".join(("has", "its", "say")), "by heart", "parts the"),
)


def texts(node: Any) -> Iterator[str]:
    """Yield each text of a document."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from texts(each)


@pytest.fixture(scope="module")
def quoted() -> list[str]:
    """Return texts of the vendor and names of figures, which pages and docstrings quote."""
    figures = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))
    found = {*texts(loader.read(ROOT / "spec/openapi.yaml")), *texts(figures)}
    return [text for text in found if words.is_denied(text) or words.is_refused_opening(text)]


@pytest.mark.parametrize("pattern", CHECKED)
def test_prose_holds_no_denied_term(pattern: str, quoted: list[str]) -> None:
    """Pages, docstrings, comments and messages use the terms of the field."""
    paths = sorted(ROOT.glob(pattern))
    assert paths or pattern.startswith("changelog.d")
    assert [problem for path in paths for problem in words.problems(path, quoted)] == []


def test_each_denied_term_is_found(tmp_path: Path) -> None:
    """Each row of the table matches in Markdown, in a docstring, in a comment and in a message."""
    assert [term for term in PLANTED if not words.is_denied(term)] == []
    for row in words.DENIED:
        assert any(words.is_denied(term, row) for term in PLANTED), row
    for term in PLANTED:
        sentence = f"The server {term} the request."
        for name, text in {
            "page.md": f"# Page\n\n{sentence.replace(' ', chr(10))}\n",
            "docstring.py": f'"""Send it.\n\n{sentence}\n"""\n',
            "comment.py": f"x = 1  # {sentence}\n",
            "message.py": f"raise ValueError(f'{{x}}: {sentence}')\n",
        }.items():
            path = tmp_path / name
            path.write_text(text, encoding="utf-8")
            assert [each.rpartition(": ")[2].split() for each in words.problems(path)] == [
                term.split()
            ], name


@pytest.mark.parametrize(
    "line",
    [
        "`answer` and `api.answer()`",
        "answer_of, x.answer, answer=1, answers()",
        "```python\nanswer = 1\n```",
        "[look up](answer.md#whole) there is no other, which is no longer sent",
        "it looks like a double quote",
    ],
)
def test_identifiers_are_exempt(tmp_path: Path, line: str) -> None:
    """Code in prose, the target of a link and names in Python are exempt."""
    for name, text in {
        "page.md": line,
        "names.py": f"answer = [whole(shall)]\n# {line!r}\n",
    }.items():
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        assert [*words.problems(path)] == []


@pytest.mark.parametrize("opening", ["What it is.", "Whether it is.", "In: a request.", "How so."])
def test_a_docstring_begins_with_a_verb_or_a_noun(tmp_path: Path, opening: str) -> None:
    """A docstring that begins with a question word or a label is found; a comment is not."""
    path = tmp_path / "opening.py"
    path.write_text(f'"""{opening}"""\n# {opening}\n', encoding="utf-8")
    assert [*words.problems(path)] == [f"{path}:1: {opening.split()[0]}".replace("In:", "In: ")]


def test_a_quoted_text_is_exempt(tmp_path: Path) -> None:
    """A text of the vendor may use any term, wherever a line of it ends."""
    path = tmp_path / "page.md"
    quoted, other = "whole {}answer", "repeats"
    path.write_text(f"Returns: {quoted.format(chr(10))}. {other}\n", encoding="utf-8")
    assert [*words.problems(path, [quoted.format("")])] == [f"{path}:2: {other}"]
