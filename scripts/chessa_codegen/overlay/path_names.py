"""Paths as the targets of an overlay spell them."""

import re
from collections.abc import Mapping
from typing import Any, Final

from chessa_codegen.document.loader import is_mapping
from chessa_codegen.document.refs import path_key
from chessa_codegen.document.visitor import nodes
from chessa_codegen.overlay.model import Overlay
from chessa_codegen.overlay.moved import moved, server_path
from chessa_codegen.validate.repair import operations

_PATHS: Final = re.compile(r"'(/[^'\\]*)'")
"""A path in a query."""
_IN_BRACES: Final = re.compile(r"\{([^{}]*)\}")


def meant(document: dict[str, Any], overlay: Overlay) -> dict[str, str]:
    """Return how targets spell the paths that they mean.

    The names of parameters may differ, the server may have taken the start of the path, and all
    paths may have another start.
    """
    paths: dict[str, Any] = document["paths"] if is_mapping(document.get("paths")) else {}
    server = server_path(document)
    spelled = {path for one in overlay.actions for path in _PATHS.findall(one.target)}
    more, less = moved([f"{server}{path}" for path in paths], spelled)
    known: dict[str, str] = {}  # the last that is said of a key counts: a path of that spelling
    for spelling in (path_key, str):
        for start in (server, ""):
            known |= {f"{less}{f'{start}{spelling(p)}'.removeprefix(more)}": p for p in paths}
    found: dict[str, str] = {}
    for path in spelled:
        found[path] = known.get(path) or known.get(path_key(path)) or path
    return {theirs: ours for ours, theirs in found.items() if theirs != ours}


def rename_paths(document: dict[str, Any], names: Mapping[str, str]) -> None:
    """Give paths other names, in place."""
    if names and is_mapping(document.get("paths")):
        paths = document["paths"]
        document["paths"] = {names.get(path, path): item for path, item in paths.items()}


def rename_in_links(document: dict[str, Any], meant: Mapping[str, str]) -> None:
    """Call the parameters of paths in Links as the document does."""
    pairs = {
        ours: dict(zip(_IN_BRACES.findall(ours), _IN_BRACES.findall(theirs), strict=True))
        for theirs, ours in meant.items()
    }
    found = list(operations(document)) if meant else []
    by_id = {each.get("operationId"): pairs.get(str(at[1]), {}) for at, each in found}
    for at, operation in found:
        own = pairs.get(str(at[1]), {})
        for _, node in nodes(operation):
            if is_mapping(node) and is_mapping(node.get("parameters")):
                names = by_id.get(node.get("operationId"), {})
                node["parameters"] = {
                    _renamed(key, names): _renamed(value, own, "$request.")
                    for key, value in node["parameters"].items()
                }


def _renamed(text: Any, names: Mapping[str, str], head: str = "") -> Any:
    """Return `path.NAME`, or `NAME` alone where nothing leads to it, with the other name."""
    for ours, theirs in names.items():
        if text == f"{head}path.{ours}" or (text == ours and not head):
            return f"{str(text).removesuffix(ours)}{theirs}"
    return text
