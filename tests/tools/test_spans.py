"""OpenTelemetry's httpx instrumentation: a span for each attempt, which the server can continue."""

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from chessa import NotSentError, OutcomeUnknownError
from tests.faults.fault import FaultServer, answer_well
from tests.unit.raw_server import Connection, refusing_port

from .calls import READ, WRITE, Call, Mode, check_authorized, holds_credentials, lose


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    """Return an exporter that keeps the spans."""
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter: InMemorySpanExporter) -> TracerProvider:
    """A provider that hands every span over at once."""
    made = TracerProvider(shutdown_on_exit=False)
    made.add_span_processor(SimpleSpanProcessor(exporter))
    return made


@pytest.fixture
def _instrumented(provider: TracerProvider) -> Iterator[None]:
    instrumentor = HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    yield
    instrumentor.uninstrument()


def parents(request: bytes) -> list[str]:
    """Return the `traceparent` headers of a request that a server received."""
    lines = request.decode("latin-1").split("\r\n")
    return [line.partition(": ")[2] for line in lines if line.lower().startswith("traceparent:")]


def traceparent(span: ReadableSpan) -> str:
    """Return the header that names a span as the parent."""
    context = span.context
    assert context is not None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def check_spans(spans: tuple[ReadableSpan, ...], server: FaultServer, call: Call) -> None:
    """Check that there is a span for each request, which names it, and holds no credentials."""
    assert len(spans) == len(server.received)
    for span, request in zip(spans, server.received, strict=True):
        check_authorized(request)
        assert parents(request) == [traceparent(span)]
        attributes = dict(span.attributes or {})
        assert attributes["http.method"] == call.method
        assert attributes["http.url"] == server.url + call.path
        assert not holds_credentials(span.to_json())


@pytest.mark.usefixtures("_instrumented")
def test_a_call_has_a_span(
    mode: Mode, call: Call, server: FaultServer, exporter: InMemorySpanExporter
) -> None:
    """A real call has one span, whose `traceparent` reaches the server."""
    call.check(mode.perform(call, base_url=server.url))
    check_spans(exporter.get_finished_spans(), server, call)


@pytest.mark.usefixtures("_instrumented")
def test_spans_of_one_connection(
    mode: Mode, server: FaultServer, exporter: InMemorySpanExporter
) -> None:
    """Reads over one open connection have a span and a `traceparent` each."""

    async def body() -> None:
        async with mode.chessa(base_url=server.url) as client:
            for _ in range(3):
                READ.check(await mode.result_of(client, READ))

    mode.run(body())
    assert server.accepted == 1
    assert len(server.received) == 3
    check_spans(exporter.get_finished_spans(), server, READ)


@pytest.mark.usefixtures("_instrumented")
def test_each_attempt_has_a_span(mode: Mode, exporter: InMemorySpanExporter) -> None:
    """A read that is retried has a span for every attempt, with the status of each."""
    statuses = iter([503, 503])

    def play(connection: Connection) -> None:
        while request := connection.read_request():
            if (status := next(statuses, None)) is None:
                answer_well(connection, request)
            else:
                connection.answer(f"{status} Unavailable")

    with FaultServer(play) as server:
        READ.check(mode.perform(READ, base_url=server.url))
        spans = exporter.get_finished_spans()
        check_spans(spans, server, READ)
    codes = [dict(span.attributes or {})["http.status_code"] for span in spans]
    assert codes == [503, 503, 200]


@pytest.mark.usefixtures("_instrumented")
def test_an_attempt_that_could_not_connect_has_a_span(
    mode: Mode, exporter: InMemorySpanExporter
) -> None:
    """A refused write is NOT_SENT; each of its attempts has a span that says that it failed."""
    with refusing_port() as url:
        error = mode.perform(WRITE, base_url=url)
    assert type(error) is NotSentError
    spans = exporter.get_finished_spans()
    assert len(spans) == 3
    assert {span.status.status_code for span in spans} == {StatusCode.ERROR}
    assert not any(holds_credentials(span.to_json()) for span in spans)


@pytest.mark.usefixtures("_instrumented")
def test_a_lost_response_has_one_span(mode: Mode, exporter: InMemorySpanExporter) -> None:
    """A write whose response is lost is UNKNOWN, and has one span, which failed."""
    with FaultServer(lose) as server:
        error = mode.perform(WRITE, base_url=server.url)
        assert type(error) is OutcomeUnknownError
        (span,) = exporter.get_finished_spans()
        check_spans((span,), server, WRITE)
    assert span.status.status_code is StatusCode.ERROR


def test_spans_with_all_headers_hold_no_credentials(
    mode: Mode,
    call: Call,
    server: FaultServer,
    provider: TracerProvider,
    exporter: InMemorySpanExporter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A user who captures every header of the requests captures no credentials."""
    monkeypatch.setenv("OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST", ".*")
    instrumentor = HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        call.check(mode.perform(call, base_url=server.url))
    finally:
        instrumentor.uninstrument()
    spans = exporter.get_finished_spans()
    check_spans(spans, server, call)
    assert "http.request.header.user_agent" in dict(spans[0].attributes or {})


@pytest.mark.usefixtures("_instrumented")
def test_spans_of_a_client_of_ones_own(
    mode: Mode, call: Call, server: FaultServer, exporter: InMemorySpanExporter
) -> None:
    """Calls over an httpx client of the caller's have spans as well."""
    call.check(mode.perform_over(mode.http_client, call, base_url=server.url))
    check_spans(exporter.get_finished_spans(), server, call)


def test_a_client_instrumented_by_itself(
    mode: Mode,
    call: Call,
    server: FaultServer,
    provider: TracerProvider,
    exporter: InMemorySpanExporter,
) -> None:
    """A client of the caller's that alone is instrumented has spans, and nothing else has."""

    def made() -> Any:
        http_client = mode.http_client()
        HTTPXClientInstrumentor.instrument_client(http_client, tracer_provider=provider)
        return http_client

    call.check(mode.perform_over(made, call, base_url=server.url))
    check_spans(exporter.get_finished_spans(), server, call)
    call.check(mode.perform(call, base_url=server.url))
    assert len(exporter.get_finished_spans()) == 1
