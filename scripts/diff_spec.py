#!/usr/bin/env python3
"""Compare two OpenAPI documents: every change, and what it means for Python callers.

The packages that are compared are made of both, corrected by spec/overlay.yaml as far as it fits;
documents of another API, in which most of it matches nothing, are compared without it.
Exit status: 0 compared, 1 the verdict is as high as --fail-on, 2 refused, with what and where.
"""

import argparse
import gc
import json
import sys
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent))
if __name__ == "__main__":
    gc.disable()  # one short run, with documents and packages that live to its end

from chessa_codegen import venv

venv.enter()

from chessa_codegen import cli  # noqa: E402
from chessa_codegen.document.files import read_whole  # noqa: E402
from chessa_codegen.document.loader import read  # noqa: E402
from chessa_codegen.errors import SpecError  # noqa: E402
from chessa_codegen.overlay import apply  # noqa: E402
from chessa_codegen.regeneration import ROOT  # noqa: E402
from chessa_codegen.validate.structure import check_version  # noqa: E402
from chessa_tracking.apply.assess import Judgement, judge  # noqa: E402
from chessa_tracking.apply.overlay_review import fits  # noqa: E402
from chessa_tracking.diff.changes import Level  # noqa: E402
from chessa_tracking.report import waiting  # noqa: E402
from chessa_tracking.report.diff import as_markdown, as_object, as_text, refusal  # noqa: E402

_LEVELS: Final = {level.word: level for level in (Level.MAJOR, Level.MINOR)}
_OVERLAY: Final = ROOT / "spec" / "overlay.yaml"


def main(words: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = _parser().parse_args(words)
    return cli.run(
        lambda: _compare(options),
        where=f"{options.old} and {options.new}",
        whole="nothing was written",
        refuse=lambda error: _refuse(options, error),
    )


def _refuse(options: argparse.Namespace, error: SpecError) -> None:
    cli.refuse(error)
    if options.format == "json":
        print(json.dumps(refusal(error), indent=2))


def _compare(options: argparse.Namespace) -> int:
    corrections = apply.parse(read(_OVERLAY))
    named = (options.old, options.new)
    old, new = _known(options.old), _known(options.new)
    is_ours = fits(old, corrections) or fits(new, corrections)
    found = judge(old, new, corrections, files=named) if is_ours else judge(old, new, files=named)
    print(_FORMATS[options.format](found))
    sys.stdout.flush()
    if not is_ours:
        print("spec/overlay.yaml is not for this API; compared without it", file=sys.stderr)
    if found.refused is not None:
        print(
            f"Python callers: not compared, no package can be made: {found.refused}",
            file=sys.stderr,
        )
    return int(options.fail_on is not None and found.verdict >= _LEVELS[options.fail_on])


def _as_text(found: Judgement) -> str:
    waits = "\n".join(waiting.as_lines(found))
    return f"{waits}\n\n".lstrip("\n") * bool(waits) + as_text(found.changes, found.surface)


def _as_markdown(found: Judgement) -> str:
    return "\n".join([*waiting.as_markdown(found), as_markdown(found.changes, found.surface)])


def _as_json(found: Judgement) -> str:
    """Write it in ASCII: a terminal obeys nothing of it."""
    contents = {**as_object(found.changes, found.surface), **waiting.as_object(found)}
    return json.dumps(contents, indent=2)


_FORMATS: Final = {"text": _as_text, "json": _as_json, "markdown": _as_markdown}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("old", metavar="OLD", help="OpenAPI document, YAML or JSON")
    parser.add_argument("new", metavar="NEW", help="the same, later")
    parser.add_argument("--format", choices=tuple(_FORMATS), default="text")
    parser.add_argument("--fail-on", choices=tuple(_LEVELS), help="exit 1 at this verdict")
    return parser


def _known(path: str) -> dict[str, Any]:
    """Read a document of a version that is known."""
    document = read_whole(Path(path))
    try:
        check_version(document)
    except SpecError as error:
        raise SpecError(error.what, f"{path} {error.where}", error.fix) from None
    return document


if __name__ == "__main__":
    cli.main(main)
