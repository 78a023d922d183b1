"""Decide for each call, at next to no cost, whether it is shown to OpenTelemetry.

Nothing of OpenTelemetry is imported here, nor anywhere else before the application has done so. A
provider that fails is logged, and the call goes on without a span.
"""

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from .. import _log
from .._interruptions import is_from_signal_handler
from ._settings import Telemetry

if TYPE_CHECKING:
    from ._spans import CallSpan, FlowSpan

T = TypeVar("T")
_HTTPX: Final = "opentelemetry.instrumentation.httpx"


def watch_call(call: Any, connections: Any) -> "CallSpan | None":
    """Return the span of a call, still to be entered; None unless a provider is set."""
    if not _is_used(call.plan.telemetry):
        return None

    def watched() -> "CallSpan | None":
        from ._spans import span_of_call

        traced = is_traced(connections.carrier)
        return span_of_call(call, _settings(call.plan.telemetry), is_traced=traced)

    return _guarded(call.operation.name, watched, call.interrupted)


def watch_flow(
    client: Any, name: str, interrupted: Callable[[BaseException], None]
) -> "FlowSpan | None":
    """Return the span of a flow, still to be entered; None unless a provider is set.

    `interrupted` adds the flow's note to an interruption.
    """
    plan = client._core.plan
    if not _is_used(plan.telemetry):
        return None

    def watched() -> "FlowSpan | None":
        from ._spans import span_of_flow

        settings = _settings(plan.telemetry)
        return span_of_flow(name, plan.options.reference, interrupted, settings)

    return _guarded(name, watched, interrupted)


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


def _guarded(
    name: str, watched: Callable[[], T | None], interrupted: Callable[[BaseException], None]
) -> T | None:
    try:
        return watched()
    except BaseException as error:
        if not isinstance(error, Exception) or is_from_signal_handler(error):
            interrupted(error)
            raise
        _log.hook_failed(name, watched, error)
        return None


def _is_used(telemetry: Telemetry | bool) -> bool:
    loaded = sys.modules
    is_loaded = "opentelemetry.trace" in loaded or "opentelemetry.metrics" in loaded
    return is_loaded and telemetry is not False


def _settings(telemetry: Telemetry | bool) -> Telemetry:
    return telemetry if isinstance(telemetry, Telemetry) else Telemetry()
