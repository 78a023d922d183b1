"""Two OpenAPI documents, compared: every change once, with its rule, level, place and sentence.

In: the old and the new document, read and safe. Out: changes, the most serious first. Operations
match by method and path, whatever the names of its parameters. Nothing passes in silence but the
order of what has none, and a schema that is put where it was referred to, or the other way round.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from chessa_codegen.document.loader import METHODS, is_mapping, is_sequence
from chessa_codegen.document.refs import Where, path_key
from chessa_tracking.diff import security
from chessa_tracking.diff.change_set import Ledger
from chessa_tracking.diff.changes import Change
from chessa_tracking.diff.extensions import rule_of_key
from chessa_tracking.diff.node import ABSENT, Side, quoted, same, shown
from chessa_tracking.diff.operation_view import Operation, beside, unnamed
from chessa_tracking.diff.operations import Comparison

Pin = tuple[str, str]
"""Method in capitals, and path with `{}` for its parameters."""

_KNOWN: Final = frozenset(
    {"openapi", "info", "servers", "security", "components", "tags", "paths", "webhooks"}
)
_OF_PATH: Final = frozenset({*METHODS, "parameters", "servers"})
_LISTED: Final = {"schemas": "api-schema"}


def compare(
    old: Mapping[str, Any], new: Mapping[str, Any], pinned: frozenset[Pin] = frozenset()
) -> list[Change]:
    """All changes from the old document to the new one.

    The operations in `pinned` have names of our own: those of the vendor move nothing.
    """
    ledger = Ledger()
    before, after = Side(old, old, ()), Side(new, new, ())
    _document(ledger, before, after)
    _paths(ledger, before, after, pinned)
    _components(ledger, before, after)
    return ledger.changes()


# ---- The document -------------------------------------------------------------------------------


def _document(ledger: Ledger, old: Side, new: Side) -> None:
    _version(ledger, old.get("openapi"), new.get("openapi"))
    _info(ledger, old, new)
    security.servers(ledger, old, new, "the API")
    prefix = "api-global-security"
    security.requirements(ledger, old, new, prefix=prefix, owner="the API")
    schemes = ("components", "securitySchemes")
    security.schemes(ledger, _members(old, *schemes), _members(new, *schemes))
    _tags(ledger, old, new)
    _webhooks(ledger, old, new)
    unnamed(ledger, old, new, _KNOWN, "the document")


def _members(side: Side, *keys: str) -> dict[str, Side]:
    for key in keys[:-1]:
        if not is_mapping(side.get(key)):
            return {}
        side = side.into(key)
    return {name: one for name, one in side.mapping(keys[-1]).items() if is_mapping(one.value)}


def _version(ledger: Ledger, old: object, new: object) -> None:
    if old == new:
        return
    text = f"the document was OpenAPI {shown(old)} and is {shown(new)}"
    slight = isinstance(old, str) and isinstance(new, str) and old[:4] == new[:4]
    ledger.report("equivalent-change" if slight else "other-change", ("openapi",), text)


def _info(ledger: Ledger, old: Side, new: Side) -> None:
    if not (is_mapping(old.get("info")) and is_mapping(new.get("info"))):
        if not same(old.get("info"), new.get("info")):
            ledger.report("other-change", ("info",), "the words about the API have another form")
        return
    before, after = old.into("info"), new.into("info")
    for key in dict.fromkeys((*before.value, *after.value)):
        was, now = before.get(key), after.get(key)
        if same(was, now):
            continue
        rule, text = rule_of_key(key), f"{quoted(key)} of the API changed"
        rule = "documentation-changed" if rule == "other-change" else rule
        if key == "version" and ABSENT not in (was, now) and _numbers(was) != _numbers(now):
            up = _numbers(now) > _numbers(was)
            rule = f"api-version-{'increased' if up else 'decreased'}"
            text = f"the version of the API was {shown(was)} and is {shown(now)}"
        ledger.report(rule, ("info", key), text)


def _numbers(version: object) -> list[int]:
    return [int(part) for part in re.findall(r"[0-9]{1,9}", str(version))]


def _tags(ledger: Ledger, old: Side, new: Side) -> None:
    lists = [_named(side) for side in (old, new)]
    before, after = lists
    if before is None or after is None:
        if not same(old.get("tags"), new.get("tags")):
            ledger.report("other-change", ("tags",), "the tags have another form")
        return
    for name, side in after.items():
        if name not in before:
            ledger.report("api-global-tag-added", side.where, f"the tag {quoted(name)} is new")
        else:
            unnamed(ledger, before[name], side, {"name"}, f"the tag {quoted(name)}")
    for name, side in before.items():
        if name not in after:
            ledger.report("api-global-tag-removed", side.where, f"the tag {quoted(name)} is gone")
    if not before and not after and not same(old.get("tags"), new.get("tags")):
        text = "the list of tags is written otherwise and means the same"
        ledger.report("equivalent-change", ("tags",), text)


def _named(side: Side) -> dict[str, Side] | None:
    """The tags of a document by their names; None where they have no form."""
    found = side.sequence("tags")
    if not (side.get("tags") is ABSENT or is_sequence(side.get("tags"))):
        return None
    names = [tag.get("name") for tag in found]
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        return None
    return dict(zip(names, found, strict=True))


def _webhooks(ledger: Ledger, old: Side, new: Side) -> None:
    key = "webhooks"
    before, after = old.mapping(key), new.mapping(key)
    for name in dict.fromkeys((*before, *after)):
        side = after.get(name) or before[name]
        if name not in before:
            ledger.report("webhook-added", side.where, f"the webhook {quoted(name)} is new")
        elif name not in after:
            ledger.report("webhook-removed", side.where, f"the webhook {quoted(name)} is gone")
        elif not ledger.likeness.same(before[name], side):
            ledger.report("other-change", side.where, f"the webhook {quoted(name)} changed")
    if not (before or after) and not same(old.get(key), new.get(key)):
        ledger.report("other-change", (key,), "the webhooks have another form")


# ---- Paths --------------------------------------------------------------------------------------


def _items(side: Side) -> dict[str, Side]:
    """Paths by what they match: their parameters have no names, but where two would be one."""
    found = {path: one for path, one in side.mapping("paths").items() if not path.startswith("x-")}
    counts = Counter(path_key(path) for path in found)
    keys = {path: path_key(path) for path in found}
    return {(keys[path] if counts[keys[path]] == 1 else path): one for path, one in found.items()}


def _paths(ledger: Ledger, old: Side, new: Side, pinned: frozenset[Pin]) -> None:
    if not (is_mapping(old.get("paths")) and is_mapping(new.get("paths"))):
        if not same(old.get("paths"), new.get("paths")):
            ledger.report("other-change", ("paths",), "the paths have another form")
    else:
        paths = [path for side in (old, new) for path in side.value["paths"]]
        known = {path for path in paths if not path.startswith("x-")}
        unnamed(ledger, old.into("paths"), new.into("paths"), known, "the paths")
    before, after = _items(old), _items(new)
    names = [dict(zip(_items(side), _written(side), strict=True)) for side in (old, new)]
    for key in sorted(before.keys() | after.keys()):
        one, other = before.get(key), after.get(key)
        paths = [each.get(key, key) for each in names]
        _item(ledger, one, other, paths, pinned)


def _written(side: Side) -> Iterator[str]:
    return (path for path in side.mapping("paths") if not path.startswith("x-"))


def _item(
    ledger: Ledger,
    old: Side | None,
    new: Side | None,
    paths: list[str],
    pinned: frozenset[Pin],
) -> None:
    befores = _operations(old, paths[0])
    afters = _operations(new, paths[1])
    for method in METHODS:
        one, other = befores.get(method), afters.get(method)
        if one is not None and other is not None:
            is_pinned = (method.upper(), path_key(paths[1])) in pinned
            ledger.operation(other.label, Comparison(ledger, one, other, is_pinned).run)
        elif one is not None:
            ledger.operation(one.label, partial(_gone, ledger, one, new is None))
        elif other is not None:
            report = partial(ledger.report, "endpoint-added", other.side.where)
            ledger.operation(other.label, partial(report, f"{other.label} is new"))
    ledger.operation(paths[1], partial(_path, ledger, old, new, bool(befores or afters)))


def _operations(item: Side | None, path: str) -> dict[str, Operation]:
    item = item and item.followed()
    if item is None or not is_mapping(item.value):
        return {}
    return {
        method: Operation(method, path, item.into(method), item)
        for method in METHODS
        if is_mapping(item.get(method))
    }


def _gone(ledger: Ledger, operation: Operation, whole: bool) -> None:
    how = "with" if operation.side.says("deprecated") else "without"
    rule = f"api-{'path-' * whole}removed-{how}-deprecation"
    ledger.report(rule, operation.side.where, f"{operation.label} is gone")


def _path(ledger: Ledger, old: Side | None, new: Side | None, has_operations: bool) -> None:
    """What stands beside the operations of a path."""
    if old is None or new is None:
        if not has_operations:
            side = new or old
            text = "a path without operations is " + ("new" if new else "gone")
            ledger.report("equivalent-change", () if side is None else side.where, text)
        return
    beside(ledger, old, new, "the path")
    old, new = old.followed(), new.followed()
    if not (is_mapping(old.value) and is_mapping(new.value)):
        if not same(old.value, new.value):
            ledger.report("other-change", new.where, "the path has another form")
        return
    security.servers(ledger, old, new, "the path")
    known = {key for key in _OF_PATH if key not in METHODS}
    known |= {m for m in METHODS if is_mapping(old.get(m)) or is_mapping(new.get(m))}
    unnamed(ledger, old, new, known, "the path")


# ---- Components ---------------------------------------------------------------------------------


def _components(ledger: Ledger, old: Side, new: Side) -> None:
    """What no call uses, or uses in another place now: told, but nothing that a caller feels."""
    key = "components"
    if not (is_mapping(old.get(key)) and is_mapping(new.get(key))):
        values = [side.get(key) for side in (old, new)]
        if not all(value is ABSENT or is_mapping(value) for value in values) and not same(*values):
            ledger.report("other-change", (key,), "the components have another form")
            return
    used = [_used(side) for side in (old, new)]
    kinds = dict.fromkeys((*old.mapping(key), *new.mapping(key)))
    for kind in kinds:
        if kind.startswith("x-") or not all(
            side.mapping(key).get(kind) is None or is_mapping(side.mapping(key)[kind].value)
            for side in (old, new)
        ):
            one, other = (side.mapping(key).get(kind) for side in (old, new))
            values = [ABSENT if each is None else each.value for each in (one, other)]
            if not same(*values):
                ledger.report(rule_of_key(kind), (key, kind), f"{quoted(kind)} changed")
            continue
        before, after = (_all_members(side, kind) for side in (old, new))
        known = [members.keys() for members in (before, after)]
        if not any(known) and (kind in old.mapping(key)) != (kind in new.mapping(key)):
            ledger.report("equivalent-change", (key, kind), f"the list of {kind} is empty")
        for name in dict.fromkeys((*before, *after)):
            _component(ledger, kind, name, before.get(name), after.get(name), used)
    if not kinds and (key in old.value) != (key in new.value):
        ledger.report("equivalent-change", (key,), "the list of components is empty")


def _all_members(side: Side, kind: str) -> dict[str, Side]:
    found = side.mapping("components").get(kind)
    return {} if found is None else side.into("components").mapping(kind)


def _component(
    ledger: Ledger, kind: str, name: str, old: Side | None, new: Side | None, used: list[set[Where]]
) -> None:
    side = new or old
    if side is None or (kind == "securitySchemes" and is_mapping(side.value)):
        return
    rule = _LISTED.get(kind, "api-component")
    what = f"{quoted(name)} of the {kind}"
    if old is None or new is None:
        if side.where not in used[old is None]:
            how = "added" if old is None else "removed"
            ledger.report(f"{rule}-{how}", side.where, f"{what}, which no call uses, was {how}")
    elif _differs(ledger, old, new):
        text = f"{what} changed, where no call uses it"
        ledger.report("api-component-changed", new.where, text)


def _differs(ledger: Ledger, old: Side, new: Side) -> bool:
    """Whether two components differ where nobody compared them yet."""
    if (old.where, new.where) in ledger.pairs:
        return False
    if is_mapping(old.value) and is_mapping(new.value) and old.value.keys() == new.value.keys():
        return any(_differs(ledger, old.into(key), new.into(key)) for key in old.value)
    if is_sequence(old.value) and is_sequence(new.value) and len(old.value) == len(new.value):
        return any(_differs(ledger, old.into(i), new.into(i)) for i in range(len(old.value)))
    return not same(old.value, new.value)


def _used(document: Side) -> set[Where]:
    """The components that calls refer to, through others as well."""
    found: set[Where] = set()
    todo = [document.into(key) for key in ("paths", "webhooks") if key in document.value]
    while todo:
        side = todo.pop()
        if side.refers():
            target = side.followed()
            if target.where[:3] not in found:
                found.add(target.where[:3])
                todo.append(target)
        if is_mapping(side.value):
            todo += [side.into(key) for key in side.value]
        elif is_sequence(side.value):
            todo += [side.into(i) for i in range(len(side.value))]
    return found
