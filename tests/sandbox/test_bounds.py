"""A sandbox that runs for weeks: it keeps the newest requests and events, and counts all."""

import pytest

from chessa.testing import RequestCounts, Sandbox, sandbox
from chessa.testing._domain.newest import Newest
from chessa.testing._domain.records import KEPT_EVENTS, Event
from chessa.testing._http.backend import KEPT_REQUESTS
from chessa.testing._http.views import state
from chessa_api.exact_json import dumps, loads
from tests.marks import table


@pytest.fixture
def full(api: Sandbox) -> Sandbox:
    """A sandbox that keeps three requests and four events, and had seven requests."""
    api.backend.requests = Newest(3)
    api._state.events = Newest[Event](4)
    api.lose_next_answer(times=2)
    for order in [api.add_order().fund().fail() for _ in range(7)]:
        api.request_refund(order.id)
    return api


def test_the_bounds_are_out_of_the_way_of_tests() -> None:
    """A new sandbox keeps 10,000 requests, and their events."""
    assert (KEPT_REQUESTS, KEPT_EVENTS) == (10_000, 3 * KEPT_REQUESTS)
    assert "10,000" in (Sandbox.requests.__doc__ or "")


def test_the_oldest_are_dropped_and_all_are_counted(full: Sandbox) -> None:
    """Python and the state show the newest; totals, and what acted and was lost, are of all."""
    assert [request.outcome for request in full.requests] == ["success"] * 3
    assert full.request_counts == RequestCounts(arrived=7, acted=7, lost=2)
    shown = state(full, limit=50)
    assert (shown["totals"]["requests"], shown["acted"], shown["lost"]) == (7, 7, 2)
    assert len(shown["requests"]) == 3
    assert len(full.refunds) == 7
    assert repr(full) == "<Sandbox: 7 orders, 7 requests>"


def test_a_transcript_says_what_it_leaves_out(full: Sandbox) -> None:
    """Its first line has the number of earlier events."""
    first, _, *lines = full.transcript().splitlines()
    assert len(lines) == 4
    assert first.endswith(f", after {full._state.events.total - 4} earlier events")
    assert "earlier" not in sandbox().transcript()


def test_counts_survive_a_snapshot(full: Sandbox) -> None:
    """A copy goes on counting where the original was; a reset begins again."""
    kept = loads(dumps(full.snapshot()))
    copy = sandbox()
    copy.restore(kept)
    copy.request_refund(copy.add_order().fund().fail().id)
    assert copy.request_counts == RequestCounts(arrived=8, acted=8, lost=2)
    assert len(copy.requests) == 4
    dropped = copy._state.events.dropped
    assert f"after {dropped} earlier events" in copy.transcript()
    copy.reset()
    assert copy.request_counts == RequestCounts()
    assert copy.requests == ()
    assert "earlier" not in copy.transcript()


def test_a_snapshot_of_before_is_counted(full: Sandbox) -> None:
    """Without counts, those of its requests are taken."""
    kept = {**full.snapshot(), "counts": None}
    del kept["dropped_events"]
    copy = sandbox()
    copy.restore(kept)
    assert copy.request_counts == RequestCounts(arrived=3, acted=3, lost=0)


@table(
    "change",
    [
        {"counts": {"arrived": 2, "acted": 2, "lost": 0}},
        {"counts": {"arrived": 7, "acted": 8, "lost": 2}},
        {"counts": {"arrived": 7, "acted": 2, "lost": 2}},
        {"counts": {"arrived": 7, "acted": 7, "lost": -1}},
        {"counts": {"arrived": 2**60, "acted": 7, "lost": 2}},
        {"dropped_events": -1},
        {"dropped_events": 2**60},
    ],
)
def test_impossible_counts_are_refused(full: Sandbox, change: dict[str, object]) -> None:
    """A ValueError, and the state is as before."""
    before = full.snapshot()
    with pytest.raises(ValueError, match="counts in the snapshot"):
        full.restore({**before, **change})
    assert full.snapshot() == before
