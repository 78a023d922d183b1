"""The update: from the vendor's documentation to the next version of the tree, or to questions.

    gather → merge → judge → report → (stage → regenerate → prove → install)

`look` finds out everything and writes nothing; `carry_out` makes it so. What needs a person's word
is a question, and nothing is carried out while one is open.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import attrs

from chessa_codegen.document import loader
from chessa_codegen.document.refs import path_key
from chessa_codegen.errors import SpecError
from chessa_codegen.ir.names import operation_key, read_names
from chessa_codegen.ir.plan import Plan
from chessa_codegen.lock import read_findings
from chessa_codegen.overlay import apply
from chessa_codegen.regeneration import regenerate
from chessa_codegen.validate.repair import Finding, operations
from chessa_codegen.validate.structure import check_version
from chessa_tracking.apply import endpoint_review, install, release, spec_file, staging
from chessa_tracking.apply.assess import Judgement, judge
from chessa_tracking.fetch import gather
from chessa_tracking.fetch.gather import Page, Progress
from chessa_tracking.fetch.merge import Decisions, Merged, merge, without_records
from chessa_tracking.fetch.source import Source
from chessa_tracking.report import migration

SPEC: Final = "spec/openapi.yaml"
_OVERLAY: Final = "spec/overlay.yaml"
_NAMES: Final = "spec/names.json"
_LOCK: Final = "spec/lock.json"
_PACKAGE: Final = "generated/chessa_api"
_VERSION: Final = "overrides/chessa/_version.py"
_CHANGELOG: Final = "changelog.d"
PARTS: Final = (
    *(SPEC, _LOCK, _NAMES, "generated", "docs/reference"),
    *(release.MIGRATION, _CHANGELOG, _VERSION),
)

_VERSION_NUMBER: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,40}")

_OF_OPERATION: Final = (
    "--accept-removal METHOD PATH if the vendor removed it, --keep METHOD PATH if it stays. If "
    "pages only failed, try again later."
)
_OF_PAGE: Final = "Try again later, or --ignore-page PAGE to go on without it."
_OF_CHANGE: Final = "--accept-{} if it is true: ask the vendor, by another way than these pages."


@attrs.frozen
class Question:
    """A decision for the maintainer, and the options that express it."""

    text: str
    answer: str


@attrs.frozen
class Update:
    """The current state of the vendor's documentation, and the meaning of its changes."""

    source: str
    pages: tuple[Page, ...]
    merged: Merged
    judgement: Judgement
    version: str
    accepted: frozenset[str] = frozenset()
    """What the maintainer accepted: `server`, `security`, the loss of `POST /v1/orders`."""
    known: frozenset[str] = frozenset()
    """The operations that callers have, whatever the parameters of their paths are called."""

    @property
    def next_version(self) -> str:
        """The version that the update makes."""
        return release.next_version(self.version, self.judgement.verdict)

    @property
    def title(self) -> str:
        """The version of the vendor's API, as the changelog names it."""
        version = str(self.merged.document["info"]["version"])
        said = f"version {version} of " if _VERSION_NUMBER.fullmatch(version) else ""
        return f"{said}the vendor's API"

    @property
    def migration(self) -> str:
        """The page that shows the code of callers before and after; "" if it breaks none."""
        return migration.page(self.next_version, self.judgement, self.title)

    @property
    def lost(self) -> list[Finding]:
        """Operations that callers have, and that cannot be generated any longer."""
        found = self.judgement.findings
        return [each for each in found if each.operation and path_key(each.operation) in self.known]

    @property
    def questions(self) -> list[Question]:
        """The open questions; without any, the update can be carried out."""
        return list(self._questions())

    def _questions(self) -> Iterator[Question]:
        for conflict in self.merged.conflicts:
            yield Question(
                conflict.text,
                "Ask the vendor. Meanwhile save the pages, correct one, and give their folder.",
            )
        for missing in self.merged.missing:
            yield Question(missing.text, _OF_OPERATION if missing.operation else _OF_PAGE)
        for advice in self.judgement.advice:
            yield Question(advice.text, f"Edit {_OVERLAY}.")
        for finding in self.lost:
            if finding.operation not in self.accepted:
                answer = f"{finding.fix} Or --leave-out METHOD PATH if callers may lose it."
                yield Question(finding.text, answer)
        for what, texts in self.judgement.asked.items():
            if texts and what not in self.accepted:
                yield Question(endpoint_review.as_one(texts), _OF_CHANGE.format(what))


def look(
    root: Path,
    source: Source,
    decisions: Decisions,
    accepted: frozenset[str] = frozenset(),
    show: Progress = gather.silent,
) -> Update:
    """Find out what changed; write nothing. Raises `SpecError` for what is unsafe or invalid."""
    vendored = loader.read(root / SPEC)
    corrections = apply.parse(loader.read(root / _OVERLAY))
    gathered = gather.gather(source, show)
    merged = merge(vendored, gathered, decisions)
    check_version(merged.document)
    released = root / _PACKAGE
    left_out = read_findings(root / _LOCK)
    judgement = judge(
        without_records(vendored),
        without_records(merged.document),
        corrections,
        released if released.is_dir() else None,
        read_names(root / _NAMES),
        left_out,
        root / "generator-config.yaml",
    )
    is_asked = judgement.advice or merged.conflicts or merged.missing
    if judgement.refused is not None and not is_asked:
        raise judgement.refused
    version = release.version_in((root / _VERSION).read_text(encoding="utf-8"))
    known = frozenset(
        operation_key(str(path), str(of)) for (_, path, of), _ in operations(vendored)
    )
    known -= {path_key(each.operation) for each in left_out}
    found = Update(source.named, gathered.pages, merged, judgement, version, accepted, known)
    lost = {finding.operation for finding in found.lost}
    for each in sorted(accepted - lost - {"server", "security"}):
        raise SpecError(
            f"{each} is not an operation that would be left out.",
            "--leave-out",
            "Name it as the report does.",
        )
    return found


@attrs.frozen
class Done:
    """The changes of an update, and the tasks that it leaves."""

    paths: tuple[str, ...]
    notes: tuple[str, ...]


def carry_out(root: Path, update: Update, prove: Callable[[Path], None] = staging.prove) -> Done:
    """Make the tree follow the vendor.

    It is made and tested in a copy, and put in place as one. Raises `SpecError` for a package that
    fails its tests, and then changes nothing.
    """
    if update.questions:
        raise SpecError(
            "The update has open questions.", update.source, "Decide them, and run this again."
        )
    for part in PARTS:
        if (root / part).is_symlink():
            raise SpecError(
                "A part that an update writes is a symbolic link.",
                part,
                "Put the file itself there.",
            )
    before = install.snapshot(root, PARTS)
    with staging.staged(root) as copy:
        _write(copy, SPEC, spec_file.text_of(update.merged.document))
        _write(copy, _VERSION, release.with_version(_read(copy, _VERSION), update.next_version))
        told = (update.next_version, update.judgement, update.title)
        for name, text in release.fragments(*told).items():
            _write(copy, f"{_CHANGELOG}/{name}", text)
        for path, text in migration.files(*told, _names(copy / release.MIGRATION)).items():
            _write(copy, path, text)
        made = regenerate(staging.job_in(copy))
        prove(copy)
        installed = install.install(root, before, install.snapshot(copy, PARTS))
    return Done(tuple(installed.paths), (*_named_by_the_vendor(made.plan), *made.notes))


def _named_by_the_vendor(plan: Plan) -> Iterator[str]:
    """Return the methods whose names are the vendor's, and change when it renames them."""
    for resource in plan.resources:
        for operation in resource.operations:
            if not operation.is_pinned:
                yield (
                    f"{operation.name} ({operation.method} {operation.path}) is named by the "
                    f"vendor: pin its name in {_OVERLAY} before a release"
                )


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("*.md")]


def _read(root: Path, part: str) -> str:
    return (root / part).read_text(encoding="utf-8")


def _write(root: Path, part: str, text: str) -> None:
    (root / part).parent.mkdir(parents=True, exist_ok=True)
    (root / part).write_text(text, encoding="utf-8", newline="\n")
