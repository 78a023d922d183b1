"""The environment of the scripts: whichever Python starts one, it runs in `.venv`.

Imports nothing but the standard library, and is imported first.
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
    """Stay where the packages of the scripts are; else make `.venv` and start over in it."""
    if sys.version_info >= (3, 11) and all(map(_is_here, _NEEDED)):
        return
    python = str(_ROOT / ".venv" / "bin" / "python")
    if sys.executable == python:
        sys.exit("The packages in .venv are not whole: delete the folder, and run this again.")
    done = subprocess.run([str(_ROOT / "scripts" / "bootstrap")], check=False)
    if done.returncode:
        sys.exit(2)
    os.execv(python, [python, *sys.argv])  # noqa: S606 - the same script, in its own environment


def _is_here(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # of a package that the name is within
        return False
