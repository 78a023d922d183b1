"""Markdown, as GitHub reads it: prose of the spec, escaped to plain text.

It opens no fence, table, link, image or HTML that this module did not write.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from chessa_codegen.characters import in_prose, visible

# Characters with a meaning anywhere in a line. `in_prose` escapes backslashes before.
_MEANS_SOMETHING: Final = re.compile(r"[`*_\[\]<>|~$&{}]")
_OPENS_A_BLOCK: Final = re.compile(r"(?=[#+=:-])|(?<=[0-9])(?=[.)])")
_START: Final = re.compile(r"[#+=:-]|[0-9]+[.)]")
_URL: Final = re.compile(r"https://[A-Za-z0-9.-]+(?:/[A-Za-z0-9./_~%#?=+-]*)?")
_LONGEST: Final = 80


def text(words: str) -> str:
    """Return prose on one line, with every character escaped that has a meaning."""
    line = _MEANS_SOMETHING.sub(r"\\\g<0>", " ".join(in_prose(words).split()))
    return _OPENS_A_BLOCK.sub(r"\\", line, count=1) if _START.match(line) else line


def sentence(words: str) -> str:
    """Return prose that ends as a sentence does."""
    line = text(words)
    return line if not line or line.endswith((".", "!", "?", ":")) else f"{line}."


def sentences(words: str) -> list[str]:
    """Return paragraphs of prose, each on one line, with an empty line after it."""
    parts = map(sentence, re.split(r"\n[ \t]*\n", words))
    return [line for part in parts if part for line in (part, "")]


def code(words: str, *, longest: int = _LONGEST) -> str:
    """Return a code span of any characters; text where a span in a table cannot hold them."""
    shown = visible(words)
    shown = shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
    if not shown.strip() or "|" in shown:
        return text(shown)
    runs = [len(run) for run in re.findall("`+", shown)]
    ticks = "`" * (max(runs, default=0) + 1)
    room = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{ticks}{room}{shown}{room}{ticks}"


def link(url: str) -> str:
    """Return a link to a page of the vendor's; text if it is not a plain https address."""
    return f"<{url}>" if _URL.fullmatch(url) else text(url)


def block(language: str, lines: Iterable[str]) -> list[str]:
    """Yield a fenced block that nothing in it can close."""
    body = list(lines)
    runs = [len(run) for line in body for run in re.findall("`+", line)]
    fence = "`" * max(3, max(runs, default=0) + 1)
    return [f"{fence}{language}", *body, fence]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table of finished cells, without the columns that are empty in every row."""
    filled = [list(row) for row in rows]
    kept = [i for i, _ in enumerate(heads) if i == 0 or any(row[i] for row in filled)]
    lines = [[heads[i] for i in kept], ["---"] * len(kept)]
    lines += [[row[i] for i in kept] for row in filled]
    return ["| " + " | ".join(cells).rstrip() + " |" for cells in lines]


class Anchors:
    """The anchors of a page's headings, in the order in which they stand on it."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def add(self, heading: str) -> str:
        """Return the anchor of a heading: its letters, duplicates numbered."""
        plain = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        anchor = plain
        while anchor in self._seen:
            self._seen[plain] += 1
            anchor = f"{plain}-{self._seen[plain]}"
        self._seen[anchor] = 0
        return anchor
