"""The log records of calls: what their text says, as fields too, and nothing else."""

import logging
from typing import Any, Final

import pytest

import chessa
from chessa.testing import Sandbox

STANDARD: Final = set(vars(logging.makeLogRecord({}))) | {"message", "taskName"}
FIELDS: Final = {"operation", "outcome", "status_code", "attempts", "elapsed", "request_id"}


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return what a record has beyond those of the standard library."""
    return {name: value for name, value in vars(record).items() if name not in STANDARD}


def test_a_record_has_fields(api: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """The record of a call's end has the fields of the list, whose values its text says."""
    api.fail_next(404, headers={"x-request-id": "req-1"})
    client = api.client()
    with caplog.at_level(logging.DEBUG, "chessa"), pytest.raises(chessa.NotFoundError):
        client.orders.retrieve("ord_7")
    found = fields(caplog.records[-1])
    assert set(found) == FIELDS
    assert found["operation"] == "orders.retrieve"
    assert (found["outcome"], found["status_code"]) == ("rejected", 404)
    assert (found["attempts"], found["request_id"]) == (1, "req-1")
    text = caplog.records[-1].getMessage()
    assert text.startswith("orders.retrieve: rejected, status=404 attempts=1 elapsed=")
    assert text.endswith(f"elapsed={found['elapsed']:.3f}s request_id=req-1")


def test_a_retry_has_fields(api: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """The record of a retry says which attempt it was, and how long the wait is."""
    order = api.add_order()
    api.fail_next(503)
    with caplog.at_level(logging.DEBUG, "chessa"):
        api.client().orders.retrieve(order.id)
    retried, ended = map(fields, caplog.records)
    assert set(retried) == {"operation", "status_code", "attempts", "wait"}
    assert (retried["attempts"], ended["attempts"], ended["outcome"]) == (1, 2, "ok")
