"""The installed wheel passes the tests of behaviour, wherever it may be installed.

The long form of the checks in this folder: on every Python of this machine with the locked
versions, and with the oldest and newest of what `pyproject.toml` lets it depend on.
"""

import re
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.metadata import Metadata
from packaging.requirements import Requirement
from packaging.version import Version

from tests.packaging.building import (
    PACKAGES,
    ROOT,
    Built,
    build,
    files_of_sdist,
    files_of_wheel,
    run,
    write,
)
from tests.packaging.environments import LOCK, PYTHONS, Environment, locked, make

TOOLS = locked("pytest", "hypothesis", "trustme")  # what the tests below import
TESTS = ("tests/unit", "tests/sandbox")
LEFT_OUT = (
    "--ignore=tests/unit/test_import_rules.py",  # reads sources: the same wherever they run
    "--ignore=tests/unit/test_parameters.py",  # reads requests with the help of the pipeline
    "--ignore=tests/sandbox/test_schemathesis.py",  # a tool with dependencies of its own
    "--ignore=tests/unit/test_connections.py",  # races: of this machine, not of a dependency
    "--ignore=tests/unit/test_client_life.py",
    "--ignore=tests/unit/test_strays.py",
)
RANDOM = "random_walk"  # long, and made of the same calls as the other tests

# A conftest for the copy of the tests: the very process that runs them says what it tested.
WITNESS = f"""
import sys

def pytest_sessionfinish():
    for name in {sorted(PACKAGES)}:
        print(f"\\ntested {{name}} {{sys.modules[name].__file__}}")
"""


class Place(NamedTuple):
    """Where the wheel is installed, and how its dependencies are chosen."""

    version: str
    choice: tuple[str | Path, ...]
    without: str = RANDOM
    """Tests that are left out, by name."""


EXTRAS = ("--extra", "cli", "--extra", "sandbox", "--extra", "sql")


def _places() -> dict[str, Place]:
    declared = ("--requirements", ROOT / "pyproject.toml", *EXTRAS, "--resolution")
    places = {
        f"{version}-locked": Place(
            version,
            ("--constraint", LOCK, *declared, "highest"),
        )
        for version in PYTHONS
    }
    oldest, *_, newest = [*PYTHONS, *PYTHONS]
    places[f"{oldest}-lowest"] = Place(oldest, (*declared, "lowest-direct"))
    places[f"{newest}-highest"] = Place(newest, (*declared, "highest"))
    return places


PLACES = _places()


def passes(place: Place, built: Built, folder: Path) -> Mapping[str, str]:
    """Install the wheel, and run the tests of behaviour in a copy of the project without it.

    Returns the versions that were installed.
    """
    environment = make(folder / "venv", PYTHONS[place.version])
    named = run(environment.python, "-V", cwd=folder).stdout
    assert named.startswith(f"Python {place.version}.")
    environment.install(*place.choice, built.wheel, *TOOLS)
    command = (
        "-m",
        "pytest",
        "-q",
        "-o",
        "pythonpath=.",
        "-m",
        "not nightly",
        *LEFT_OUT,
        *TESTS,
        "-k",
        f"not ({place.without})",
    )
    done = run(environment.python, *command, cwd=folder / "project", timeout=600)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
    check_tested(done.stdout, environment)
    return environment.versions()


def check_tested(printed: str, environment: Environment) -> None:
    """Check that both packages are the environment's, and that more than a few tests ran."""
    tested = dict(re.findall(r"^tested (\w+) (.+)$", printed, re.MULTILINE))
    assert set(tested) == set(PACKAGES)
    for place in tested.values():
        assert Path(place).is_relative_to(environment.python.parents[1])
    counted = re.search(r"^(\d+) passed", printed, re.MULTILINE)
    assert counted is not None
    assert int(counted[1]) > 800


@pytest.mark.nightly
@pytest.mark.parametrize("place", PLACES)
def test_the_wheel_passes(place: str, built: Built, tmp_path: Path) -> None:
    """On each Python of this machine, and with the oldest and newest dependencies, all passes."""
    left = (".*", "__pycache__", *(path.name for path in PACKAGES.values()))
    shutil.copytree(ROOT, tmp_path / "project", ignore=shutil.ignore_patterns(*left))
    (tmp_path / "project" / "conftest.py").write_text(WITNESS, encoding="utf-8")
    installed = passes(PLACES[place], built, tmp_path)
    if place.endswith("-lowest"):
        lowest = floors(built)
        assert {name: Version(installed[name]) for name in lowest} == lowest
    if place.endswith("-locked"):
        names = list(floors(built))
        assert [f"{name}=={installed[name]}" for name in names] == locked(*names)


def floor(requirement: Requirement) -> Version:
    """Return the version that `>=` names."""
    (lowest,) = [each.version for each in requirement.specifier if each.operator == ">="]
    return Version(lowest)


def floors(built: Built) -> dict[str, Version]:
    """Return the floor of every dependency, and of every extra's, as the wheel declares them."""
    held = files_of_wheel(built.wheel)
    (content,) = [content for name, content in held.items() if name.endswith("/METADATA")]
    requirements = Metadata.from_email(content).requires_dist or []
    return {each.name: floor(each) for each in requirements}


@pytest.mark.ci
def test_the_oldest_build_backend(built: Built, tmp_path: Path) -> None:
    """The floor of the build backend is true: it makes the same wheel, but for its own name."""
    environment = make(tmp_path / "venv")
    tree = write(files_of_sdist(built.sdist), tmp_path / "tree")
    project = tomllib.loads((tree / "pyproject.toml").read_text("utf-8"))
    required = [Requirement(each) for each in project["build-system"]["requires"]]
    environment.install(*(f"{each.name}=={floor(each)}" for each in required))
    old = files_of_wheel(build(tree, tmp_path / "built", by=environment.python).wheel)
    new = files_of_wheel(built.wheel)
    assert set(old) == set(new)
    different = {name.partition(".dist-info/")[2] for name in new if old[name] != new[name]}
    assert different == {"WHEEL", "RECORD"}  # RECORD has the hash of WHEEL
