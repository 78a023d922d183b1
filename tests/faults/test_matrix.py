"""Every fault of the catalogue, met by a read and a write, sync and async.

No call breaks an invariant, and the run leaves nothing behind. Most of the time is waiting, so that
several faults are played at once.
"""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import attrs
import pytest

from tests.marks import every

from .catalogue import ALL, FAULTS
from .invariants import broken_by, figures
from .leaks import watched_logs
from .matrix import CASES, Case, Left, Observation, counting_what_is_left, observe
from .places import invented_names

# A peer that resets before the handshake: wrap_socket of Python 3.11 raises, and leaves the socket
# that it had made to the garbage collector. It is not lost, and cannot be reached.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:unclosed <ssl\.SSLSocket .*laddr=[^a-z]*>$:ResourceWarning"
)
_AT_ONCE: Final = 8
_PATIENCE: Final = 120
_ONE: Final = "test_a_fault_breaks_no_invariant"
_WHOLE: Final = "test_the_whole_matrix_breaks_no_invariant"


@attrs.frozen
class Matrix:
    """The calls that are wanted, as they end, and what they leave."""

    calls: dict[Case, "Future[Observation]"]
    pool: ThreadPoolExecutor
    left: Callable[[], Left]


def label(case: Case) -> str:
    """The id of a test."""
    return case.label


@pytest.fixture(scope="module")
def matrix(request: pytest.FixtureRequest) -> Iterator[Matrix]:
    """Runs every case that this session asks for, in an order in which few deadlines meet."""
    wanted = {item.name for item in request.session.items}
    cases = [
        case
        for case in CASES
        if _WHOLE in wanted
        or f"{_ONE}[{case.label.encode('unicode_escape').decode()}]" in wanted  # as pytest does
    ]
    random.Random(1).shuffle(cases)
    left = counting_what_is_left()
    with invented_names(), watched_logs() as logs, ThreadPoolExecutor(_AT_ONCE) as pool:
        calls = {case: pool.submit(observe, case, logs) for case in cases}
        try:
            yield Matrix(calls, pool, left)
        finally:
            pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("case", every(18, CASES), ids=label)
def test_a_fault_breaks_no_invariant(matrix: Matrix, case: Case) -> None:
    """The call ends in time, as the catalogue expects, and tells the truth and no secret."""
    seen = matrix.calls[case].result(_PATIENCE)
    assert broken_by(seen) == [], seen


@pytest.mark.ci
def test_the_whole_matrix_breaks_no_invariant(matrix: Matrix) -> None:
    """Sync and async agree, and no socket and no thread is left: every figure is 0."""
    observations = [call.result(_PATIENCE) for call in matrix.calls.values()]
    matrix.pool.shutdown()
    assert len(observations) == len(CASES)
    assert [name for name, figure in figures(observations, matrix.left()).items() if figure] == []


def test_the_catalogue_is_large_enough() -> None:
    """Dozens of faults, each under a name of its own that a test's id shows as it is."""
    assert len(FAULTS) == len(ALL) >= 60
    assert all(name.isascii() and name.isprintable() for name in FAULTS)
