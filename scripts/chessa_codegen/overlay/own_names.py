"""Names of constants that the overlay pins: they overrule those that callers know.

Names that the vendor gives are wanted like any other, so a rename of them renames no constant.
"""

from collections.abc import Iterator
from typing import Any, Final

from chessa_codegen.document.loader import dumps_json
from chessa_codegen.document.visitor import nodes

NAMES: Final = "x-enum-varnames"
PINNED: Final = "x-enum-pinned"
"""The extension of an enum in the effective document whose names the overlay set or changed."""
_BY_VENDOR: Final = "x-enum-varnames-by-vendor"


def mark_names(vendor: dict[str, Any]) -> None:
    """Note the names of each enum before the overlay is applied."""
    for node in _objects(vendor):
        node.pop(PINNED, None)
        if NAMES in node:
            node[_BY_VENDOR] = dumps_json(node[NAMES])


def derive_pinned(corrected: dict[str, Any]) -> None:
    """Mark each enum whose names are no longer the vendor's."""
    for node in _objects(corrected):
        vendor = node.pop(_BY_VENDOR, None)
        if NAMES in node and dumps_json(node[NAMES]) != vendor:
            node[PINNED] = True


def _objects(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (node for _, node in nodes(document) if isinstance(node, dict))
