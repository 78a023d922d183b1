"""A team that runs `examples/batch.py` loses no payout and pays none twice, whatever is killed."""

import sys
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from .naive import BROADCAST, FUND, REFUND, Observed, Plan, Team

CREATE: Final = "orders.create"
SMALL: Final = Plan(seed=1, payouts=8, failing=2, workers=2, aimed=(REFUND, CREATE), lost=2)
MEDIUM: Final = Plan(
    seed=2,
    payouts=16,
    failing=3,
    workers=2,
    kills=1,
    aimed=(REFUND, CREATE, BROADCAST),
    lost=3,
)
LONG: Final = Plan(
    seed=0,
    payouts=200,
    failing=17,
    workers=4,
    kills=10,
    aimed=(*(REFUND, CREATE, BROADCAST) * 3, FUND),
    lost=15,
)


@pytest.fixture
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty ledger."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    url: str = request.getfixturevalue("postgres").database().url
    return url


def run(plan: Plan, folder: Path, journal: str, patch: Any) -> Observed:
    """Let a team pay out, and require what must hold."""
    observed = Team(plan, folder, journal).run(patch)
    sys.stdout.write(f"{observed}\n")
    assert [*observed.problems()] == []
    assert observed.aimed >= len(plan.aimed) - plan.kills
    return observed


@pytest.mark.parametrize("journal", ["sqlite"], indirect=True)
def test_a_small_batch(tmp_path: Path, journal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers die in a refund and in a creation, and every payout comes to its end."""
    observed = run(SMALL, tmp_path, journal, monkeypatch)
    assert observed.ends == {"paid": 6, "refunded": 2}


@pytest.mark.ci
@pytest.mark.untraced
@pytest.mark.parametrize("journal", ["postgresql"], indirect=True)
def test_a_batch(tmp_path: Path, journal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All processes die at random moments, too: nothing is paid twice, and nothing is lost."""
    run(MEDIUM, tmp_path, journal, monkeypatch)


@pytest.mark.nightly
@pytest.mark.untraced
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("journal", ["sqlite", "postgresql"], indirect=True)
def test_a_long_batch(
    tmp_path: Path, journal: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same of 200 payouts, 4 workers and 20 kills."""
    run(attrs.evolve(LONG, seed=seed), tmp_path, journal, monkeypatch)
