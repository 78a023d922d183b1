"""A call that is interrupted at a random moment raises the interruption, and tells the truth."""

from collections.abc import Iterator

import pytest

from tests.pulse import Pulse

from .harness import SEED, Observation, observe, problems, warm_up
from .scenarios import COMBINATIONS, Combination

pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]
LONG = 20
"""Moments of each combination, so that each kind of call has some hundreds."""


@pytest.fixture(scope="module")
def pulse() -> Iterator[Pulse]:
    """Run a sleeper next to the calls."""
    with Pulse() as beating:
        warm_up(beating)
        yield beating


def _report(observations: list[Observation]) -> dict[str, int]:
    """Print the figures of a run; return how often each thing was wrong."""
    wrong: dict[str, int] = {}
    for seen in observations:
        for problem in problems(seen):
            wrong[problem] = wrong.get(problem, 0) + 1
            print(f"{problem}: {seen}")  # noqa: T201  # pytest shows it where the test fails
    hits = sum(seen.is_hit for seen in observations)
    lost = sum(bool(seen.lost) for seen in observations)
    waited = max((seen.waited for seen in observations), default=0.0)
    print(  # noqa: T201
        f"seed {SEED}: {len(observations)} runs, {hits} interrupted, {lost} dropped by Python, "
        f"longest wait for a system call {waited:.3f} s, wrong: {wrong}"
    )
    return wrong


@pytest.mark.parametrize("number", [0])
@pytest.mark.parametrize("mode", ["sync", "async"])
def test_calls_interrupted_at_a_random_moment(mode: str, number: int, pulse: Pulse) -> None:
    """Each kind of interruption comes out of each kind of call as itself, in time and truthfully.

    Python drops what is raised in a finalizer, and asyncio what a signal handler raises in a
    callback of the event loop, or as an OSError while it makes a connection: such a call goes
    on. Where the handler raises as asyncio schedules a callback, the event loop waits for ever.
    """
    chosen = [each for each in COMBINATIONS if each.mode == mode]
    assert not _report([observe(combination, number, pulse) for combination in chosen])


@pytest.mark.nightly
@pytest.mark.parametrize("combination", COMBINATIONS, ids=lambda each: each.label)
def test_one_combination_at_many_moments(combination: Combination, pulse: Pulse) -> None:
    """The same, at many moments of one kind of call."""
    assert not _report([observe(combination, number, pulse) for number in range(LONG)])
