"""Fixtures for the flows: time that passes where they wait, a sandbox, and a run in each mode."""

import asyncio
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chessa import FileJournal
from chessa.testing import Sandbox, sandbox

from .runs import Run, Time


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """The flows' own time."""
    time = Time()
    monkeypatch.setattr("chessa.flows._steps.sleep", time.sleep)
    monkeypatch.setattr("chessa.flows._polling.time", time)
    monkeypatch.setattr(
        "chessa.flows._steps.asyncio", types.SimpleNamespace(sleep=time.sleep_async)
    )
    return time


@pytest.fixture
def api(time: Time) -> Iterator[Sandbox]:
    """A sandbox."""
    with sandbox() as api:
        yield api


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest, api: Sandbox) -> Run:
    """Performs a flow in each mode: `run(flow, order_id, …)`, with `options` for the client."""

    def perform(flow: Any, *arguments: Any, options: Any = None, **named: Any) -> Any:
        settings = {"max_retries": 0, **(options or {})}
        if request.param == "sync":
            return flow(api.client(**settings), *arguments, **named)

        async def main() -> Any:
            async with api.async_client(**settings) as client:
                return await flow(client, *arguments, **named)

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
