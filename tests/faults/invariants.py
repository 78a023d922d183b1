"""Invariants that no fault may break, and the figures how often one did, all of which must be 0."""

import collections
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from chessa import Outcome

from .fault import RESULT, Ending
from .matrix import Left, Observation

TOLERANCE: Final = 0.25
MOST_ATTEMPTS: Final = 3


OF_A_CALL: Final[Mapping[str, Callable[[Observation], bool]]] = {
    # The one that costs money.
    "a write was processed more than once": lambda seen: not seen.is_read and seen.processed > 1,
    # A read may have been received by each of its attempts.
    "a result that was not processed exactly once": lambda seen: (
        seen.ended == RESULT and not 1 <= seen.processed <= (MOST_ATTEMPTS if seen.is_read else 1)
    ),
    "a read was received more often than it may be tried": lambda seen: (
        seen.is_read and seen.processed > MOST_ATTEMPTS
    ),
    # The caller would call again.
    "not sent and yet processed": lambda seen: (
        seen.outcome is Outcome.NOT_SENT and seen.processed > 0
    ),
    # The same; the server may have acted on what it received. Reading is not an act.
    "rejected and yet done": lambda seen: (
        seen.outcome is Outcome.REJECTED and not seen.is_read and seen.acted and seen.processed > 0
    ),
    # A result that names another order than the one that was asked for.
    "response of another call": lambda seen: seen.ended == "crossed",
    # A redirect was followed, or the like.
    "another host heard of it": lambda seen: seen.strays > 0,
    # An exception of a library, or of Python, came out.
    "anything but our own errors": lambda seen: seen.ending is None and seen.ended != "crossed",
    "past the deadline": lambda seen: seen.late > TOLERANCE,
    # An error says whether time ran out, and a fault that ends by itself does not take all of it.
    "time ran out where it should not or the reverse": lambda seen: (
        seen.outcome is not None
        and seen.to_deadline is not None
        and seen.timed_out is not seen.to_deadline
    ),
    # In the error, in what hangs on it, or in a log.
    "a secret was found": lambda seen: bool(seen.secrets),
    # In the event loop, after the client was closed.
    "tasks are left": lambda seen: seen.tasks > 0,
    # Every fault says how each kind of call ends.
    "another end than the catalogue expects": lambda seen: seen.ending not in seen.expected,
}
"""By name: whether one call breaks it."""


def broken_by(seen: Observation) -> list[str]:
    """Return the invariants that one call breaks."""
    return [name for name, question in OF_A_CALL.items() if question(seen)]


def sync_and_async_differ(observations: Iterable[Observation]) -> int:
    """Count the faults after which the modes differ, but for those that are a race on the wire."""
    endings: dict[tuple[str, bool, frozenset[Ending]], set[Ending | None]]
    endings = collections.defaultdict(set)
    for seen in observations:
        if len(seen.expected) == 1:
            endings[seen.fault, seen.is_read, seen.expected].add(seen.ending)
    return sum(len(different) > 1 for different in endings.values())


def figures(observations: Sequence[Observation], left: Left) -> Mapping[str, int]:
    """Return how often each invariant was broken."""
    return {
        **{name: sum(map(question, observations)) for name, question in OF_A_CALL.items()},
        "sync and async differ": sync_and_async_differ(observations),
        "sockets are left": left.sockets,
        "threads are left": len(left.threads),
    }
