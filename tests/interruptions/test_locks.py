"""A signal handler that raises as httpcore takes or releases a lock: no call waits for ever."""

from typing import Final

from tests.faults.fault import FaultServer, answering
from tests.marks import table
from tests.modes import SYNC

from .harness import Struck
from .kinds import TimeLimitError, given_up
from .tracing import LineStrike, function

MOST_LINES: Final = 60


@table("method", ["__enter__", "__exit__"])
@table("is_read", [True, False])
def test_a_lock(is_read: bool, method: str) -> None:
    """Whichever line of taking or releasing a lock is struck, the exception comes out at once."""
    wrong: list[str] = []
    with FaultServer(answering) as server:
        number = 0
        while (number := number + 1) < MOST_LINES:
            strike = LineStrike(
                function("httpcore._synchronization", method), number, TimeLimitError
            )
            struck = Struck(SYNC, strike, {"base_url": server.url, "timeout": 2}, is_read)
            with given_up(1.0):
                ended = struck.made().error
            if strike.error is None:
                break
            if ended is not strike.error:
                wrong.append(f"{type(ended).__name__} came out: {strike.where}")
    assert 2 < number < MOST_LINES, "there are more lines, or none"
    assert wrong == []
