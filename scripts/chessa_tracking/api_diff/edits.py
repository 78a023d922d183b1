"""Write the caller's code before and after a change of the surface.

The names in it are those of the two packages; the values stand for a type.
"""

import ast
import functools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

import attrs

from chessa_codegen.characters import literal
from chessa_codegen.docs.markdown import code
from chessa_codegen.ir.naming import snake
from chessa_tracking.api_diff.hints import Turn, items, kinds, parsed, turn
from chessa_tracking.api_diff.surface import (
    Argument,
    Attribute,
    Class,
    Edit,
    Method,
    SurfaceChange,
)
from chessa_tracking.diff.changes import Level

GIVEN: Final = frozenset({"required", "expected"})
"""Ways of an attribute that callers must pass to the constructor."""
_WIDTH: Final = 88
_LONGEST: Final = 80
_MOST: Final = 3
"""So many methods of a resource that was removed are shown."""
_VALUES: Final = {
    "str": '"..."',
    "bool": "True",
    "int": "1",
    "Decimal": 'Decimal("1.00")',
    "datetime.datetime": "datetime.datetime.now(datetime.UTC)",
    "datetime.date": "datetime.date.today()",
    "bytes": 'b"..."',
    "None": "None",
    "Any": "...",
}
_HOLDERS: Final = {
    "list": "[{}]",
    "Sequence": "[{}]",
    "tuple": "({},)",
    "dict": "{{{}: {}}}",
    "Mapping": "{{{}: {}}}",
}
_RETYPED: Final = frozenset({Turn.NARROWER, Turn.OTHER})
_API_VERSION: Final = re.compile(r"v[0-9]+")


def with_edit(edit: Edit | None, changes: Iterable[SurfaceChange]) -> Iterator[SurfaceChange]:
    """Give an edit to the changes that break callers, except to those that have one."""
    for change in changes:
        is_bare = change.edit is None and change.level is Level.MAJOR
        yield attrs.evolve(change, edit=edit) if is_bare else change


def unchanged(*lines: str) -> Edit:
    """Return code that still runs as it is, and means something else."""
    return Edit(lines, lines, is_silent=True)


def replaced(before: str, after: str) -> Edit:
    """Return one line in place of another; the same one means something else."""
    return Edit((before,), (after,), is_silent=before == after)


def joined(edits: Iterable[Edit | None]) -> Edit | None:
    """Return the edits of several changes as one: of the first few."""
    found = [edit for edit in edits if edit is not None][:_MOST]
    if not found:
        return None
    before = tuple(line for edit in found for line in edit.before)
    after = tuple(line for edit in found for line in edit.after)
    notes = dict.fromkeys(edit.note for edit in found if edit.note)
    return Edit(before, after, " ".join(notes), is_silent=found[0].is_silent)


# ---- Values and calls ---------------------------------------------------------------------------


@functools.cache
def value(hint: str, other: str = "None") -> str:
    """Return what stands for a value of a type, if possible of none that the other type has."""
    each = {ast.unparse(kind): kind for kind in kinds(parsed(hint))}
    known = {ast.unparse(kind) for kind in kinds(parsed(other))}
    shown = [kind for text, kind in each.items() if text not in known] or [*each.values()]
    return _value(shown[0])


def _value(kind: ast.expr) -> str:
    if isinstance(kind, ast.Subscript):
        holder = _HOLDERS.get(ast.unparse(kind.value), "...")
        inner = [value(ast.unparse(part)) for part in items(kind)]
        return holder.format(", ".join(inner) if holder.count("{}") == 1 else inner[0], inner[-1])
    name = ast.unparse(kind)
    return _VALUES.get(name, f"{name}(...)")


def _text(key: str | int) -> str:
    """Return a name or value of the wire as Python, unless it is long."""
    return literal(key) if len(str(key)) <= _LONGEST else "..."


def _called(callee: str, arguments: Iterable[str]) -> tuple[str, ...]:
    """Return a call, on one line where it is short enough."""
    given = [*arguments]
    line = f"{callee}({', '.join(given)})"
    if len(line) <= _WIDTH or not given:
        return (line,)
    return (f"{callee}(", *(f"    {each}," for each in given), ")")


def _call(method: Method, shown: Collection[str] = ()) -> tuple[str, ...]:
    given = [one for one in method.arguments if one.required or one.name in shown]
    return _called(f"chessa.{method.name}", (f"{one.name}={value(one.hint)}" for one in given))


# ---- Methods ------------------------------------------------------------------------------------


def same_call(method: Method, *shown: str) -> Edit:
    """Return a call that stays as it is, with these arguments too."""
    return unchanged(*_call(method, shown))


def only_one(method: Method, group: list[str]) -> Edit:
    """Return a call that passes one of several arguments, and passed all."""
    return Edit(_call(method, group), _call(method, group[:1]))


def call_edit(old: Method, new: Method, names: Mapping[str, str], *, by_place: bool) -> Edit:
    """Return the call of a method with each argument whose name, place or type changed.

    `names` are the new names of its arguments; `by_place` passes them by position before.
    """
    there = {one.name: one for one in new.arguments}
    given: list[str] = []
    heirs: dict[str, str] = {}
    for one in old.arguments:
        heir = there.get(names.get(one.name, ""))
        is_first = by_place and one.by_position
        if one.required or is_first or _is_other(one, heir):
            before, after = _values(one.hint, heir.hint if heir else one.hint)
            given.append(before if is_first else f"{one.name}={before}")
            heirs |= {heir.name: after} if heir else {}
    taken = [
        f"{one.name}={heirs.get(one.name) or value(one.hint)}"
        for one in new.arguments
        if one.required or one.name in heirs
    ]
    is_retyped = turn(old.result, new.result) in {Turn.WIDER, Turn.OTHER}
    results = [
        f"result: {one.result} = " if is_retyped and one.result != "None" else ""
        for one in (old, new)
    ]
    return Edit(
        _called(f"{results[0]}chessa.{old.name}", given),
        _called(f"{results[1]}chessa.{new.name}", taken),
    )


def moved_call(old: Method, heir: Method | None) -> Edit:
    """Return the call of a method whose name is now that of another operation."""
    after = _call(heir) if heir is not None else _request(old)
    return Edit(_call(old), after, is_silent=True)


def _is_other(old: Argument, new: Argument | None) -> bool:
    return new is None or old.name != new.name or turn(old.hint, new.hint) in _RETYPED


def _values(old: str, new: str) -> tuple[str, str]:
    """Return a value of each of two types; they differ where the types exclude each other."""
    if turn(old, new) in _RETYPED:
        return value(old, new), value(new, old)
    return value(old), value(new)


def envelope(method: Method, was: str, now: str) -> Edit:
    """Return how the complete response is read, of which the method returns a part."""
    first, *rest = _call(attrs.evolve(method, resource=f"with_raw_response.{method.resource}"))
    before, after = (
        (*lines[:-1], f"{lines[-1]}.envelope")
        for lines in ((f"envelope: {hint} = {first}", *rest) for hint in (was, now))
    )
    return Edit(before, after)


def error_body(was: str, now: str) -> Edit | None:
    """Return how the body of an error is read; None where one of the two is not a model."""
    if not all(re.fullmatch(r"models\.\w+", hint) for hint in (was, now)):
        return None
    return replaced(f"{was}.from_dict(error.body)", f"{now}.from_dict(error.body)")


def removed_method(method: Method, came: Iterable[Method]) -> Edit:
    """Return the call of a method that was removed, and of what may take its place."""
    before, parts = _call(method), _parts(method)
    alike = {
        one.name: one
        for one in came
        if one.call[0] == method.call[0] and _parts(one)[-1:] == parts[-1:]
    }
    others = {name: frozenset(_parts(one)) for name, one in alike.items()}
    name = _nearest(frozenset(parts), others)
    if name is not None:
        note = f"{code(name)} is new, and the nearest by path: check that it does the same."
        return Edit(before, _call(alike[name]), note)
    return Edit(
        before,
        _request(method),
        "It has no successor. The request works as long as the server takes it.",
    )


def _request(method: Method) -> tuple[str, ...]:
    """Return the same request, without a method of its own."""
    slots = {one.slot: one.name for one in method.arguments if one.slot is not None}
    path = method.call[1]
    for slot in sorted(slots):
        path = path.replace("{}", f"{{{slots[slot]}}}", 1)
    arguments = [literal(method.call[0]), literal(path)]
    for word, place in (("parameters", "path"), ("query", "query"), ("body", "member")):
        shown = ", ".join(
            f"{_text(one.name if place == 'path' else one.wire[1])}: {value(one.hint)}"
            for one in method.arguments
            if one.required and one.wire[0] == place
        )
        arguments += [f"{word}={{{shown}}}"] if shown else []
    bodies = (one for one in method.arguments if one.required and one.wire[0] == "body")
    return _called("chessa.request", [*arguments, *(f"body={value(one.hint)}" for one in bodies)])


def _parts(method: Method) -> list[str]:
    """Return the parts of a path that say what it is about, in the singular."""
    parts = method.call[1].split("/")
    return [
        part.rstrip("s")
        for part in parts
        if part not in {"", "{}"} and not _API_VERSION.fullmatch(part)
    ]


def _nearest(wanted: frozenset[str], others: Mapping[str, frozenset[str]]) -> str | None:
    """Return the name of what shares most, and half at least, of the parts of both."""
    alike = {
        name: parts
        for name, parts in others.items()
        if max(len(wanted), len(parts)) <= 2 * min(len(wanted), len(parts)) > 0
    }
    shares = {
        name: len(wanted & parts) / len(wanted | parts) for name, parts in sorted(alike.items())
    }
    best = max(shares, key=lambda name: shares[name], default=None)
    return best if best is not None and shares[best] >= 0.5 else None


# ---- Classes ------------------------------------------------------------------------------------


def renamed_class(old: Class, new: Class) -> Edit:
    """Return the import of a class that has another name."""
    return replaced(
        f"from chessa.models import {old.name}", f"from chessa.models import {new.name}"
    )


def removed_class(old: Class, came: Iterable[Class]) -> Edit:
    """Return the import of a class that was removed, and of what may take its place."""
    candidates = {one.name: one for one in came if one.kind == old.kind}
    name = _nearest(old.content, {name: one.content for name, one in candidates.items()})
    if name is None:
        return Edit((f"from chessa.models import {old.name}",), note="It has no successor.")
    note = f"{code(f'models.{name}')} is new, and the nearest by what it holds: compare the two."
    return attrs.evolve(renamed_class(old, candidates[name]), note=note)


def made(old: Class, new: Class) -> Edit:
    """Return the constructor of a class, with what it requires."""
    return Edit(_constructed(old), _constructed(new))


def _constructed(one: Class, shown: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the constructor with what it requires, and with the values that are shown."""
    if not one.attributes:
        return (f"models.{one.name}(...)",)
    values = shown or {}
    return _called(
        one.path,
        (
            f"{each.name}={values.get(each.name) or value(each.hint)}"
            for each in one.attributes.values()
            if each.way in GIVEN or each.name in values
        ),
    )


def iteration(old: Class, new: Class) -> Edit:
    """Return the loop over an object."""
    name = snake(new.name)
    lists = [each.name for each in new.attributes.values() if each.hint == f"list[{old.item}]"]
    before = f"for each in {name}:"
    after = before if new.item else f"for each in {name}.{lists[0]}:" if lists else ""
    return Edit((before, "    ..."), (after, "    ...") if after else ())


def lost_attribute(old: Class, new: Class, one: Attribute, *, is_passed: bool) -> Edit:
    """Return how an attribute that was removed was read, or passed to the constructor."""
    if is_passed:
        return Edit(_constructed(old, {one.name: value(one.hint)}), _constructed(new))
    owner = snake(new.name)
    unknown = f"{owner}.additional_properties.get({_text(one.key)})"
    note = "It has no successor. The value is there as long as the server sends it."
    return Edit((f"{owner}.{one.name}",), (unknown,), note)


def other_attribute(
    classes: tuple[Class, Class], old: Attribute, new: Attribute, *, is_passed: bool
) -> Edit:
    """Return how an attribute of another name or type is read, or passed to the constructor."""
    if is_passed:
        was, now = _values(old.hint, new.hint)
        return Edit(
            _constructed(classes[0], {old.name: was}), _constructed(classes[1], {new.name: now})
        )
    owner = snake(classes[1].name)
    was, now = f"{owner}.{old.name}", f"{owner}.{new.name}"
    if turn(old.hint, new.hint) is Turn.SAME:
        return replaced(was, now)
    return replaced(f"{old.name}: {old.hint} = {was}", f"{new.name}: {new.hint} = {now}")


def may_be_missing(owner: Class, one: Attribute) -> Edit:
    """Return how an attribute is read that the server may leave out."""
    name = snake(owner.name)
    read = f"{name}.{one.name}"
    return replaced(read, f"{read} if {literal(one.name)} in {name} else None")


def lost_member(owner: Class, name: str, known: str | int) -> Edit:
    """Return a value of an enum that has no constant any more: the enum is open."""
    note = "The constant has no successor. The class takes any value that the server knows."
    return Edit((f"{owner.path}.{name}",), (f"{owner.path}({_text(known)})",), note)
