"""What a new version of the generated package means for those who call it.

In: the folders of two generated packages. Out: a list of `SurfaceChange`, the most serious first,
whose sentences go into the changelog as they are. Nothing of the packages is imported or run.
"""

from collections.abc import Iterable
from pathlib import Path

import attrs

from chessa_codegen.docs.markdown import code
from chessa_tracking.api_diff import griffe
from chessa_tracking.api_diff.classes import compare_classes, in_new_names, new_names, uses
from chessa_tracking.api_diff.methods import compare_faces
from chessa_tracking.api_diff.reader import load, read
from chessa_tracking.api_diff.surface import FACES, Found, Surface
from chessa_tracking.diff.changes import Level


@attrs.frozen(order=True)
class SurfaceChange:
    """A change that Python callers can notice."""

    name: str
    """What changed: `orders.create`, `models.Order`, `models.Order.status`."""
    level: Level
    text: str


def compare_packages(old: Path, new: Path) -> list[SurfaceChange]:
    """Compare two generated packages, such as `generated/chessa_api` before and after."""
    old, new = old.resolve(), new.resolve()
    packages = load(old), load(new)
    seen = _walk(read(packages[0], old), read(packages[1], new))
    seen += griffe.missed(*packages, seen)
    changes = {SurfaceChange(one.name, one.level, one.text) for one in seen}
    return sorted(changes, key=lambda one: (-one.level, one.name, one.text))


def _walk(old: Surface, new: Surface) -> list[Found]:
    """Our own comparison: classes, and each of the faces."""
    names = new_names(old.classes, new.classes)
    used = uses(old)
    old = in_new_names(old, names)
    seen = list(compare_classes(old.classes, new.classes, names, used))
    by_face = {face: list(compare_faces(old.faces[face], new.faces[face])) for face in FACES}
    return seen + list(_joined(by_face))


def _joined(by_face: dict[str, list[Found]]) -> Iterable[Found]:
    """One change where all the faces have it; where some do, it says which."""
    faces: dict[Found, list[str]] = {}
    for face, changes in by_face.items():
        for one in dict.fromkeys(changes):
            faces.setdefault(one, []).append(face)
    for one, where in faces.items():
        if len(where) == len(FACES):
            yield one
        else:
            only = ", ".join(code(FACES[face]) for face in where)
            yield attrs.evolve(one, text=f"{one.text} (only in {only})")
