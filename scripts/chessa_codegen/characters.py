"""Visible characters: one rule, whatever version of Unicode a Python knows."""

import re
from typing import Final

# Controls, odd spaces, characters without a shape or that reorder others, surrogates, private use.
_HIDDEN: Final = (
    "\x00-\x1f\x7f-\xa0\xad\u0600-\u0605\u061c\u06dd\u070f\u1680\u180e\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u3000\ud800-\uf8ff\ufe00-\ufe0f\ufeff\ufff0-\uffff\U000e0000-\U0010ffff"
)
_IS_HIDDEN: Final = re.compile(f"[{_HIDDEN}]")
_IS_SPACE: Final = re.compile(
    "[\t-\r\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
)
_TO_ESCAPE: Final = re.compile(f'[{_HIDDEN}\\\\"]')


def is_plain(text: str) -> bool:
    """Return whether a text shows every character that it has: no name hides one."""
    return _IS_HIDDEN.search(text) is None


def in_prose(text: str) -> str:
    """Return a text for a docstring: spaces plain, backslashes and hidden characters escaped."""
    return re.sub(f"[{_HIDDEN}\\\\]", _shown, _IS_SPACE.sub(" ", text))


def visible(text: str) -> str:
    """Return a text with hidden characters escaped, for places without a syntax of their own."""
    return _IS_HIDDEN.sub(_shown, _IS_SPACE.sub(" ", text))


def literal(value: object) -> str:
    """Return a value of the plan as Python source."""
    return f'"{_TO_ESCAPE.sub(_shown, value)}"' if isinstance(value, str) else repr(value)


def _shown(match: re.Match[str]) -> str:
    character = match[0]
    if character in '\\"':
        return f"\\{character}"
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
