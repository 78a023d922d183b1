"""Fixtures: the databases that the examples keep their ledger and their queues in."""

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.once.databases import Server


@pytest.fixture(scope="session")
def postgres() -> "Iterator[Server]":
    """A PostgreSQL server, one for each process of the tests."""
    from tests.once.databases import Server, running_postgres

    named = os.environ.get("CHESSA_TEST_POSTGRES")
    if named is not None:
        yield Server(named)
        return
    with running_postgres() as server:
        yield server
