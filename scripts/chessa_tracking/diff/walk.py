"""Walk two documents together, and report each change as the table of `rows` says.

Webhooks and callbacks are requests that the caller receives: what is sent and what is read change
places, and their names mean nothing in Python.
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import attrs

from chessa_codegen.characters import visible
from chessa_codegen.document.refs import Where
from chessa_tracking.diff import schema_pair, schema_view, views
from chessa_tracking.diff.change_set import ChangeSet
from chessa_tracking.diff.changes import RULES, Direction, Level, Place, rule_of, rule_of_key
from chessa_tracking.diff.node import ABSENT, Node, quoted, same, shown
from chessa_tracking.diff.rows import TABLE, Row, three


@attrs.frozen
class Spot:
    """The place of a node in an operation, and its name there."""

    name: str
    roots: tuple[Where, ...] = ()
    direction: Direction = "request"
    place: Place = "body"
    keeps_names: bool = False
    """The names of the operation are ours, or mean nothing in Python."""
    received: bool = False

    def at(self, where: Where) -> str:
        """Return the name of a part: `'rows[].id' of the body`, `'id' of the schema 'Order'`."""
        roots = [root for root in self.roots if where[: len(root)] == root]
        name, rest = self.name, where[len(roots[0]) :] if roots else ()
        if where[:2] == ("components", "schemas") and len(where) > 2:
            name, rest = f"the schema {quoted(where[2])}", where[3:]
        path = "".join(_steps(iter(rest))).removeprefix(".")
        return f"{quoted(path)} of {name}" if path else name


def _steps(where: Iterator[str | int]) -> Iterator[str]:
    for step in where:
        if step in ("properties", "patternProperties"):
            yield f".{following}" if (following := next(where, "")) else ""
        elif step in ("items", "additionalProperties"):
            yield "[]" if step == "items" else ".*"


_OF_SCHEMAS: Final = frozenset(
    {"schema", "properties", "property", "hidden", "shown", "patterns", "oneOf", "anyOf", "clashes"}
    | {"enum", "discriminator", "mapping", "request properties", "response properties"}
)
_OBJECTS: Final = frozenset({"document", "info", "server", "scheme", "flow", "reference"})
"""Kinds whose unnamed members are keywords, not names of the vendor's."""
_LINKS: Final = frozenset({"links", "link"})
"""Kinds that say nothing of what is received."""
_KEYWORDS: Final = {
    "maximum": "max",
    "minimum": "min",
    "exclusiveMaximum": "exclusive-max",
    "exclusiveMinimum": "exclusive-min",
    "default": "default-value",
}
_BOUND: Final = re.compile("(exclusive-)?(max|min)(-(length|items|properties|contains))?")
_LOSES: Final = re.compile("-(removed|changed|became-optional)$")

_DANGLING: Final = {
    (True, False): ("compatible-change", "the reference of {name} led nowhere and was repaired"),
    (False, True): ("other-change", "the reference of {name} leads nowhere"),
    (True, True): ("harmless-change", "the reference of {name} led nowhere, and so does its heir"),
}
"""The rule and the sentence, by whether a reference leads nowhere before and after."""


@attrs.frozen
class Walk:
    """A walk through two documents."""

    changes: ChangeSet

    def compare(self, kind: str, old: Node, new: Node, spot: Spot) -> None:
        """Compare two values of a kind that differ, or references to them."""
        name = spot.at(new.where)
        with self.changes.accounted(old, new, name):
            if old.dangles() or new.dangles():
                rule, text = _DANGLING[old.dangles(), new.dangles()]
                self.changes.report(rule, new.where, text.format(name=name))
            elif kind == "schema":
                self._schema(old, new, spot)
            elif old.refers() and new.refers():
                self.members("reference", old.beside(), new.beside(), spot)
                self._use(kind, old.followed(), new.followed(), spot, new.where)
            else:
                self.members(kind, old.followed(), new.followed(), spot)

    def _use(self, kind: str, old: Node, new: Node, spot: Spot, where: Where) -> None:
        """Compare two components, once in each direction and place."""
        self.changes.likeness.visited |= {old.where, new.where}
        inner = attrs.evolve(spot, roots=(old.where, new.where))
        place = spot.place if spot.place in ("parameter", "header") else "value"
        job = partial(self.compare, kind, old, new, inner)
        if not self.changes.use(old, new, f"{spot.direction} {place}", job):
            text = f"{spot.at(where)} stands for too many components to compare"
            self.changes.report("other-change", where, text)

    def _schema(self, old: Node, new: Node, spot: Spot) -> None:
        if not (schema_view.is_schema(old) and schema_view.is_schema(new)):
            text = f"the schema of {spot.at(new.where)} has another form"
            self.changes.report("other-change", new.where, text)
            return
        one, other = schema_view.view(old), schema_view.view(new)
        targets = one.component, other.component
        if not (one.own and other.own and targets[0] and targets[1]):
            self.changes.likeness.visited |= one.sources | other.sources
            self.members("schema", *schema_pair.aligned(one, other, spot.direction), spot)
            return
        if one.nullable == other.nullable:
            one.own.nullable = other.own.nullable = False
        self.members("schema", *schema_pair.aligned(one.own, other.own, spot.direction), spot)
        names = [target.where[-1] for target in targets if target]
        if names[0] != names[1]:
            text = f"{spot.at(new.where)} was {quoted(names[0])} and is {quoted(names[1])}"
            self.changes.report("api-schema-renamed", new.where, text)
        self._use("schema", targets[0], targets[1], spot, new.where)

    def members(self, kind: str, old: Node, new: Node, spot: Spot) -> None:
        """Compare the members of two nodes as the table says."""
        self.changes.likeness.visited |= {old.where, new.where}
        kind = f"{spot.direction} properties" if kind == "properties" else kind
        before, after = views.of(kind, old, new)
        if before is None or after is None:
            if not same(old.value, new.value):
                text = f"{spot.at(new.where)} has another form"
                self.changes.report("other-change", new.where, text)
            return
        for key in dict.fromkeys((*before, *after)):
            one, other = before.get(key), after.get(key)
            self._member(kind, key, one or old.of(ABSENT, key), other or new.of(ABSENT, key), spot)

    def _member(self, kind: str, key: str, old: Node, new: Node, spot: Spot) -> None:
        if self.changes.likeness.same(old, new):
            return
        row, how = _row(kind, key, old, new), _how(old, new)
        rule = {"added": row.added, "removed": row.removed, "changed": row.changed}[how]
        if row.kind and not (rule and how != "changed"):
            inner = attrs.evolve(spot, place=row.place or spot.place)
            if row.sends is not None:
                sent = row.sends != spot.received
                inner = attrs.evolve(inner, direction="request" if sent else "response")
            if row.kind not in _OF_SCHEMAS or kind not in _OF_SCHEMAS:
                name, _ = self._texts(kind, key, row, (old, new), spot)
                inner = attrs.evolve(inner, name=name, roots=(old.where, new.where))
            if row.received:
                inner = attrs.evolve(inner, received=True, keeps_names=True)
            self.compare(row.kind, old, new, inner)
            return
        node = old if how == "removed" else new
        _, text = self._texts(kind, key, row, (old, new), spot)
        level = None
        if row.python and (spot.keeps_names or row.python(old) == row.python(new)):
            level = Level.PATCH
        rule = (rule or "other-change").format(**_words(node), direction=spot.direction)
        if rule[0] == "~":
            rule, level = rule_of(spot.direction, spot.place, rule[1:])
        elif spot.received and kind not in _LINKS and RULES[rule] is not Level.PATCH:
            rule = "other-change" if _LOSES.search(rule) else "compatible-change"
        self.changes.report(rule, node.where, text, level)

    def _texts(
        self, kind: str, key: str, row: Row, nodes: tuple[Node, Node], spot: Spot
    ) -> tuple[str, str]:
        """Return the name of a member, and the sentence of its change."""
        how = _how(*nodes)
        node = nodes[0] if how == "removed" else nodes[1]
        holder = spot.at(node.where if kind == "property" else node.where[:-1])
        words = _words(node) | {"key": quoted(key), "holder": holder}
        name = (row.name or "{key} of {holder}").format(**words)
        form = {"added": row.new, "removed": row.gone, "changed": "{name} changed"}[how]
        was, now = (each.value for each in nodes)
        if how == "changed" and not isinstance(was, (dict, list)):
            form = "{name} was {was} and is {now}"
        return name, form.format(**words, name=name, was=shown(was), now=shown(now))


def _row(kind: str, key: str, old: Node, new: Node) -> Row:
    """Return the row of a member; of one that no row names, by its key."""
    rows = TABLE.get(kind, {})
    by_key = rule_of_key(key)
    if key in rows:
        return rows[key]
    if "*" in rows and (by_key == "other-change" or kind not in _OBJECTS):
        return rows["*"]
    if kind != "schema" or by_key != "other-change":
        return three(by_key)
    what = _KEYWORDS.get(key) or re.sub("([A-Z])", r"-\1", key).lower()
    if _BOUND.fullmatch(what) and _are_numbers(old.value, new.value):
        moved = (
            "increased" if _how(old, new) == "changed" and new.value > old.value else "decreased"
        )
        return Row("", f"~{what}-set", f"~{what}-unset", f"~{what}-{moved}", new="{name} is {now}")
    return Row("", f"~{what}-added", f"~{what}-removed", f"~{what}-changed")


def _how(old: Node, new: Node) -> str:
    return "added" if old.value is ABSENT else "removed" if new.value is ABSENT else "changed"


def _are_numbers(*values: Any) -> bool:
    return all(
        value is ABSENT or (isinstance(value, int | float) and not isinstance(value, bool))
        for value in values
    )


def _words(node: Node) -> dict[str, str]:
    """Return what rules and sentences say of a member."""
    target = node.followed()
    required = target.get("required") is True
    has_default = target.child("schema").followed().get("default") is not ABSENT
    title = target.get("title") if not node.refers() else node.value["$ref"].rpartition("/")[2]
    return {
        "need": "required" if required else "optional",
        "default": "-with-default" * (required and has_default),
        "called": quoted(target.get("name")),
        "in": visible(str(target.get("in"))),
        "title": f" {quoted(title)}" if isinstance(title, str) else "",
        "value": shown(node.value),
    }
