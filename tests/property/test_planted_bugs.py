"""The properties are worth something: each of many planted bugs turns them red, one at a time.

Enters: a copy of both packages, made from a wider spec. Leaves: green as it is; red with any bug.
"""

import shutil
from pathlib import Path

import pytest

from chessa_codegen.regeneration import Job, regenerate
from tests.marks import CI, NIGHTLY
from tests.planting import PACKAGES, Run, run_tests
from tests.property.json_text import written
from tests.property.planted import BUGS, Bug
from tests.property.wider import wider_document


def run_properties(packages: Path, *files: str, examples: int = 6) -> Run:
    """Run property tests, or all of them, on the packages in a folder."""
    tests = [f"tests/property/test_{name}.py" for name in files] or ["tests/property"]
    settings = {"CHESSA_PROPERTY_EXAMPLES": str(examples), "CHESSA_PROPERTY_SHRINK": "0"}
    return run_tests(packages, *tests, settings=settings)


def label(bug: Bug) -> str:
    """The id of a test."""
    return bug.name.replace(" ", "-")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both packages, the generated one made from the wider spec."""
    folder = tmp_path_factory.mktemp("sound")
    spec = folder / "openapi.json"
    spec.write_bytes(written(wider_document()))
    regenerate(Job(spec=spec, overlay=None, output=folder, lock=folder / "lock.json"))
    shutil.copytree(PACKAGES["chessa"] / "chessa", folder / "chessa")
    return folder


@pytest.mark.ci
def test_the_sound_package_is_green(sound: Path) -> None:
    """Without a bug every property holds, for everything that a spec may ask for."""
    run_properties(sound).check_green()


@pytest.mark.parametrize(
    "bug",
    [pytest.param(bug, marks=NIGHTLY if number % 20 else CI) for number, bug in enumerate(BUGS)],
    ids=label,
)
def test_a_planted_bug_turns_them_red(bug: Bug, sound: Path, tmp_path: Path) -> None:
    """A property fails: not an import, not a fixture, not the test itself."""
    folder = tmp_path / "planted"
    shutil.copytree(sound, folder, ignore=shutil.ignore_patterns("__pycache__"))
    bug.plant(folder)
    run_properties(folder, bug.seen_by, examples=bug.examples).check_red("tests/property/")


def test_there_are_enough_bugs() -> None:
    """Dozens, each under a name of its own, and every property has some to see."""
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 50
    files = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert {bug.seen_by for bug in BUGS} == files - {"planted_bugs"}
