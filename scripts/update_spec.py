#!/usr/bin/env python3
"""Follow the vendor: read its documentation, say what changed, make the next version of the tree.

SOURCE is an https URL (of the documentation's index, of one page, or of an OpenAPI document) or a
local folder or file with the same. What needs a person's word is asked; nothing is written then.

Exit status: 0 nothing to do, or done; 1 needs a decision; 2 refused (unsafe or invalid), with the
reason. After 1 and 2 the tree is as it was.
"""

import argparse
import contextlib
import json
import sys
from pathlib import Path
from typing import Final, TextIO

sys.path.insert(0, str(Path(__file__).resolve().parent))

from chessa_codegen import venv

venv.enter()

from chessa_codegen import cli  # noqa: E402
from chessa_codegen.characters import visible  # noqa: E402
from chessa_codegen.document.loader import METHODS  # noqa: E402
from chessa_codegen.errors import SpecError  # noqa: E402
from chessa_codegen.regeneration import ROOT  # noqa: E402
from chessa_tracking.apply import install, update  # noqa: E402
from chessa_tracking.diff.changes import Level  # noqa: E402
from chessa_tracking.fetch.merge import Decisions  # noqa: E402
from chessa_tracking.fetch.source import open_source  # noqa: E402
from chessa_tracking.report import update as update_report  # noqa: E402

INDEX: Final = "https://docs.chessa.ai/llms.txt"
_BAR: Final = 24
_CUT_OFF: Final = SpecError(
    "An update was cut off while it was put in place.",
    install.PENDING,
    "Run this without --dry-run: it finishes that one first.",
)


def main(words: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = _parser().parse_args(words)
    return cli.run(
        lambda: _run(options),
        where=options.source,
        refuse=lambda error: _refuse(options, error),
    )


def _refuse(options: argparse.Namespace, error: SpecError) -> None:
    cli.refuse(error)
    if options.report is not None:
        with contextlib.suppress(OSError):
            options.report.write_text(update_report.refusal_as_markdown(error), encoding="utf-8")
    if options.json:
        print(json.dumps(update_report.refusal(error), indent=2))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "source", nargs="?", default=INDEX, metavar="SOURCE", help=f"default: {INDEX}"
    )
    parser.add_argument("--dry-run", action="store_true", help="report, and write nothing")
    parser.add_argument("--json", action="store_true", help="print the report as a JSON object")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="write the report as Markdown, too"
    )
    for option, help_ in (
        ("--accept-removal", "the vendor removed this operation; can be given several times"),
        ("--keep", "no page shows this operation, and it stays; can be given several times"),
        ("--leave-out", "callers may lose this operation; can be given several times"),
    ):
        parser.add_argument(
            option, nargs=2, action="append", default=[], metavar=("METHOD", "PATH"), help=help_
        )
    parser.add_argument(
        "--ignore-page",
        action="append",
        default=[],
        metavar="PAGE",
        help="go on without a page that cannot be read; can be given several times",
    )
    for what in ("server", "security"):
        parser.add_argument(
            f"--accept-{what}", action="store_true", help=f"the changed {what} is right"
        )
    return parser


def _run(options: argparse.Namespace) -> int:
    decisions = Decisions(
        frozenset(_operation(*each) for each in options.accept_removal),
        frozenset(_operation(*each) for each in options.keep),
        frozenset(options.ignore_page),
    )
    accepted = frozenset(
        what for what in ("server", "security") if getattr(options, f"accept_{what}")
    )
    source = open_source(options.source)
    if install.is_pending(ROOT) and options.dry_run:
        _refuse(options, _CUT_OFF)
        return 1
    if finished := install.finish(ROOT):
        _say(f"Finished an update that was cut off: {len(finished)} files.")
    accepted |= {_operation(*each) for each in options.leave_out}
    found = update.look(ROOT, source, decisions, accepted, _progress)
    if options.report is not None:
        options.report.write_text(update_report.as_markdown(found), encoding="utf-8")
    is_done = options.dry_run or found.questions or found.judgement.verdict is Level.NONE
    if options.json:
        if not is_done:
            update.carry_out(ROOT, found)  # first, so that one object is printed in any case
        _show(json.dumps(update_report.as_object(found), indent=2) + "\n")
    else:
        _show(update_report.as_text(found))
        if not is_done:
            _say("Making and testing the package: a minute or two …")
            done = update.carry_out(ROOT, found)
            for note in done.notes:
                _say(f"note: {visible(note)}")
            _say(
                f"Done: {len(done.paths)} files. Read changelog.d and the diff of "
                "spec/openapi.yaml, run ./scripts/test, commit."
            )
    return 1 if found.questions else 0


def _operation(method: str, path: str) -> str:
    if method.lower() not in METHODS or not path.startswith("/"):
        raise SpecError(
            f"{method} {path} names no operation.", "the command line", "Say it as GET /v1/orders."
        )
    return f"{method.upper()} {path}"


def _show(text: str) -> None:
    """Print the report; a closed output does not stop the update."""
    _print(text, sys.stdout, end="")


def _say(text: str, end: str = "\n") -> None:
    """Print the progress; a closed output does not stop the update."""
    _print(text, sys.stderr, end)


def _print(text: str, stream: TextIO, end: str) -> None:
    try:
        print(text, end=end, file=stream, flush=True)
    except BrokenPipeError:
        cli.mute(stream)


def _progress(number: int, total: int, address: str) -> None:
    """Return a bar on a terminal, a line for each page elsewhere."""
    if not sys.stderr.isatty():
        _say(f"reading {number}/{total} {visible(address)}")
        return
    done = round(_BAR * number / total)
    bar = "█" * done + "·" * (_BAR - done)
    _say(f"\r{bar} {number}/{total} pages", end="\n" if number == total else "")


if __name__ == "__main__":
    cli.main(main)
