"""The command in this process, against a sandbox that is served over HTTP."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chessa.cli import main
from chessa.journal import SqlJournal
from chessa.testing import Sandbox
from tests.commands import Done, run

Command = Callable[..., Done]


@pytest.fixture
def api(chessa_sandbox_env: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A sandbox that the command calls."""
    monkeypatch.delenv("CHESSA_JOURNAL", raising=False)
    return chessa_sandbox_env


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty journal that the command uses."""
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    monkeypatch.setenv("CHESSA_JOURNAL", url)
    with SqlJournal(url) as made:
        made.open()
    return url


def chessa(*words: object) -> Done:
    """Run the command; return its exit status and its output."""
    return run(lambda arguments: main(arguments), *words)


def result(*words: object) -> Any:
    """Run the command, which must succeed, and return its result."""
    done = chessa(*words, "--output", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def failed(api: Sandbox) -> str:
    """The id of an order that was paid, and whose payout failed."""
    return api.add_order().fund().fail().id


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment of a process that runs the command from this tree."""
    paths = [str(Path(__file__).parents[2] / part) for part in ("generated", "overrides")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "TERM": "xterm-256color"}


def process(
    environment: dict[str, str], command: str, **options: Any
) -> "subprocess.CompletedProcess[str]":
    """Run a line of shell."""
    return subprocess.run(
        ["/bin/sh", "-c", command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )
