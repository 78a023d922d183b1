"""Two schemas, compared as deep as they go: the values of a request, or of a response.

In: the schema before and after, and where it is used. Out: changes, in the ledger. Components meet
in pairs, each pair once per direction, so that circles end and shared parts are told once.
"""

from typing import Any, Final

import attrs

from chessa_codegen.document.loader import is_mapping, is_sequence
from chessa_tracking.diff import schema_view
from chessa_tracking.diff import values as compare_values
from chessa_tracking.diff.change_set import Ledger
from chessa_tracking.diff.node import ABSENT, Side, quoted, same
from chessa_tracking.diff.pairing import match
from chessa_tracking.diff.schema_view import UNIONS, Keywords
from chessa_tracking.diff.values import Spot

_ANYTHING: Final[tuple[Any, ...]] = ({}, True)


def compare(ledger: Ledger, old: Side, new: Side, spot: Spot) -> None:
    """Compare two schemas, or references to them."""
    ledger.pairs.add((old.where, new.where))
    before, after = schema_view.read(old), schema_view.read(new)
    if not all(is_mapping(schema_view.plain(side).value) for side in (old, new)):
        if not same(old.value, new.value):
            ledger.report("other-change", new.where, f"the schema of {spot.name} has no form")
        return
    count = ledger.count
    null = schema_view.nulls(old), schema_view.nulls(new)
    if all(null) and not same(*null):
        text = f"the words about null in {spot.name} changed"
        ledger.report("documentation-changed", new.where, text)
    if before.inner is not None and after.inner is not None:
        compare_values.compare(ledger, before, after, spot)
        _inner(ledger, before.inner, after.inner, spot)
        rewritten = before.wrapper != after.wrapper
    else:
        rewritten = bool(before.wrapper or after.wrapper) or (
            isinstance(old.value, bool) or isinstance(new.value, bool)
        )
        if before.inner is None and after.inner is None:
            rewritten = rewritten and not same(old.value, new.value)
        before, after = schema_view.flat(before), schema_view.flat(after)
        compare_values.compare(ledger, before, after, spot)
        _parts(ledger, before, after, spot)
    if rewritten and ledger.count == count:
        compare_values.equivalent(ledger, new.where, f"the schema of {spot.name}")


def _inner(ledger: Ledger, old: Side, new: Side, spot: Spot) -> None:
    """What both wrap: components, or schemas that stand there."""
    names = [
        side.where[-1] if side.where[:2] == ("components", "schemas") else None
        for side in (old, new)
    ]
    if None in names:
        compare(ledger, old, new, spot)
        return
    if names[0] != names[1]:
        text = f"{spot.name} was {quoted(names[0])} and is {quoted(names[1])}"
        ledger.report("api-schema-renamed", new.where, text)
    place = attrs.evolve(spot, base=f"the schema {quoted(names[1])}", path="", component=True)
    kind = spot.place if spot.place in ("parameter", "header") else "value"
    use = f"{spot.direction} {kind}"  # which decides what a change means
    if not ledger.use(old, new, use, lambda: compare(ledger, old, new, place)):
        text = f"{spot.name} stands for too many schemas to compare"
        ledger.report("other-change", new.where, text)


# ---- What a schema is made of -------------------------------------------------------------------


def _parts(ledger: Ledger, old: Keywords, new: Keywords, spot: Spot) -> None:
    _properties(ledger, old, new, spot)
    _patterns(ledger, old, new, spot)
    _items(ledger, old, new, spot)
    _additional(ledger, old, new, spot)
    for key in UNIONS:
        _union(ledger, old, new, spot, key)


def _required(schema: Keywords) -> set[str]:
    found = schema.get("required")
    return {one for one in found if isinstance(one, str)} if is_sequence(found) else set()


def _flag(side: Side, key: str) -> bool:
    return side.says(key) or side.followed().says(key)


def _properties(ledger: Ledger, old: Keywords, new: Keywords, spot: Spot) -> None:
    key = "properties"
    if _malformed(ledger, old, new, spot, key, dict) | _malformed(
        ledger, old, new, spot, "required", list
    ):
        return
    before, after = old.mapping(key), new.mapping(key)
    was, now = _required(old), _required(new)
    count = ledger.count
    unseen = "readOnly" if spot.direction == "request" else "writeOnly"
    for name, side in before.items():
        if name not in after:
            _removed(ledger, side, spot, name, name in was, _flag(side, unseen))
    for name, side in after.items():
        inner = spot.property(name)
        if name not in before:
            _added(ledger, side, spot, name, name in now, _flag(side, unseen))
            continue
        hidden = _flag(before[name], unseen) and _flag(side, unseen)
        if (name in was) != (name in now):
            _need(ledger, side, inner, name in now, hidden)
        if hidden:
            if not ledger.likeness.same(before[name], side):
                word = "read" if spot.direction == "request" else "write"
                rule = f"{spot.direction}-{word}-only-property-changed"
                ledger.report(rule, side.where, f"{inner.name}, which is {word}-only, changed")
        else:
            inner = attrs.evolve(inner, required=name in was)
            compare(ledger, before[name], side, inner)
    for name in sorted((was ^ now) - before.keys() - after.keys()):
        at = Side(new.side.document, {}, new.at("required"))
        _need(ledger, at, spot.property(name), name in now, False)
    for each in (key, "required"):
        if ledger.count == count and (each in old.own) != (each in new.own):
            compare_values.equivalent(ledger, new.at(each), f"{each} of {spot.name}")


def _removed(
    ledger: Ledger, side: Side, spot: Spot, name: str, required: bool, hidden: bool
) -> None:
    need = "required" if required else "optional"
    if spot.direction == "request":
        rule = f"request-{'read-only-' * hidden}property-removed"
    else:
        rule = f"response-{need}-{'write-only-' * hidden}property-removed"
    ledger.report(rule, side.where, f"{spot.name} lost the {need} property {quoted(name)}")


def _added(ledger: Ledger, side: Side, spot: Spot, name: str, required: bool, hidden: bool) -> None:
    need = "required" if required else "optional"
    if spot.direction == "response":
        rule = f"response-{need}-{'write-only-' * hidden}property-added"
    elif hidden:
        rule = "request-read-only-property-added"
    else:
        default = required and side.followed().get("default") is not ABSENT
        rule = f"new-{need}-request-property{'-with-default' * default}"
    ledger.report(rule, side.where, f"{spot.name} gained the {need} property {quoted(name)}")


def _need(ledger: Ledger, side: Side, spot: Spot, required: bool, hidden: bool) -> None:
    need = "required" if required else "optional"
    rule = f"{spot.direction}-property-became-{need}"
    if hidden and spot.direction == "response":
        rule = f"response-write-only-property-became-{need}"
    elif hidden:
        rule = "request-read-only-property-changed"
    elif required and spot.direction == "request":
        rule += "-with-default" * (side.followed().get("default") is not ABSENT)
    ledger.report(rule, side.where, f"{spot.name} became {need}")


def _patterns(ledger: Ledger, old: Keywords, new: Keywords, spot: Spot) -> None:
    key = "patternProperties"
    if _malformed(ledger, old, new, spot, key, dict):
        return
    before, after = old.mapping(key), new.mapping(key)
    for name in [*before, *(each for each in after if each not in before)]:
        if name in before and name in after:
            inner = spot.child(f"further properties like {quoted(name)} of {spot.name}")
            compare(ledger, before[name], after[name], inner)
            continue
        how, side = ("removed", before[name]) if name in before else ("added", after[name])
        verb = "describes no more" if how == "removed" else "now describes"
        text = f"{spot.name} {verb} properties like {quoted(name)}"
        ledger.report(spot.rule(f"pattern-property-{how}"), side.where, text)
    if not before and not after and (key in old.own) != (key in new.own):
        compare_values.equivalent(ledger, new.at(key), f"{key} of {spot.name}")


def _items(ledger: Ledger, old: Keywords, new: Keywords, spot: Spot) -> None:
    key = "items"
    inner = spot.child(path=f"{spot.path}[]")
    if key in old.own and key in new.own:
        compare(ledger, old.own[key], new.own[key], inner)
    elif key in old.own or key in new.own:
        one = (new if key in new.own else old).own[key]
        if one.value in _ANYTHING:
            compare_values.equivalent(ledger, one.where, f"items of {spot.name}")
        else:
            what = "type-changed" if key in new.own else "type-generalized"
            now = "are described now" if key in new.own else "may be anything now"
            ledger.report(inner.rule(what), one.where, f"the items of {spot.name} {now}")


def _additional(ledger: Ledger, old: Keywords, new: Keywords, spot: Spot) -> None:
    key = "additionalProperties"
    sides = [one.own.get(key) for one in (old, new)]
    values = [True if side is None or side.value == {} else side.value for side in sides]
    inner = spot.child(f"each further property of {spot.name}")
    if is_mapping(values[0]) and is_mapping(values[1]) and sides[0] and sides[1]:
        compare(ledger, sides[0], sides[1], inner)
    elif not same(*values):
        if values[1] is False:
            text = f"{spot.name} takes no further properties"
            ledger.report(spot.rule("additional-properties-forbidden"), new.at(key), text)
        elif values[0] is False:
            text = f"{spot.name} takes further properties"
            ledger.report(spot.rule("additional-properties-allowed"), new.at(key), text)
        else:
            what = "type-changed" if is_mapping(values[1]) else "type-generalized"
            text = f"{inner.name} {'is described' if is_mapping(values[1]) else 'may be anything'}"
            ledger.report(inner.rule(what), new.at(key), f"{text} now")
    elif not same(old.get(key), new.get(key)):
        compare_values.equivalent(ledger, new.at(key), f"{key} of {spot.name}")


def _union(ledger: Ledger, old: Keywords, new: Keywords, spot: Spot, key: str) -> None:
    if _malformed(ledger, old, new, spot, key, list):
        return
    count = ledger.count
    before, after = old.unions.get(key, []), new.unions.get(key, [])
    pairs, left, right = match(before, after)
    inner = spot.child(f"one kind of {spot.name}" if key != "allOf" else f"a part of {spot.name}")
    for one, other in pairs:
        compare(ledger, one, other, inner)
    kind = "part" if key == "allOf" else "kind"
    for sides, how, verb in ((left, "removed", "lost"), (right, "added", "gained")):
        for side in sides:
            only = "-annotation-only" * (key == "allOf" and schema_view.is_annotation(side))
            called = side.get("title") if isinstance(side.get("title"), str) else ""
            called = str(side.get("$ref")).rpartition("/")[2] if side.refers() else called
            text = f"{spot.name} {verb} a {kind} ({key})" + f" {quoted(called)}" * bool(called)
            ledger.report(spot.rule(f"{UNIONS[key]}-{how}{only}"), side.where, text)
    order = [
        after.index(other) for _, other in sorted(pairs, key=lambda each: before.index(each[0]))
    ]
    raw = len(before) == len(after) and order != sorted(order)
    if ledger.count == count and (
        raw or (not before and not after and (key in old.own) != (key in new.own))
    ):
        compare_values.equivalent(ledger, new.at(key), f"{key} of {spot.name}")


def _malformed(
    ledger: Ledger, old: Keywords, new: Keywords, spot: Spot, key: str, form: type
) -> bool:
    """Whether a keyword is not of its form; told where it changed."""
    values = [one.get(key) for one in (old, new)]
    if all(value is ABSENT or isinstance(value, form) for value in values) and not (
        key == "required"
        and any(not isinstance(one, str) for value in values if is_sequence(value) for one in value)
    ):
        return False
    if not same(*values):
        ledger.report("other-change", new.at(key), f"{key} of {spot.name} has another form")
    return True
