"""Documents that a vendor's edits start from: that of the pages, or a richer one made of it."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs
from ruamel.yaml import YAML

from chessa_codegen.document import loader
from chessa_codegen.regeneration import Job, regenerate
from tests.pipeline import pages_form
from tests.pipeline.evolution.edits import Document, edited
from tests.tracking import rendering

ROOT: Final = Path(__file__).resolve().parents[3]
_FOLDER: Final = Path(__file__).parent / "bases"
Operation = tuple[str, str]
"""Method, in small letters, and path."""


def operation(words: str) -> Operation:
    """`GET /v1/orders` as a pair."""
    method, path = words.split(" ")
    return method.lower(), path


@attrs.frozen(eq=False)
class Base:
    """A document of the vendor's, what was made of it, and how its pages show it."""

    root: Path
    document: Document

    @functools.cached_property
    def overlay(self) -> Mapping[str, Any]:
        """The corrections that go with it."""
        return loader.read(self.root / "spec" / "overlay.yaml")

    @functools.cached_property
    def slices(self) -> Mapping[Operation, str]:
        """Return the page of each operation, to be compared."""
        return {each: _slice(self.document, *each) for each in rendering.operations(self.document)}

    @functools.cached_property
    def pages(self) -> Mapping[Operation, str]:
        """The page of each operation."""
        shown = self.document
        return {each: rendering.page(shown, *each) for each in rendering.operations(shown)}

    def changed(self, whole: Document) -> list[Operation]:
        """The operations whose pages say something else than before, or are new."""
        return [
            each
            for each in rendering.operations(whole)
            if self.slices.get(each) != _slice(whole, *each)
        ]

    def page(self, whole: Document, each: Operation) -> str:
        """The page of an operation of an edited document: made again if it changed."""
        if self.slices.get(each) == _slice(whole, *each):
            return self.pages[each]
        return rendering.page(whole, *each)


def _slice(whole: Document, method: str, path: str) -> str:
    return json.dumps(rendering.slice_of(whole, method, path))


class Bases:
    """The bases, each made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, Base] = {}

    def __getitem__(self, name: str) -> Base:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> Base:
        if name == "vendored" and pages_form.IS_VENDORED:
            return Base(ROOT, pages_form.DOCUMENT)
        whole: Document = pages_form.DOCUMENT
        if name != "vendored":
            path = _FOLDER / f"{name}.yaml"
            whole = edited(whole, YAML(typ="safe", pure=True).load(path.read_text("utf-8")))
        root = linked(self._folder / name, ROOT, "overrides", "generator-config.yaml")
        spec, overlay = root / "spec" / "openapi.yaml", root / "spec" / "overlay.yaml"
        spec.write_text(json.dumps(whole), encoding="utf-8")
        overlay.write_text(json.dumps(pages_form.corrections()), encoding="utf-8")
        lock = root / "spec" / "lock.json"
        regenerate(Job(spec=spec, overlay=overlay, output=root / "generated", lock=lock))
        return Base(root, whole)


def linked(root: Path, other: Path, *parts: str) -> Path:
    """A new tree that shares these parts with another one."""
    (root / "spec").mkdir(parents=True)
    for part in parts:
        (root / part).symlink_to(other / part)
    return root
