"""Running: each part of a case in a process of its own, and what they print, collected.

In: cases by name. Out: their findings, and for those that crashed a word on how.
"""

import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .catalogue import HERE, PEERS, TOOLS, Case
from .environment import ROOT, peers_python, tools_python, variables
from .figures import Findings
from .peers import make_peers

_FAILURES: Final = (OSError, RuntimeError, subprocess.SubprocessError, ValueError)
_PACKAGES: Final = [ROOT, ROOT / "generated", ROOT / "overrides"]


@dataclass(frozen=True)
class Place:
    """A Python, and the variables that a case finds there."""

    python: Path
    variables: dict[str, str]


@dataclass
class Results:
    """What all cases have found."""

    findings: dict[str, Findings] = field(default_factory=dict)
    crashed: dict[str, str] = field(default_factory=dict)


def say(words: str) -> None:
    """Tell how far it is, on stderr."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def run_all(cases: Mapping[str, Case], *, quick: bool) -> Results:
    """Run these. One that crashes does not stop the others."""
    results = Results()
    place_of = functools.cache(_place_of)
    for name, case in cases.items():
        say(name)
        try:
            place = place_of(case.environment)
            if isinstance(place, str):
                raise RuntimeError(place)
            results.findings[name] = run(case, place, quick=quick)
        except _FAILURES as error:
            results.crashed[name] = _how(error)
            say(f"    {name} crashed: {results.crashed[name]}")
    return results


def _place_of(environment: str) -> "Place | str":
    """Where cases of this environment run; or why there is no such place."""
    try:
        return _PLACES[environment]()
    except _FAILURES as error:
        return f"no environment: {_how(error)}"


def run(case: Case, place: Place, *, quick: bool) -> Findings:
    """All parts of one case, one after the other."""
    whole = Findings()
    for part in case.parts:
        words = [case.module, *([part] if part else []), *(["--quick"] if quick else [])]
        done = subprocess.run(
            [str(place.python), "-m", "benchmarks.case", *words],
            cwd=ROOT,
            env=place.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=case.seconds,
            check=True,
        )
        found = Findings.from_json(json.loads(done.stdout))
        whole.figures += found.figures
        whole.series |= found.series
    return whole


def _how(error: Exception) -> str:
    """Without the command, which holds paths."""
    if isinstance(error, subprocess.CalledProcessError):
        return f"exit status {error.returncode}"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"still running after {error.timeout:.0f} s"
    return str(error) if isinstance(error, RuntimeError) else type(error).__name__


def _peers() -> Place:
    python = peers_python(say)
    peers = make_peers(python, say)
    extra = {"BENCHMARKS_SKIPPED": peers.skipped} if peers.skipped else {}
    return Place(python, {**variables([*_PACKAGES, *peers.paths]), **extra})


def _tools() -> Place:
    return Place(tools_python(), variables([*_PACKAGES, ROOT / "scripts"]))


def _here() -> Place:
    return Place(Path(sys.executable), variables([*_PACKAGES, *map(Path, _others())]))


def _others() -> list[str]:
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


_PLACES: Final[Mapping[str, Callable[[], Place]]] = {PEERS: _peers, TOOLS: _tools, HERE: _here}
