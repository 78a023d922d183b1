"""Plain JSON as a plain tree: the short way, for documents that programs write.

`parse` returns None for text that is not JSON or must be refused: `document.yaml` says why, with
the line.
"""

import json
import math
import re
from typing import Any, Final

MAX_LEVELS: Final = 100  # of nested objects and arrays; recursive walks of a tree rely on it
MAX_DIGITS: Final = 1000  # Python refuses to print an integer of more than 4300

# Characters that YAML and JSON text must not hold, and no name or description needs. U+0085 is one:
# like U+2028 and U+2029 it is also a line break to ruamel, and a mere character to YAML 1.2.
CONTROLS: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
_ODD: Final = re.compile(f"[{CONTROLS}\r]")  # CR: `yaml_text` makes one of it and the LF after it


def parse(text: str) -> dict[str, Any] | None:
    """Read an object."""
    if not text.lstrip("\t\n\r ").startswith("{"):
        return None
    try:
        tree: dict[str, Any] = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return tree if _is_plain(tree) else None


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(digits)
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(digits)
    return value


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a key is there twice")
    return found


_DECODER: Final = json.JSONDecoder(
    parse_int=_integer, parse_float=_finite, parse_constant=_finite, object_pairs_hook=_object
)


def _is_plain(tree: dict[str, Any]) -> bool:
    """Return whether all text is plain, keys included, and the nesting is within its bound."""
    level: list[Any] = [tree]
    for _ in range(MAX_LEVELS):
        values = [one for outer in level for one in _held(outer)]
        if any(_ODD.search(one) for one in values if isinstance(one, str)):
            return False
        level = [one for one in values if isinstance(one, (dict, list))]
    return not level


def _held(outer: dict[str, Any] | list[Any]) -> list[Any]:
    return [*outer, *outer.values()] if isinstance(outer, dict) else outer
