"""What the tests of this folder share: one build, and two environments that hold it."""

from pathlib import Path

import pytest

from tests.packaging.building import ROOT, Built, build
from tests.packaging.environments import LOCK, Environment, locked, make


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The tree's wheel and sdist."""
    return build(ROOT, tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="session")
def client_only(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel and what it depends on, in the versions of the lock."""
    made = make(tmp_path_factory.mktemp("client") / "venv")
    made.install("--constraint", LOCK, built.wheel)
    return made


@pytest.fixture(scope="session")
def with_sandbox(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel with its extra, and pytest."""
    made = make(tmp_path_factory.mktemp("sandbox") / "venv")
    made.install("--constraint", LOCK, f"{built.wheel}[sandbox]", *locked("pytest"))
    return made


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder far from the tree, where a user's code stands."""
    return tmp_path
