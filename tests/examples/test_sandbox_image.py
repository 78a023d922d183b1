"""The image of the sandbox: no engine builds it here, so its files are read as one would."""

import ast
import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from chessa.testing import Sandbox, _program
from chessa.testing import __main__ as program
from tests.marks import CI
from tests.packaging.building import ROOT, copy

FOLDER: Final = ROOT / "examples" / "sandbox"
KNOWN: Final = {
    "FROM", "WORKDIR", "COPY", "RUN", "USER", "EXPOSE", "VOLUME", "STOPSIGNAL", "HEALTHCHECK",
    "ENTRYPOINT", "CMD",
}  # fmt: skip
Instruction = tuple[str, str]


def instructions() -> list[Instruction]:
    """Return the instructions of the Dockerfile, lines joined and comments left out."""
    text = (FOLDER / "Dockerfile").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in joined.splitlines())]


def last(name: str) -> Any:
    """Return the JSON form of the last instruction of a name, so that no shell stands between."""
    return json.loads([rest for each, rest in instructions() if each == name][-1])


@pytest.fixture
def compose() -> dict[str, Any]:
    """The compose file."""
    read: dict[str, Any] = YAML(typ="safe", pure=True).load(FOLDER / "compose.yaml")
    return read


def test_the_dockerfile_can_be_read() -> None:
    """Known instructions only; stages by name; what is copied exists; not run as root."""
    found = instructions()
    assert {name for name, _ in found} <= KNOWN
    assert found[0][0] == "FROM"
    stages = [rest.split() for name, rest in found if name == "FROM"]
    assert stages[0][1:] == ["AS", "build"]
    images = {stage[0] for stage in stages}
    assert len(images) == 1
    (image,) = images
    assert re.fullmatch(r"python:3\.\d+-slim", image), "a version, and no digest that was made up"
    for name, rest in found:
        if name == "COPY" and not rest.startswith("--from=build "):
            *sources, _ = shlex.split(rest)
            assert [source for source in sources if not (ROOT / source).exists()] == []
        if name == "RUN":
            assert shlex.split(rest)
    users = [rest for name, rest in found if name == "USER"]
    assert users == ["sandbox"]
    assert [name for name, _ in found].index("USER") < [name for name, _ in found].index("CMD")


def copied() -> Iterator[tuple[str, str]]:
    """Yield what is copied out of the checkout, and the place below WORKDIR that it gets."""
    for name, rest in instructions():
        if name == "COPY" and not rest.startswith("--from="):
            *sources, target = shlex.split(rest)
            for source in sources:
                yield source, f"{target}{source}" if target.endswith("/") else target


def test_it_has_what_the_build_needs() -> None:
    """Every file that pyproject.toml names for a build is copied to the place that it names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {
        "pyproject.toml",
        project["project"]["readme"],
        *project["project"]["license-files"],
        wheel["hooks"]["custom"]["path"],
        *wheel["packages"],
        *wheel["extra-metadata"],
    }
    assert needed <= {place.removeprefix("./") for _, place in copied()}


@CI
def test_the_build_succeeds_with_what_is_copied(tmp_path: Path) -> None:
    """The files of the COPY lines alone become a wheel, as the RUN line of the build asks."""
    for source, place in copied():
        copy(source, tmp_path / place)
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert [path.name.partition("-")[0] for path in (tmp_path / "dist").iterdir()] == ["chessa"]


def test_its_command_starts_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """ENTRYPOINT and CMD are arguments that the program takes; the port is the exposed one."""
    given: dict[str, Any] = {}

    def run(**options: Any) -> int:
        given.update(options)
        return 0

    monkeypatch.setattr(_program, "run", run)
    entry, command = last("ENTRYPOINT"), last("CMD")
    assert entry[:3] == ["/venv/bin/python", "-m", "chessa.testing"]
    assert program.main([*entry[3:], *command]) == 0
    assert given["host"] == "0.0.0.0"  # noqa: S104  # in a container: its port is published or not
    assert str(given["port"]) == dict(instructions())["EXPOSE"]
    assert str(given["state"]).startswith(dict(instructions())["VOLUME"])
    check = json.loads(dict(instructions())["HEALTHCHECK"].partition("CMD ")[2])
    ast.parse(check[2])
    assert f"127.0.0.1:{given['port']}/_sandbox/" in check[2]


def test_the_compose_file_fits_the_image(compose: dict[str, Any]) -> None:
    """It publishes to this machine only, and calls the sandbox by a name that it allows."""
    service, caller = compose["services"]["sandbox"], compose["services"]["program"]
    exposed = dict(instructions())["EXPOSE"]
    assert service["ports"] == [f"127.0.0.1:{exposed}:{exposed}"]
    for each in (service, caller):
        assert (FOLDER / each["build"]["context"] / each["build"]["dockerfile"]).is_file()
    (volume,) = service["volumes"]
    name, _, place = volume.partition(":")
    assert name in compose["volumes"]
    assert place == dict(instructions())["VOLUME"]
    variables = caller["environment"]
    assert variables["CHESSA_BASE_URL"] == f"http://sandbox:{exposed}"
    assert variables["CHESSA_CLIENT_ID"] == Sandbox.client_id
    assert variables["CHESSA_CLIENT_SECRET"] == Sandbox.client_secret
    assert variables["CHESSA_ALLOW_HTTP"] == "1"
    allowed = last("CMD")
    assert allowed[allowed.index("--allow-host") + 1] == "sandbox"
    ast.parse(caller["command"][0])
