"""Calls as OpenTelemetry sees them: one span for each, with its attempts as events."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor, SyncOpenTelemetryTransport
from opentelemetry.semconv.attributes import (
    error_attributes,
    http_attributes,
    server_attributes,
    url_attributes,
)
from opentelemetry.trace import SpanKind, StatusCode

import chessa
from chessa import flows
from chessa.testing import Sandbox
from tests.faults.fault import FaultServer, answering
from tests.modes import Mode
from tests.unit.calls import CLIENT_ID, CLIENT_SECRET, CREDENTIALS

from .calls import TEMPLATE, called, client_of, parent, refund, retrieve
from .conftest import Seen, attributes


def test_a_call_has_one_span(mode: Mode, seen: Seen, api: Sandbox) -> None:
    """A call is one CLIENT span with the conventions' attributes, and one event."""
    order = api.add_order()
    made = client_of(api, mode, telemetry=seen.telemetry())
    called(mode, made, lambda client: client.orders.retrieve(order.id))
    (span,) = seen.spans()
    assert (span.name, span.kind) == (f"GET {TEMPLATE}", SpanKind.CLIENT)
    assert span.status.status_code is StatusCode.UNSET
    assert attributes(span) == {
        http_attributes.HTTP_REQUEST_METHOD: "GET",
        http_attributes.HTTP_RESPONSE_STATUS_CODE: 200,
        server_attributes.SERVER_ADDRESS: "sandbox.invalid",
        server_attributes.SERVER_PORT: 443,
        url_attributes.URL_FULL: "https://sandbox.invalid/v1/orders/REDACTED",
        "url.template": TEMPLATE,
        "chessa.operation": "orders.retrieve",
        "chessa.outcome": "ok",
    }
    (event,) = span.events
    assert event.name == "chessa.attempt"
    assert attributes(event)["chessa.attempt"] == 1
    assert attributes(event)["http.response.status_code"] == 200
    assert api.requests[-1].headers["traceparent"] == parent(span)


def test_attempts_are_events_of_one_span(mode: Mode, seen: Seen, api: Sandbox) -> None:
    """A read that is retried has one span, an event for each attempt, and their number."""
    order = api.add_order()
    api.fail_next(503, operation="orders.retrieve", times=2)
    made = client_of(api, mode, telemetry=seen.telemetry())
    called(mode, made, lambda client: client.orders.retrieve(order.id))
    (span,) = seen.spans()
    statuses = [attributes(event)["http.response.status_code"] for event in span.events]
    assert statuses == [503, 503, 200]
    outcomes = [attributes(event)["chessa.outcome"] for event in span.events]
    assert outcomes == ["rejected", "rejected", "ok"]
    assert attributes(span)["http.request.resend_count"] == 2
    parents = {request.headers["traceparent"] for request in api.requests}
    assert parents == {parent(span)}


@pytest.mark.parametrize(
    ("plan", "outcome", "kind", "status"),
    [
        (lambda api: api.fail_next(404), "rejected", "404", 404),
        (lambda api: api.fail_next(502), "unknown", "OutcomeUnknownError", 502),
        (lambda api: api.lose_next_answer(), "unknown", "OutcomeUnknownError", None),
        (lambda api: api.refuse_next_connection(times=3), "not sent", "NotSentError", None),
    ],
    ids=["rejected", "502", "lost", "refused"],
)
def test_an_outcome_is_that_of_the_error(
    mode: Mode, seen: Seen, api: Sandbox, plan: Any, outcome: str, kind: str, status: int | None
) -> None:
    """The span of a failed write has the error's outcome, its type and the last status."""
    plan(api)
    error = called(mode, client_of(api, mode, telemetry=seen.telemetry()), refund)
    (span,) = seen.spans()
    found = attributes(span)
    assert error.outcome.value == found["chessa.outcome"] == outcome
    assert found[error_attributes.ERROR_TYPE] == kind
    assert found.get("http.response.status_code") == status
    assert span.status.status_code is StatusCode.ERROR
    assert span.events[-1].name == "chessa.attempt"  # no exception, which may quote a body


def test_a_refused_argument_has_a_span_without_attempts(
    mode: Mode, seen: Seen, api: Sandbox
) -> None:
    """A call that cannot be made is seen as not sent, and has no duration of a request."""
    made = client_of(api, mode, telemetry=seen.telemetry())
    error = called(mode, made, lambda client: client.orders.retrieve(""))
    assert type(error) is chessa.InvalidRequestError
    (span,) = seen.spans()
    assert attributes(span)["chessa.outcome"] == "not sent"
    assert not span.events
    assert not seen.points("http.client.request.duration")


def test_nothing_of_a_call_is_in_a_span(mode: Mode, seen: Seen, api: Sandbox) -> None:
    """No argument, credential, header or text of a response comes out."""
    api.fail_next(400, message="account 0123456789 of Ada", headers={"x-note": "Ada"})
    made = client_of(api, mode, telemetry=seen.telemetry(reference=False))
    made = made.with_options(reference="invoice of Ada", extra_query={"key": "query-secret"})
    called(mode, made, refund)
    (span,) = seen.spans()
    told = span.to_json()
    secrets = (api.client_id, api.client_secret, "ord_7", "bc1q", "Ada", "0123456789", "query-")
    assert not [secret for secret in secrets if secret in told]


def test_a_reference_is_told_if_asked(mode: Mode, seen: Seen, api: Sandbox) -> None:
    """`Telemetry(reference=True)` gives spans the caller's own name of a call."""
    made = client_of(api, mode, telemetry=seen.telemetry(reference=True))
    called(mode, made.with_options(reference="invoice 17"), refund)
    assert [attributes(span)["chessa.reference"] for span in seen.spans()] == ["invoice 17"]


# ---- Under httpx's instrumentation ---------------------------------------------------------------


def test_under_httpx_instrumentation(mode: Mode, seen: Seen) -> None:
    """Where httpx has spans, ours is their INTERNAL parent, and theirs is the traceparent."""
    instrumentor = HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=seen.tracers)
    try:
        with FaultServer(answering) as server:
            made = mode.client(**CREDENTIALS, base_url=server.url, telemetry=seen.telemetry())
            called(mode, made, retrieve)
            request = server.received[-1].decode()
    finally:
        instrumentor.uninstrument()
    theirs, ours = seen.spans()
    assert (ours.name, ours.kind) == ("orders.retrieve", SpanKind.INTERNAL)
    assert theirs.kind is SpanKind.CLIENT
    assert theirs.parent is not None
    assert ours.context is not None
    assert theirs.parent.span_id == ours.context.span_id
    assert request.count("traceparent: ") == 1
    assert f"traceparent: {parent(theirs)}" in request
    assert not seen.points("http.client.request.duration")
    assert [point.value for point in seen.points("chessa.calls")] == [1]


def test_without_httpx_instrumentation(mode: Mode, seen: Seen) -> None:
    """Over the default transport our span is the traceparent, and httpx never saw the header."""
    with FaultServer(answering) as server:
        made = mode.client(**CREDENTIALS, base_url=server.url, telemetry=seen.telemetry())
        called(mode, made, refund)
        request = server.received[-1].decode()
    (ours,) = seen.spans()
    assert ours.kind is SpanKind.CLIENT
    assert request.count("traceparent: ") == 1
    assert f"traceparent: {parent(ours)}" in request
    assert CLIENT_ID in request
    assert CLIENT_SECRET not in ours.to_json()


def test_over_the_direct_transport(seen: Seen) -> None:
    """The transport that httpx's instrumentation never sees has a CLIENT span and the header."""
    instrumentor = HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=seen.tracers)
    try:
        with FaultServer(answering) as server:
            client = chessa.Chessa(
                **CREDENTIALS,
                base_url=server.url,
                transport=chessa.DirectTransport,
                telemetry=seen.telemetry(),
            )
            with client:
                retrieve(client)
            request = server.received[-1].decode()
    finally:
        instrumentor.uninstrument()
    (ours,) = seen.spans()
    assert ours.kind is SpanKind.CLIENT
    assert f"traceparent: {parent(ours)}" in request


@pytest.mark.parametrize("how", ["instrument_client", "transport", "plain"])
def test_over_a_client_of_ones_own(seen: Seen, how: str) -> None:
    """Our span is INTERNAL where a client or a transport of the caller's has spans."""
    sent: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"order": {"id": "ord_7", "status": "created"}})

    transport: Any = httpx.MockTransport(respond)
    settings: dict[str, Any] = {}
    if how == "transport":
        settings["transport"] = SyncOpenTelemetryTransport(transport, tracer_provider=seen.tracers)
    else:
        settings["http_client"] = http_client = httpx.Client(transport=transport)
        if how == "instrument_client":
            HTTPXClientInstrumentor.instrument_client(http_client, tracer_provider=seen.tracers)
    with chessa.Chessa(**CREDENTIALS, telemetry=seen.telemetry(), **settings) as client:
        retrieve(client)
    kinds = [span.kind for span in seen.spans()]
    is_traced = how != "plain"
    assert kinds == [SpanKind.CLIENT, SpanKind.INTERNAL][: 1 + is_traced]
    assert len(sent[0].headers.get_list("traceparent")) == 1


def test_a_header_of_the_callers_own_stands(seen: Seen, api: Sandbox) -> None:
    """A caller that sends a `traceparent` of its own sends that, once."""
    order = api.add_order()
    own = f"00-{1:032x}-{2:016x}-01"
    client = api.client(telemetry=seen.telemetry()).with_options(extra_headers={"traceparent": own})
    client.orders.retrieve(order.id)
    assert api.requests[-1].headers["traceparent"] == own


def test_baggage_stays_at_home(seen: Seen, api: Sandbox) -> None:
    """The application's baggage, which may name its customers, is not sent to the vendor."""
    from opentelemetry import baggage, context

    token = context.attach(baggage.set_baggage("customer", "Ada"))
    try:
        order = api.add_order()
        api.client(telemetry=seen.telemetry()).orders.retrieve(order.id)
    finally:
        context.detach(token)
    assert "traceparent" in api.requests[-1].headers
    assert "baggage" not in api.requests[-1].headers


# ---- Flows ---------------------------------------------------------------------------------------


def test_a_flow_is_the_parent_of_its_calls(mode: Mode, seen: Seen, api: Sandbox) -> None:
    """`refund_safely` is a span around those of its reads and its write, with its result."""
    order = api.add_order().fail()
    made = client_of(api, mode, telemetry=seen.telemetry())
    called(mode, made, lambda client: flows.refund_safely(client, order.id, "bc1qexample"))
    *calls, flow = seen.spans()
    assert (flow.name, flow.kind) == ("flows.refund_safely", SpanKind.INTERNAL)
    assert attributes(flow)["chessa.result"] == "Confirmed"
    assert flow.context is not None
    assert {span.parent.span_id for span in calls if span.parent} == {flow.context.span_id}
    assert [attributes(span)["chessa.operation"] for span in calls] == [
        "orders.retrieve",
        "orders.request_refund",
    ]


def test_a_flow_that_fails_says_so(mode: Mode, seen: Seen, api: Sandbox) -> None:
    """The span of a flow has the outcome of the error that it raises."""
    order = api.add_order()
    made = client_of(api, mode, telemetry=seen.telemetry())
    called(mode, made, lambda client: flows.refund_safely(client, order.id, "bc1qexample"))
    flow = seen.spans()[-1]
    assert attributes(flow)["error.type"] == "NotRefundableError"
    assert attributes(flow)["chessa.outcome"] == "not sent"


# ---- Off -----------------------------------------------------------------------------------------


def test_telemetry_can_be_turned_off(api: Sandbox) -> None:
    """With `telemetry=False` there is not a span; anything but a bool or a Telemetry is refused."""
    order = api.add_order()
    client = api.client(telemetry=False)
    client.orders.retrieve(order.id)
    assert "traceparent" not in api.requests[-1].headers
    with pytest.raises(chessa.ConfigurationError):
        api.client(telemetry="yes")


_PROGRAM: Final = """
import sys
from chessa.testing import sandbox

with sandbox() as api:
    order = api.add_order()
    client = api.client()
    client.orders.retrieve(order.id)
    print(sorted(name for name in sys.modules if name.startswith("opentelemetry")))
    print("traceparent" in api.requests[-1].headers)
    from opentelemetry import trace
    client.orders.retrieve(order.id)
    print("chessa.telemetry._spans" in sys.modules, "traceparent" in api.requests[-1].headers)
    from opentelemetry.sdk.trace import TracerProvider
    trace.set_tracer_provider(TracerProvider())
    client.orders.retrieve(order.id)
    print("traceparent" in api.requests[-1].headers)
"""


def test_an_application_without_opentelemetry_imports_none_of_it() -> None:
    """Nothing is imported until the application does, nothing is seen until it sets a provider."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env={"PYTHONPATH": f"{root / 'generated'}:{root / 'overrides'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["[]", "False", "True False", "True"]
