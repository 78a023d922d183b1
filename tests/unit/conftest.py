"""Fixtures of this folder: a call in each mode, without waits between attempts."""

import pytest

from .calls import DRIVERS, Driver


@pytest.fixture
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between attempts are drawn as short as may be."""
    monkeypatch.setattr(
        "chessa._call.retry.next_wait.__kwdefaults__", {"uniform": lambda low, high: low}
    )


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest, without_waiting: None) -> Driver:
    """Yield each mode in turn."""
    return DRIVERS[request.param]
