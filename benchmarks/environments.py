"""The environments of cases: benchmarks/.venv with the generated peers, and .venv.

benchmarks/.venv is made again when its lock changes, and the clients in benchmarks/.peers, which
other generators make from our spec, when the spec or the lock does.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from .payload import ROOT, SPEC

LOCK: Final = ROOT / "benchmarks" / "requirements.txt"
PEERS: Final = ROOT / "benchmarks" / ".peers"
_VENV: Final = ROOT / "benchmarks" / ".venv"
_COMMANDS: Final = {
    "stock": "openapi-python-client generate --meta none --path {} --output-path stock_client",
    "generator": "openapi-generator-cli generate -g python --package-name generator_client -i {}",
}
Environment = tuple[Path, dict[str, str]]
"""A Python, and the variables of its processes."""


def say(text: str) -> None:
    """Report progress on stderr."""
    sys.stderr.write(f"{text}\n")


def variables(paths: Iterable[Path], inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return variables without proxies and without settings of Python and of chessa, and with
    folders to import from."""
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.lower().endswith("_proxy") and not name.startswith(("PYTHON", "CHESSA_"))
    }
    packages = [ROOT, ROOT / "generated", ROOT / "overrides", *paths]
    return {**kept, "PYTHONPATH": os.pathsep.join(map(str, packages))}


def peers() -> Environment:
    """Make what is missing of benchmarks/.venv and benchmarks/.peers."""
    python = _VENV / "bin" / "python"
    stamp = _VENV / "made.stamp"
    made_from = f"python {sys.version_info[:2]}\n{ROOT}\n{LOCK.read_text('utf-8')}"
    if not stamp.is_file() or stamp.read_text("utf-8") != made_from:
        say("making benchmarks/.venv")
        shutil.rmtree(_VENV, ignore_errors=True)
        _run([sys.executable, "-I", "-m", "venv", _VENV])
        options = ["--disable-pip-version-check", "--no-input", "-qq", "--require-hashes"]
        _run([python, "-I", "-m", "pip", "install", *options, "--no-deps", "-r", LOCK])
        stamp.write_text(made_from, encoding="utf-8")
    key = key_of(SPEC.read_bytes(), LOCK.read_bytes())
    PEERS.mkdir(exist_ok=True)
    for folder in PEERS.iterdir():
        if not folder.name.endswith(f"-{key}"):
            shutil.rmtree(folder)
    clients = [PEERS / f"{name}-{key}" for name in _COMMANDS]
    for client, command in zip(clients, _COMMANDS.values(), strict=True):
        try:
            _generate(client, command)
        except (OSError, subprocess.SubprocessError) as error:
            if client == clients[0]:
                raise
            say(f"openapi-generator is skipped: {type(error).__name__}")
    return python, variables(clients)


def _generate(client: Path, command: str) -> None:
    if client.is_dir():
        return
    say(f"generating {client.name}")
    with tempfile.TemporaryDirectory(dir=PEERS) as folder:
        spec, made = Path(folder, "openapi.json"), Path(folder, "made")
        spec.write_text(json.dumps(plain(json.loads(SPEC.read_bytes()))), encoding="utf-8")
        made.mkdir()
        name, *arguments = command.format(spec).split()
        path = os.pathsep.join([str(_VENV / "bin"), os.environ.get("PATH", os.defpath)])
        subprocess.run(
            [_VENV / "bin" / name, *arguments],
            cwd=made,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=300,
            check=True,
        )
        made.rename(client)


def key_of(*inputs: bytes) -> str:
    """Return a name for these inputs in this order."""
    digests = "".join(hashlib.sha256(each).hexdigest() for each in inputs)
    return hashlib.sha256(digests.encode()).hexdigest()[:16]


def plain(value: Any) -> Any:
    """Return a JSON value without extensions, which other generators do not know."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if not name.startswith("x-")}
    return [plain(each) for each in value] if isinstance(value, list) else value


def tools() -> Environment:
    """Make what is missing of .venv."""
    _run([ROOT / "scripts" / "bootstrap"])
    return ROOT / ".venv" / "bin" / "python", variables([ROOT / "scripts"])


def here() -> Environment:
    """Return the Python that runs the command, for tests of it."""
    return Path(sys.executable), variables(map(Path, sys.path))


def _run(command: Sequence[str | Path]) -> None:
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=True)


ENVIRONMENTS: Final[Mapping[str, Callable[[], Environment]]] = {
    "peers": peers,
    "tools": tools,
    "here": here,
}
