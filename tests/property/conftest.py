"""Both clients, for every property that goes through a call."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.property.calls import BothClients


@pytest.hookimpl(tryfirst=True)  # before pytest selects by the markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Thousands of values through code that other tests cover: run without tracing."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("untraced")


@pytest.fixture(scope="session")
def both() -> Iterator[BothClients]:
    """One pair of clients for all: what a call leaves behind would show in the next."""
    with BothClients() as clients:
        yield clients


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Hundreds of calls fail here on purpose: their lines would bury the one that matters."""
    caplog.set_level(logging.CRITICAL, logger="chessa")
