"""Metrics of calls, their durations and outcomes, and of the open writes of a journal."""

from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from opentelemetry.metrics import NoOpMeterProvider

import chessa
from chessa.journal import SqlJournal
from chessa.telemetry import observe_journal
from chessa.testing import Sandbox
from tests.modes import Mode

from .calls import TEMPLATE, client_of, refund
from .conftest import Seen


def test_measures(mode: Mode, seen: Seen, api: Sandbox) -> None:
    """The duration of calls is measured in seconds, and their outcomes are counted."""
    api.fail_next(404, operation="orders.request_refund")
    order = api.add_order()

    async def both(client: Any) -> None:
        await mode.done(client.orders.retrieve(order.id))
        with pytest.raises(chessa.NotFoundError):
            await mode.done(refund(client))

    async def body() -> None:
        async with mode.opened(client_of(api, mode, telemetry=seen.telemetry())) as client:
            await both(client)

    mode.run(body())
    durations = {
        point.attributes["url.template"]: point
        for point in seen.points("http.client.request.duration")
    }
    assert set(durations) == {TEMPLATE, "/v1/orders/refund"}
    assert durations["/v1/orders/refund"].attributes["error.type"] == "404"
    assert 0 < durations[TEMPLATE].sum < 10
    assert durations[TEMPLATE].explicit_bounds[0] == 0.005


def test_outcomes_are_counted(seen: Seen, api: Sandbox) -> None:
    """The counter has the operation and the outcome of each call, and no more."""
    api.lose_next_answer(operation="orders.request_refund")
    order = api.add_order()
    client = api.client(telemetry=seen.telemetry())
    client.orders.retrieve(order.id)
    client.orders.retrieve(order.id)
    with pytest.raises(chessa.OutcomeUnknownError):
        refund(client)
    counted = {
        (point.attributes["chessa.operation"], point.attributes["chessa.outcome"]): point.value
        for point in seen.points("chessa.calls")
    }
    assert counted == {("orders.retrieve", "ok"): 2, ("orders.request_refund", "unknown"): 1}


def test_the_open_records_of_a_journal_are_measured(
    seen: Seen, api: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Their number and the age of the oldest are gauges, without a value while none can be read."""
    url = f"sqlite:///{tmp_path}/journal.db"
    with SqlJournal(url, fingerprint_key="k" * 16, account="a") as journal:
        observe_journal(journal, meter_provider=seen.meters)
        api.lose_next_answer()
        client = api.client(journal=journal)
        with pytest.raises(chessa.OutcomeUnknownError):
            refund(client.once("refund 1"))
        assert [point.value for point in seen.points("chessa.journal.open")] == [1]
        (oldest,) = seen.points("chessa.journal.oldest_open")
        assert 0 <= oldest.value < 60
        with mock.patch.object(SqlJournal, "open", side_effect=chessa.NotSentError("gone")):
            assert not seen.points("chessa.journal.open")
    assert "NotSentError" in caplog.text
    observe_journal(journal, meter_provider=NoOpMeterProvider())
