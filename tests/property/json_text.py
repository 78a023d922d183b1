"""JSON in and out, every digit kept: the tests' own, so that the package's is not its own judge."""

import json
from decimal import Decimal
from typing import Any


def written(value: Any) -> bytes:
    """A JSON document."""
    return _text(value).encode("utf-8", "surrogatepass")


def read(text: bytes | str) -> Any:
    """A JSON document as dict, list, str, int, Decimal, bool and None."""
    return json.loads(text, parse_float=Decimal)


def same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are one: numbers by value, and never equal to a boolean."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        members = (f"{json.dumps(key)}:{_text(member)}" for key, member in value.items())
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_text, value))}]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)
