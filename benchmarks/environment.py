"""The environments that cases run in: benchmarks/.venv, made here, and .venv, made by bootstrap.

In: the lock of the peers. Out: a Python that has them. The stamp is the text that an environment
was made from, written last: while it is equal there is nothing to do.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
LOCK: Final = ROOT / "benchmarks" / "requirements.txt"
_VENV: Final = ROOT / "benchmarks" / ".venv"


def made_from(python: str, root: Path, lock: str) -> str:
    """What an environment stands and falls with."""
    return f"python {python}\n{root}\n{lock}"


def peers_python(say: Callable[[str], None]) -> Path:
    """The Python of the peers' environment, which is made anew where the lock has changed."""
    python = _VENV / "bin" / "python"
    stamp = _VENV / "made.stamp"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    text = made_from(version, ROOT, LOCK.read_text("utf-8"))
    if stamp.is_file() and stamp.read_text("utf-8") == text:
        return python
    say("making benchmarks/.venv")
    shutil.rmtree(_VENV, ignore_errors=True)
    _run([sys.executable, "-I", "-m", "venv", str(_VENV)])
    words = ["-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-qq"]
    _run([str(python), *words, "--require-hashes", "--no-deps", "-r", str(LOCK)])
    stamp.write_text(text, encoding="utf-8")
    return python


def tools_python() -> Path:
    """The Python of .venv."""
    _run([str(ROOT / "scripts" / "bootstrap")])
    return ROOT / ".venv" / "bin" / "python"


def variables(paths: list[Path], inherited: dict[str, str] | None = None) -> dict[str, str]:
    """The environment of a case: ours, without proxies and without what changes a Python, and with
    these folders to import from."""
    kept = {
        name: value
        for name, value in (dict(os.environ) if inherited is None else inherited).items()
        if not name.lower().endswith("_proxy") and not name.startswith(("PYTHON", "CHESSA_"))
    }
    return {**kept, "PYTHONPATH": os.pathsep.join(map(str, paths))}


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=sys.stderr, stderr=sys.stderr, check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} ended with {done.returncode}")
