"""JSON read and written without loss of a digit: Decimal in place of float.

Text that is not JSON (NaN, Infinity, a name twice in one object, nesting past the limit) is
refused; a number too large for Decimal or int is kept as the text that it was.
"""

import itertools
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from json.encoder import encode_basestring_ascii
from typing import Any, Final

from .errors import DecodeError, EncodeError

MAX_DEPTH: Final = 100
MAX_VALUES: Final = 100_000
"""In a document of up to 1 MB; in a longer one, a value for every 10 bytes. Small values take many
times their length in memory."""
_USUAL_DEPTH: Final = 8  # up to which the depth is found fast
_MAX_DIGITS: Final = 4000  # int() refuses more than 4,300: CVE-2020-10735
MAX_EXPONENT: Final = 400
_EXPONENT: Final = re.compile(r"[eE]([+-]?[0-9]+)\Z")
_SQUARE: Final = bytes.maketrans(b"{}", b"[]")
_STEPS: Final = bytes.maketrans(b"[]", b"\1\xff")  # in and out, as signed bytes
_OTHERS: Final = bytes(set(range(256)) - set(b'[{]},"'))
_quote: Final[Callable[[str], str]] = encode_basestring_ascii


class NumberText(str):
    """A JSON number that no Python number can hold; it is sent back as received."""

    __slots__ = ()


def within_bounds(number: str) -> bool:
    """Return whether this JSON number has an exponent that an amount can have."""
    exponent = _EXPONENT.search(number)
    return exponent is None or (
        len(exponent[1]) <= 5 and -MAX_EXPONENT <= int(exponent[1]) <= MAX_EXPONENT
    )


def _fraction(text: str) -> Decimal | NumberText:
    return Decimal(text) if within_bounds(text) else NumberText(text)


def _integer(text: str) -> int | Decimal | NumberText:
    if text == "-0":  # an int has no sign here; a Decimal keeps it
        return Decimal(text)
    return int(text) if len(text) <= _MAX_DIGITS else NumberText(text)


def _constant(text: str) -> Any:
    raise DecodeError(f"{text} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise DecodeError("an object holds one name twice")
    return members


_decode: Final[Callable[[str], Any]] = json.JSONDecoder(
    parse_float=_fraction,
    parse_int=_integer,
    parse_constant=_constant,
    object_pairs_hook=_object,
).decode


def loads(data: bytes | str) -> Any:
    """Read one JSON document (RFC 8259), every number exact.

    Raises `DecodeError` for anything else, deep nesting included, and never anything else.
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    _check_shape(raw)
    try:
        return _decode(data if isinstance(data, str) else raw.decode().removeprefix("\ufeff"))
    except DecodeError:
        raise
    except UnicodeDecodeError:
        problem = "the text is not UTF-8"
    except (ValueError, RecursionError) as error:
        problem = f"it is not JSON (at character {getattr(error, 'pos', 0)})"
    raise DecodeError(problem)


def _check_shape(raw: bytes) -> None:
    """Refuse a text that needs more depth or more memory than the decoder may use."""
    most = max(MAX_VALUES, len(raw) // 10)
    if len(raw) < most and raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return  # too short for so many values or levels
    marks = _marks(raw)
    if _is_deep(marks):
        raise DecodeError(f"the JSON is nested more than {MAX_DEPTH} levels deep")
    if marks.count(b"[") + marks.count(b",") >= most:
        raise DecodeError(f"the JSON has {most} values or more")


def _marks(raw: bytes) -> bytes:
    """Return the brackets and commas outside of strings, all brackets square."""
    if b"\\" in raw:
        raw = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = raw.translate(_SQUARE, _OTHERS).replace(b'""', b"")
    return b"".join(marks.split(b'"')[::2]) if b'"' in marks else marks


def _is_deep(marks: bytes) -> bool:
    brackets = left = marks.translate(None, b",")
    for _ in range(_USUAL_DEPTH):  # remove the innermost level each time
        outer = left.replace(b"[]", b"")
        if not outer:
            return False
        if len(outer) == len(left):
            break
        left = outer
    steps = memoryview(brackets.translate(_STEPS)).cast("b")
    return max(itertools.accumulate(steps), default=0) > MAX_DEPTH


def exact(value: Any) -> Any:
    """Return the same JSON value with a Decimal for each float, of the digits that it prints.

    `loads` makes no float; other decoders do. A value without one is returned itself, and so is one
    that is nested deeper than `dumps` writes.
    """
    return _exact(value) if _has_float(value) else value


def _exact(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, dict):
        return {name: _exact(member) for name, member in value.items()}
    return [_exact(item) for item in value] if isinstance(value, list) else value


def _has_float(value: Any) -> bool:
    """Return whether a value has a float, and is not too deep."""
    found, level = False, [value]
    for _ in range(MAX_DEPTH + 1):
        found = found or any(isinstance(each, float) for each in level)
        inner = (each.values() if isinstance(each, dict) else each for each in level)
        level = [
            item
            for each, items in zip(level, inner, strict=True)
            if isinstance(each, (dict, list))
            for item in items
        ]
        if not level:
            return found
    return False


def number_text(value: Decimal) -> str:
    """Write a finite Decimal as a JSON number with the digits it has."""
    text = str(value)
    if "E" not in text and "e" not in text and value.is_finite():  # either, as the context says
        return text
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise EncodeError("NaN and Infinity are not valid JSON")
    return format(value, "f") if -MAX_EXPONENT <= exponent <= 0 else text


def dumps(value: Any) -> bytes:
    """Write a JSON document, compact and in ASCII, every number exact.

    Takes dict, list, tuple, str, int, Decimal, bool and None. Raises `EncodeError` for a float and
    for everything else.
    """
    try:
        return _text(value).encode("ascii")
    except EncodeError:
        raise
    except RecursionError:
        problem = "the value is nested too deep, or holds itself"
    except ValueError:
        problem = "the integer has more digits than Python writes"
    raise EncodeError(problem)


def _text(value: Any) -> str:
    if value.__class__ is str:
        return _quote(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, NumberText):
        return str(value)
    if isinstance(value, str):
        return _quote(str(value))
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, Mapping):
        return "{" + ",".join([f"{_name(k)}:{_text(v)}" for k, v in value.items()]) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join([_text(item) for item in value]) + "]"
    if isinstance(value, float):
        raise EncodeError("a float cannot hold an amount exactly: pass a decimal.Decimal or an int")
    raise EncodeError(f"a {type(value).__name__} has no JSON form")


def _name(key: object) -> str:
    if not isinstance(key, str):
        raise EncodeError(f"an object's names are strings, not {type(key).__name__}")
    return _quote(str(key))
