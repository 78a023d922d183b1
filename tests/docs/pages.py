"""The pages of the documentation, read by a parser of Markdown that is not ours."""

import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT: Final = Path(__file__).resolve().parents[2]
_FIRST: Final = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "overrides/chessa/.agents/skills/chessa/SKILL.md",  # for coding agents, in the wheel
)
_SITE: Final = ROOT / "docs/site"  # only the site has these: tests/docs/test_site.py
PAGES: Final = (
    *(ROOT / name for name in _FIRST),
    *sorted(page for page in ROOT.glob("docs/**/*.md") if not page.is_relative_to(_SITE)),
)
_MARKDOWN: Final = MarkdownIt("commonmark").enable("table")


@attrs.frozen
class Block:
    """A fenced block of Python with its page and line."""

    page: str
    line: int
    code: str

    @property
    def place(self) -> str:
        """Return page and line."""
        return f"{self.page}:{self.line}"


def name_of(page: Path) -> str:
    """Return the path of a page within the project."""
    return page.relative_to(ROOT).as_posix()


def parsed(text: str) -> list[Token]:
    """Return the tokens of a text, those within a line included."""
    return [inner for token in _MARKDOWN.parse(text) for inner in (token, *(token.children or ()))]


@functools.cache
def read(page: Path) -> list[Token]:
    """Return the tokens of a page."""
    return parsed(page.read_text(encoding="utf-8"))


def blocks() -> Iterator[Block]:
    """Yield every block of Python on every page."""
    for page in PAGES:
        for token in read(page):
            if token.type == "fence" and token.info == "python":
                yield Block(name_of(page), (token.map or [0])[0] + 1, token.content)


def text_of(token: Token) -> str:
    """Return the text of a line without its markup."""
    return "".join(child.content for child in token.children or ())


def headings(tokens: list[Token]) -> list[str]:
    """Return the headings of a page, in order."""
    pairs = itertools.pairwise(tokens)
    return [text_of(after) for at, after in pairs if at.type == "heading_open"]


@functools.cache
def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    seen = Counter[str]()
    for heading in headings(read(page)):
        plain = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        seen[plain] += 1
    return {f"{name}-{n}" if n else name for name, count in seen.items() for n in range(count)}


def links(tokens: list[Token]) -> list[str]:
    """Return the targets of the links of a page."""
    return [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]


def rows(tokens: list[Token]) -> list[list[str]]:
    """Return the rows of all tables of a page, heads included."""
    found: list[list[str]] = []
    for at, after in itertools.pairwise(tokens):
        if at.type == "tr_open":
            found.append([])
        elif at.type in ("th_open", "td_open"):
            found[-1].append(text_of(after))
    return found


def section(tokens: list[Token], heading: str) -> list[Token]:
    """Return the tokens under a heading, up to the next one of its level or above."""
    starts = [i for i, token in enumerate(tokens) if token.type == "heading_open"]
    for place, start in enumerate(starts):
        if text_of(tokens[start + 1]) == heading:
            level = tokens[start].tag
            ends = [i for i in starts[place + 1 :] if tokens[i].tag <= level]
            return tokens[start + 1 : ends[0] if ends else len(tokens)]
    raise LookupError(heading)
