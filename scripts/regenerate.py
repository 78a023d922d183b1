#!/usr/bin/env python3
"""Regenerate the typed package from the vendored spec, or check that it is up to date.

Exit status: 0 done or equal, 1 drift (--check) or an update that was cut off, 2 refused, with what,
where and how to fix it.
"""

import argparse
import gc
import keyword
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent))
if __name__ == "__main__":
    gc.disable()  # one short run, with modules and documents that live to its end

from chessa_codegen import venv

venv.enter()

from chessa_codegen import cli  # noqa: E402
from chessa_codegen.errors import SpecError  # noqa: E402
from chessa_codegen.regeneration import ROOT, Job, drift, regenerate  # noqa: E402
from chessa_codegen.validate.repair import Finding  # noqa: E402
from chessa_tracking.apply import install  # noqa: E402

_IMPORTED: Final = ("attr", "attrs", "dateutil", "six")  # by every package that is made
_SHOWN: Final = 20


def main(words: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = _parser().parse_args(words)
    return cli.run(
        lambda: _check(_job(options)) if options.check else _regenerate(_job(options)),
        where=str(options.spec or Job().spec),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 on drift")
    parser.add_argument("--spec", type=Path, metavar="FILE", help="OpenAPI document")
    overlay = parser.add_mutually_exclusive_group()
    overlay.add_argument("--overlay", type=Path, metavar="FILE", help="OpenAPI Overlay document")
    overlay.add_argument("--no-overlay", action="store_true", help="use the document as it is")
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="folder that the package goes into"
    )
    parser.add_argument("--package", metavar="NAME", help="name of the package")
    parser.add_argument(
        "--strict", action="store_true", help="refuse a document of which anything is left out"
    )
    return parser


def _job(options: argparse.Namespace) -> Job:
    default = Job()
    package = default.package if options.package is None else options.package
    is_name = package.isidentifier() and package.isascii() and not keyword.iskeyword(package)
    if not is_name or package in {*sys.stdlib_module_names, *_IMPORTED}:
        raise SpecError(
            f"{package!r} cannot be the name of a package.",
            "--package",
            "Use a Python name that no other package has.",
        )
    output = (options.output or default.output).resolve()
    in_place = output == default.output and package == default.package
    return Job(
        spec=options.spec or default.spec,
        overlay=None if options.no_overlay else (options.overlay or default.overlay),
        output=output,
        package=package,
        lock=default.lock if in_place else output / f"{package}.lock.json",
        reference=ROOT / "docs" / "reference" if in_place else None,
        for_client=in_place,
        is_strict=options.strict,
    )


def _regenerate(job: Job) -> int:
    if install.is_pending(ROOT):  # it holds the document to make the package of
        print(_CUT_OFF, file=sys.stderr)
        return 1
    started = time.monotonic()
    made = regenerate(job)
    plan = made.plan
    operations = [one for resource in plan.resources for one in resource.operations]
    print(
        f"{job.package}: {len(operations)} operations, {len(plan.models)} models, "
        f"{len(plan.enums)} enums in {time.monotonic() - started:.1f} s"
    )
    for line in made.changes[:_SHOWN]:
        print(f"  {line}")
    if len(made.changes) > _SHOWN:
        print(f"  … and {len(made.changes) - _SHOWN} more")
    _show_findings(made.findings)
    for note in made.notes:
        print(f"  {job.examples.name}: {note}")
    for operation in operations if job.overlay else ():
        if not operation.is_pinned:
            print(
                f"  {operation.name} ({operation.method} {operation.path}) is named by the "
                "document: pin its name in the overlay before a release"
            )
    return 0


def _show_findings(findings: Sequence[Finding]) -> None:
    """Print what was left out with its fix, and count what callers do not notice."""
    for each in findings:
        if each.kind != "corrected":
            print(f"  {each.text}\n    fix: {each.fix}")
    if corrected := sum(each.kind == "corrected" for each in findings):
        print(f"  {corrected} slips of the document were corrected; spec/lock.json lists them")


_CUT_OFF: Final = (
    "an update was cut off: run `python scripts/update_spec.py`, which finishes it first"
)


def _check(job: Job) -> int:
    if install.is_pending(ROOT):
        print(_CUT_OFF)
        return 1
    found = drift(job)
    for line in found:
        print(line)
    if found:
        print(f"{job.package} is not what the spec makes: run `python scripts/regenerate.py`")
        return 1
    print(f"{job.package} is what the spec makes")
    return 0


if __name__ == "__main__":
    cli.main(main)
