"""The cost of being seen: a read over `httpx.MockTransport`, OpenTelemetry unused and used.

The peer is the same client without the question whether OpenTelemetry is used.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final
from unittest import mock

import httpx

import chessa
from chessa._call import sync
from chessa.telemetry._watch import watch_call

from ..payload import CREDENTIALS, ORDER_ID, order_body
from ..run import OURS, Run, Work, convert, interleave

_PEER: Final = "not asked"


def unused(run: Run) -> None:
    """Measure reads in a process that never imports OpenTelemetry."""
    _measure(run, "unused")


def used(run: Run) -> None:
    """Measure reads that have spans, kept by a processor that does nothing."""
    from opentelemetry import trace
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

    provider = TracerProvider()
    provider.add_span_processor(SpanProcessor())
    trace.set_tracer_provider(provider)
    _measure(run, "used")


def _measure(run: Run, name: str) -> None:
    calls = run.of(200, 100)
    body = order_body()
    respond = functools.partial(_respond, body)
    with chessa.Chessa(
        client_id=CREDENTIALS["x-client-id"],
        client_secret=CREDENTIALS["x-client-secret"],
        transport=httpx.MockTransport(respond),
    ) as client:
        work: Mapping[str, Work] = {
            OURS: functools.partial(_reads, client, calls, watch_call),
            _PEER: functools.partial(_reads, client, calls, lambda *_: None),
        }
        wall, cpu = interleave(work, run.of(201, 15), warm_up=2)
    per_call = functools.partial(_per_call, calls)
    run.against(name, "µs", convert(wall, per_call))
    run.against(f"{name}, CPU", "µs", convert(cpu, per_call))


def _respond(body: bytes, _: httpx.Request) -> httpx.Response:
    headers = {"content-type": "application/json; charset=utf-8"}
    return httpx.Response(200, headers=headers, content=body)


def _reads(client: chessa.Chessa, calls: int, ask: Callable[..., Any]) -> None:
    with mock.patch.object(sync, "watch_call", ask):
        for _ in range(calls):
            client.orders.retrieve(ORDER_ID)


def _per_call(calls: int, seconds: float) -> float:
    return seconds / calls * 1e6
