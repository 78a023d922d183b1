"""Fixtures of this folder: one build, and two environments that hold it."""

from pathlib import Path

import pytest

from tests.packaging.building import ROOT, Built, build
from tests.packaging.environments import LOCK, Environment, locked, make


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Return the tree's wheel and sdist."""
    return build(ROOT, tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="session")
def client_only(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return the wheel and what it depends on, in the versions of the lock."""
    made = make(tmp_path_factory.mktemp("client") / "venv")
    made.install("--constraint", LOCK, built.wheel)
    return made


@pytest.fixture(scope="session")
def with_sandbox(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return the wheel with its extra, and pytest."""
    made = make(tmp_path_factory.mktemp("sandbox") / "venv")
    made.install("--constraint", LOCK, f"{built.wheel}[sandbox,sql]", *locked("pytest"))
    return made


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Return a folder for a user's code, far from the tree."""
    return tmp_path
