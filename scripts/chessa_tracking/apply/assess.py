"""The assessment: the meaning of a change of the document for Python callers.

The packages are made with the overlay as far as it fits: actions that do not fit are advice, and
do not hide other changes.
"""

import re
import tempfile
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from chessa_codegen.document import canonical
from chessa_codegen.document.refs import path_key
from chessa_codegen.errors import SpecError
from chessa_codegen.ir.names import Names, operation_key
from chessa_codegen.ir.operations import PINNED
from chessa_codegen.ir.plan import Plan
from chessa_codegen.overlay.apply import Overlay
from chessa_codegen.python import render
from chessa_codegen.regeneration import (
    ROOT,
    Settled,
    check_promises,
    effective_document,
    make_package,
    marked_document,
    ordered,
    settled,
)
from chessa_codegen.validate import endpoint, safety
from chessa_codegen.validate.repair import Finding, operations
from chessa_tracking.api_diff.package import compare_surfaces
from chessa_tracking.api_diff.reader import modules_of, read, surface_of
from chessa_tracking.api_diff.surface import Surface, SurfaceChange
from chessa_tracking.apply import amounts, endpoint_review
from chessa_tracking.apply.overlay_review import Advice, Corrected, advise, corrected
from chessa_tracking.apply.second_process import executor_for
from chessa_tracking.diff.changes import Change, Level, verdict
from chessa_tracking.diff.openapi import compare

_NAMING: Final = frozenset(
    {"api-operation-id-changed", "api-operation-id-removed", "api-first-tag-changed"}
    | {"request-path-parameter-renamed", "api-schema-renamed"}
    | {f"{side}-property-title-changed" for side in ("request", "response")}
    | {f"{side}-body-title-changed" for side in ("request", "response")}
)
"""Rules about what a name is made of. Where it changes, the comparison of the packages says so."""
_GLOBAL: Final = frozenset(f"api-global-security-{each}" for each in ("added", "removed"))
"""Security of the document, which each operation inherits: where none changes, it only moved."""
_WAS_ANY: Final = re.compile(r"was `([^`]*\W)?Any(\W[^`]*)?`$")
_CONFIG: Final = ROOT / "generator-config.yaml"


@attrs.frozen
class Judgement:
    """The changes and their levels."""

    changes: tuple[Change, ...] = ()
    surface: tuple[SurfaceChange, ...] | None = ()
    """None where it was not compared: the old document made no package."""
    advice: tuple[Advice, ...] = ()
    refused: SpecError | None = None
    """The reason why no package can be made of one of them."""
    findings: tuple[Finding, ...] = ()
    """The parts left out of the new package, opened or corrected."""
    known: tuple[Finding, ...] = ()
    """The parts left out of the old package, opened or corrected."""
    delivered: tuple[str, ...] = ()
    """Operations that were left out of the old package and are in the new one."""
    unpinned: tuple[tuple[str, str, str], ...] = ()
    """Method, path and name of each new operation whose name is the vendor's."""
    asked: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict[str, tuple[str, ...]])
    """The changes of the `server` and the `security`, which the maintainer must accept."""

    @property
    def waiting(self) -> list[Finding]:
        """Operations that were left out and schemas that were opened: tried again at every run."""
        return [each for each in self.findings if each.kind != "corrected"]

    @property
    def spec(self) -> Level:
        """The highest level of the changes of the spec."""
        return verdict(self.changes)

    @property
    def python(self) -> Level:
        """The highest level of the changes that Python callers see."""
        return verdict(self.surface or ())

    @property
    def verdict(self) -> Level:
        """The higher of the two."""
        return max(self.spec, self.python)


def judge(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    corrections: Overlay | None = None,
    released: Path | None = None,
    names: Names | None = None,
    left_out: Iterable[Finding] = (),
    config: Path = _CONFIG,
    files: tuple[str, str] = ("", ""),
) -> Judgement:
    """Compare two documents. Raises `SpecError`, with its file, if one of them is unsafe.

    `released` is the package that callers have, and `left_out` what was left out of it; without it
    one is made of the old document. They differ while the overlay is edited for the update: the
    report has those changes as well.
    """
    if canonical.is_same(old, new):
        return Judgement(findings=tuple(left_out), known=tuple(left_out))
    for document in (old, new):
        check_promises(document)
    before, after = (_effective(each, corrections) for each in (old, new))
    for each, file in zip((before, after), files, strict=True):
        try:
            safety.check_document(each.document)
        except SpecError as error:  # after the overlay, so that what it advises works
            where = f"{file} {error.where}".strip()
            raise SpecError(error.what, where, error.fix, error.details) from None
    asked_for = endpoint_review.schemes_asked_for(after.document)
    found = Judgement(
        advice=tuple(advise(before, after)),
        asked={
            what: tuple(endpoint_review.changes(old, new, what, asked_for))
            for what in ("server", "security")
        },
    )
    with executor_for(old, new) as executor:
        changes = executor.submit(_compared, old, new, pinned(before.document))
        if released is None:
            try:
                known = settled(before.document, names)
            except SpecError as error:  # a document without a package has no callers
                return attrs.evolve(found, changes=changes.result(), surface=None, refused=error)
            seen = executor.submit(_surface, known.plan, config)
            names, left_out = known.plan.names.kept(), known.findings
        else:
            seen = executor.submit(read, released)
        made: Settled | SpecError
        modules: Mapping[str, str | bytes] = {}
        try:
            if released is None:
                made = settled(after.document, names)
                modules = render.drafted(made.plan, config)
            else:
                made, modules = _package(after.document, config, names)
        except SpecError as error:
            made = error
        found = attrs.evolve(found, changes=changes.result())
        lost = None if released else seen.exception()
        if isinstance(lost, SpecError):
            return attrs.evolve(found, surface=None, refused=lost)
        if isinstance(made, SpecError):
            gone = SurfaceChange("", Level.MAJOR, f"no package can be made of it: {made.what}")
            return attrs.evolve(found, surface=(gone,), refused=made)
        surface = tuple(compare_surfaces(seen.result(), surface_of(modules)))
    opened, still = (
        {each.where for each in findings if each.kind == "opened"}
        for findings in (left_out, made.findings)
    )
    if opened - still:
        surface = tuple(map(_repaired, surface))
    callers = {operation_key(str(where[-2]), str(where[-1])) for where, _ in operations(old)}
    was = {path_key(each.operation): each.operation for each in left_out if each.operation}
    there = {
        operation_key(str(where[-2]), str(where[-1])) for where, _ in operations(made.document)
    }
    slips = {each.where for each in (*left_out, *made.findings) if each.kind == "corrected"}
    return attrs.evolve(
        found,
        changes=tuple(
            _weighed(
                found.changes,
                was,
                there,
                slips,
                after.document,
                has_same_security=endpoint_review.asks_the_same(old, new),
            )
        ),
        surface=surface,
        findings=made.findings,
        known=tuple(left_out),
        delivered=tuple(each for key, each in was.items() if key in there),
        unpinned=tuple(
            (each.method, each.path, each.name)
            for resource in made.plan.resources
            for each in resource.operations
            if not each.is_pinned and operation_key(each.path, each.method) not in callers
        ),
    )


def _effective(vendor: Mapping[str, Any], corrections: Overlay | None) -> Corrected:
    """Return what `regenerate.py` makes a package of, with the overlay as far as it fits."""
    if corrections is None:
        return Corrected(effective_document(vendor, None), (), ())
    found = corrected(marked_document(vendor), corrections)
    return attrs.evolve(found, document=ordered(found.document))


def _repaired(change: SurfaceChange) -> SurfaceChange:
    """Lower a change of what held any JSON while the document did not say what it holds.

    The comparison of the documents tells one that the vendor only now describes: it is major there.
    """
    is_told = _WAS_ANY.search(change.text) and change.level is Level.MAJOR
    return attrs.evolve(change, level=Level.MINOR, edit=None) if is_told else change


def _weighed(
    changes: Iterable[Change],
    was: Container[str],
    there: Container[str],
    slips: Iterable[str],
    effective: Mapping[str, Any],
    *,
    has_same_security: bool,
) -> list[Change]:
    """Lower what callers do not see.

    That is operations left out, corrected slips, remembered names, and the form of an amount.
    """
    found: list[Change] = []
    for change in changes:
        if change.rule in (_NAMING | _GLOBAL if has_same_security else _NAMING):
            change = attrs.evolve(change, level=min(change.level, Level.PATCH))
        key = path_key(change.operation)
        most = Level.MAJOR if key not in was else Level.MINOR if key in there else Level.PATCH
        at = f"#{change.pointer}/"
        if change.rule == "other-change" and any(at.startswith(f"{slip}/") for slip in slips):
            most = Level.PATCH
        if amounts.is_of_amount(change, effective):
            most = Level.PATCH
        found.append(attrs.evolve(change, level=min(change.level, most)))
    return sorted(found, key=lambda each: -each.level)


def _compared(
    old: Mapping[str, Any], new: Mapping[str, Any], names: frozenset[tuple[str, str]]
) -> tuple[Change, ...]:
    return tuple(compare(old, new, names))


def _surface(plan: Plan, config: Path) -> Surface:
    """Return the surface of a package that is not made: only what is compared is rendered."""
    return surface_of(render.drafted(plan, config))


def _package(
    document: Mapping[str, Any], config: Path, names: Names | None
) -> tuple[Settled, dict[str, bytes]]:
    """Make the package of an update, which must be one that the client can use."""
    with tempfile.TemporaryDirectory(prefix="judge-") as workshop:
        folder = Path(workshop) / "chessa_api"
        found = make_package(document, folder, config, names)
        endpoint.check_for_client(found.plan.endpoint)
        return found, modules_of(folder)


def pinned(document: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """Return the operations with a pinned method name, which follows no rename of the vendor's."""
    return frozenset(
        (str(where[-1]).upper(), path_key(str(where[-2])))
        for where, operation in operations(document)
        if PINNED.fullmatch(str(operation.get("operationId")))
    )
