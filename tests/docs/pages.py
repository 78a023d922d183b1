"""The pages of the documentation, as a reader of Markdown sees them.

Leaves: paths, blocks of Python, headings with their anchors, links. The parser is not ours.
"""

import functools
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT: Final = Path(__file__).resolve().parents[2]
PAGES: Final = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md")))
_MARKDOWN: Final = MarkdownIt("commonmark").enable("table")


@attrs.frozen
class Block:
    """A fenced block of Python, and where it stands."""

    page: str
    line: int
    code: str

    @property
    def place(self) -> str:
        """For the name of a test."""
        return f"{self.page}:{self.line}"


def name_of(page: Path) -> str:
    """A page by its path within the project."""
    return page.relative_to(ROOT).as_posix()


def parsed(text: str) -> list[Token]:
    """The tokens of a page, those within a line included."""
    return [inner for token in _MARKDOWN.parse(text) for inner in (token, *(token.children or ()))]


@functools.cache
def read(page: Path) -> list[Token]:
    """The tokens of a page."""
    return parsed(page.read_text(encoding="utf-8"))


def blocks() -> Iterator[Block]:
    """Every block of Python on every page."""
    for page in PAGES:
        for token in read(page):
            if token.type == "fence" and token.info == "python":
                yield Block(name_of(page), (token.map or [0])[0] + 1, token.content)


def text_of(token: Token) -> str:
    """What a reader sees of a line."""
    return "".join(child.content for child in token.children or ())


def headings(tokens: list[Token]) -> list[str]:
    """The headings of a page, in order."""
    return [text_of(after) for at, after in _pairs(tokens) if at.type == "heading_open"]


@functools.cache
def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    seen: dict[str, int] = {}
    found: set[str] = set()
    for heading in headings(read(page)):
        plain = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = seen.get(plain, 0)
        seen[plain] = count + 1
        found.add(f"{plain}-{count}" if count else plain)
    return found


def links(tokens: list[Token]) -> list[str]:
    """Where the links of a page lead."""
    return [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]


def rows(tokens: list[Token]) -> list[list[str]]:
    """The rows of all tables of a page, heads included."""
    found: list[list[str]] = []
    for at, after in _pairs(tokens):
        if at.type == "tr_open":
            found.append([])
        elif at.type in ("th_open", "td_open"):
            found[-1].append(text_of(after))
    return found


def section(tokens: list[Token], heading: str) -> list[Token]:
    """What stands under a heading, up to the next one of its level or above."""
    starts = [i for i, token in enumerate(tokens) if token.type == "heading_open"]
    for place, start in enumerate(starts):
        if text_of(tokens[start + 1]) == heading:
            level = tokens[start].tag
            ends = [i for i in starts[place + 1 :] if tokens[i].tag <= level]
            return tokens[start + 1 : ends[0] if ends else len(tokens)]
    raise LookupError(heading)


def _pairs(tokens: list[Token]) -> Iterator[tuple[Token, Token]]:
    return itertools.pairwise(tokens)
