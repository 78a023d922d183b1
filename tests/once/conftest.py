"""Fixtures: a ledger in each database, and a sandbox that counts what it receives."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chessa.testing import Sandbox, sandbox
from tests.modes import MODES

from .databases import DIALECTS, Database, Server, given_or_running, sqlite_database


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server, one for each process of the tests."""
    with given_or_running() as server:
        yield server


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> Any:
    """Name each database."""
    return request.param


@pytest.fixture
def new_database(
    dialect: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[[], Database]:
    """Return a function that makes an empty ledger."""
    if dialect == "sqlite":
        return lambda: sqlite_database(tmp_path)
    server: Server = request.getfixturevalue("postgres")
    return server.database


@pytest.fixture
def database(new_database: Callable[[], Database]) -> Database:
    """An empty ledger."""
    return new_database()


@pytest.fixture(params=MODES, ids=lambda mode: mode.name)
def mode(request: pytest.FixtureRequest) -> Any:
    """Sync, and async."""
    return request.param


@pytest.fixture
def api() -> Iterator[Sandbox]:
    """A sandbox."""
    with sandbox() as api:
        yield api
