"""Environments of their own for the built wheel, made and filled with the uv that is locked."""

import functools
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tests.packaging.building import ROOT, run

LOCK: Final = ROOT / "requirements" / "dev.txt"
_COMMAND: Final = Path(sys.executable).with_name("uv")
_FINAL_VERSION: Final = """
import sys
if sys.version_info >= (3, 11) and sys.version_info.releaselevel == "final":
    python = getattr(sys, "_base_executable", None) or sys.executable
    print("%d.%d" % sys.version_info[:2], python)
"""


class Environment(NamedTuple):
    """An environment, by its Python."""

    python: Path

    def install(self, *what: str | Path) -> None:
        """Install from the index that this machine is set up with."""
        _uv("pip", "install", "--quiet", "--python", self.python, *what, home=self.python.parent)

    def versions(self) -> dict[str, str]:
        """Return the versions that are installed, by name."""
        command = ("pip", "list", "--format", "json", "--python", self.python)
        listed: list[dict[str, str]] = json.loads(_uv(*command, home=self.python.parent))
        return {each["name"]: each["version"] for each in listed}


def make(folder: Path, python: str = sys.executable) -> Environment:
    """Make an empty environment."""
    _uv("venv", "--quiet", "--python", python, folder, home=folder.parent)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    return Environment(scripts / "python")


def locked(*names: str) -> list[str]:
    """Return the requirements of these packages as `requirements/dev.txt` pins them."""
    pins = dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", LOCK.read_text("utf-8"), re.MULTILINE))
    return [f"{name}=={pins[name]}" for name in names]


def _uv(*words: str | Path, home: Path) -> str:
    environment = {**_index_of_pip(), **_settings("UV_"), "UV_PYTHON_DOWNLOADS": "never"}
    done = run(_COMMAND, "--system-certs", *words, cwd=home, environment=environment, timeout=300)
    assert done.returncode == 0, f"uv {' '.join(map(str, words))}\n{done.stderr}"
    return done.stdout


def _settings(prefix: str) -> dict[str, str]:
    """Return the settings of the environment for an installer."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith((prefix, "SSL_CERT_")) or name.lower().endswith("_proxy")
    }


@functools.cache
def _index_of_pip() -> dict[str, str]:
    """Return pip's index for uv, so that a machine on which bootstrap works needs no more."""
    command = (sys.executable, "-I", "-m", "pip", "config", "list")
    told = run(*command, cwd=ROOT, environment=_settings("PIP_")).stdout
    urls = re.findall(r"^(?:global|install|:env:)\.index-url='(.+)'$", told, re.MULTILINE)
    return {"UV_DEFAULT_INDEX": urls[-1]} if urls else {}


# ---- The Pythons of this machine ----------------------------------------------------------------


def _commands() -> Iterator[str]:
    """This Python, those of pyenv, and whatever the PATH calls python3.N."""
    yield sys.executable
    folders = [Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"]
    folders = [each / "bin" for folder in folders for each in sorted(folder.glob("3.*"))]
    folders += map(Path, os.get_exec_path())
    for folder in folders:
        for path in sorted(folder.glob("python3.*") if folder.name != "shims" else ()):
            if re.fullmatch(r"python3\.(1[1-9]|[2-9]\d)(\.exe)?", path.name):
                yield str(path)


def _found() -> dict[str, str]:
    """Return one interpreter of each final version from 3.11 up, oldest first.

    What runs is listed, whether or not an environment can be made of it: then its test says so.
    """
    found: dict[str, str] = {}
    for command in dict.fromkeys(_commands()):
        try:
            done = run(command, "-Ic", _FINAL_VERSION, cwd=ROOT, timeout=60)
        except OSError:
            continue
        if done.returncode == 0 and done.stdout:
            version, python = done.stdout.strip().split(maxsplit=1)
            found.setdefault(version, python)
    return dict(sorted(found.items(), key=lambda each: int(each[0].split(".")[1])))


PYTHONS: Final = _found()
