"""The errors of the flows, and the time that they give to their calls."""

import copy
import pickle
from typing import Any

import pytest

import chessa
from chessa import flows
from chessa._options import Options
from chessa.testing import Sandbox
from tests.marks import table

from .runs import ADDRESS, Run, refund


@table(
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
        assert (twin, vars(twin)) == (error, vars(error))
    assert "order_id='o1'" in repr(error)
    assert type(error).__module__ == "chessa.flows"


@pytest.mark.parametrize(
    ("named", "options", "expected"),
    [
        ({"timeout": 20}, {}, [20.0, 10.0]),
        ({}, {}, [30.0, 60.0]),
        ({}, {"timeout": 7.0}, [7.0, 7.0]),
    ],
)
def test_calls_keep_to_the_time_of_the_flow(
    run: Run, api: Sandbox, monkeypatch: pytest.MonkeyPatch, named: Any, options: Any, expected: Any
) -> None:
    """Each call has the time left, the refund half of it, never more than the client's own."""
    given: list[Any] = []
    original = Options.merge

    def merge(self: Any, **values: Any) -> Any:
        given.append(values.get("timeout"))
        return original(self, **values)

    monkeypatch.setattr("chessa._options.Options.merge", merge)
    run(refund, api.add_order().fail().id, ADDRESS, options=options, **named)
    assert given[1:] == expected  # the first is of the client
