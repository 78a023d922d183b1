"""Located nodes of two documents, and their comparison as JSON."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from chessa_codegen.characters import visible
from chessa_codegen.document import refs
from chessa_codegen.document.loader import is_mapping, is_sequence
from chessa_codegen.document.refs import Where
from chessa_codegen.errors import SpecError

Pair = tuple[Where, Where]


class _Absent:
    """The value of a key that a mapping does not have."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
_UNORDERED: Final = frozenset({"required", "enum", "type", "x-open-enum", "parameters", "tags"})
_LONGEST: Final = 60


class Document(dict[str, Any]):
    """A document that remembers what its references point to."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        super().__init__(root)
        self.targets: dict[str, Node | None] = {}


@attrs.frozen(eq=False)
class Node:
    """A node of one document, and its place."""

    document: Document
    value: Any
    where: Where
    parts: "Mapping[str, Node] | None" = None
    """Members that stand elsewhere than under their key."""

    def get(self, key: str) -> Any:
        return self.value.get(key, ABSENT) if is_mapping(self.value) else ABSENT

    def child(self, key: str) -> "Node":
        """Return the member under a key; it holds `ABSENT` if there is none."""
        found = (self.parts or {}).get(key)
        return found or Node(self.document, self.get(key), (*self.where, key))

    def members(self) -> "dict[str, Node]":
        """Return the members of a mapping, and nothing for any other value."""
        return {key: self.child(key) for key in self.value} if is_mapping(self.value) else {}

    def items(self) -> "list[Node]":
        """Return the items of a list, and nothing for any other value."""
        value = self.value if is_sequence(self.value) else []
        return [Node(self.document, item, (*self.where, i)) for i, item in enumerate(value)]

    def holding(self, parts: "Mapping[str, Node]") -> "Node":
        """Return a node in this place that has other members."""
        value = {key: part.value for key, part in parts.items()}
        return Node(self.document, value, self.where, parts)

    def of(self, value: Any, *keys: str) -> "Node":
        """Return a value that this node implies."""
        return Node(self.document, value, (*self.where, *keys))

    def refers(self) -> bool:
        """Return whether it refers to another node; else a reference is a text like any other."""
        return self._target() is not None

    def dangles(self) -> bool:
        """Return whether it is a reference that leads nowhere, or out of the document."""
        return isinstance(self.get("$ref"), str) and not self.refers()

    def followed(self) -> "Node":
        """Return the target of a reference, or the node itself."""
        return self._target() or self

    def _target(self) -> "Node | None":
        """Return what a reference leads to; None if it leads nowhere, or out of the document."""
        if not is_mapping(self.value) or "$ref" not in self.value:
            return None
        reference, targets = self.value["$ref"], self.document.targets
        if not isinstance(reference, str):
            return None
        if reference not in targets:
            try:
                found = refs.resolve(self.document, reference, self.where)
            except SpecError:
                targets[reference] = None
            else:
                targets[reference] = Node(self.document, *found)
        return targets[reference]

    def beside(self) -> "Node":
        """Return what stands next to a reference."""
        return self.of({key: value for key, value in self.value.items() if key != "$ref"})


def is_class(where: Where) -> bool:
    """Return whether this place is that of a component that names a class."""
    return len(where) == 3 and where[:2] == ("components", "schemas")


def same(one: Any, other: Any) -> bool:
    """Return whether two values are the same JSON: keys have no order, true is not 1."""
    if is_mapping(one) and is_mapping(other):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if is_sequence(one) and is_sequence(other):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return one is other or bool(one == other)


def canonical(value: Any) -> str:
    """Return one text for all values that are the same JSON."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


class Likeness:
    """Return whether two nodes are the same with references followed; remember it."""

    def __init__(self) -> None:
        self.compared: set[Pair] = set()
        """Targets of references whose differences are reported where they stand."""
        self.visited: set[Where] = set()
        """Components of either document that something was compared with."""
        self._known: dict[Pair, bool] = {}

    def same(self, old: Node, new: Node, *, but_compared: bool = False) -> bool:
        """Return whether two nodes are the same, or are but for pairs that are compared apart.

        A circle of references is the same until something in it is not.
        """
        within: dict[Pair, Pair | None] = {}
        todo: list[tuple[Node, Node, Pair | None]] = [(old, new, None)]
        while todo:
            one, other, holder = todo.pop()
            if one.refers() or other.refers():
                if not _refer_alike(one, other):
                    return self._differ(within, holder)
                one, other = one.followed(), other.followed()
                pair = one.where, other.where
                self.visited.update(pair)
                if but_compared and pair in self.compared:
                    continue
                if pair in within or self._known.get(pair):
                    continue
                if not but_compared and pair in self._known:
                    return self._differ(within, holder)
                within[pair], holder = holder, pair
            parts = _parts(one, other)
            if parts is None:
                return self._differ(within, holder)
            todo += [(*both, holder) for both in parts]
        if not but_compared:
            self._known.update(dict.fromkeys(within, True))
        return True

    def _differ(self, within: dict[Pair, Pair | None], holder: Pair | None) -> bool:
        while holder in within:
            self._known[holder] = False
            holder = within[holder]
        return False


def _refer_alike(old: Node, new: Node) -> bool:
    """Return whether two nodes, one of which refers, may be the same: classes keep their names."""
    if not (old.refers() and new.refers()):
        return not (old if old.refers() else new).beside().value
    one, other = old.followed().where, new.followed().where
    renamed = one != other and is_class(one) and is_class(other)
    return not renamed and same(old.beside().value, new.beside().value)


def _parts(old: Node, new: Node) -> list[tuple[Node, Node]] | None:
    """Return the pairs of parts that must be the same, or None if the nodes differ here."""
    if is_mapping(old.value) and is_mapping(new.value):
        if old.value.keys() != new.value.keys():
            return None
        return [(old.child(key), new.child(key)) for key in old.value]
    if is_sequence(old.value) and is_sequence(new.value):
        if len(old.value) != len(new.value):
            return None
        return list(zip(_in_order(old), _in_order(new), strict=True))
    return [] if same(old.value, new.value) else None


def _in_order(node: Node) -> Iterator[Node]:
    """Yield the items of a list, those of a list without order sorted; the first tag leads."""
    items = node.items()
    key = node.where[-1] if node.where else ""
    if key in _UNORDERED:
        led = 1 if key == "tags" else 0
        yield from items[:led]
        items = sorted(items[led:], key=lambda item: canonical(item.followed().value))
    yield from items


def quoted(name: object) -> str:
    """Return a name of the vendor's for a sentence: short and visible."""
    return f"'{_short(str(name))}'"


def shown(value: Any) -> str:
    """Return a value of the vendor's for a sentence: short and visible."""
    return _short(json.dumps(value, ensure_ascii=False, default=str))


def _short(text: str) -> str:
    plain = visible(text[: _LONGEST * 2])
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
