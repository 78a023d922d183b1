"""Regeneration: from a vendored document and its overlay to a package in its place.

    read → overlay → gate → validate → plan → render → format → check → swap → lock

A step that fails leaves the tree as it was.
"""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from chessa_pipeline import canonical, document, gate, lock, overlay, render, tree
from chessa_pipeline.document import METHODS
from chessa_pipeline.errors import SpecError
from chessa_pipeline.formatting import format_package
from chessa_pipeline.output import check_output
from chessa_pipeline.plan import Plan
from chessa_pipeline.planning import plan_of
from chessa_pipeline.references import Where, place
from chessa_pipeline.validation import check_version, validate

ROOT: Final = Path(__file__).resolve().parents[2]


@attrs.frozen
class Job:
    """What to make of what, and where."""

    spec: Path = ROOT / "spec" / "openapi.yaml"
    overlay: Path | None = ROOT / "spec" / "overlay.yaml"
    config: Path = ROOT / "generator-config.yaml"
    output: Path = ROOT / "generated"
    package: str = "chessa_api"
    lock: Path = ROOT / "spec" / "lock.json"

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
    changes: list[str] = attrs.field(factory=list[str])


def effective_document(vendor: Mapping[str, Any], corrections: Any | None) -> dict[str, Any]:
    """The vendor's document with the overlay applied, safe and valid.

    What the overlay mends may be as wrong as it likes before.
    """
    check_version(vendor)
    marked = _with_vendor_ids(vendor)
    if corrections is not None:
        _check_promises(vendor)
        marked = overlay.apply_strictly(marked, overlay.parse(corrections))
    effective = canonical.ordered(marked)
    gate.check_document(effective)
    validate(effective)
    return effective


def _check_promises(vendor: Mapping[str, Any]) -> None:
    """Refuse a vendor's word that repeating a call is safe: the overlay alone may say so."""
    for where, operation in _operations(vendor):
        if "x-safe-to-repeat" in operation:
            raise SpecError(
                "The document itself says x-safe-to-repeat; only the overlay may.",
                place((*where, "x-safe-to-repeat")),
                "Delete it there, and say it by an action of the overlay if it is true.",
            )


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[Where, dict[str, Any]]]:
    """Every operation of a document that may not be valid yet, and its place."""
    paths = document.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        for method in METHODS if isinstance(item, dict) else ():
            if isinstance(item.get(method), dict):
                yield ("paths", path, method), item[method]


def _with_vendor_ids(vendor: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the vendor's operationIds, which the overlay replaces by method names."""
    marked: dict[str, Any] = document.copied(dict(vendor))
    for _, operation in _operations(marked):
        if isinstance(operation.get("operationId"), str):
            operation["x-vendor-operation-id"] = operation["operationId"]
    return marked


def _with_final_names(effective: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    """Name each operation as the methods do, so that whoever reads the spec names it so too."""
    named: dict[str, Any] = document.copied(dict(effective))
    for operation in (one for resource in plan.resources for one in resource.operations):
        raw = named["paths"][operation.path].get(operation.method.lower())
        if raw is not None:  # it may stand in a path item that is shared
            raw["operationId"] = operation.name
    return canonical.ordered(named)


def make(job: Job, workshop: Path) -> Made:
    """Make the package in a temporary folder."""
    vendor = canonical.ordered(document.read(job.spec))
    corrections = None if job.overlay is None else document.read(job.overlay)
    effective = effective_document(vendor, corrections)
    plan = plan_of(effective)
    gate.check_plan(plan)
    effective = _with_final_names(effective, plan)
    folder = workshop / job.package
    render.render(plan, effective, folder, job.config)
    format_package(folder)
    check_output(folder)
    return Made(plan, folder, lock.lock_of(vendor, corrections, effective, job.config, folder))


def regenerate(job: Job) -> Made:
    """Make the package and put it, and its lock, in place: both or neither."""
    _check_target(job)
    tree.recover(job.target, _is_ours)
    with tree.workshop(job.output) as workshop:
        made = make(job, workshop)
        if job.target.is_dir():
            made.changes = tree.changes(job.target, made.folder)
        with (
            tree.drafted(job.lock, made.lock) as draft,
            tree.undisturbed(),
            tree.swapped(made.folder, job.target),
        ):
            draft.replace(job.lock)
    return made


def drift(job: Job) -> list[str]:
    """How the tree and the lock differ from what would be made now; changes nothing."""
    with tempfile.TemporaryDirectory(prefix="regenerate-") as workshop:
        made = make(job, Path(workshop))
        found = tree.differences(job.target, made.folder)
        return [*found, *tree.difference(job.lock, made.lock.encode())]


def _check_target(job: Job) -> None:
    if job.target.is_symlink() or (job.target.exists() and not job.target.is_dir()):
        where, what = job.target, f"{job.package} is there, and is no folder."
    elif job.target.is_dir() and not _is_ours(job.target):
        where = job.target
        what = f"The folder {job.package} holds something that was not generated here."
    elif job.lock.is_dir() or job.lock.is_symlink():
        where, what = job.lock, f"{job.lock.name} is there, and is no file."
    else:
        return
    raise SpecError(
        what,
        str(where),
        "Give another --output or --package, or remove what is there yourself.",
    )


def _is_ours(folder: Path) -> bool:
    """Whether any module says so (others may have been lost or edited), or no file is left."""
    header = render.HEADER.encode()
    modules = folder.rglob("*.py")
    return not tree.files(folder) or any(path.read_bytes().startswith(header) for path in modules)
