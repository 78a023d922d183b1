"""The ledger of a comparison: what was found in which unit, and which operations use it.

A unit is an operation, or a pair of components in one direction. A component that many operations
use is compared once; its changes name the first of them and the number of others.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

import attrs

from chessa_codegen.document.loader import pointer
from chessa_codegen.document.refs import Where
from chessa_tracking.diff.changes import RULES, Change, Level
from chessa_tracking.diff.node import Likeness, Side

_MOST_PARTNERS: Final = 16
"""With how many others a component is compared: more is no honest document, and would not end."""


@attrs.define(eq=False)
class _Unit:
    label: str = ""
    found: list[tuple[str, str, str, Level]] = attrs.field(factory=list)
    uses: "set[_Unit]" = attrs.field(factory=set)
    users: int = 0
    """A bit for each operation."""


class Ledger:
    """Collects what is found, and gives it out, each change once."""

    def __init__(self) -> None:
        self.likeness = Likeness()
        self.pairs: set[tuple[Where, Where]] = set()
        """Places that were compared with each other."""
        self.count = 0
        self._document = _Unit()
        self._unit = self._document
        self._operations: list[_Unit] = []
        self._units: dict[tuple[Where, Where, str], _Unit] = {}
        self._partners: dict[tuple[Where, str], int] = {}
        self._todo: deque[tuple[_Unit, Callable[[], None]]] = deque()

    def report(self, rule: str, where: Where, text: str, level: Level | None = None) -> None:
        """Write down a change in the unit that is being compared."""
        sentence = f"{text[:1].upper()}{text[1:]}."
        self._unit.found.append(
            (rule, pointer(where), sentence, RULES[rule] if level is None else level)
        )
        self.count += 1

    def operation(self, label: str, job: Callable[[], None]) -> None:
        """Compare an operation, or a path, and all that it uses for the first time."""
        unit = _Unit(label)
        self._operations.append(unit)
        self._todo.append((unit, job))
        while self._todo:
            self._unit, job = self._todo.popleft()
            job()
        self._unit = self._document

    def use(self, old: Side, new: Side, direction: str, job: Callable[[], None]) -> bool:
        """Have a pair of components compared, now or before; False where there are too many."""
        key = old.where, new.where, direction
        unit = self._units.get(key)
        if unit is None:
            number = self._partners.get((old.where, direction), 0)
            if number == _MOST_PARTNERS:
                return False
            self._partners[old.where, direction] = number + 1
            unit = self._units[key] = _Unit()
            self.pairs.add((old.where, new.where))
            self._todo.append((unit, job))
        self._unit.uses.add(unit)
        return True

    def changes(self) -> list[Change]:
        """All changes, the most serious first."""
        self._count_users()
        merged: dict[tuple[str, str, str, Level], int] = {}
        for unit in (self._document, *self._operations, *self._units.values()):
            for found in unit.found:
                merged[found] = merged.get(found, 0) | unit.users
        changes = [
            Change(self._labelled(users), at, rule, level, text)
            for (rule, at, text, level), users in merged.items()
        ]
        return sorted(changes, key=lambda each: (-each.level, each.operation, each.pointer, each))

    def _count_users(self) -> None:
        for number, unit in enumerate(self._operations):
            unit.users = 1 << number
        todo = deque(self._operations)
        while todo:
            unit = todo.popleft()
            for used in unit.uses:
                if unit.users | used.users != used.users:
                    used.users |= unit.users
                    todo.append(used)

    def _labelled(self, users: int) -> str:
        names = list(self._labels(users))
        if len(names) < 2:
            return "".join(names)
        others = len(names) - 1
        return f"{names[0]} (and {others} other{'s' * (others > 1)})"

    def _labels(self, users: int) -> Iterator[str]:
        while users:
            lowest = users & -users
            yield self._operations[lowest.bit_length() - 1].label
            users ^= lowest
