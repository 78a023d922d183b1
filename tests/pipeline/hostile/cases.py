"""Every position with every payload: the texts of the documents, and which of them to look at.

In: the two tables. Out: `ALL`, and samples of it in which every row of both tables stands.
"""

import json
import random
import re
from collections.abc import Iterator
from typing import Any, Final

import attrs

from .payloads import PAYLOADS, Payload
from .positions import HERE, POSITIONS, Document, Position, sound

_STRING: Final = re.compile(rf'"([^"\\]*?){HERE}([^"\\]*)"')


@attrs.frozen
class Case:
    """A payload at a position."""

    position: Position
    payload: Payload

    @property
    def name(self) -> str:
        """How it is called in reports."""
        return f"{self.payload.name} as {self.position.name}"

    def text(self) -> str:
        """The document, as the text of a file."""
        written = _filled(json.dumps(_document(self.position)), self.payload)
        bare = self.payload.raw if self.payload.text is None else self.payload.text
        before, _, after = self.position.whole.partition("{document}")
        if before == HERE:
            return bare
        return f"{before.replace(HERE, bare)}{written}{after.replace(HERE, bare)}"

    def content(self) -> bytes:
        """The document, as the bytes of a file; halves of pairs as UTF-8 would have them."""
        return self.text().encode("utf-8", "surrogatepass")

    def document(self) -> Document | None:
        """What the text means, where JSON says so."""
        try:
            return dict(json.loads(self.text()))
        except (ValueError, TypeError, RecursionError):
            return None


def _document(position: Position) -> Document:
    document = sound()
    for pointer, value in position.sets.items():
        _set(document, pointer, value)
    return document


def _set(document: Any, pointer: str, value: Any) -> None:
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    for part in parts[:-1]:
        document = (
            document[int(part)] if isinstance(document, list) else document.setdefault(part, {})
        )
    if isinstance(document, list):
        document[int(parts[-1])] = value
    else:
        document[parts[-1]] = value


def _filled(written: str, payload: Payload) -> str:
    """The payload where `HERE` stands. What is no text is a whole value, or stands in no text."""
    holds_value = f'"{HERE}"' in written

    def fill(match: re.Match[str]) -> str:
        before, after = match.groups()
        if payload.text is not None:
            return json.dumps(f"{before}{payload.text}{after}")
        whole = not (before or after) or not holds_value
        return payload.raw if whole else f'"{before}x{after}"'

    return _STRING.sub(fill, written)


ALL: Final = tuple(Case(position, payload) for position in POSITIONS for payload in PAYLOADS)


def sample(turn: int = 0) -> list[Case]:
    """Every position once and every payload once; other pairs in every turn."""
    count = max(len(POSITIONS), len(PAYLOADS))
    payloads = list(PAYLOADS)
    random.Random(turn).shuffle(payloads)
    return [
        Case(POSITIONS[number % len(POSITIONS)], payloads[number % len(payloads)])
        for number in range(count)
    ]


def drawn(count: int, seed: int) -> Iterator[Case]:
    """So many, at random."""
    return iter(random.Random(seed).sample(ALL, min(count, len(ALL))))
