"""What no fault may bring about: each row a question to one call, and the figure how often it did.

In: observations, and what the run left behind. Out: the table of figures, all of which must be 0.
Pure functions.
"""

import collections
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from chessa import Outcome

from .fault import RESULT, Ending
from .matrix import Left, Observation

TOLERANCE: Final = 0.25
MOST_ATTEMPTS: Final = 3


def a_write_was_processed_more_than_once(seen: Observation) -> bool:
    """The one that costs money."""
    return not seen.is_read and seen.processed > 1


def a_result_that_was_not_processed_exactly_once(seen: Observation) -> bool:
    """A read may have been received by each of its attempts."""
    most = MOST_ATTEMPTS if seen.is_read else 1
    return seen.ended == RESULT and not 1 <= seen.processed <= most


def a_read_was_received_more_often_than_it_may_be_tried(seen: Observation) -> bool:
    """Whatever its end."""
    return seen.is_read and seen.processed > MOST_ATTEMPTS


def not_sent_and_yet_processed(seen: Observation) -> bool:
    """The caller would call again."""
    return seen.outcome is Outcome.NOT_SENT and seen.processed > 0


def rejected_and_yet_done(seen: Observation) -> bool:
    """The same; the server may have acted on what it received. Reading is no act."""
    is_rejected = seen.outcome is Outcome.REJECTED
    return is_rejected and not seen.is_read and seen.acted and seen.processed > 0


def answer_of_another_call(seen: Observation) -> bool:
    """A result that names another order than the one that was asked for."""
    return seen.ended == "crossed"


def another_host_heard_of_it(seen: Observation) -> bool:
    """A redirect was followed, or the like."""
    return seen.strays > 0


def anything_but_our_own_errors(seen: Observation) -> bool:
    """An exception of a library, or of Python, came out."""
    return seen.ending is None and seen.ended != "crossed"


def past_the_deadline(seen: Observation) -> bool:
    """By more than a quarter second."""
    return seen.late > TOLERANCE


def time_ran_out_where_it_should_not_or_the_reverse(seen: Observation) -> bool:
    """An error says whether time ran out, and a fault that ends by itself does not take it all."""
    is_error = seen.outcome is not None
    return is_error and seen.to_deadline is not None and seen.timed_out is not seen.to_deadline


def a_secret_was_found(seen: Observation) -> bool:
    """In the error, in what hangs on it, or in a log."""
    return bool(seen.secrets)


def tasks_are_left(seen: Observation) -> bool:
    """In the event loop, after the client was closed."""
    return seen.tasks > 0


def another_end_than_the_catalogue_expects(seen: Observation) -> bool:
    """Every fault says how each kind of call ends."""
    return seen.ending not in seen.expected


OF_A_CALL: Final[tuple[Callable[[Observation], bool], ...]] = (
    a_write_was_processed_more_than_once,
    a_result_that_was_not_processed_exactly_once,
    a_read_was_received_more_often_than_it_may_be_tried,
    not_sent_and_yet_processed,
    rejected_and_yet_done,
    answer_of_another_call,
    another_host_heard_of_it,
    anything_but_our_own_errors,
    past_the_deadline,
    time_ran_out_where_it_should_not_or_the_reverse,
    a_secret_was_found,
    tasks_are_left,
    another_end_than_the_catalogue_expects,
)


def broken_by(seen: Observation) -> list[str]:
    """The invariants that one call breaks."""
    return [_label(question) for question in OF_A_CALL if question(seen)]


def sync_and_async_differ(observations: Iterable[Observation]) -> int:
    """Faults after which modes end differently that should not; none that is a race on the wire."""
    endings: dict[tuple[str, bool, frozenset[Ending]], set[Ending | None]]
    endings = collections.defaultdict(set)
    for seen in observations:
        if len(seen.expected) == 1:
            endings[seen.fault, seen.is_read, seen.expected].add(seen.ending)
    return sum(len(different) > 1 for different in endings.values())


def figures(observations: Sequence[Observation], left: Left) -> Mapping[str, int]:
    """The table: how often each invariant was broken."""
    return {
        **{_label(question): sum(map(question, observations)) for question in OF_A_CALL},
        _label(sync_and_async_differ): sync_and_async_differ(observations),
        "sockets are left": left.sockets,
        "threads are left": len(left.threads),
    }


def _label(question: Callable[..., object]) -> str:
    return question.__name__.replace("_", " ")
