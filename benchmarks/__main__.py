"""The command: `python -m benchmarks [CASE ...]`, from the root of a checkout, with Python 3.11+.

Exit status: 0 measured, with any figures; 1 a case crashed; 2 wrong arguments; 130 interrupted.
"""

import argparse
import functools
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from . import report
from .catalogue import CASES, Case
from .environments import ENVIRONMENTS, Environment, say
from .payload import ROOT


def main(arguments: Sequence[str], cases: Mapping[str, Case] = CASES) -> int:
    """Measure cases, and print them."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure chessa next to its peers."
    )
    parser.add_argument("case", nargs="*", help="all of them without any")
    parser.add_argument("--list", action="store_true", help="list the cases")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: for an impression")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the JSON alone")
    form.add_argument("--markdown", action="store_true", help="print the table alone, as Markdown")
    parser.add_argument(
        "--save",
        action="store_true",
        help="also write benchmarks/results.json, docs/throughput.svg and docs/regenerate.svg",
    )
    options = parser.parse_args(arguments)
    if unknown := ", ".join(set(options.case) - set(cases)):
        parser.error(f"unknown case {unknown}; the cases are {', '.join(cases)}")
    if options.list:
        sys.stdout.writelines(f"{name:<12}  {case.summary}\n" for name, case in cases.items())
        return 0
    chosen = {name: case for name, case in cases.items() if name in (options.case or cases)}
    try:
        results = run_all(chosen, quick=options.quick)
    except KeyboardInterrupt:
        return 130
    command = " ".join(["python -m benchmarks", *arguments])
    document = {"command": command, "machine": report.machine(), **results}
    table = report.rows(document)
    if options.markdown:
        sys.stdout.write(report.markdown(table) + "\n")
    elif options.json:
        sys.stdout.write(report.as_json(document))
    else:
        sys.stdout.write(f"{report.text(table)}\n\n{report.as_json(document)}")
    if options.save:
        report.save(document, set(chosen), list(cases))
    return 1 if results["crashed"] else 0


def run_all(cases: Mapping[str, Case], *, quick: bool) -> dict[str, Any]:
    """Run each case. One that crashes does not stop the others."""
    figures: list[Any] = []
    series: dict[str, Any] = {}
    crashed: dict[str, str] = {}
    environment = functools.cache(lambda name: ENVIRONMENTS[name]())
    for name, case in cases.items():
        say(name)
        try:
            parts = [
                _run(name, function, environment(case.environment), case.seconds, quick=quick)
                for function in case.functions
            ]
        except (OSError, RuntimeError, subprocess.SubprocessError, ValueError) as error:
            crashed[name] = _reason(error)
            say(f"    {name} crashed: {crashed[name]}")
            continue
        for part in parts:
            figures += part["figures"]
            series |= part["series"]
    return {"figures": figures, "series": series, "crashed": crashed}


def _run(
    case: str, function: str, environment: Environment, seconds: float, *, quick: bool
) -> dict[str, Any]:
    python, variables = environment
    done = subprocess.run(
        [python, "-m", "benchmarks.run", case, function, *(["--quick"] if quick else [])],
        cwd=ROOT,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        timeout=seconds,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _reason(error: Exception) -> str:
    """Return how a case ended, without its command, which holds paths."""
    if isinstance(error, subprocess.CalledProcessError):
        return f"exit status {error.returncode}"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"still running after {error.timeout:.0f} s"
    return type(error).__name__


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
