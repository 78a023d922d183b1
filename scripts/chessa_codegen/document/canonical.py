"""The canonical order of a document: the same, whatever the layout of its file.

The keys of an object mean the same in any order, and come out sorted; but for the properties of a
schema, whose order is that of the attributes and arguments made of them.
"""

from collections.abc import Mapping
from typing import Any

from chessa_codegen.document.loader import dumps_json
from chessa_codegen.document.visitor import MAPS


def ordered(document: dict[str, Any]) -> dict[str, Any]:
    """Copy a document with its keys in their one order."""
    result: dict[str, Any] = _ordered(document, holds_names=False, sort=True)
    return result


def is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two documents are the same, whatever the order of their keys."""
    if one != other:  # which is known soon; true is 1 there, and the order of keys is none
        return False
    first, second = (dumps_json(ordered(dict(each))) for each in (one, other))
    return first == second


def _ordered(value: Any, *, holds_names: bool, sort: bool) -> Any:
    if isinstance(value, list):
        return [_ordered(item, holds_names=False, sort=True) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _ordered(
            value[key],
            holds_names=not holds_names and key in MAPS,
            sort=holds_names or key != "properties",
        )
        for key in (sorted(value) if sort else value)
    }
