"""Modes, calls, libraries and a server on loopback that counts the requests which it received."""

from collections.abc import Iterator
from typing import Any

import httpx
import httpx2
import pytest

from tests.faults.fault import FaultServer, answering

from .calls import CALLS, MODES, Call, Mode


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "chessa._call.retry.next_wait.__kwdefaults__", {"uniform": lambda low, high: low}
    )


@pytest.fixture(params=MODES, ids=lambda mode: mode.name)
def mode(request: pytest.FixtureRequest) -> Mode:
    """Each mode in turn."""
    found: Mode = request.param
    return found


@pytest.fixture(params=CALLS, ids=lambda call: call.name)
def call(request: pytest.FixtureRequest) -> Call:
    """A read and a write."""
    found: Call = request.param
    return found


@pytest.fixture(params=[httpx, pytest.param(httpx2, marks=pytest.mark.ci)], ids=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> Any:
    """Each of httpx and its successor, which test_httpx2 has in the ordinary tests."""
    return request.param


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that responds well to every request."""
    with FaultServer(answering) as running:
        yield running
