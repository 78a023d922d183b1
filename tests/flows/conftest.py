"""Fixtures for the flows: a sandbox, a failed order, and a run in each mode."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chessa import FileJournal
from chessa.flows import _steps
from chessa.testing import Sandbox, SandboxOrder, sandbox

from .runs import ManualTime, Once, Run


@pytest.fixture
def time() -> ManualTime:
    """The flows' own time."""
    return ManualTime()


@pytest.fixture
def api() -> Iterator[Sandbox]:
    """A sandbox."""
    with sandbox() as api:
        yield api


@pytest.fixture
def order(api: Sandbox) -> SandboxOrder:
    """An order that failed."""
    return api.add_order().fail()


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest, api: Sandbox, time: ManualTime) -> Run:
    """Run a flow in each mode."""

    def perform(make: Any, *arguments: Any, options: Any = None, **named: Any) -> Any:
        settings = {"max_retries": 0, **(options or {})}
        flow = make(*arguments, **named)
        if request.param == "sync":
            return _steps.run(api.client(**settings), flow, time)

        async def main() -> Any:
            async with api.async_client(**settings) as client:
                running: Any = _steps.run(client, flow, time)
                return await running

        return asyncio.run(main())

    return perform


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Path of the journal."""
    return tmp_path / "journal.jsonl"


@pytest.fixture
def journal(path: Path) -> Iterator[FileJournal]:
    """A journal in a file."""
    with FileJournal(path) as journal:
        yield journal


@pytest.fixture
def sped_up(monkeypatch: pytest.MonkeyPatch, time: ManualTime) -> ManualTime:
    """Let the flows of public functions take no real time."""
    for name in ("monotonic", "sleep", "sleep_async"):
        monkeypatch.setattr(_steps.Time, name, getattr(time, name))
    return time


@pytest.fixture(params=["sync", "async"])
def once(request: pytest.FixtureRequest, api: Sandbox, tmp_path: Path) -> Once:
    """Call functions with a client and a ledger, as one process after another does."""
    return Once(api, f"sqlite:///{tmp_path / 'ledger.db'}", is_async=request.param == "async")
