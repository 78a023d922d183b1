"""The spans of calls and flows, and what is measured of them, by OpenTelemetry's conventions.

One span for each call, its attempts as events; no argument, query, header or body in any of them.
A failure of what receives them is logged, and the call goes on.
"""

import functools
import re
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from opentelemetry import context, metrics, propagate, trace
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import SpanKind, Status, StatusCode, TracerProvider

from chessa_api.errors import Outcome

from .. import _log
from .._errors import ApiError, ChessaError
from .._interruptions import is_from_signal_handler
from .._options import RESERVED_HEADERS, is_header_value
from .._version import __version__
from ._settings import Telemetry

_SCHEMA: Final = "https://opentelemetry.io/schemas/1.44.0"
_UNSET: Final = frozenset({"ProxyTracerProvider", "NoOpTracerProvider"}) | frozenset(
    {"_ProxyMeterProvider", "NoOpMeterProvider"}
)
"""The providers of an application that has set none."""
_PARAMETER: Final = re.compile(r"\{[^{}]*\}")
_CAUSE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,60}(?=:|$)")
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_KEPT_BACK: Final = frozenset({"baggage"}) | RESERVED_HEADERS
"""Baggage is the application's own, for its own services: it may name a customer."""

Attributes = dict[str, str | int | float]


class _Instruments(NamedTuple):
    duration: metrics.Histogram
    calls: metrics.Counter
    drift: metrics.Counter


@functools.lru_cache(maxsize=16)
def _tracer_of(provider: TracerProvider) -> trace.Tracer:
    return provider.get_tracer("chessa", __version__, _SCHEMA)


def _meter_of(provider: MeterProvider) -> metrics.Meter:
    return provider.get_meter("chessa", __version__, _SCHEMA)


@functools.lru_cache(maxsize=16)
def _instruments_of(provider: MeterProvider) -> _Instruments:
    meter = _meter_of(provider)
    return _Instruments(
        meter.create_histogram(
            "http.client.request.duration",
            "s",
            "Duration of calls, retries included.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        ),
        meter.create_counter("chessa.calls", "{call}", "Calls by operation and outcome."),
        meter.create_counter("chessa.drift", "{difference}", "Differences from the spec."),
    )


def _tracer(telemetry: Telemetry) -> trace.Tracer | None:
    provider = telemetry.tracer_provider or trace.get_tracer_provider()
    return None if type(provider).__name__ in _UNSET else _tracer_of(provider)


def _meters(telemetry: Telemetry) -> MeterProvider | None:
    provider = telemetry.meter_provider or metrics.get_meter_provider()
    return None if type(provider).__name__ in _UNSET else provider


def meter_of(telemetry: Telemetry) -> metrics.Meter | None:
    """Return the meter of the package; None unless a provider is set."""
    provider = _meters(telemetry)
    return None if provider is None else _meter_of(provider)


def instruments(telemetry: Telemetry) -> _Instruments | None:
    """Return what a client measures with; None unless a provider is set."""
    provider = _meters(telemetry)
    return None if provider is None else _instruments_of(provider)


def span_of_call(call: Any, telemetry: Telemetry, *, is_traced: bool) -> "CallSpan | None":
    """Return the span of a call, still to be entered; None unless a provider is set."""
    tracer, measured = _tracer(telemetry), instruments(telemetry)
    if tracer is None and measured is None:
        return None
    return CallSpan(call, tracer, measured, telemetry, is_traced=is_traced)


def span_of_flow(
    name: str,
    reference: str | None,
    interrupted: Callable[[BaseException], None],
    telemetry: Telemetry,
) -> "FlowSpan | None":
    """Return the span of a flow, still to be entered; None unless a provider is set.

    `interrupted` adds the flow's note to an interruption.
    """
    tracer = _tracer(telemetry)
    return None if tracer is None else FlowSpan(name, reference, interrupted, tracer, telemetry)


class _Span:
    """A span that is current while its context manager is open."""

    _name: str
    _interrupted: Callable[[BaseException], None]
    """Adds what is known to an interruption that strikes while a span begins or ends."""
    _span: trace.Span | None = None
    _token: Any = None

    def __enter__(self) -> Self:
        try:
            self._guarded(self._start)
        except BaseException as interruption:
            self._end_all(interruption)
            self._interrupted(interruption)
            raise
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        try:
            self._end_all(error)
        except BaseException as interruption:
            self._interrupted(interruption)
            raise

    def _end_all(self, error: BaseException | None) -> None:
        try:
            self._guarded(lambda: self._end(error))
        finally:
            self._guarded(lambda: self._leave(error))

    def _start(self) -> None:
        raise NotImplementedError

    def _end(self, error: BaseException | None) -> None:
        raise NotImplementedError

    def _open(self, tracer: trace.Tracer, kind: SpanKind, name: str, known: Attributes) -> None:
        self._span = tracer.start_span(name, kind=kind, attributes=known)
        self._token = context.attach(trace.set_span_in_context(self._span))

    def _leave(self, error: BaseException | None) -> None:
        """End the span, and its time as the current one.

        A coroutine that was dropped may be closed in another context, which stays as it is.
        """
        span, self._span = self._span, None
        if span is None:
            return
        if trace.get_current_span() is span:
            context.detach(self._token)
        try:
            if error is not None:
                span.set_status(Status(StatusCode.ERROR))
        finally:
            span.end()

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:
            if is_from_signal_handler(error):
                raise
            _log.hook_failed(self._name, act, error)


class CallSpan(_Span):
    """The span of one call."""

    def __init__(
        self,
        call: Any,
        tracer: trace.Tracer | None,
        measured: _Instruments | None,
        telemetry: Telemetry,
        *,
        is_traced: bool,
    ) -> None:
        self._name = call.operation.name
        self._interrupted = call.interrupted
        self._call = call
        self._tracer = tracer
        self._instruments = measured
        self._reference = call.plan.options.reference if telemetry.reference else None
        self._is_traced = is_traced
        self._http = {} if is_traced else _request_attributes(call)

    def attempted(self, seconds: float, outcome: Outcome | None, cause: str | None) -> None:
        """Add the event of an attempt."""
        call = self._call
        known: Attributes = {"chessa.attempt": call.attempts, "chessa.attempt.duration": seconds}
        known["chessa.outcome"] = _outcome(outcome)
        if call.status_code is not None:
            known["http.response.status_code"] = call.status_code
        if failed := _CAUSE.match(cause or ""):
            known["error.type"] = failed[0]
        if self._span is not None:
            span = self._span
            self._guarded(lambda: span.add_event("chessa.attempt", known))

    def _start(self) -> None:
        if self._tracer is None:
            return
        known: Attributes = {"chessa.operation": self._name, **self._http}
        if self._reference is not None:
            known["chessa.reference"] = self._reference
        if self._is_traced:
            self._open(self._tracer, SpanKind.INTERNAL, self._name, known)
            return
        name = f"{known['http.request.method']} {known['url.template']}"
        self._open(self._tracer, SpanKind.CLIENT, name, known)
        self._call.trace_headers = _trace_headers(self._call)

    def _end(self, error: BaseException | None) -> None:
        call = self._call
        ended: Attributes = {}
        if call.status_code is not None and not self._is_traced:
            ended["http.response.status_code"] = call.status_code
        if error is not None:
            ended["error.type"] = _error_type(error)
        outcome = _outcome(_outcome_of(error, call))
        if self._instruments is not None:
            counted = {"chessa.operation": self._name, "chessa.outcome": outcome}
            self._instruments.calls.add(1, counted)
            if call.attempts and not self._is_traced:
                measured = {key: self._http[key] for key in _MEASURED}
                self._instruments.duration.record(call.elapsed(), {**measured, **ended})
        if self._span is not None:
            resent: Attributes = {}
            if call.attempts > 1 and not self._is_traced:
                resent["http.request.resend_count"] = call.attempts - 1
            self._span.set_attributes({**ended, **resent, "chessa.outcome": outcome})


class FlowSpan(_Span):
    """The span of one flow, around those of its calls."""

    def __init__(
        self,
        name: str,
        reference: str | None,
        interrupted: Callable[[BaseException], None],
        tracer: trace.Tracer,
        telemetry: Telemetry,
    ) -> None:
        self._name = name
        self._interrupted = interrupted
        self._reference = reference if telemetry.reference else None
        self._tracer = tracer
        self._result: str | None = None

    def ended_with(self, result: object) -> None:
        """Take the result of the flow."""
        self._result = type(result).__name__

    def _start(self) -> None:
        known: Attributes = {"chessa.flow": self._name}
        if self._reference is not None:
            known["chessa.reference"] = self._reference
        self._open(self._tracer, SpanKind.INTERNAL, self._name, known)

    def _end(self, error: BaseException | None) -> None:
        ended: Attributes = {}
        if self._result is not None:
            ended["chessa.result"] = self._result
        if error is not None:
            ended["error.type"] = _error_type(error)
        if isinstance(error, ChessaError):
            ended["chessa.outcome"] = _outcome(error.outcome)
        if self._span is not None:
            self._span.set_attributes(ended)


_MEASURED: Final = ("http.request.method", "server.address", "server.port", "url.template")
_PORTS: Final = {"https": 443, "http": 80}


def _request_attributes(call: Any) -> Attributes:
    """Return the attributes of a request: its URL without the values of its parameters."""
    operation, settings = call.operation, call.plan.settings
    origin, template = settings.origin, f"{settings.prefix}{operation.path}"
    return {
        "http.request.method": operation.method,
        "server.address": origin.host,
        "server.port": origin.port or _PORTS[origin.scheme],
        "url.template": template,
        "url.full": f"{origin.url}{_PARAMETER.sub('REDACTED', template)}",
    }


def _trace_headers(call: Any) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers of the global propagator that the caller does not set."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    taken = {name.decode("ascii") for name, _ in call.plan.base.headers} | _KEPT_BACK
    return tuple(
        (name.lower().encode("ascii"), value.encode("ascii"))
        for name, value in carrier.items()
        if name.lower() not in taken and is_header_value(name) and is_header_value(value)
    )


def _outcome(outcome: Outcome | None) -> str:
    return "ok" if outcome is None else outcome.value


def _outcome_of(error: BaseException | None, call: Any) -> Outcome | None:
    if isinstance(error, ChessaError):
        return error.outcome
    known: Outcome = call.known
    return None if error is None else known


def _error_type(error: BaseException) -> str:
    if isinstance(error, ApiError) and error.status_code:
        return str(error.status_code)
    if isinstance(error, ChessaError) and error.timed_out:
        return "timeout"
    return type(error).__name__


def measure_drift(telemetry: Telemetry, known: Mapping[str, str]) -> None:
    """Count one difference between a response and the spec."""
    if (measured := instruments(telemetry)) is not None:
        measured.drift.add(1, known)
