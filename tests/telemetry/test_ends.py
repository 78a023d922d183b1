"""Spans end as calls do: interrupted, cancelled, dropped, in threads and tasks."""

import asyncio
import contextvars
import threading
from typing import Any
from unittest import mock

import httpx
import pytest
from opentelemetry import trace

import chessa
from chessa import flows
from chessa.telemetry import Telemetry
from chessa.telemetry._spans import span_of_flow
from chessa.testing import Sandbox
from tests.modes import Mode

from .calls import called, client_of, refund, retrieve
from .conftest import Seen, attributes


def test_an_interruption_ends_the_span(seen: Seen, api: Sandbox) -> None:
    """Ctrl-C in a write ends its span as unknown, and the context is as before."""
    before = trace.get_current_span()

    def interrupt(_: object) -> httpx.Response:
        raise KeyboardInterrupt

    client = api.client(telemetry=seen.telemetry(), transport=httpx.MockTransport(interrupt))
    with pytest.raises(KeyboardInterrupt):
        refund(client)
    spans = seen.spans()
    assert len(spans) == 1
    span = spans[0]
    assert attributes(span)["error.type"] == "KeyboardInterrupt"
    assert attributes(span)["chessa.outcome"] == "unknown"
    assert attributes(span.events[0])["error.type"] == "KeyboardInterrupt"
    assert trace.get_current_span() is before


def test_a_cancellation_ends_the_span(seen: Seen, api: Sandbox) -> None:
    """A cancelled write ends its span as unknown."""

    async def body() -> None:
        async with api.async_client(telemetry=seen.telemetry()) as client:
            api.delay_next(30.0)
            task = asyncio.ensure_future(refund(client))
            await asyncio.sleep(0.05)
            assert api.requests
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(body())
    (span,) = seen.spans()
    assert attributes(span)["error.type"] == "CancelledError"
    assert attributes(span)["chessa.outcome"] == "unknown"


def test_a_dropped_coroutine_ends_the_span(seen: Seen, api: Sandbox) -> None:
    """A coroutine that is closed half way ends its span."""
    api.delay_next(30.0)

    async def body() -> None:
        async with api.async_client(telemetry=seen.telemetry()) as client:
            running = retrieve(client)
            running.send(None)
            running.close()

    asyncio.run(body())
    (span,) = seen.spans()
    assert attributes(span)["error.type"] == "GeneratorExit"


def test_a_span_may_end_in_another_context(
    seen: Seen, api: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """One that is closed by the collector, anywhere, takes no span of others off."""
    tracer = seen.tracers.get_tracer("test")
    span = span_of_flow("flows.reconcile", None, lambda _: None, seen.telemetry())
    assert span is not None
    contextvars.copy_context().run(span.__enter__)
    with tracer.start_as_current_span("of others") as other:
        span.__exit__(None, None, None)
        assert trace.get_current_span() is other
    assert [each.name for each in seen.spans()] == ["flows.reconcile", "of others"]
    assert not caplog.records


def test_spans_of_threads_and_tasks_do_not_mix(seen: Seen, api: Sandbox) -> None:
    """Calls at the same time have their own parents, in threads and in tasks."""
    order = api.add_order()
    tracer = seen.tracers.get_tracer("test")

    def work(client: Any) -> None:
        with tracer.start_as_current_span("work"):
            client.with_options(timeout=5).orders.retrieve(order.id)

    client = api.client(telemetry=seen.telemetry())
    threads = [threading.Thread(target=work, args=(client,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    async def task(client: Any) -> None:
        with tracer.start_as_current_span("work"):
            await client.orders.retrieve(order.id)

    async def body() -> None:
        async with api.async_client(telemetry=seen.telemetry()) as client:
            await asyncio.gather(*[task(client) for _ in range(3)])

    asyncio.run(body())
    spans = seen.spans()
    parents = {span.context.span_id for span in spans if span.name == "work" and span.context}
    found = {span.parent.span_id for span in spans if span.name != "work" and span.parent}
    assert found == parents
    assert len(parents) == 6


class _Struck(BaseException):
    """An exception from outside, as Ctrl-C."""


def _broken(place: str, error: BaseException) -> Telemetry:
    """Return providers whose function of a name raises."""
    function = {place: mock.Mock(side_effect=error)}
    span = mock.Mock(**function)
    tracer = mock.Mock(**{"start_span.return_value": span, **function})
    meter = mock.Mock(**function)
    meter.create_counter.return_value = meter.create_histogram.return_value = meter
    if place == "create_counter":
        meter.create_counter.side_effect = error
    tracers = mock.Mock(**{"get_tracer.return_value": tracer, **function})
    meters = mock.Mock(**{"get_meter.return_value": meter, **function})
    return Telemetry(tracer_provider=tracers, meter_provider=meters)


_PLACES = {
    "get_tracer": "before it was sent",
    "get_meter": "before it was sent",
    "create_counter": "before it was sent",
    "start_span": "before it was sent",
    "add_event": "in flight",
    "add": "in flight",
    "record": "in flight",
    "set_attributes": "in flight",
    "set_status": "in flight",
    "end": "in flight",
}
"""Where a provider may fail, and what is then known of a write whose response was lost."""


@pytest.mark.parametrize("place", _PLACES)
def test_what_fails_hides_no_outcome(
    mode: Mode, api: Sandbox, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    """Whatever of a provider raises, the call ends as it would have, and the log has it."""
    api.lose_next_answer()
    made = client_of(api, mode, telemetry=_broken(place, RuntimeError("no exporter")))
    error = called(mode, made, refund)
    assert error.outcome is chessa.Outcome.UNKNOWN
    assert len(api.requests) == 1
    assert "RuntimeError" in caplog.text


@pytest.mark.parametrize(("place", "known"), _PLACES.items())
def test_what_strikes_in_a_provider_comes_out(
    mode: Mode, api: Sandbox, place: str, known: str
) -> None:
    """An interruption says what is known, once, and leaves no span behind as the current one."""
    before = trace.get_current_span()
    api.lose_next_answer()
    made = client_of(api, mode, telemetry=_broken(place, _Struck()))

    async def body() -> None:
        async with mode.opened(made) as client:
            with pytest.raises(_Struck) as caught:
                await mode.done(refund(client))
            (note,) = caught.value.__notes__
            assert known in note
            assert trace.get_current_span() is before

    mode.run(body())


@pytest.mark.parametrize("place", ["get_tracer", "start_span", "set_attributes"])
def test_what_strikes_in_a_flow_comes_out(mode: Mode, api: Sandbox, place: str) -> None:
    """The interruption of a flow's span has the note of the flow."""
    before = trace.get_current_span()
    made = client_of(api, mode, telemetry=_broken(place, _Struck()))

    async def body() -> None:
        async with mode.opened(made) as client:
            with pytest.raises(_Struck) as caught:
                await mode.done(flows.refund_safely(client, "ord_7", address="bc1qexample"))
            assert caught.value.__notes__
            assert trace.get_current_span() is before

    mode.run(body())
