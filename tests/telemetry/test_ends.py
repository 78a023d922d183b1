"""Spans end as calls do: interrupted, cancelled, dropped, in threads and tasks."""

import asyncio
import contextvars
import threading
from typing import Any

import httpx
import pytest
from opentelemetry import trace

from chessa.telemetry import Telemetry
from chessa.telemetry._spans import span_of_flow
from chessa.testing import Sandbox

from .calls import refund, retrieve
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
    span = span_of_flow("flows.reconcile", None, seen.telemetry())
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


class _Failing:
    """A provider that is set, and fails."""

    def get_tracer(self, *_: object, **__: object) -> Any:
        return self

    def start_span(self, *_: object, **__: object) -> Any:
        raise RuntimeError("no exporter")


def test_a_failing_tracer_costs_no_call(api: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """A tracer that fails is logged, and the call has its result."""
    order = api.add_order()
    failing: Any = _Failing()
    client = api.client(telemetry=Telemetry(tracer_provider=failing))
    assert client.orders.retrieve(order.id).id == order.id
    assert "RuntimeError" in caplog.text
