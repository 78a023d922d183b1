"""Pair the kinds of a union: the same first, then those of one name, then of one type."""

from collections import defaultdict
from collections.abc import Callable, Hashable

from chessa_tracking.diff.node import Node, canonical

_Key = Callable[[Node], Hashable]
Pairs = list[tuple[Node, Node]]


def match(old: list[Node], new: list[Node]) -> tuple[Pairs, list[Node], list[Node]]:
    """Return pairs of kinds, and those of either side that found no other."""
    pairs: Pairs = []
    for key in (_itself, _content, _name, _type):
        found = defaultdict[Hashable, list[Node]](list)
        for node in reversed(new):
            if (value := key(node)) is not None:
                found[value].append(node)
        rest: list[Node] = []
        for node in old:
            value = key(node)
            if value is not None and found[value]:
                pairs.append((node, found[value].pop()))
            else:
                rest.append(node)
        taken = {id(other) for _, other in pairs}
        old, new = rest, [node for node in new if id(node) not in taken]
    if len(old) == len(new) == 1 and not (old[0].refers() and new[0].refers()):
        return [*pairs, (old[0], new[0])], [], []
    return pairs, old, new


def is_one_of(node: Node, kinds: list[Node]) -> bool:
    """Return whether a schema is one of the kinds of a union."""
    return any(_itself(node) == _itself(kind) or _content(node) == _content(kind) for kind in kinds)


def _itself(node: Node) -> Hashable:
    return canonical(node.value)


def _content(node: Node) -> Hashable:
    return canonical(node.followed().value)


def _name(node: Node) -> Hashable:
    title = node.get("title")
    return title if isinstance(title, str) else None


def _type(node: Node) -> Hashable:
    return None if node.refers() else canonical(node.get("type"))
