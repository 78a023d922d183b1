"""A walk through a document: every node that has a meaning of its own, with its place.

Examples, defaults and the like are data of the API, not of the document; nothing in them is a
reference, an extension or a name. Nor is anything in an extension.
"""

from collections.abc import Iterator
from typing import Any, Final

from chessa_codegen.document.refs import Where

DATA: Final = frozenset({"example", "examples", "default", "const", "enum", "value"})
# Keywords whose value is a map from names to nodes: the names mean nothing by themselves.
MAPS: Final = frozenset(
    {"properties", "schemas", "responses", "parameters", "requestBodies", "headers", "paths"}
    | {"securitySchemes", "links", "callbacks", "patternProperties", "$defs", "mapping", "content"}
    | {"webhooks", "pathItems"}
)
# Maps that may hold extensions next to their names.
_EXTENSIBLE: Final = frozenset({"paths", "responses", "callbacks"})


def nodes(document: Any) -> Iterator[tuple[Where, Any]]:
    """Yield every mapping and list of a document, itself included, parents first."""
    stack: list[tuple[Where, Any, str]] = [((), document, "")]
    while stack:
        where, node, names_of = stack.pop()
        if not names_of:
            yield where, node
        if isinstance(node, dict):
            for key, value in node.items():
                if isinstance(value, (dict, list)) and has_meaning(key, names_of):
                    stack.append(((*where, key), value, names_in(key, value, names_of)))
        elif isinstance(node, list):
            for position, value in enumerate(node):
                if isinstance(value, (dict, list)):
                    stack.append(((*where, position), value, ""))


def names_in(key: str, value: object, names_of: str) -> str:
    """Return the keyword whose names what stands under a key holds; empty where it holds none."""
    return key if not names_of and key in MAPS and isinstance(value, dict) else ""


def has_meaning(key: str, names_of: str) -> bool:
    """Return whether the value of a key is part of the document."""
    if names_of:
        return not (key.startswith("x-") and names_of in _EXTENSIBLE)
    return key not in DATA and not key.startswith("x-")
