"""Decide for each call, at next to no cost, whether it is shown to OpenTelemetry.

Nothing of OpenTelemetry is imported here, nor anywhere else before the application has done so.
"""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ._settings import Telemetry

if TYPE_CHECKING:
    from ._spans import CallSpan, FlowSpan

_HTTPX: Final = "opentelemetry.instrumentation.httpx"


def watch_call(call: Any, connections: Any) -> "CallSpan | None":
    """Return the span of a call, still to be entered; None unless a provider is set."""
    if not _is_used(call.plan.telemetry):
        return None
    from ._spans import span_of_call

    traced = is_traced(connections.carrier)
    return span_of_call(call, _settings(call.plan.telemetry), is_traced=traced)


def watch_flow(client: Any, name: str) -> "FlowSpan | None":
    """Return the span of a flow, still to be entered; None unless a provider is set."""
    plan = client._core.plan
    if not _is_used(plan.telemetry):
        return None
    from ._spans import span_of_flow

    return span_of_flow(name, plan.options.reference, _settings(plan.telemetry))


def count_drift(telemetry: Telemetry | bool, known: Mapping[str, str]) -> None:
    """Count one difference between a response and the spec."""
    if _is_used(telemetry):
        from ._spans import measure_drift

        measure_drift(_settings(telemetry), known)


def is_traced(carrier: object) -> bool:
    """Return whether OpenTelemetry's instrumentation of httpx makes a span of each request.

    It wraps the method of httpx's transports or of one transport, or stands in its place.
    """
    if _HTTPX not in sys.modules:
        return False
    kind = carrier if isinstance(carrier, type) else type(carrier)
    methods = (getattr(carrier, f"handle_{name}", None) for name in ("request", "async_request"))
    return kind.__module__ == _HTTPX or any(hasattr(each, "__wrapped__") for each in methods)


def _is_used(telemetry: Telemetry | bool) -> bool:
    loaded = sys.modules
    is_loaded = "opentelemetry.trace" in loaded or "opentelemetry.metrics" in loaded
    return is_loaded and telemetry is not False


def _settings(telemetry: Telemetry | bool) -> Telemetry:
    return telemetry if isinstance(telemetry, Telemetry) else Telemetry()
