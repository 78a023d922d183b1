"""Building the distribution and reading what came out, for the tests of this folder."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = {"chessa": ROOT / "overrides", "chessa_api": ROOT / "generated"}
CARRIED: Final = ("HOME", "LANG", "PATH", "SYSTEMROOT", "TMPDIR")  # of a caller's environment


class Built(NamedTuple):
    """The files of one build."""

    wheel: Path
    sdist: Path


def clean_environment() -> dict[str, str]:
    """Return the environment of another shell: nothing of Python, of a test runner or of Chessa."""
    return {name: os.environ[name] for name in CARRIED if name in os.environ}


def run(
    *command: str | Path,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    timeout: float = 120,
    umask: int = -1,
) -> "subprocess.CompletedProcess[str]":
    """Run a command in a clean environment. Its status is for the caller to judge."""
    return subprocess.run(
        command,
        cwd=cwd,
        env={**clean_environment(), **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        umask=umask,
        check=False,
    )


def build(
    source: Path, into: Path, *, umask: int = 0o022, by: str | Path = sys.executable
) -> Built:
    """Build a wheel and an sdist out of a tree, with the hatchling that a Python has."""
    command = (by, "-I", "-m", "hatchling", "build", "--directory", into)
    done = run(*command, cwd=source, umask=umask)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = into.glob("*.whl")
    (sdist,) = into.glob("*.tar.gz")
    return Built(wheel, sdist)


def copy(name: str, target: Path) -> None:
    """Copy a file or folder of the project, without bytecode."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if (ROOT / name).is_dir():
        shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(ROOT / name, target)


def files_of_wheel(wheel: Path) -> dict[str, bytes]:
    """Return the files of a wheel, by name."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert len(names) == len(set(names))
        return {name: archive.read(name) for name in names}


def files_of_sdist(sdist: Path) -> dict[str, bytes]:
    """Return the files of an sdist, by name within its one folder."""
    held: dict[str, bytes] = {}
    folder = sdist.name.removesuffix(".tar.gz") + "/"
    with tarfile.open(sdist) as archive:
        for member in archive:
            assert member.isfile(), member.name
            assert member.name.startswith(folder), member.name
            content = archive.extractfile(member)
            assert content is not None
            name = member.name.removeprefix(folder)
            assert name not in held, name
            held[name] = content.read()
    return held


def files_of_packages() -> dict[str, Path]:
    """Return the files of both packages in the tree: by the name that they have when installed."""
    return {
        path.relative_to(folder).as_posix(): path
        for package, folder in PACKAGES.items()
        for path in (folder / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def write(files: Mapping[str, bytes], into: Path) -> Path:
    """Lay out files as a tree."""
    for name, content in files.items():
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return into
