"""The errors of the flows, and the time that they give to their calls."""

import copy
import pickle
from typing import Any

import pytest

import chessa
from chessa import flows
from chessa._options import Options
from chessa.flows import refund_safely
from chessa.testing import Sandbox

from .runs import ADDRESS, Run


@pytest.mark.parametrize(
    "error",
    [
        flows.NotRefundableError("text", order_id="o1", status="created"),
        flows.AlreadyRefundedError("text", order_id="o1", status="Failed"),
        flows.OrderWaitError("text", order_id="o1", last_status="created", reads=3),
    ],
)
def test_errors_of_the_flows_are_like_the_others(error: chessa.ChessaError) -> None:
    """They pickle, copy and compare, and show what is known."""
    for twin in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert twin == error
        assert vars(twin) == vars(error)
    assert "order_id='o1'" in repr(error)
    assert type(error).__module__ == "chessa.flows"


def test_calls_keep_to_the_time_of_the_flow(
    run: Run, api: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call has what is left, the refund half of it, and never more than the client's own."""
    given: list[float] = []
    original = Options.changed

    def changed(self: Any, **values: Any) -> Any:
        if isinstance(values.get("timeout"), float):
            given.append(values["timeout"])
        return original(self, **values)

    monkeypatch.setattr("chessa._options.Options.changed", changed)
    order = api.add_order().fail()
    run(refund_safely, order.id, ADDRESS, timeout=20)
    assert given == [20.0, 10.0]
    order, given[:] = api.add_order().fail(), []
    run(refund_safely, order.id, ADDRESS)
    assert given == [30.0, 60.0]
    order, given[:] = api.add_order().fail(), []
    run(refund_safely, order.id, ADDRESS, options={"timeout": 7.0})
    assert given[1:] == [7.0, 7.0]
