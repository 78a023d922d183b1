"""Plan the update of a case as a maintainer does: decide what is asked, then plan again."""

import json
from collections.abc import Iterator
from pathlib import Path

import attrs

from chessa_codegen.overlay.apply import parse
from chessa_codegen.regeneration import marked_document
from chessa_tracking.apply import update
from chessa_tracking.apply.assess import pinned
from chessa_tracking.apply.overlay_review import corrected
from chessa_tracking.apply.update import Update
from chessa_tracking.diff.openapi import compare
from chessa_tracking.fetch import gather
from chessa_tracking.fetch.merge import Decisions, merge, without_records
from chessa_tracking.fetch.source import open_source
from tests.pipeline.evolution.base import Base, Operation, linked, operation
from tests.pipeline.evolution.case import Case, Slip, corrections
from tests.pipeline.evolution.edits import Document, edited
from tests.tracking import rendering


@attrs.frozen
class Looked:
    """The outcome of an update for a case."""

    asked: tuple[str, ...]
    """The kinds of the questions before any decision."""
    update: Update
    """After the decisions."""
    root: Path
    """The tree, with the overlay as the maintainer left it."""
    changed: tuple[Operation, ...]
    """What the vendor changed or added."""

    @property
    def rules(self) -> list[str]:
        """The rule of each change, in order of their names."""
        return sorted(change.rule for change in self.update.judgement.changes)

    @property
    def verdict(self) -> str:
        """In a word."""
        return self.update.judgement.verdict.word

    @property
    def sees(self) -> list[str]:
        """The sentences for Python callers."""
        return [change.text for change in self.update.judgement.surface or ()]


def look(case: Case, base: Base, folder: Path) -> Looked:
    """Plan the update, decide what is asked, and plan again if that changes anything."""
    whole = _after(case, base)
    pages = _render(base, whole, folder / "pages")
    root = _tree(case, base, folder / "tree")
    if case.slip is not None:
        _slip(case.slip, whole, pages)
    found = update.look(base.root, open_source(str(pages)), Decisions())
    asked = tuple(_kinds(found))
    if case.slip is not None:
        each = operation(case.slip.operation)
        rendering.write(pages / rendering.page_name(*each), base.page(whole, each))
    if case.slip is not None or root != base.root or case.remove or case.keep:
        found = update.look(root, open_source(str(pages)), _answers(case))
    found = attrs.evolve(found, accepted=frozenset(case.accept))
    return Looked(asked, found, root, tuple(base.changed(whole)))


def rules_of(case: Case, base: Base, folder: Path) -> list[str]:
    """Return the rules of a case after the decisions, without making a package."""
    pages = _render(base, _after(case, base), folder / "pages")
    gathered = gather.gather(open_source(str(pages)))
    merged = merge(base.document, gathered, _answers(case))
    overlay = corrections(base.overlay, case)
    before = corrected(marked_document(base.document), parse(overlay))
    pins = pinned(before.document)
    changes = compare(without_records(base.document), without_records(merged.document), pins)
    return sorted(change.rule for change in changes)


def _after(case: Case, base: Base) -> Document:
    """The vendor's document after the edit, as far as pages show it."""
    whole = edited(base.document, case.edit)
    for method, path in map(operation, case.unseen):
        del whole["paths"][path][method]
    return whole


def _answers(case: Case) -> Decisions:
    return Decisions(frozenset(case.remove), frozenset(case.keep))


def _tree(case: Case, base: Base, root: Path) -> Path:
    """The tree with the overlay as the maintainer edits it; the base's, where nothing is edited."""
    if not (case.drop or case.retarget):
        return base.root
    shared = ("generated", "overrides", "generator-config.yaml", "spec/openapi.yaml")
    linked(root, base.root, *shared, "spec/names.json")
    text = json.dumps(corrections(base.overlay, case))
    (root / "spec" / "overlay.yaml").write_text(text, encoding="utf-8")
    return root


def _slip(slip: Slip, whole: Document, pages: Path) -> None:
    """Make one page say something else than the others."""
    each = operation(slip.operation)
    page = rendering.page(edited(whole, slip.edit), *each)
    rendering.write(pages / rendering.page_name(*each), page)


def _render(base: Base, whole: Document, folder: Path) -> Path:
    """All pages of an edited document, and their index."""
    names = {each: rendering.page_name(*each) for each in rendering.operations(whole)}
    for each, name in names.items():
        rendering.write(folder / name, base.page(whole, each))
    rendering.index(list(names.values()), folder)
    return folder


def _kinds(found: Update) -> Iterator[str]:
    yield from ("conflict" for _ in found.merged.conflicts)
    yield from ("missing" for _ in found.merged.missing)
    yield from ("overlay" for _ in found.judgement.advice)
    for what in ("server", "security"):
        yield from (what for _ in found.judgement.asked.get(what, ()))
