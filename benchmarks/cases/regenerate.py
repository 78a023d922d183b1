"""`scripts/regenerate.py` beside openapi-python-client alone, on the same document, in .venv.

Both are commands in a process of their own, and both format what they make with the ruff of .venv;
ours also applies an overlay, validates, checks its output and writes a lock. Documents: the
vendored one (ours with its overlay; the other as it is), and ones of 10, 100 and 1,000 operations.
"""

import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Final

from .. import processes
from ..figures import Figure, Findings, Series, ratio
from ..growing import document
from ..interleaving import Contender, turns
from ..payload import ROOT
from ..setting import Setting

NAME: Final = "regenerate"
PEER: Final = "openapi-python-client"
OURS: Final = "chessa"
SIZES: Final = {10: (7, 3), 100: (5, 3), 1000: (3, 1)}
"""Operations, and the rounds of a whole and of a quick run."""


def measure(setting: Setting) -> Findings:
    """Ours against the generator alone."""
    figures: list[Figure] = []
    series = Series([float(size) for size in SIZES], {OURS: [], PEER: []})
    with tempfile.TemporaryDirectory(prefix="regenerate-") as name:
        folder = Path(name)
        setting.say("our document")
        vendored = ROOT / "spec" / "openapi.yaml"
        found = _interleaved(folder, vendored, ["--spec", str(vendored)], setting.of(9, 3))
        figures.append(ratio((NAME, "our document", PEER), "s", found[OURS], found[PEER]))
        for size, rounds in SIZES.items():
            setting.say(f"{size} operations")
            spec = folder / f"{size}.json"
            spec.write_text(json.dumps(document(size), indent=1), encoding="utf-8")
            words = ["--spec", str(spec), "--no-overlay"]
            found = _interleaved(folder, spec, words, setting.of(*rounds))
            key = (NAME, f"{size} operations", PEER)
            figures.append(ratio(key, "s", found[OURS], found[PEER]))
            for contender, seconds in found.items():
                series.lines[contender].append(statistics.median(seconds))
    return Findings(figures, {"regenerate": series})


def _interleaved(folder: Path, spec: Path, words: list[str], rounds: int) -> dict[str, list[float]]:
    """Seconds of each, by round."""
    tools = Path(sys.executable).parent
    path = os.pathsep.join([str(tools), os.environ.get("PATH", os.defpath)])
    variables = {**os.environ, "PATH": path}
    output = folder / "output"
    ours = [sys.executable, str(ROOT / "scripts" / "regenerate.py"), *words]
    theirs = [str(tools / "openapi-python-client"), "generate", "--path", str(spec)]
    commands = [
        Contender(OURS, [*ours, "--output", str(output), "--package", "made"]),
        Contender(PEER, [*theirs, "--meta", "none", "--output-path", str(output / "made")]),
    ]
    seconds: dict[str, list[float]] = {OURS: [], PEER: []}
    for number, contender in enumerate(turns(commands, rounds + 1)):
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir()
        spent = processes.seconds(contender.work, variables)
        made = len(list((output / "made").rglob("*.py")))
        if made < 10:
            raise RuntimeError(f"{contender.name} made {made} files")
        if number >= len(commands):  # the first round fills the caches of the disk
            seconds[contender.name].append(spent)
    return seconds
