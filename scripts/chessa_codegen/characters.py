"""Which characters are shown as they are: one rule, whatever version of Unicode a Python knows."""

import re
from typing import Final

# Controls, odd spaces, what has no shape or changes the order of others, surrogates, private use.
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
    """Whether every character of a text is shown as it is: a name can be trusted to look so."""
    return _IS_HIDDEN.search(text) is None


def in_prose(text: str) -> str:
    """The text as a docstring may hold it: odd spaces plain, backslashes and the hidden escaped."""
    return re.sub(f"[{_HIDDEN}\\\\]", _shown, _IS_SPACE.sub(" ", text))


def visible(text: str) -> str:
    """The text with the hidden escaped and all else as it is: for where nothing means anything."""
    return _IS_HIDDEN.sub(_shown, _IS_SPACE.sub(" ", text))


def literal(value: object) -> str:
    """A value of the plan as Python source."""
    return f'"{_TO_ESCAPE.sub(_shown, value)}"' if isinstance(value, str) else repr(value)


def _shown(match: re.Match[str]) -> str:
    character = match[0]
    if character in '\\"':
        return f"\\{character}"
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
