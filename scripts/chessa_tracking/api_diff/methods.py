"""Compare the methods of two packages: resources, arguments, results and documented errors.

The hints of the old one are in the new names of classes.
"""

from collections.abc import Iterable, Iterator, Mapping

import attrs

from chessa_codegen.docs.markdown import code
from chessa_tracking.api_diff import edits
from chessa_tracking.api_diff.hints import Turn, turn
from chessa_tracking.api_diff.surface import (
    LEDGER,
    Argument,
    Edit,
    Face,
    Method,
    SurfaceChange,
    listed,
    typed,
)
from chessa_tracking.diff import statuses
from chessa_tracking.diff.changes import Level


def compare_faces(old: Face, new: Face) -> Iterator[SurfaceChange]:
    """Yield all that changed between two forms of one face."""
    moved = dict(_renamed_resources(old, new))
    for resource, heir in moved.items():
        text = f"{code(resource)} is now called {code(heir)}"
        edit = edits.replaced(f"chessa.{resource}", f"chessa.{heir}")
        yield SurfaceChange(resource, Level.MAJOR, text, edit)
    pairs = _pairs(old, new, moved)
    known, there = (
        {one.call: one for _, one in sorted(_methods(face).items())} for face in (old, new)
    )
    for before, after in pairs:
        changes = _compare(before, after, moved)
        other = known.get(after.call)
        if before.call != after.call and other is not None and other.name != before.name:
            yield from _swapped(before, after, other, there.get(before.call), changes)
        else:
            yield from changes
    paired_old = {before.name for before, _ in pairs}
    paired_new = {after.name for _, after in pairs}
    heirs = set(moved.values())
    came = [one for name, one in _methods(new).items() if name not in paired_new]
    lost = {
        name: edits.removed_method(one, came)
        for name, one in _methods(old).items()
        if name not in paired_old
    }
    yield from _alone(old, new, lost, set(moved), Level.MAJOR, "was removed")
    yield from _alone(new, old, {one.name: None for one in came}, heirs, Level.MINOR, "is new")


def _methods(face: Face) -> dict[str, Method]:
    return {one.name: one for methods in face.values() for one in methods.values()}


def _renamed_resources(old: Face, new: Face) -> Iterator[tuple[str, str]]:
    """Yield resources whose methods are all in a new one, under their names."""
    for resource in sorted(set(old) - set(new)):
        calls = {name: one.call for name, one in old[resource].items()}
        for heir in sorted(set(new) - set(old)):
            if calls and calls == {name: one.call for name, one in new[heir].items()}:
                yield resource, heir
                break


def _pairs(old: Face, new: Face, moved: Mapping[str, str]) -> list[tuple[Method, Method]]:
    """Pair methods by name, and otherwise by the call that they make."""
    before, after = _methods(old), _methods(new)
    names = {
        name: f"{moved.get(one.resource, one.resource)}.{one.own_name}"
        for name, one in before.items()
    }
    pairs = [(before[name], after[new]) for name, new in names.items() if new in after]
    taken = {one.name for _, one in pairs}
    by_call = {one.call: one for name, one in sorted(after.items()) if name not in taken}
    for name, one in sorted(before.items()):
        if names[name] not in after and one.call in by_call:
            pairs.append((one, by_call.pop(one.call)))
    return pairs


def _alone(
    face: Face,
    other: Face,
    alone: Mapping[str, Edit | None],
    moved: set[str],
    level: Level,
    verb: str,
) -> Iterator[SurfaceChange]:
    """Yield the resources and methods that only one side has, one sentence each."""
    for resource, methods in sorted(face.items()):
        found = [one for one in methods.values() if one.name in alone]
        if resource in moved:
            continue
        if resource in other:
            for one in found:
                text = f"{code(one.name)} {verb}"
                yield SurfaceChange(one.name, level, text, alone[one.name])
        else:
            names = listed([one.own_name for one in found])
            held = f", with {names}" if names else ""
            edit = edits.joined(alone[one.name] for one in found)
            yield SurfaceChange(resource, level, f"{code(resource)} {verb}{held}", edit)


# --- one method


def _swapped(
    old: Method, new: Method, other: Method, heir: Method | None, changes: Iterable[SurfaceChange]
) -> Iterator[SurfaceChange]:
    """Yield the changes of a method that now does what another did; the code keeps what it does."""
    edit = edits.moved_call(old, heir)
    text = f"{code(new.name)} now does what {code(other.name)} did"
    yield SurfaceChange(new.name, Level.MAJOR, text, edit)
    for change in changes:
        yield attrs.evolve(change, edit=edit if change.level is Level.MAJOR else None)


def _compare(old: Method, new: Method, moved: Mapping[str, str]) -> Iterator[SurfaceChange]:
    if old == new:
        return
    name = code(new.name)
    names = _same_arguments(old, new)
    edit = edits.call_edit(old, new, names, by_place=_needs_names(old, new, names))
    expected = f"{moved.get(old.resource, old.resource)}.{old.own_name}"
    if new.name != expected:
        text = f"{code(old.name)} is now called {name}"
        yield SurfaceChange(old.name, Level.MAJOR, text, edit)
    yield from edits.with_edit(edit, _arguments(old, new, names))
    yield from _exclusive(old, new, names)
    yield from edits.with_edit(edit, _types(old, new))
    yield from _errors(old, new)
    yield from edits.with_edit(edits.same_call(new), _manner(old, new))


def _same_arguments(old: Method, new: Method) -> dict[str, str]:
    """Return the new name of each argument that is still there."""
    before = {one.name: one for one in old.arguments}
    after = {one.name: one for one in new.arguments}
    names = {name: name for name in before if name in after}
    gained = [one for name, one in after.items() if name not in before]
    for name, one in before.items():
        if name in after:
            continue
        heirs = [other for other in gained if other.wire == one.wire]
        if not heirs and old.call == new.call and one.slot is not None:
            heirs = [other for other in gained if other.slot == one.slot]
        if heirs:
            names[name] = heirs[0].name
            gained.remove(heirs[0])
    return names


def _arguments(old: Method, new: Method, names: Mapping[str, str]) -> Iterator[SurfaceChange]:
    before = {one.name: one for one in old.arguments}
    after = {one.name: one for one in new.arguments}
    name = code(new.name)
    if reordered := _reordered(old, new, names):
        text = f"{name} takes its arguments in another order: {listed(reordered)}"
        yield SurfaceChange(new.name, Level.MAJOR, text)
    for one in old.arguments:
        if one.name not in names:
            text = f"{name} lost the argument {code(one.name)}"
            yield SurfaceChange(new.name, Level.MAJOR, text)
        elif one.name != names[one.name]:
            text = f"{name} takes {code(names[one.name])} in place of {code(one.name)}"
            yield SurfaceChange(new.name, Level.MAJOR, text)
    for one in new.arguments:
        if one.name in names.values():
            continue
        if one.required:
            text = f"{name} now requires {code(one.name)}"
            yield SurfaceChange(new.name, Level.MAJOR, text)
        else:
            text = f"{name} gained the optional argument {code(one.name)}"
            yield SurfaceChange(new.name, Level.MINOR, text)
    for was, now in names.items():
        yield from _argument(new, before[was], after[now])


def _positions(method: Method) -> list[str]:
    return [one.name for one in method.arguments if one.by_position]


def _reordered(old: Method, new: Method, names: Mapping[str, str]) -> list[str]:
    """Return the arguments by position, where those that stayed stand in another order."""
    was = [names[name] for name in _positions(old) if name in names]
    now = _positions(new)
    stayed = [name for name in now if name in was]
    return now if [name for name in was if name in now] != stayed else []


def _needs_names(old: Method, new: Method, names: Mapping[str, str]) -> bool:
    """Return whether a call by position breaks, so that one by name must be shown."""
    there = {one.name for one in new.arguments if one.by_position}
    stayed = [one for one in old.arguments if one.by_position and one.name in names]
    return bool(_reordered(old, new, names)) or any(names[o.name] not in there for o in stayed)


def _argument(method: Method, old: Argument, new: Argument) -> Iterator[SurfaceChange]:
    name, argument = code(method.name), code(new.name)
    if _key(old) != _key(new) and (old.slot is None or old.slot != new.slot):
        text = f"{name} sends {argument} as {code(new.wire[1])}, was {code(old.wire[1])}"
        edit = edits.same_call(method, new.name)
        yield SurfaceChange(method.name, Level.MAJOR, text, edit)
    if new.required and not old.required:
        yield SurfaceChange(method.name, Level.MAJOR, f"{name} now requires {argument}")
    elif old.required and not new.required:
        yield SurfaceChange(method.name, Level.MINOR, f"{name} no longer requires {argument}")
    elif old.default != new.default:
        text = (
            f"{name} takes {typed(new.default)} for {argument} by default, was {typed(old.default)}"
        )
        yield SurfaceChange(method.name, Level.MAJOR, text, edits.same_call(method))
    if old.by_position and not new.by_position:
        yield SurfaceChange(method.name, Level.MAJOR, f"{name} takes {argument} by name only")
    elif new.by_position and not old.by_position:
        yield SurfaceChange(method.name, Level.MINOR, f"{name} takes {argument} by position too")
    way = turn(old.hint, new.hint)
    if way is not Turn.SAME:
        level = Level.MINOR if way is Turn.WIDER else Level.MAJOR
        text = f"{name} takes {argument} as {typed(new.hint)}, was {typed(old.hint)}"
        yield SurfaceChange(method.name, level, text)


def _key(argument: Argument) -> str:
    """Return the key that an argument is sent under; headers have no case."""
    location, key = argument.wire
    return key.lower() if location == "header" else key


def _exclusive(old: Method, new: Method, names: Mapping[str, str]) -> Iterator[SurfaceChange]:
    before = {frozenset(names.get(name, name) for name in group) for group in old.exclusive}
    there = {one.name for one in new.arguments}
    for group in sorted(map(sorted, new.exclusive - before)):
        text = f"{code(new.name)} takes only one of {listed(group)}"
        yield SurfaceChange(new.name, Level.MAJOR, text, edits.only_one(new, group))
    for group in sorted(map(sorted, before - new.exclusive)):
        if there.issuperset(group) and not any(set(group) <= one for one in new.exclusive):
            text = f"{code(new.name)} takes {listed(group)} together"
            yield SurfaceChange(new.name, Level.MINOR, text)


def _types(old: Method, new: Method) -> Iterator[SurfaceChange]:
    name = code(new.name)
    way = turn(old.result, new.result)
    if way is not Turn.SAME:
        level = Level.MINOR if way is Turn.NARROWER else Level.MAJOR
        text = f"{name} returns {typed(new.result)}, was {typed(old.result)}"
        yield SurfaceChange(new.name, level, text)
    elif old.envelope != new.envelope:
        was, now = old.envelope or old.result, new.envelope or new.result
        whole = turn(was, now)
        if whole is not Turn.SAME:
            level = Level.MINOR if whole is Turn.NARROWER else Level.MAJOR
            text = f"the complete response of {name} is {typed(now)}, was {typed(was)}"
            edit = edits.envelope(new, was, now) if level is Level.MAJOR else None
            yield SurfaceChange(new.name, level, text, edit)


def _errors(old: Method, new: Method) -> Iterator[SurfaceChange]:
    name = code(new.name)
    before, after = statuses.aligned(old.errors, new.errors)
    for status in sorted({*before, *after}):
        was, now = before.get(status), after.get(status)
        if now is None:
            text = f"{name} no longer documents the error {code(status)}"
            yield SurfaceChange(new.name, Level.MAJOR, text)  # it is raised as before
        elif was is None:
            text = f"{name} documents the error {code(status)}"
            yield SurfaceChange(new.name, Level.MINOR, text)
        elif was != now:
            yield from _error_body(new, status, was, now)


def _error_body(method: Method, status: str, was: str, now: str) -> Iterator[SurfaceChange]:
    way = Turn.NARROWER if not was else Turn.OTHER if not now else turn(was, now)
    if way is not Turn.SAME:
        level = Level.MINOR if way is Turn.NARROWER else Level.MAJOR
        bodies = [typed(body) if body else "nothing" for body in (now, was)]
        text = f"{code(method.name)} answers {code(status)} with {bodies[0]}, was {bodies[1]}"
        edit = edits.error_body(was, now) if level is Level.MAJOR else None
        yield SurfaceChange(method.name, level, text, edit)


def _manner(old: Method, new: Method) -> Iterator[SurfaceChange]:
    name = code(new.name)
    if old.is_read != new.is_read:
        told = "a read: it may be retried" if new.is_read else "a write: it is never retried"
        yield SurfaceChange(new.name, Level.MAJOR, f"{name} is now {told}")
    for key, (level, told) in LEDGER.items():
        if old.ledger.get(key) != new.ledger.get(key):
            yield SurfaceChange(new.name, level, f"{name} changed: {told}")
    if old.deprecated != new.deprecated:
        told = "is deprecated by the vendor" if new.deprecated else "is not deprecated any more"
        yield SurfaceChange(new.name, Level.MINOR, f"{name} {told}")
    if old.awaited != new.awaited:
        told = "must be awaited" if new.awaited else "must not be awaited"
        yield SurfaceChange(new.name, Level.MAJOR, f"{name} {told}")
