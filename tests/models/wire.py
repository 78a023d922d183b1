"""Keys that the spec of the package under test requires."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
SPEC: Final[Any] = json.loads((ROOT / "generated/chessa_api/spec.json").read_text("utf-8"))


def required_of(title: str) -> set[str]:
    """Return the keys that each schema of a class requires."""
    first, *others = (set(schema.get("required", ())) for schema in _schemas(SPEC, title))
    return first.intersection(*others)


def _schemas(node: Any, title: str) -> Iterator[Any]:
    if isinstance(node, dict):
        if node.get("title") == title:
            yield node
        for member in node.values():
            yield from _schemas(member, title)
    for item in node if isinstance(node, list) else ():
        yield from _schemas(item, title)
