"""A walk through a document: every node that has a meaning of its own, with its place.

Examples, defaults and the like are data of the API, not of the document; nothing in them is a
reference, an extension or a name. Nor is anything in an extension.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from chessa_codegen.document.refs import Where

DATA: Final = frozenset({"example", "examples", "default", "const", "enum", "value"})
# Keywords whose value is a map from names to nodes: the names mean nothing by themselves.
MAPS: Final = frozenset(
    {"properties", "schemas", "responses", "parameters", "requestBodies", "headers", "paths"}
    | {"securitySchemes", "links", "callbacks", "patternProperties", "$defs", "mapping", "content"}
)
# Maps that may hold extensions next to their names.
_EXTENSIBLE: Final = frozenset({"paths", "responses", "callbacks"})


def nodes(document: Any) -> Iterator[tuple[Where, Any]]:
    """Yield every mapping and list of a document, itself included, parents first."""
    stack: list[tuple[Where, Any, bool]] = [((), document, False)]
    while stack:
        where, node, holds_names = stack.pop()
        if not holds_names:
            yield where, node
        if isinstance(node, Mapping):
            for key, value in node.items():
                if isinstance(value, (dict, list)) and _has_meaning(key, where, holds_names):
                    names = not holds_names and key in MAPS and isinstance(value, dict)
                    stack.append(((*where, key), value, names))
        elif isinstance(node, list):
            for position, value in enumerate(node):
                if isinstance(value, (dict, list)):
                    stack.append(((*where, position), value, False))


def _has_meaning(key: str, where: Where, holds_names: bool) -> bool:
    """Return whether the value of a key is a node of the document."""
    if holds_names:
        return not (key.startswith("x-") and where[-1] in _EXTENSIBLE)
    return key not in DATA and not key.startswith("x-")
