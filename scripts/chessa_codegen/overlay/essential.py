"""Essential fields of responses: those that the overlay makes required, and no others.

A `required` of the vendor's is a promise about its server, and a slip in it must not make a
finished refund unreadable.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from chessa_codegen.document.visitor import nodes

ESSENTIAL: Final = "x-essential"
"""The extension of a schema in the effective document: the keys that the overlay made required."""
BY_VENDOR: Final = "x-required-by-vendor"


def mark_required(vendor: dict[str, Any]) -> None:
    """Record the keys that the vendor calls required, before the overlay is applied."""
    for node in _schemas(vendor):
        node.pop(ESSENTIAL, None)
        node[BY_VENDOR] = node["required"]


def derive_essential(corrected: dict[str, Any]) -> None:
    """Turn the keys that the overlay added to the marked lists into `x-essential`."""
    for node in _schemas(corrected):
        vendor = Counter(map(str, node.pop(BY_VENDOR, ())))
        added = Counter(map(str, node["required"])) - vendor
        node["required"] = list(dict.fromkeys(node["required"]))
        if added:
            node[ESSENTIAL] = sorted(added)


def _schemas(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for _, node in nodes(document):
        required = node.get("required") if isinstance(node, dict) else None
        if isinstance(required, list) and all(isinstance(key, str) for key in required):
            yield node
