"""Which kind of a union became which: the same first, then those of one name, then of one type.

In: the kinds before and after. Out: pairs, and what is left on either side.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable

from chessa_tracking.diff.node import Side, canonical

_Key = Callable[[Side], Hashable]


def match(
    old: list[Side], new: list[Side]
) -> tuple[list[tuple[Side, Side]], list[Side], list[Side]]:
    """Pairs of kinds, and those that found no other."""
    pairs: list[tuple[Side, Side]] = []
    for key in (_itself, _whole, _name, _type):
        found = defaultdict[Hashable, list[Side]](list)
        for side in reversed(new):
            if (value := key(side)) is not None:
                found[value].append(side)
        taken: list[Side] = []
        rest: list[Side] = []
        for side in old:
            value = key(side)
            if value is not None and found[value]:
                other = found[value].pop()
                pairs.append((side, other))
                taken.append(other)
            else:
                rest.append(side)
        gone = set(map(id, taken))
        old, new = rest, [side for side in new if id(side) not in gone]
    if len(old) == len(new) == 1 and not (old[0].refers() and new[0].refers()):
        return [*pairs, (old[0], new[0])], [], []
    return pairs, old, new


def _itself(side: Side) -> Hashable:
    return canonical(side.value)


def _whole(side: Side) -> Hashable:
    return canonical(side.followed().value)


def _name(side: Side) -> Hashable:
    title = side.get("title")
    return title if isinstance(title, str) else None


def _type(side: Side) -> Hashable:
    return None if side.refers() else canonical(side.get("type"))
