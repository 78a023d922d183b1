"""Compare two generated packages as their callers see them.

The sentences go into the changelog as they are.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import attrs

from chessa_codegen.docs.markdown import code
from chessa_tracking.api_diff.classes import compare_classes, in_new_names, new_names, uses
from chessa_tracking.api_diff.edits import replaced, unchanged
from chessa_tracking.api_diff.hints import Turn, renamed, turn
from chessa_tracking.api_diff.methods import compare_faces
from chessa_tracking.api_diff.reader import read
from chessa_tracking.api_diff.surface import FACES, Edit, Surface, SurfaceChange, Webhook, typed
from chessa_tracking.diff.changes import Level


def compare_packages(old: Path, new: Path) -> list[SurfaceChange]:
    """Return the changes from one package to another, the most serious first."""
    return compare_surfaces(read(old), read(new))


def compare_surfaces(old: Surface, new: Surface) -> list[SurfaceChange]:
    """Return the changes from one surface to another, the most serious first."""
    seen = _walk(old, new)
    return sorted({*seen}, key=lambda one: (-one.level, one.name, one.text))


def _walk(old: Surface, new: Surface) -> list[SurfaceChange]:
    names = new_names(old.classes, new.classes)
    used = uses(old)
    old = in_new_names(old, names)
    seen = list(compare_classes(old.classes, new.classes, names, used))
    by_face = {face: list(compare_faces(old.faces[face], new.faces[face])) for face in FACES}
    seen += [
        SurfaceChange(name, Level.MAJOR, f"{code(f'{name}.{lost}')} was removed")
        for name in old.members.keys() & new.members.keys()
        for lost in old.members[name] - new.members[name] - {*old.faces["Resources"]}
    ]
    seen += _webhooks(old.webhooks, new.webhooks)
    were = {now: was for was, now in names.items()}
    return [_in_old_names(one, were) for one in (*seen, *_joined(by_face))]


def _in_old_names(change: SurfaceChange, names: Mapping[str, str]) -> SurfaceChange:
    """Return a change whose code has the old names of classes before it."""
    if change.edit is None:
        return change
    before = tuple(renamed(line, names) for line in change.edit.before)
    return attrs.evolve(change, edit=attrs.evolve(change.edit, before=before))


def _webhooks(old: Mapping[str, Webhook], new: Mapping[str, Webhook]) -> Iterator[SurfaceChange]:
    """Yield all that changed in the requests that callers receive."""
    for name in sorted(old.keys() | new.keys()):
        path = f"webhooks.{name}"
        if name not in old:
            yield SurfaceChange(path, Level.MINOR, f"{code(path)} is new")
        elif name not in new:
            edit = Edit((f"{path}.decode(body)",), note="It has no successor.")
            yield SurfaceChange(path, Level.MAJOR, f"{code(path)} was removed", edit)
        else:
            yield from _webhook(path, old[name], new[name])


def _webhook(path: str, old: Webhook, new: Webhook) -> Iterator[SurfaceChange]:
    if old.key != new.key:
        text = f"{code(path)} is the request {code(new.key)}, was {code(old.key)}"
        yield SurfaceChange(path, Level.MAJOR, text, unchanged(f"{path}.decode(body)"))
    way = turn(old.hint, new.hint)
    if way is not Turn.SAME:
        level = Level.MINOR if way is Turn.NARROWER else Level.MAJOR
        text = f"{code(path)} decodes to {typed(new.hint)}, was {typed(old.hint)}"
        edit = replaced(*(f"event: {each.hint} = {path}.decode(body)" for each in (old, new)))
        yield SurfaceChange(path, level, text, edit if level is Level.MAJOR else None)


def _joined(by_face: dict[str, list[SurfaceChange]]) -> Iterable[SurfaceChange]:
    """Return one change for all the faces that have it; it names them if they are not all."""
    faces: dict[SurfaceChange, list[str]] = {}
    for face, changes in by_face.items():
        for one in dict.fromkeys(changes):
            faces.setdefault(one, []).append(face)
    for one, where in faces.items():
        if len(where) == len(FACES):
            yield one
        else:
            only = ", ".join(code(FACES[face]) for face in where)
            yield attrs.evolve(one, text=f"{one.text} (only in {only})")
