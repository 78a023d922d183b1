"""Regeneration: from a vendored document and its overlay to a package and its reference in place.

    read → overlay → gate → validate → plan → render → format → check → reference → swap → lock

A step that fails leaves the tree as it was.
"""

import contextlib
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from chessa_codegen import atomic, lock
from chessa_codegen.docs import examples
from chessa_codegen.docs import pages as reference
from chessa_codegen.document import canonical, files, loader
from chessa_codegen.document.refs import place
from chessa_codegen.errors import SpecError
from chessa_codegen.ir.names import Names, read_names
from chessa_codegen.ir.plan import Plan
from chessa_codegen.ir.planning import settled_plan
from chessa_codegen.overlay import apply
from chessa_codegen.overlay.essential import derive_essential, mark_required
from chessa_codegen.overlay.own_links import check_own_links, derive_own, mark_links
from chessa_codegen.overlay.own_names import derive_pinned, mark_names
from chessa_codegen.python import render
from chessa_codegen.python.formatting import format_package
from chessa_codegen.python.verify import check_output
from chessa_codegen.validate import endpoint, safety
from chessa_codegen.validate.openapi import settle
from chessa_codegen.validate.repair import Finding, Repair, operations
from chessa_codegen.validate.structure import check_version

ROOT: Final = Path(__file__).resolve().parents[2]


@attrs.frozen
class Job:
    """A regeneration: its inputs and the places of its outputs."""

    spec: Path = ROOT / "spec" / "openapi.yaml"
    overlay: Path | None = ROOT / "spec" / "overlay.yaml"
    config: Path = ROOT / "generator-config.yaml"
    output: Path = ROOT / "generated"
    package: str = "chessa_api"
    lock: Path = ROOT / "spec" / "lock.json"
    reference: Path | None = None
    """The folder of the reference; None for other documents: it shows `chessa`."""
    examples: Path = ROOT / "docs" / "examples.toml"
    for_client: bool = False
    """True if `chessa` uses the package: the document must name server and credentials."""
    is_strict: bool = False
    """True if it is an error to leave out or to open anything."""

    @property
    def names(self) -> Path:
        """The names that callers know: read, and written with those of the new package."""
        return self.lock.with_name("names".join(self.lock.name.rsplit("lock", 1)))

    @property
    def target(self) -> Path:
        """The folder of the package."""
        return self.output / self.package


@attrs.define
class Made:
    """A package in a temporary folder, its lock, and how it differs from what was there before."""

    plan: Plan
    folder: Path
    lock: str
    reference: Path
    """A folder of pages; it is not there where the job wants none."""
    changes: list[str] = attrs.field(factory=list[str])
    notes: tuple[str, ...] = ()
    """The examples that are out of date."""
    findings: tuple[Finding, ...] = ()
    """The parts that were left out, opened or corrected."""


@attrs.frozen
class Settled:
    """An effective document of which a package can be made, its plan, and what was found."""

    document: dict[str, Any]
    plan: Plan
    findings: tuple[Finding, ...]


def effective_document(vendor: Mapping[str, Any], corrections: Any | None) -> dict[str, Any]:
    """Return the vendor's document with the overlay applied, in canonical order.

    Parts that the overlay corrects may be wrong before it. Without an overlay the document may
    itself use the extensions of an overlay.
    """
    if corrections is None:
        return canonical.ordered(_with_vendor_ids(vendor))
    check_promises(vendor)
    marked = marked_document(vendor)
    return ordered(apply.apply_strictly(marked, apply.parse(corrections)))


def ordered(corrected: dict[str, Any]) -> dict[str, Any]:
    """Return a marked document to which the overlay was applied as the effective document."""
    derive_essential(corrected)
    derive_own(corrected)
    derive_pinned(corrected)
    return canonical.ordered(corrected)


def marked_document(vendor: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what the vendor says where the overlay may say something else."""
    marked = _with_vendor_ids(vendor)
    mark_required(marked)
    mark_links(marked)
    mark_names(marked)
    return marked


def _with_vendor_ids(vendor: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the vendor's operationIds, which the overlay replaces by method names."""
    check_version(vendor)
    copied: dict[str, Any] = loader.copied(dict(vendor))
    for _, operation in operations(copied):
        if isinstance(operation.get("operationId"), str):
            operation["x-vendor-operation-id"] = operation["operationId"]
    return copied


def check_promises(vendor: Mapping[str, Any]) -> None:
    """Refuse the vendor's `x-safe-to-repeat`: only the overlay may mark a call as safe to retry."""
    for where, operation in operations(vendor):
        for key in operation.keys() & {"x-safe-to-repeat", "x-duplicate"}:
            raise SpecError(
                f"The document itself says {key}; only the overlay may.",
                place((*where, key)),
                "Delete it there, and say it by an action of the overlay if it is true.",
            )


def settled(
    effective: Mapping[str, Any], names: Names | None = None, *, is_strict: bool = False
) -> Settled:
    """Check a document, and leave out what cannot be generated. Raises `SpecError` if unsafe."""
    safety.check_document(effective)
    check_own_links(effective)
    repair = Repair(canonical.ordered(dict(effective)))
    settle(repair)
    plan = settled_plan(repair, names or Names())
    if is_strict:
        repair.check_strictly()
    safety.check_plan(plan)
    return Settled(_with_final_names(repair.document, plan), plan, tuple(repair.findings))


def _with_final_names(document: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """Give each operation the name of its method, for readers of the effective spec."""
    for operation in (one for resource in plan.resources for one in resource.operations):
        document["paths"][operation.path][operation.method.lower()]["operationId"] = operation.name
    return canonical.ordered(document)


def make(job: Job, workshop: Path) -> Made:
    """Make the package in a temporary folder."""
    vendor = canonical.ordered(files.read_whole(job.spec))
    corrections = None if job.overlay is None else loader.read(job.overlay)
    folder = workshop / job.package
    found = make_package(
        effective_document(vendor, corrections),
        folder,
        job.config,
        read_names(job.names),
        is_strict=job.is_strict,
    )
    if job.for_client:
        endpoint.check_for_client(found.plan.endpoint)
    pages = workshop / "its-reference"  # which no package can be called
    notes = () if job.reference is None else _write_reference(found, job.examples, pages)
    written = None if job.reference is None else job.examples
    text = lock.lock_of(
        vendor, corrections, found.document, found.findings, job.config, written, folder, pages
    )
    return Made(found.plan, folder, text, pages, notes=notes, findings=found.findings)


def make_package(
    effective: Mapping[str, Any],
    folder: Path,
    config: Path,
    names: Names | None = None,
    *,
    is_strict: bool = False,
) -> Settled:
    """Make the package of an effective document."""
    found = settled(effective, names, is_strict=is_strict)
    render.render(found.plan, found.document, folder, config)
    format_package(folder)
    check_output(folder)
    return found


def _write_reference(found: Settled, written: Path, folder: Path) -> tuple[str, ...]:
    """Write the pages; return the examples that are out of date."""
    made = examples.write(found.plan, examples.read(written))
    folder.mkdir()
    for name, text in reference.pages(found.plan, made, found.findings).items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return made.notes


def regenerate(job: Job) -> Made:
    """Make the package and put it, its reference and its lock in place: all or none."""
    _check_targets(job)
    for target, is_ours in _targets(job):
        atomic.recover(target, is_ours)
    with atomic.workshop(job.output) as workshop:
        made = make(job, workshop)
        if job.target.is_dir():
            made.changes = atomic.changes(job.target, made.folder)
        with (
            atomic.drafted(job.lock, made.lock) as draft,
            atomic.drafted(job.names, made.plan.names.text()) as names,
            atomic.undisturbed(),
            atomic.swapped(made.folder, job.target),
            _swapped_reference(job, made),
        ):
            draft.replace(job.lock)
            names.replace(job.names)
    return made


def _swapped_reference(job: Job, made: Made) -> contextlib.AbstractContextManager[None]:
    if job.reference is None:
        return contextlib.nullcontext()
    job.reference.parent.mkdir(parents=True, exist_ok=True)
    if job.reference.is_dir():
        made.changes += atomic.changes(job.reference, made.reference, f"{job.reference.name}/")
    return atomic.swapped(made.reference, job.reference)


def drift(job: Job) -> list[str]:
    """Return how the tree and the lock differ from a fresh result; change nothing."""
    with tempfile.TemporaryDirectory(prefix="regenerate-") as workshop:
        made = make(job, Path(workshop))
        found = atomic.differences(job.target, made.folder)
        if job.reference is not None:
            prefix = f"{job.reference.name}/"
            found += atomic.differences(job.reference, made.reference, prefix)
        for path, text in ((job.names, made.plan.names.text()), (job.lock, made.lock)):
            found += atomic.difference(path, text.encode())
        return found


_IsOurs = Callable[[Path], bool]


def _targets(job: Job) -> list[tuple[Path, _IsOurs]]:
    """Return the folders to put in place, each with the test that the pipeline made it."""
    targets: list[tuple[Path, _IsOurs]] = [(job.target, _is_our_package)]
    if job.reference is not None:
        targets.append((job.reference, _is_our_reference))
    return targets


def _check_targets(job: Job) -> None:
    where, what = job.lock, ""
    if job.lock.is_dir() or job.lock.is_symlink():
        what = f"{job.lock.name} exists and is not a file."
    for target, is_ours in _targets(job):
        if target.is_symlink() or (target.exists() and not target.is_dir()):
            where, what = target, f"{target.name} exists and is not a folder."
        elif target.is_dir() and not is_ours(target):
            where = target
            what = f"The folder {target.name} holds something that was not generated here."
    if what:
        raise SpecError(
            what,
            str(where),
            "Give another --output or --package, or remove what is there yourself.",
        )


def _is_our_package(folder: Path) -> bool:
    return _says_so(folder, "*.py", render.HEADER)


def _is_our_reference(folder: Path) -> bool:
    return _says_so(folder, "*.md", reference.HEADER)


def _says_so(folder: Path, pattern: str, header: str) -> bool:
    """Return whether any file has the header (others may be lost or edited), or none is left."""
    found = folder.rglob(pattern)
    return not atomic.files(folder) or any(
        path.read_bytes().startswith(header.encode()) for path in found
    )
