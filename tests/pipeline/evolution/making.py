"""Make the package of a case without a hand edit, and the programs that call what changed."""

import json
import shutil
from pathlib import Path
from typing import Final

import attrs

from chessa_codegen.docs import examples
from chessa_codegen.ir.plan import OperationPlan
from chessa_codegen.regeneration import Job, regenerate
from chessa_tracking.apply import spec_file
from tests.pipeline.evolution.base import ROOT
from tests.pipeline.evolution.calling import program
from tests.pipeline.evolution.case import Case
from tests.pipeline.evolution.looking import Looked

_EXAMPLES: Final = ROOT / "docs" / "examples.toml"


@attrs.frozen
class Made:
    """A package, and what calls it."""

    folder: Path
    """Where `chessa_api` can be imported from."""
    operations: tuple[OperationPlan, ...]
    """Those that changed."""
    programs: tuple[str, ...]
    uncalled: tuple[str, ...]
    """Changed operations for which no example is known, and no call is written."""


def make(case: Case, looked: Looked, folder: Path, *, as_installed: bool = False) -> Made:
    """Make the package of a case; `as_installed`: of the very text that an update would write."""
    spec, output = folder / "openapi.yaml", folder / "generated"
    document = looked.update.merged.document
    text = spec_file.text_of(document) if as_installed else json.dumps(document)
    spec.write_text(text, encoding="utf-8")
    overlay = looked.root / "spec" / "overlay.yaml"
    job = Job(spec=spec, overlay=overlay, output=output, lock=folder / "lock.json")
    shutil.copyfile(looked.root / "spec" / "names.json", job.names)
    plan = regenerate(job).plan
    changed = {(method.upper(), path) for method, path in looked.changed}
    operations = tuple(
        each
        for resource in plan.resources
        for each in resource.operations
        if (each.method, each.path) in changed
    )
    known = examples.write(plan, examples.read(_EXAMPLES)).programs
    shown = {name: lines for name, lines in known.items() if name not in case.outdated}
    programs = ["\n".join(shown[each.name]) for each in operations if each.name in shown]
    uncalled = [
        each.name
        for each in operations
        if each.name not in shown and f"chessa.{each.name}(" not in case.calls
    ]
    if case.calls:
        programs.append(program(case.calls))
    return Made(output, operations, tuple(programs), tuple(uncalled))
