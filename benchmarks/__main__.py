"""The command: `python -m benchmarks [CASE ...]`, from the root of a checkout, with Python 3.11+.

In: names of cases. Out: a table and a JSON document on stdout; progress on stderr. Exit status: 0
measured, whatever the figures say; 1 a case crashed; 2 the arguments are wrong; 130 interrupted.
"""

import argparse
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from . import machine, report, saving
from .catalogue import CASES, Case
from .environment import LOCK
from .running import run_all
from .targets import TARGETS

_INTERRUPTED: Final = 130


def main(words: Sequence[str] | None = None, cases: Mapping[str, Case] = CASES) -> int:
    """Measure what was asked for, and print it."""
    given = list(sys.argv[1:] if words is None else words)
    options = _parser(cases).parse_args(given)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    if options.list:
        width = max(map(len, cases))
        for name, case in cases.items():
            sys.stdout.write(f"{name.ljust(width)}  {case.says}\n")
        return 0
    chosen = {name: case for name, case in cases.items() if name in (options.case or cases)}
    try:
        results = run_all(chosen, quick=options.quick)
    except KeyboardInterrupt:
        return _INTERRUPTED
    document = report.document(
        results,
        TARGETS,
        command=" ".join(["python -m benchmarks", *given]),
        machine=machine.kind(LOCK.read_text("utf-8")),
    )
    lines = report.rows(results, TARGETS)
    if options.markdown:
        sys.stdout.write(report.markdown(lines) + "\n")
    elif options.json:
        sys.stdout.write(report.text_of(document))
    else:
        sys.stdout.write(f"{report.table(lines)}\n\n{report.text_of(document)}")
    if options.save:
        saving.save(document, set(chosen), list(cases))
    return 1 if results.crashed else 0


def _parser(cases: Mapping[str, Case]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="What chessa costs beside its peers."
    )
    parser.add_argument("case", nargs="*", type=_one_of(cases), help="all of them without any")
    parser.add_argument("--list", action="store_true", help="say which cases there are")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: for a look")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the JSON alone")
    form.add_argument("--markdown", action="store_true", help="print the table alone, as Markdown")
    parser.add_argument(
        "--save",
        action="store_true",
        help="also write benchmarks/results.json, docs/throughput.svg and docs/regenerate.svg",
    )
    return parser


def _one_of(cases: Mapping[str, Case]) -> Callable[[str], str]:
    def name(word: str) -> str:
        if word in cases:
            return word
        known = ", ".join(cases)
        raise argparse.ArgumentTypeError(f"there is no case {word!r}; there are {known}")

    return name


if __name__ == "__main__":
    sys.exit(main())
