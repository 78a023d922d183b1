"""Compare two OpenAPI documents: every change once, with its rule, level, place and sentence.

Operations match by method and shape of their path, whatever its parameters are called. Every
difference is reported but the order of what has none, and a schema that is written where it was
referred to, or the other way round.
"""

from collections.abc import Mapping
from functools import partial
from itertools import zip_longest
from typing import Any

import attrs

from chessa_codegen.document.loader import METHODS, is_mapping, is_sequence
from chessa_codegen.document.refs import Where, path_key
from chessa_tracking.diff import views
from chessa_tracking.diff.change_set import ChangeSet
from chessa_tracking.diff.changes import Change, rule_of_key
from chessa_tracking.diff.node import ABSENT, Document, Node, quoted, same
from chessa_tracking.diff.walk import Spot, Walk

Pin = tuple[str, str]
"""Method in capitals, and path with `{}` for its parameters."""

_Items = list[tuple[str, Node]]
"""Paths with their items."""


@attrs.frozen
class _Operation:
    """An operation in its place."""

    method: str
    path: str
    item: Node

    @property
    def label(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def node(self) -> Node:
        return views.operation(self.item, self.method, self.path)


def compare(
    old: Mapping[str, Any], new: Mapping[str, Any], pinned: frozenset[Pin] = frozenset()
) -> list[Change]:
    """Return all changes from the old document to the new one.

    The operations in `pinned` have names of our own: those of the vendor move nothing.
    """
    changes = ChangeSet()
    one, other = (Node(each, each, ()) for each in (Document(old), Document(new)))
    compared = _Paths(changes, Walk(changes), pinned)
    moved = _moved(one, other)
    before, after = (_document(node, is_moved=bool(moved)) for node in (one, other))
    spot = Spot("the document")
    changes.operation("", partial(compared.walk.members, "document", before, after, spot))
    compared.run(one.child("paths"), other.child("paths"), moved or ("", ""))
    _components(changes, one.child("components"), other.child("components"))
    rest = [
        {key: part for key, part in node.members().items() if key != "components"}
        for node in (one, other)
    ]
    if not changes.count and not changes.likeness.same(
        one.holding(rest[0]), other.holding(rest[1])
    ):
        text = "the document is written otherwise and means the same"
        changes.report("equivalent-change", (), text)
    return changes.changes()


def _document(node: Node, *, is_moved: bool) -> Node:
    """Return a document without the parts that are compared separately."""
    left_out = {"paths", "components", *(["servers"] if is_moved else [])}
    parts = {key: one for key, one in node.members().items() if key not in left_out}
    parts["securitySchemes"] = node.child("components").child("securitySchemes")
    return node.holding(parts)


# ---- Paths --------------------------------------------------------------------------------------


@attrs.frozen
class _Paths:
    """The paths of two documents."""

    changes: ChangeSet
    walk: Walk
    pinned: frozenset[Pin]

    def run(self, old: Node, new: Node, prefixes: tuple[str, str]) -> None:
        sides = [
            {key: one for key, one in node.members().items() if key[:2] == "x-"}
            for node in (old, new)
        ]
        spot = Spot("the paths")
        one, other = (node.holding(side) for node, side in zip((old, new), sides, strict=True))
        if not (is_mapping(old.value) and is_mapping(new.value)):
            one, other = old, new
        self.changes.operation("", partial(self.walk.members, "paths", one, other, spot))
        before, after = _by_shape(old, prefixes[0]), _by_shape(new, prefixes[1])
        for shape in sorted(before.keys() | after.keys()):
            self._shape(before.get(shape, []), after.get(shape, []))

    def _shape(self, old: _Items, new: _Items) -> None:
        """Compare the paths of one shape: each method with that of the same path if there is."""
        count = self.changes.count
        for method in METHODS:
            before, after = _operations(old, method), _operations(new, method)
            for path in before.keys() & after.keys():
                self._operation(before.pop(path), after.pop(path), is_whole=False)
            for one, other in zip_longest(before.values(), after.values()):
                self._operation(one, other, is_whole=not new)
        label = (new or old)[0][0]
        known = {path for path, _ in old} & {path for path, _ in new}
        sides = [sorted(items, key=lambda each: each[0] not in known) for items in (old, new)]
        self.changes.operation(label, partial(self._items, sides[0], sides[1], count))

    def _operation(self, old: _Operation | None, new: _Operation | None, *, is_whole: bool) -> None:
        if old and new:
            pin = old.method.upper(), path_key(old.path)
            one, other = old.node(), new.node()
            if self.changes.likeness.same(one, other):
                return
            roots = one.where, other.where
            spot = Spot("the operation", roots, keeps_names=pin in self.pinned)
            job = partial(self.walk.compare, "operation", one, other, spot)
            self.changes.operation(new.label, job)
        elif each := new or old:
            node = each.item.child(each.method)
            how = "with" if node.get("deprecated") is True else "without"
            gone = f"api-{'path-' * is_whole}removed-{how}-deprecation"
            text = f"{each.label} is new" if new else f"{each.label} was removed"
            rule = "endpoint-added" if new else gone
            self.changes.operation(each.label, partial(self.changes.report, rule, node.where, text))

    def _items(self, old: _Items, new: _Items, count: int) -> None:
        """Compare what path items have next to their operations."""
        for one, other in zip_longest((node for _, node in old), (node for _, node in new)):
            if one and other:
                spot = Spot("the path", (one.where, other.where))
                if one.refers() and other.refers():
                    self.walk.members("reference", one.beside(), other.beside(), spot)
                before, after = _rest(one, other), _rest(other, one)
                self.walk.members("path item", before, after, spot)
            node = other or one
            alike = one and other and self.changes.likeness.same(one, other, but_compared=True)
            if node and self.changes.count == count and not alike:
                text = "the path is written otherwise and means the same"
                self.changes.report("equivalent-change", node.where, text)


def _rest(node: Node, other: Node) -> Node:
    """Return a path item without operations and parameters, which are compared apart."""
    node, other = node.followed(), other.followed()
    if not is_mapping(node.value):
        return node
    return node.holding({
        key: one
        for key, one in node.members().items()
        if not (key == "parameters" and _operations([("", node)], *METHODS))
        and not (key in METHODS and is_mapping(one.value))
        and not (key in METHODS and is_mapping(other.get(key)))
    })  # fmt: skip


def _moved(old: Node, new: Node) -> tuple[str, str] | None:
    """Return the path of either server, if what it begins with moved between server and paths."""
    found = []
    for node in (old, new):
        servers = node.child("servers").items()
        url = servers[0].get("url") if len(servers) == 1 else None
        found.append(views.split(url) if isinstance(url, str) else ("", ""))
    (one, was), (other, now) = found
    plain, whole = (
        [
            {path_key(prefix + path) for path in node.child("paths").members()}
            for node, prefix in sides
        ]
        for sides in (((old, ""), (new, "")), ((old, was), (new, now)))
    )
    moved = one == other and was != now and len(whole[0] & whole[1]) > len(plain[0] & plain[1])
    return (was, now) if moved else None


def _by_shape(paths: Node, prefix: str) -> dict[str, _Items]:
    found: dict[str, _Items] = {}
    for path, item in paths.members().items():
        if not path.startswith("x-"):
            found.setdefault(path_key(prefix + path), []).append((path, item))
    return found


def _operations(items: _Items, *methods: str) -> dict[str, _Operation]:
    """Return the operations of these methods by path."""
    return {
        path: _Operation(method, path, item.followed())
        for path, item in items
        for method in methods
        if is_mapping(item.followed().get(method))
    }


# ---- Components ---------------------------------------------------------------------------------


def _components(changes: ChangeSet, old: Node, new: Node) -> None:
    """Report components that no call uses: a use is compared where it stands."""
    used = [_used(Node(node.document, node.document, ())) for node in (old, new)]
    kinds = {key: (old.child(key), new.child(key)) for key in (*old.members(), *new.members())}
    for kind, (one, other) in (kinds or {"": (old, new)}).items():
        if kind == "securitySchemes" or same(one.value, other.value):
            continue
        formless = not all(node.value is ABSENT or is_mapping(node.value) for node in (one, other))
        if kind.startswith("x-") or formless or not (one.members() or other.members()):
            rule = rule_of_key(kind) if kind.startswith("x-") or formless else "equivalent-change"
            text = f"{quoted(kind)} of the components changed" if kind else "the components changed"
            changes.report(rule, other.where, text)
            continue
        for name in dict.fromkeys((*one.members(), *other.members())):
            _component(changes, one.child(name), other.child(name), used)


def _component(changes: ChangeSet, old: Node, new: Node, used: list[set[Where]]) -> None:
    kind, name = new.where[1:]
    rule = "api-schema" if kind == "schemas" else "api-component"
    text = f"{quoted(name)} of the {kind}, which no call uses,"
    if ABSENT in (old.value, new.value):
        how = "added" if old.value is ABSENT else "removed"
        node = new if old.value is ABSENT else old
        if node.where not in used[old.value is ABSENT]:
            changes.report(f"{rule}-{how}", node.where, f"{text} was {how}")
    elif old.where not in changes.likeness.visited and not same(old.value, new.value):
        changes.report("api-component-changed", new.where, f"{text} changed")


def _used(document: Node) -> set[Where]:
    """Return the components that calls refer to, through others as well."""
    found: set[Where] = set()
    todo = [document.get(key) for key in ("paths", "webhooks")]
    while todo:
        value = todo.pop()
        node = document.of(value) if is_mapping(value) and "$ref" in value else None
        if node is not None and node.refers():
            target = node.followed()
            if target.where[:3] not in found:
                found.add(target.where[:3])
                todo.append(target.value)
        if is_mapping(value):
            todo += value.values()
        elif is_sequence(value):
            todo += value
    return found
