"""Collect the changes of a comparison, each once, with the operations that it touches.

A unit is an operation, or a pair of components in one direction. A component that many operations
use is compared once; its changes name the first of them and the number of others.
"""

import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

import attrs

from chessa_codegen.document.loader import pointer
from chessa_codegen.document.refs import Where
from chessa_tracking.diff.changes import RULES, Change, Level
from chessa_tracking.diff.node import Likeness, Node

_MOST_PARTNERS: Final = 16
"""With how many others a component is compared; more would not end, and never happens."""


@attrs.define(eq=False)
class _Unit:
    label: str = ""
    found: list[tuple[str, str, str, Level]] = attrs.field(factory=list)
    uses: "set[_Unit]" = attrs.field(factory=set)
    users: int = 0
    """A bit for each operation."""


class ChangeSet:
    """The changes of a comparison."""

    def __init__(self) -> None:
        self.likeness = Likeness()
        self.count = 0
        self._document = _Unit()
        self._unit = self._document
        self._operations: list[_Unit] = []
        self._units: dict[tuple[Where, Where, str], _Unit] = {}
        self._partners: dict[tuple[Where, str], int] = {}
        self._todo: deque[tuple[_Unit, Callable[[], None]]] = deque()

    def report(self, rule: str, where: Where, text: str, level: Level | None = None) -> None:
        """Add a change to the unit that is being compared."""
        sentence = f"{text[:1].upper()}{text[1:]}."
        found = rule, pointer(where), sentence, RULES[rule] if level is None else level
        self._unit.found.append(found)
        self.count += 1

    @contextlib.contextmanager
    def accounted(self, old: Node, new: Node, name: str) -> Iterator[None]:
        """Report two nodes as equivalent if they differ and nothing within was reported."""
        count = self.count
        yield
        if self.count == count and not self.likeness.same(old, new, but_compared=True):
            text = f"{name} is written otherwise and means the same"
            self.report("equivalent-change", new.where, text)

    def operation(self, label: str, job: Callable[[], None]) -> None:
        """Compare an operation, or a path, and all that it is the first to use.

        Without a label it is a part of the document.
        """
        unit = _Unit(label) if label else self._document
        self._operations += [unit] if label else []
        self._todo.append((unit, job))
        while self._todo:
            self._unit, job = self._todo.popleft()
            job()
        self._unit = self._document

    def use(self, old: Node, new: Node, direction: str, job: Callable[[], None]) -> bool:
        """Compare a pair of components unless that was done; return False if there are too many."""
        key = old.where, new.where, direction
        unit = self._units.get(key)
        if unit is None:
            number = self._partners.get((old.where, direction), 0)
            if number == _MOST_PARTNERS:
                return False
            self._partners[old.where, direction] = number + 1
            unit = self._units[key] = _Unit()
            self.likeness.compared.add((old.where, new.where))
            self._todo.append((unit, job))
        self._unit.uses.add(unit)
        return True

    def changes(self) -> list[Change]:
        """Return all changes, the most severe first."""
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
        if not users:
            return ""
        first = self._operations[(users & -users).bit_length() - 1].label
        others = users.bit_count() - 1
        return f"{first} (and {others} other{'s' * (others > 1)})" if others else first
