"""Run the property tests of the changed operations on a package in a folder of its own."""

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from tests.pipeline.evolution.base import ROOT
from tests.pipeline.evolution.making import Made

if TYPE_CHECKING:
    from pathlib import Path

_OPTIONS: Final = (
    "-q",
    "--no-header",
    "-x",
    "-p",
    "no:cacheprovider",
    "-o",
    "pythonpath=scripts .",
)
_PARAMETER: Final = re.compile(r"\{[^{}]*\}")
_SECONDS: Final = 300


def prove(made: Made, examples: int) -> str:
    """Run them; return what went wrong, or ""."""
    pairs = [
        [each.name, f"{each.method} {_PARAMETER.sub('{}', each.path)}"] for each in made.operations
    ]
    paths: list[Path] = [made.folder, ROOT / "overrides", ROOT / "scripts", ROOT]
    settings = {
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "CHESSA_PROPERTY_EXAMPLES": str(examples),
        "CHESSA_PROPERTY_SHRINK": "0",
        "CHESSA_EVOLUTION_OPERATIONS": json.dumps(pairs),
    }
    plugin = ("-p", "tests.pipeline.evolution.selecting")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *_OPTIONS, *plugin, "tests/property"],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    passed = done.returncode == 0 and re.search(r"[1-9]\d* passed", done.stdout)
    return "" if passed else (done.stdout + done.stderr)[-3000:]
