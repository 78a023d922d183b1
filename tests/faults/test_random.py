"""Random runs, short and long: faults on kept connections, in shared pools and between retries.

All figures must be 0, and the same seed must draw the same calls.
"""

import itertools
import random
from collections.abc import Sequence

import pytest

from . import __main__ as command
from . import random_run
from .drawing import Drawn, draw
from .random_run import run


def first_calls(seed: int, worker: int) -> Sequence[Drawn]:
    """Return the first calls of a worker."""
    return list(itertools.islice(draw(seed, worker), 200))


def test_the_same_seed_draws_the_same_calls() -> None:
    """For each worker by itself, whatever the others do; another seed draws others."""
    assert first_calls(1, 0) == first_calls(1, 0)
    assert first_calls(1, 0) != first_calls(1, 1)
    assert first_calls(1, 0) != first_calls(2, 0)


def test_a_run_meets_what_it_is_for() -> None:
    """Reads and writes by halves, faults on three attempts in ten, and nearly every fault."""
    calls = [call for worker in range(40) for call in first_calls(1, worker)]
    attempts = [fault for call in calls for fault in call.faults]
    assert 0.45 < sum(call.is_read for call in calls) / len(calls) < 0.55
    assert 0.27 < sum(fault is not None for fault in attempts) / len(attempts) < 0.33
    assert len({fault.name for fault in attempts if fault}) > 200


@pytest.mark.parametrize("calls", [80, pytest.param(400, marks=pytest.mark.ci)])
def test_a_short_run_is_sound(calls: int) -> None:
    """Another seed each time, which a failure shows."""
    report = run(calls, random.randrange(2**32))
    assert report.is_sound, report.table()
    assert report.calls == calls


async def _crossed(*_: object) -> str:
    return "another order"


def test_the_command_says_what_broke(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its status is 0 where all figures are; else 1, with the seed and the first such call."""
    monkeypatch.setattr("sys.argv", ["faults", "--calls", "36", "--seed", "5"])
    assert command.main() == 0
    assert "seed 5" in capsys.readouterr().out
    monkeypatch.setattr(random_run, "ask", _crossed)
    assert command.main() == 1
    printed = capsys.readouterr().out
    assert "seed 5" in printed
    assert "First: worker " in printed
    assert "Broken: response of another call" in printed


@pytest.mark.nightly
def test_a_long_run_is_sound() -> None:
    """3,000 calls."""
    report = run(3_000, random.randrange(2**32))
    assert report.is_sound, report.table()
