"""Paths that have another start than before, all alike: `/api/v1/orders` for `/v1/orders`."""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from chessa_codegen.document.loader import is_mapping, is_sequence
from chessa_codegen.document.refs import path_key

_SERVER_PATH: Final = re.compile(r"(?:https?://[^/?#]+)?(/[^?#]*?)/?")


def server_path(document: Mapping[str, Any]) -> str:
    """Return the path of the first server, without a last slash."""
    servers = document.get("servers")
    first = servers[0] if is_sequence(servers) and servers else None
    url = first.get("url") if is_mapping(first) else None
    found = _SERVER_PATH.fullmatch(url) if isinstance(url, str) else None
    return found[1].rstrip("/") if found else ""


def moved(theirs: Iterable[str], ours: Iterable[str]) -> tuple[str, str]:
    """Return what their paths have before ours, and what they lack at the start.

    Both are empty where a path is the same, and where half of ours is not there in that way.
    """
    new, old = ({path_key(path) for path in paths} for paths in (theirs, ours))
    ways: Counter[tuple[str, str]] = Counter()
    for path, known in itertools.product(new, old) if new.isdisjoint(old) else ():
        if path.endswith(known):
            ways[path.removesuffix(known), ""] += 1
        elif known.endswith(path):
            ways["", known.removesuffix(path)] += 1
    (way, count), *_ = [*ways.most_common(1), (("", ""), 0)]
    return way if 2 * count >= len(old) and "{" not in "".join(way) else ("", "")
