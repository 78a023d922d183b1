"""Compare the classes of two packages: models with their attributes, enums with their values.

A change has another level in a class that callers pass than in one that they read.
"""

from collections.abc import Iterator, Mapping
from enum import Flag, auto
from typing import Final

import attrs

from chessa_codegen.docs.markdown import code
from chessa_tracking.api_diff import edits
from chessa_tracking.api_diff.hints import Turn, named, renamed, turn
from chessa_tracking.api_diff.surface import (
    Attribute,
    Class,
    Surface,
    SurfaceChange,
    typed,
)
from chessa_tracking.diff.changes import Level


class Use(Flag):
    """The makers of the objects of a class: callers, the server, or both."""

    PASSED = auto()
    READ = auto()


_SURE: Final = {
    "required": "always",
    "read_only": "always",
    "expected": "raises",
    "documented": "raises",
}
_MISSING: Final = {
    ("always", "raises"): (
        Level.MAJOR,
        "{} may be missing: reading it then raises `AbsentFieldError`",
    ),
    ("always", "none"): (Level.MINOR, "{} may be missing, and is `None` then"),
    ("raises", "always"): (Level.MINOR, "{} is always there"),
    ("raises", "none"): (Level.MINOR, "{} is `None` where it is missing"),
    ("none", "raises"): (
        Level.MAJOR,
        "reading {} where it is missing raises `AbsentFieldError`, was `None`",
    ),
    ("none", "always"): (Level.MINOR, "{} is always there"),
}
_UNION: Final = {Turn.NARROWER: Use.PASSED, Turn.WIDER: Use.READ, Turn.OTHER: ~Use(0)}
"""The side whose callers break when a type changes so."""


def new_names(old: Mapping[str, Class], new: Mapping[str, Class]) -> dict[str, str]:
    """Return the classes that are there under another name: one of that shape went, one came."""
    gone = {name: one for name, one in old.items() if name not in new}
    came = {name: one for name, one in new.items() if name not in old}
    before, after = _shapes(gone, came)
    pairs: dict[str, str] = {}
    for name, shape in sorted(before.items()):
        heirs = [other for other, its in after.items() if its == shape]
        is_alone = list(before.values()).count(shape) == 1 == len(heirs)
        if is_alone and (gone[name].attributes or gone[name].members):
            pairs[name] = heirs[0]
    return pairs


def _shapes(
    gone: Mapping[str, Class], came: Mapping[str, Class]
) -> tuple[dict[str, int], dict[str, int]]:
    """Return a number for each shape; a class that refers to renamed ones keeps its own."""
    sides = (gone, came)
    shapes: tuple[dict[str, int], ...] = (dict.fromkeys(gone, 0), dict.fromkeys(came, 0))
    distinct = 0
    while distinct < (distinct := len({*shapes[0].values(), *shapes[1].values()})):
        numbers: dict[object, int] = {}
        described: list[dict[str, object]] = []
        for side, known in zip(sides, shapes, strict=True):
            names = {name: f"_{number}" for name, number in known.items()}
            described.append({name: _described(one, names) for name, one in side.items()})
        for one in (shape for side in described for shape in side.values()):
            numbers.setdefault(one, len(numbers))
        shapes = tuple({name: numbers[one] for name, one in side.items()} for side in described)
    return shapes[0], shapes[1]


def _described(one: Class, names: Mapping[str, str]) -> object:
    fields = [(a.name, a.key, renamed(a.hint, names), a.way) for a in one.attributes.values()]
    return one.kind, tuple(fields), tuple(one.members.items()), renamed(one.item, names)


def uses(surface: Surface) -> dict[str, Use]:
    """Return the uses of the classes of a surface; a class that nothing names may have both."""
    passed: set[str] = set()
    read: set[str] = set()
    for face in surface.faces.values():
        for method in (one for methods in face.values() for one in methods.values()):
            passed = passed.union(*(named(one.hint) for one in method.arguments))
            read |= named(method.result) | named(method.envelope)
            read = read.union(*map(named, method.errors.values()))
    read = read.union(*(named(one.hint) for one in surface.webhooks.values()))
    passed, read = _reached(surface, passed), _reached(surface, read)
    both = Use.PASSED | Use.READ
    return {
        name: (Use.PASSED if name in passed else Use(0)) | (Use.READ if name in read else Use(0))
        or both
        for name in surface.classes
    }


def _reached(surface: Surface, roots: set[str]) -> set[str]:
    reached: set[str] = set()
    waiting = [*roots]
    while waiting:
        name = waiting.pop()
        if name in surface.classes and name not in reached:
            reached.add(name)
            for one in surface.classes[name].attributes.values():
                waiting += named(one.hint)
    return reached


def compare_classes(
    old: Mapping[str, Class],
    new: Mapping[str, Class],
    names: Mapping[str, str],
    used: Mapping[str, Use],
) -> Iterator[SurfaceChange]:
    """Yield all that changed in the classes; the hints of the old ones are in the new names."""
    came = [one for name, one in new.items() if name not in old and name not in names.values()]
    for name, one in old.items():
        heir = new.get(names.get(name, name))
        if heir is None:
            text, edit = f"{code(one.path)} was removed", edits.removed_class(one, came)
            yield SurfaceChange(one.path, Level.MAJOR, text, edit)
            continue
        if name in names:
            text = f"{code(one.path)} is now called {code(heir.path)}"
            yield SurfaceChange(one.path, Level.MAJOR, text, edits.renamed_class(one, heir))
        yield from _compare(one, heir, used[name])
    for one in came:
        yield SurfaceChange(one.path, Level.MINOR, f"{code(one.path)} is new")


def _compare(old: Class, new: Class, use: Use) -> Iterator[SurfaceChange]:
    if old.kind != new.kind:
        text = f"{code(new.path)} is now {_an(new.kind)}, was {_an(old.kind)}"
        yield SurfaceChange(new.path, Level.MAJOR, text, edits.made(old, new))
        return
    yield from _attributes(old, new, use)
    yield from _members(old, new)
    if old.item and not new.item:
        text = f"{code(new.path)} can no longer be iterated over"
        yield SurfaceChange(new.path, Level.MAJOR, text, edits.iteration(old, new))
    elif new.item and not old.item:
        text = f"{code(new.path)} can be iterated over"
        yield SurfaceChange(new.path, Level.MINOR, text)
    elif turn(old.item or "None", new.item or "None") is not Turn.SAME:
        text = f"{code(new.path)} iterates over {typed(new.item)}, was {typed(old.item)}"
        yield SurfaceChange(new.path, Level.MAJOR, text, edits.iteration(old, new))


def _an(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


# --- attributes


def _attributes(old: Class, new: Class, use: Use) -> Iterator[SurfaceChange]:
    gained = {n: one for n, one in new.attributes.items() if n not in old.attributes}
    is_passed = Use.READ not in use
    for name, one in old.attributes.items():
        heir = new.attributes.get(name) or _heir(one, gained)
        path = f"{new.path}.{name}"
        if heir is None:
            text = f"{code(new.path)} lost the attribute {code(name)}"
            edit = edits.lost_attribute(old, new, one, is_passed=is_passed)
            yield SurfaceChange(path, Level.MAJOR, text, edit)
            continue
        edit = edits.other_attribute((old, new), one, heir, is_passed=is_passed)
        if heir.name != name:
            del gained[heir.name]
            text = f"{code(path)} is now called {code(f'{new.path}.{heir.name}')}"
            yield SurfaceChange(path, Level.MAJOR, text, edit)
        yield from edits.with_edit(edit, _attribute((old, new), one, heir, use))
    for name, one in gained.items():
        path = f"{new.path}.{name}"
        if one.way in edits.GIVEN and Use.PASSED in use:
            text, edit = f"{code(new.path)} now requires {code(name)}", edits.made(old, new)
            yield SurfaceChange(path, Level.MAJOR, text, edit)
        else:
            text = f"{code(new.path)} gained the attribute {code(name)}"
            yield SurfaceChange(path, Level.MINOR, text)


def _heir(one: Attribute, gained: Mapping[str, Attribute]) -> Attribute | None:
    return next((other for other in gained.values() if other.key == one.key), None)


def _attribute(
    classes: tuple[Class, Class], old: Attribute, new: Attribute, use: Use
) -> Iterator[SurfaceChange]:
    owner = classes[1]
    path = f"{owner.path}.{new.name}"
    if old.key != new.key:
        verb = "read from" if Use.READ in use else "sent as"
        text = f"{code(path)} is {verb} {code(new.key)}, was {code(old.key)}"
        yield SurfaceChange(path, Level.MAJOR, text)
    way = turn(old.hint, new.hint)
    if way is not Turn.SAME:
        level = Level.MAJOR if _UNION[way] & use else Level.MINOR
        text = f"{code(path)} is {typed(new.hint)}, was {typed(old.hint)}"
        yield SurfaceChange(path, level, text)
    if Use.PASSED in use and (old.way in edits.GIVEN) != (new.way in edits.GIVEN):
        is_now = new.way in edits.GIVEN
        verb = "now requires" if is_now else "no longer requires"
        level = Level.MAJOR if is_now else Level.MINOR
        text = f"{code(owner.path)} {verb} {code(new.name)}"
        yield SurfaceChange(path, level, text, edits.made(*classes) if is_now else None)
    sure = (_SURE.get(old.way, "none"), _SURE.get(new.way, "none"))
    if Use.READ in use and sure in _MISSING:
        level, words = _MISSING[sure]
        if level is Level.MAJOR or way is Turn.SAME:
            edit = edits.may_be_missing(owner, new) if level is Level.MAJOR else None
            yield SurfaceChange(path, level, words.format(code(path)), edit)
    elif Use.PASSED not in use and old.way != new.way:
        verb = "cannot" if new.way in edits.GIVEN else "can"
        text = f"{code(owner.path)} {verb} be made without {code(new.name)}"
        yield SurfaceChange(path, Level.MINOR, text)


# --- enums


def _members(old: Class, new: Class) -> Iterator[SurfaceChange]:
    gained = {n: value for n, value in new.members.items() if n not in old.members}
    for name, value in old.members.items():
        path, now = f"{new.path}.{name}", new.members.get(name)
        heir = next((n for n, other in gained.items() if other == value), None)
        if now is None and heir is not None:
            del gained[heir]
            text = f"{code(path)} is now called {code(f'{new.path}.{heir}')}"
            yield SurfaceChange(path, Level.MAJOR, text, edits.replaced(path, f"{new.path}.{heir}"))
        elif now is None:
            text = f"{code(new.path)} lost the value {_value(value)} ({code(name)})"
            edit = edits.lost_member(new, name, value)
            yield SurfaceChange(path, Level.MAJOR, text, edit)
        elif now != value:
            text = f"{code(path)} is {_value(now)}, was {_value(value)}"
            yield SurfaceChange(path, Level.MAJOR, text, edits.unchanged(path))
    for name, value in gained.items():
        text = f"{code(new.path)} gained the value {_value(value)} ({code(name)})"
        yield SurfaceChange(f"{new.path}.{name}", Level.MINOR, text)


def _value(value: str | int) -> str:
    return code(str(value)) if str(value).strip() else code(repr(value))


def in_new_names(surface: Surface, names: Mapping[str, str]) -> Surface:
    """Return a surface in whose hints the classes have their new names."""

    def now(hint: str) -> str:
        return renamed(hint, names)

    return Surface(
        faces={
            face: {
                resource: {
                    name: attrs.evolve(
                        one,
                        arguments=tuple(attrs.evolve(a, hint=now(a.hint)) for a in one.arguments),
                        result=now(one.result),
                        envelope=now(one.envelope),
                        errors={status: now(body) for status, body in one.errors.items()},
                    )
                    for name, one in methods.items()
                }
                for resource, methods in resources.items()
            }
            for face, resources in surface.faces.items()
        },
        classes={
            name: attrs.evolve(
                one,
                attributes={
                    n: attrs.evolve(a, hint=now(a.hint)) for n, a in one.attributes.items()
                },
                item=now(one.item),
            )
            for name, one in surface.classes.items()
        },
        members=surface.members,
        webhooks={
            name: attrs.evolve(one, hint=now(one.hint)) for name, one in surface.webhooks.items()
        },
    )
