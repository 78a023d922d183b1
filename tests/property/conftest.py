"""Both clients, for every property that goes through a call."""

import logging
from collections.abc import Iterator

import pytest

from tests.property.calls import BothClients


@pytest.fixture(scope="session")
def both() -> Iterator[BothClients]:
    """One pair of clients for all: what a call leaves behind would show in the next."""
    with BothClients() as clients:
        yield clients


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Hundreds of calls fail here on purpose: their lines would bury the one that matters."""
    caplog.set_level(logging.CRITICAL, logger="chessa")
