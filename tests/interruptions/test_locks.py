"""A signal handler that raises as httpcore takes or releases a lock: no call waits for ever."""

from typing import Any, Final

import pytest

import chessa
from tests.faults.fault import FaultServer, answering
from tests.faults.matrix import credentials

from .kinds import TimeLimitError, given_up
from .scenarios import ADDRESS
from .tracing import LineStrike, function

MOST_LINES: Final = 60


@pytest.mark.parametrize("method", ["__enter__", "__exit__"])
@pytest.mark.parametrize("is_read", [True, False], ids=["read", "write"])
def test_a_lock(is_read: bool, method: str) -> None:
    """Whichever line of taking or releasing a lock is struck, the exception comes out at once."""
    wrong: list[str] = []
    with FaultServer(answering) as server:
        settings: dict[str, Any] = {**credentials(), "base_url": server.url, "timeout": 2}
        number = 0
        while (number := number + 1) < MOST_LINES:
            strike = LineStrike(
                function("httpcore._synchronization", method), number, TimeLimitError
            )
            ended: BaseException | None = None
            with chessa.Chessa(**settings) as client:
                try:
                    with given_up(1.0), strike.running():
                        if is_read:
                            client.orders.retrieve("ord_1")
                        else:
                            client.orders.request_refund(order_id="ord_1", address=ADDRESS)
                except BaseException as error:  # noqa: BLE001  # it is judged
                    ended = error
            if strike.error is None:
                break
            if ended is not strike.error:
                wrong.append(f"{type(ended).__name__} came out: {strike.where}")
    assert 2 < number < MOST_LINES, "there are more lines, or none"
    assert wrong == []
