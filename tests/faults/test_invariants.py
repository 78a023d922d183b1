"""The invariants themselves: a call that breaks one is counted under it, and a good one under none.

The observations are made up.
"""

from typing import Any, Final

import attrs

from chessa import Outcome
from tests.marks import table

from .fault import RESULT, Ending
from .invariants import OF_A_CALL, broken_by, figures
from .matrix import Left, Observation

WELL: Final = Observation(
    fault="none",
    is_read=False,
    mode="sync",
    expected=frozenset({RESULT}),
    acted=True,
    to_deadline=False,
    ended=RESULT,
    outcome=None,
    timed_out=False,
    processed=1,
    strays=0,
    elapsed=0.1,
    deadline=5.0,
    late=0.0,
    tasks=0,
    secrets=(),
)
UNKNOWN: Final[dict[str, Any]] = {
    "ended": "OutcomeUnknownError",
    "outcome": Outcome.UNKNOWN,
    "expected": frozenset({Outcome.UNKNOWN}),
}

BROKEN: Final[dict[str, dict[str, Any]]] = {
    "a write was processed more than once": {**UNKNOWN, "processed": 2},
    "a result that was not processed exactly once": {"processed": 0},
    "a read was received more often than it may be tried": {
        **UNKNOWN,
        "is_read": True,
        "processed": 4,
    },
    "not sent and yet processed": {
        "ended": "NotSentError",
        "outcome": Outcome.NOT_SENT,
        "expected": frozenset({Outcome.NOT_SENT}),
    },
    "rejected and yet done": {
        "ended": "ApiError",
        "outcome": Outcome.REJECTED,
        "expected": frozenset({Outcome.REJECTED}),
    },
    "response of another call": {"ended": "crossed", "expected": frozenset({None})},
    "another host heard of it": {"strays": 1},
    "anything but our own errors": {"ended": "OSError", "expected": frozenset({None})},
    "past the deadline": {"late": 0.26},
    "time ran out where it should not or the reverse": {**UNKNOWN, "timed_out": True},
    "a secret was found": {"secrets": ("repr",)},
    "tasks are left": {"tasks": 1},
    "another end than the catalogue expects": {"expected": frozenset({Outcome.DONE})},
}


def test_a_good_call_breaks_none() -> None:
    """All figures are 0."""
    assert broken_by(WELL) == []
    assert not any(figures([WELL, attrs.evolve(WELL, mode="async")], Left()).values())


@table("name", BROKEN)
def test_a_call_that_breaks_one_is_counted_under_it(name: str) -> None:
    """Each invariant can be broken, and by itself."""
    broken = attrs.evolve(WELL, **BROKEN[name])
    assert broken_by(broken) == [name]
    assert figures([WELL, broken], Left())[name] == 1


def test_every_invariant_is_broken_here() -> None:
    """None is left out."""
    assert BROKEN.keys() == OF_A_CALL.keys()


def test_a_refusal_of_the_api_did_nothing() -> None:
    """A server that rejects in the vendor's envelope received the request, and did not act."""
    refused = attrs.evolve(WELL, **BROKEN["rejected and yet done"], acted=False)
    assert broken_by(refused) == []


def test_modes_that_differ_are_counted() -> None:
    """Unless the wire itself is a race, which the catalogue says with two endings."""
    name = "sync and async differ"
    other = attrs.evolve(WELL, mode="async", ended="NotSentError", outcome=Outcome.NOT_SENT)
    assert figures([WELL, other], Left())[name] == 1
    race: frozenset[Ending] = frozenset({RESULT, Outcome.NOT_SENT})
    both = [attrs.evolve(seen, expected=race) for seen in (WELL, other)]
    assert figures(both, Left())[name] == 0


def test_what_is_left_is_counted() -> None:
    """Sockets and threads of the run are counted."""
    table = figures([], Left(2, ("one",)))
    assert (table["sockets are left"], table["threads are left"]) == (2, 1)
