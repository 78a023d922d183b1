"""Fixtures: the databases that the examples keep their ledger and their queues in."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.once.databases import Server


@pytest.fixture(scope="session")
def postgres() -> "Iterator[Server]":
    """A PostgreSQL server, one for each process of the tests."""
    from tests.once.databases import given_or_running

    with given_or_running() as server:
        yield server
