"""The generated peers: clients that others' generators make of our spec, at run time.

In: the effective spec and the lock of the generators. Out: folders to import `stock_client`
(openapi-python-client as it comes) and `generator_client` (openapi-generator) from, kept in
benchmarks/.peers for as long as both inputs stay the same.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .environment import LOCK, ROOT
from .payload import SPEC

FOLDER: Final = ROOT / "benchmarks" / ".peers"
_FORM: Final = "1"
"""Of this module's commands: a change of them makes the clients anew."""
_LONGEST: Final = 300.0


@dataclass(frozen=True)
class Peers:
    """Where they are, and why the second is not, if it is not."""

    stock: Path
    generator: Path | None
    skipped: str = ""

    @property
    def paths(self) -> list[Path]:
        return [self.stock] if self.generator is None else [self.stock, self.generator]


def plain(value: Any) -> Any:
    """A JSON value without the extensions, which are ours and no generator's."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if not name.startswith("x-")}
    return [plain(each) for each in value] if isinstance(value, list) else value


def key_of(spec: bytes, lock: bytes) -> str:
    """Names what the clients were made of."""
    parts = [hashlib.sha256(part).hexdigest() for part in (spec, lock, _FORM.encode())]
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:16]


def make_peers(python: Path, say: Callable[[str], None]) -> Peers:
    """Both clients, made where they are not."""
    key = key_of(SPEC.read_bytes(), LOCK.read_bytes())
    _forget_others(key)
    stock = _made(f"stock-{key}", lambda place, spec: _make_stock(python, place, spec), say)
    if not has_java():
        return Peers(stock, None, "no Java")
    try:
        generator = _made(
            f"generator-{key}", lambda place, spec: _make_generator(python, place, spec), say
        )
    except (OSError, subprocess.SubprocessError) as error:
        say(f"openapi-generator: {error}")
        return Peers(stock, None, "openapi-generator failed")
    return Peers(stock, generator)


def has_java() -> bool:
    """Whether there is one that runs."""
    java = shutil.which("java")
    if java is None:
        return False
    done = subprocess.run([java, "-version"], capture_output=True, timeout=60, check=False)
    return done.returncode == 0


def _made(name: str, make: Callable[[Path, Path], None], say: Callable[[str], None]) -> Path:
    target = FOLDER / name
    if target.is_dir():
        return target
    say(f"generating the client {name.partition('-')[0]}")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix=".making-") as workshop:
        spec = Path(workshop) / "openapi.json"
        spec.write_text(json.dumps(plain(json.loads(SPEC.read_bytes()))), encoding="utf-8")
        place = Path(workshop) / "made"
        place.mkdir()
        make(place, spec)
        place.rename(target)
    return target


def _make_stock(python: Path, place: Path, spec: Path) -> None:
    command: list[str | Path] = [
        python.parent / "openapi-python-client",
        "generate",
        "--path",
        spec,
    ]
    _run([*command, "--meta", "none", "--output-path", place / "stock_client"], python)


def _make_generator(python: Path, place: Path, spec: Path) -> None:
    command: list[str | Path] = [python.parent / "openapi-generator-cli", "generate", "-g"]
    _run(
        [*command, "python", "-i", spec, "-o", place, "--package-name", "generator_client"], python
    )


def _run(command: list[str | Path], python: Path) -> None:
    path = os.pathsep.join([str(python.parent), os.environ.get("PATH", os.defpath)])
    subprocess.run(
        list(map(str, command)),
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_LONGEST,
        check=True,
    )


def _forget_others(key: str) -> None:
    """Clients of another spec or lock, and what a run that was killed has left."""
    for folder in FOLDER.iterdir() if FOLDER.is_dir() else ():
        if not folder.name.endswith(f"-{key}"):
            shutil.rmtree(folder, ignore_errors=True)
