"""Formatting with the pinned ruff, which ignores any configuration around the folder."""

import os
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Final

from ruff import find_ruff_bin  # type: ignore[import-untyped]

from chessa_codegen.errors import SpecError

RUFF_VERSION: Final = "0.17.6"
_ISOLATED: Final = (
    *("--isolated", "--no-cache", "--target-version", "py311"),
    # A tag may be named `build` or `dist`; a folder above may ignore generated files.
    *("--no-respect-gitignore", "--config", "exclude = []"),
)
_PASSES: Final = (
    # Unsafe: it removes unused imports from __init__.py as well; exports are named as such.
    ("check", "--fix-only", "--unsafe-fixes", "--select", "F401,I", "--line-length", "100"),
    ("format", "--line-length", "100"),
)


def format_package(folder: Path) -> None:
    """Sort imports, drop unused ones, format."""
    installed = metadata.version("ruff")
    if installed != RUFF_VERSION:
        raise SpecError(
            f"ruff {installed} is installed, not {RUFF_VERSION}.",
            "ruff",
            "Run ./scripts/bootstrap, or review the new version and pin it.",
        )
    program: str = find_ruff_bin()  # next to this Python, whatever PATH says
    environment = {name: v for name, v in os.environ.items() if not name.startswith("RUFF_")}
    for words in _PASSES:
        command = [program, words[0], *_ISOLATED, *words[1:], "."]
        done = subprocess.run(
            command, capture_output=True, env=environment, cwd=folder, check=False
        )
        if done.returncode:
            message = done.stderr.decode("utf-8", "replace").strip()
            raise SpecError(
                f"ruff {words[0]} failed on the generated code: {message[:300]}",
                folder.name,
                "This is a defect of the templates, not of the document; please report it.",
            )
