"""Modes, a sandbox, and what OpenTelemetry's own exporters keep in memory."""

from collections.abc import Iterator
from typing import Any, Final

import attrs
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chessa.telemetry import Telemetry
from chessa.testing import Sandbox, sandbox
from tests.modes import ASYNC, SYNC, Mode


@attrs.frozen
class Seen:
    """Providers of a test, and what they were told."""

    exporter: InMemorySpanExporter
    tracers: TracerProvider
    reader: InMemoryMetricReader
    meters: MeterProvider

    def telemetry(self, *, reference: bool = False) -> Telemetry:
        """Return the setting of a client that tells these providers."""
        return Telemetry(
            tracer_provider=self.tracers, meter_provider=self.meters, reference=reference
        )

    def spans(self) -> list[ReadableSpan]:
        """Return the spans that have ended, and forget them."""
        ended = list(self.exporter.get_finished_spans())
        self.exporter.clear()
        return ended

    def points(self, name: str) -> list[Any]:
        """Return the data points of a metric."""
        data: Any = self.reader.get_metrics_data()
        return [
            point
            for resource in ([] if data is None else data.resource_metrics)
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


def attributes(span: Any) -> dict[str, Any]:
    """Return the attributes of a span, an event or a data point."""
    return dict(span.attributes or {})


@pytest.fixture
def seen() -> Seen:
    """Return providers that keep everything in memory."""
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers = TracerProvider(shutdown_on_exit=False)
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    meters = MeterProvider([reader], shutdown_on_exit=False)
    return Seen(exporter, tracers, reader, meters)


MODES: Final = (SYNC, ASYNC)


@pytest.fixture(params=MODES, ids=lambda mode: mode.name)
def mode(request: pytest.FixtureRequest) -> Mode:
    """Each mode in turn."""
    found: Mode = request.param
    return found


@pytest.fixture
def api() -> Iterator[Sandbox]:
    """A sandbox."""
    with sandbox() as api:
        yield api


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "chessa._call.retry.next_wait.__kwdefaults__", {"uniform": lambda low, high: low}
    )
