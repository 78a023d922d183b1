"""The distribution: its files, sizes and metadata, and always the same bytes."""

import ast
import importlib.metadata
import json
import os
import sys
import tomllib
import zipfile
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any, Final

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.metadata import Metadata
from packaging.requirements import Requirement

from tests.packaging.building import (
    ROOT,
    Built,
    build,
    files_of_packages,
    files_of_sdist,
    files_of_wheel,
    write,
)

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
BESIDE = {
    *("CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "pyproject.toml"),
    "scripts/hatch_build.py",
}


@pytest.fixture(scope="session")
def wheel(built: Built) -> dict[str, bytes]:
    """Return the files of the wheel."""
    return files_of_wheel(built.wheel)


@pytest.fixture(scope="session")
def sdist(built: Built) -> dict[str, bytes]:
    """Return the files of the sdist."""
    return files_of_sdist(built.sdist)


@pytest.fixture(scope="session")
def info(wheel: dict[str, bytes]) -> dict[str, bytes]:
    """Return the metadata files of the wheel."""
    folder = f"chessa-{Metadata.from_email(_metadata(wheel)).version}.dist-info/"
    return {
        name.removeprefix(folder): content
        for name, content in wheel.items()
        if name.startswith(folder)
    }


def _metadata(wheel: dict[str, bytes]) -> bytes:
    (metadata,) = [content for name, content in wheel.items() if name.endswith("/METADATA")]
    return metadata


# ---- Files --------------------------------------------------------------------------------------


def test_the_wheel_holds_both_packages_and_nothing_else(
    wheel: dict[str, bytes], info: dict[str, bytes]
) -> None:
    """Every file of the two packages is in the wheel as it is in the tree, and no other."""
    own = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "extra_metadata/CHANGELOG.md"}
    assert set(info) == own | {"licenses/LICENSE", "sboms/chessa.cdx.json"}
    modules = {name: content for name, content in wheel.items() if ".dist-info/" not in name}
    assert modules == {name: path.read_bytes() for name, path in files_of_packages().items()}


def test_the_packages_hold_python_and_little_else(wheel: dict[str, bytes]) -> None:
    """Apart from Python: marks of typed packages, documents in JSON, a skill, a page."""
    others = {name for name in wheel if ".dist-info/" not in name and not name.endswith(".py")}
    marks = {"chessa/py.typed", "chessa_api/py.typed"}
    skill = "chessa/.agents/skills/chessa/SKILL.md"
    page = {"chessa/testing/_page/index.html", "chessa/testing/_page/page.js"}
    assert others == {*marks, *page, "chessa_api/schemas.json", "chessa_api/spec.json", skill}


def test_the_wheel_is_for_every_platform(built: Built, info: dict[str, bytes]) -> None:
    """One pure wheel serves every Python 3 and system."""
    assert built.wheel.name.endswith("-py3-none-any.whl")
    lines = info["WHEEL"].decode("utf-8").splitlines()
    assert {"Root-Is-Purelib: true", "Tag: py3-none-any"} <= set(lines)


def test_the_wheel_is_small(built: Built) -> None:
    """The wheel stays under 460 kB, of which the sandbox is a fourth; the sdist too."""
    assert built.wheel.stat().st_size < 460_000
    assert built.sdist.stat().st_size < 460_000


def test_the_sdist_holds_what_the_wheel_is_made_from(sdist: dict[str, bytes]) -> None:
    """The sdist has the packages, what builds them, and what its readers expect; no more."""
    sources = {path.relative_to(ROOT).as_posix() for path in files_of_packages().values()}
    generated_by_the_build = {"PKG-INFO", ".gitignore"}
    assert set(sdist) == sources | BESIDE | generated_by_the_build
    for name in sources | BESIDE:
        assert sdist[name] == (ROOT / name).read_bytes(), name


def test_nothing_can_be_run(built: Built) -> None:
    """Every file of the wheel is plain: readable by all, a command to none."""
    with zipfile.ZipFile(built.wheel) as archive:
        modes = {each.external_attr >> 16 for each in archive.infolist()}
    assert {mode & 0o777 for mode in modes} == {0o644}


def test_no_place_is_told(wheel: dict[str, bytes], sdist: dict[str, bytes]) -> None:
    """No file tells the folder that it was built in, or the home of who built it."""
    told = {str(ROOT).encode(), str(Path.home()).encode() + b"/"}
    for name, content in [*wheel.items(), *sdist.items()]:
        assert not any(place in content for place in told), name


# ---- Metadata -----------------------------------------------------------------------------------


def test_metadata_is_what_the_project_says(info: dict[str, bytes]) -> None:
    """The metadata is valid in every field, and says what `pyproject.toml` does."""
    metadata = Metadata.from_email(info["METADATA"], validate=True)
    assert metadata.name == PROJECT["name"]
    assert metadata.summary == PROJECT["description"]
    assert str(metadata.requires_python) == PROJECT["requires-python"]
    assert metadata.license_expression == "MIT"
    assert metadata.license_files == ["LICENSE"]
    assert metadata.classifiers is not None
    assert set(metadata.classifiers) == set(PROJECT["classifiers"])
    assert metadata.project_urls == PROJECT["urls"]


def test_the_list_of_parts_is_that_of_the_metadata(info: dict[str, bytes]) -> None:
    """The list is valid CycloneDX 1.6, and names the package and all that it asks for."""
    text = info["sboms/chessa.cdx.json"].decode("utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    listed = json.loads(text)
    metadata = Metadata.from_email(info["METADATA"], validate=True)
    assert listed["metadata"]["component"]["version"] == str(metadata.version)
    told = {
        (each["scope"], each["properties"][0]["value"]): each["purl"]
        for each in listed["components"]
    }
    extras = PROJECT["optional-dependencies"].values()
    declared = {("required", str(Requirement(each))) for each in PROJECT["dependencies"]} | {
        ("optional", str(Requirement(each))) for lines in extras for each in lines
    }
    assert set(told) == declared


def test_the_licence_is_an_expression(info: dict[str, bytes]) -> None:
    """The licence is an SPDX expression in metadata 2.4, without a classifier for it."""
    message = _message(info)
    assert message["Metadata-Version"] == "2.4"
    assert message["License-Expression"] == "MIT"
    assert "License" not in message
    assert not [each for each in message.get_all("Classifier", []) if each.startswith("License")]
    assert info["licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()


def test_the_version_is_the_packages_own(info: dict[str, bytes]) -> None:
    """The version in the metadata is the one of `_version.py`."""
    names: dict[str, str] = {}
    exec((ROOT / "overrides/chessa/_version.py").read_text("utf-8"), names)  # noqa: S102
    assert _message(info)["Version"] == names["__version__"]


def test_dependencies_are_the_declared_ones(info: dict[str, bytes]) -> None:
    """The wheel asks for the run-time dependencies, and for the rest only with an extra."""
    metadata = Metadata.from_email(info["METADATA"], validate=True)
    asked = {str(each) for each in metadata.requires_dist or []}
    declared = {str(Requirement(each)) for each in PROJECT["dependencies"]}
    for extra, requirements in PROJECT["optional-dependencies"].items():
        for each in requirements:
            declared.add(str(Requirement(f"{each}; extra == '{extra}'")))
    assert asked == declared
    assert metadata.provides_extra == list(PROJECT["optional-dependencies"])


OF_EXTRAS: Final = {
    "chessa/cli/": "cli",
    "chessa/testing/": "sandbox",
    "chessa/journal/": "sql",
}
"""The modules that an extra is for."""
HOSTS: Final = {"litestar", "opentelemetry", "pydantic", "pydantic_core", "pytest"}
DRIVERS: Final = {"aiosqlite", "psycopg"}
"""Which SQLAlchemy imports by the name in a URL."""


def test_what_is_imported_is_declared(wheel: dict[str, bytes]) -> None:
    """Imports of the client are dependencies, those of an extra are in it, and no more.

    Neither are the programs that we are a guest of: what imports them is loaded by them, or with
    them.
    """
    providers = importlib.metadata.packages_distributions()
    found: dict[str, set[str]] = {"": set(), **{extra: set() for extra in OF_EXTRAS.values()}}
    for name, content in wheel.items():
        if name.endswith(".py"):
            place = next((place for place in OF_EXTRAS if name.startswith(place)), "")
            found[OF_EXTRAS.get(place, "")] |= {providers[each][0] for each in imported(content)}
    declared = {Requirement(each).name for each in PROJECT["dependencies"]}
    assert found.pop("") == declared
    for extra, names in found.items():
        added = {Requirement(each).name for each in PROJECT["optional-dependencies"][extra]}
        imported_here = {name.lower() for name in names} - declared
        assert imported_here == added - DRIVERS


def imported(source: bytes) -> set[str]:
    """Return the packages of others that a module imports, wherever in it that stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "typing_extensions":
            continue  # for type checkers, which know it without having it
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(str(node.module).partition(".")[0])
    return names - sys.stdlib_module_names - {"chessa", "chessa_api"} - HOSTS


def test_the_long_description_is_the_readme(info: dict[str, bytes]) -> None:
    """An index shows the README, as Markdown."""
    metadata = Metadata.from_email(info["METADATA"], validate=True)
    assert metadata.description_content_type == "text/markdown"
    assert metadata.description == (ROOT / "README.md").read_text("utf-8")


def test_entry_points_are_the_command_and_the_fixtures(info: dict[str, bytes]) -> None:
    """There is one command, and the pytest plugin."""
    expected = (
        "[console_scripts]\nchessa = chessa.cli:main\n\n"
        "[pytest11]\nchessa = chessa.testing.pytest_plugin\n"
    )
    assert info["entry_points.txt"].decode("utf-8") == expected


def _message(info: dict[str, bytes]) -> Message:
    return BytesParser().parsebytes(info["METADATA"])


# ---- The same bytes -----------------------------------------------------------------------------


def test_the_sdist_makes_the_same_wheel_and_itself(
    built: Built, sdist: dict[str, bytes], tmp_path: Path
) -> None:
    """A build out of the unpacked sdist gives both, byte for byte."""
    again = build(write(sdist, tmp_path / "unpacked"), tmp_path / "built")
    assert again.wheel.read_bytes() == built.wheel.read_bytes()
    assert again.sdist.read_bytes() == built.sdist.read_bytes()


def test_a_build_does_not_depend_on_where_or_when(
    built: Built, sdist: dict[str, bytes], tmp_path: Path
) -> None:
    """Other folder, order, times, readers and umask, and what lies about: the same bytes."""
    backwards = dict(sorted(sdist.items(), reverse=True))
    copy = write(backwards, tmp_path / "an other folder")
    strays = {
        "__pycache__/x.cpython-311.pyc": b"\0",
        "dist/chessa-0.0.0.tar.gz": b"old",
        "generated/other/__init__.py": b"",
        "generated/chessa_api/models/__pycache__/order.cpython-311.pyc": b"\0",
        "overrides/chessa/__pycache__/_client.cpython-311.pyc": b"\0",
        "overrides/conftest.py": b"",
        "spec/openapi.yaml": b"{}",
        "tests/test_it.py": b"",
    }
    write(strays, copy)
    for number, path in enumerate(sorted(copy.rglob("*"))):
        path.chmod(0o700 if path.is_dir() else (0o600, 0o664)[number % 2])
        os.utime(path, (1e9 + number, 1e9 + number))
    again = build(copy, tmp_path / "built", umask=0o077)
    assert again.wheel.read_bytes() == built.wheel.read_bytes()
    assert again.sdist.read_bytes() == built.sdist.read_bytes()


def test_the_tree_builds_the_same_twice(built: Built, tmp_path: Path) -> None:
    """Building the tree once more gives the same bytes."""
    again = build(ROOT, tmp_path)
    assert again.wheel.read_bytes() == built.wheel.read_bytes()
    assert again.sdist.read_bytes() == built.sdist.read_bytes()
