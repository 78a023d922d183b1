"""The environment of the scripts: any Python may start one, and it runs in `.venv`.

Import it first; it needs the standard library only.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[2]
_NEEDED: Final = (
    "attr",
    "jsonpath_rfc9535",
    "jsonschema",
    "openapi_python_client",
    "ruamel.yaml",
)


def enter() -> None:
    """Return if the packages of the scripts are installed; else make `.venv` and restart in it."""
    if sys.version_info >= (3, 11) and all(map(_is_here, _NEEDED)):
        return
    python = str(_ROOT / ".venv" / "bin" / "python")
    if sys.executable == python:
        sys.exit("The environment in .venv is incomplete: delete the folder, and run this again.")
    done = subprocess.run([str(_ROOT / "scripts" / "bootstrap")], check=False)
    if done.returncode:
        sys.exit(2)
    os.execv(python, [python, *sys.argv])  # noqa: S606 - the same script, in its own environment


def _is_here(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # the package of the name is missing
        return False
