"""Hostile documents: pairs of a position and a payload, one or many in one document."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import attrs

from .payloads import PAYLOADS, Payload
from .positions import HERE, POSITIONS, Document, Position, sound

_STRING: Final = re.compile(r'"([^"\\@]*)@(\d+)@([^"\\]*)"')


@attrs.frozen
class Pair:
    """A payload at a position."""

    position: Position
    payload: Payload

    def __str__(self) -> str:
        return f"{self.payload.name} as {self.position.name}"

    def without(self, number: int) -> "Pair":
        """Return the pair with a harmless word in place of a string."""
        word = f"{self.position.plain}{number}"
        harmless = Payload("plain", json.dumps(word), word)
        return attrs.evolve(self, payload=harmless) if self.payload.text else self


def turn(number: int) -> list[Pair]:
    """Return every position once; as many turns as there are payloads make every pair."""
    return [
        Pair(position, PAYLOADS[(at + number) % len(PAYLOADS)])
        for at, position in enumerate(POSITIONS)
    ]


def text(pairs: Sequence[Pair]) -> str:
    """Return the document that holds these pairs."""
    document = sound()
    for number, pair in enumerate(pairs):
        for pointer, value in _sets(pair.position, number).items():
            _set(document, pointer, value)
    written = json.dumps(document)
    held = {int(number) for _, number, _ in _STRING.findall(written) if f'"@{number}@"' in written}

    def fill(match: re.Match[str]) -> str:
        before, number, after = match.groups()
        payload = pairs[int(number)].payload
        if payload.text is not None:
            return json.dumps(f"{before}{payload.text}{after}")
        is_value = not (before or after) or int(number) not in held
        return payload.raw if is_value else f'"{before}x{after}"'

    filled = _STRING.sub(fill, written)
    file = pairs[0].position.file if pairs else "{document}"
    if file == "{document}":
        return filled
    bare = pairs[0].payload.raw if pairs[0].payload.text is None else pairs[0].payload.text
    return "".join(
        {HERE: bare, "{document}": filled}.get(part, part)
        for part in re.split(f"({HERE}|{{document}})", file)
    )


def document(written: str) -> Document | None:
    """Return the meaning of a text that is JSON."""
    try:
        return dict(json.loads(written))
    except (ValueError, TypeError):
        return None


def batches(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    """Put pairs together of which none sets what another sets."""
    found: list[tuple[list[Pair], dict[str, Any]]] = []
    for pair in pairs:
        for held, taken in found:
            sets = _sets(pair.position, len(held))
            is_alone = pair.position.file != "{document}" or held[0].position.file != "{document}"
            if not is_alone and not any(
                _meet(*one, *other) for one in sets.items() for other in taken.items()
            ):
                held.append(pair)
                taken.update(sets)
                break
        else:
            found.append(([pair], _sets(pair.position, 0)))
    yield from (held for held, _ in found)


def _meet(pointer: str, value: Any, other: str, its: Any) -> bool:
    below = f"{other}/".startswith(f"{pointer}/") or f"{pointer}/".startswith(f"{other}/")
    return below and (pointer, value) != (other, its)


def _sets(position: Position, number: int) -> dict[str, Any]:
    marked: dict[str, Any] = json.loads(json.dumps(position.sets).replace(HERE, f"@{number}@"))
    return marked


def _set(document: Any, pointer: str, value: Any) -> None:
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    for part in parts[:-1]:
        is_list = isinstance(document, list)
        document = document[int(part)] if is_list else document.setdefault(part, {})
    if isinstance(document, list):
        document[int(parts[-1])] = value
    else:
        document[parts[-1]] = value
