"""httpcore's trace of a request, set by a hook of the caller's client: called, next to ours."""

from collections.abc import Callable
from typing import Any

import pytest

from chessa import NotSentError, Outcome, OutcomeUnknownError
from tests.faults.fault import FaultServer
from tests.unit.raw_server import refusing_port

from .calls import WRITE, Call, Mode, hook, lose


def traced(mode: Mode, events: list[str], how: str) -> Callable[[Any], Any]:
    """Return a request hook that sets a trace, in one of the ways in which that is done."""

    def note(name: str, _info: dict[str, Any]) -> None:
        events.append(name)

    async def note_async(name: str, info: dict[str, Any]) -> None:
        note(name, info)

    trace = note_async if mode.is_async else note

    def set_trace(request: Any) -> None:
        match how:
            case "item":
                request.extensions["trace"] = trace
            case "update":
                request.extensions.update(trace=trace)
            case "or":
                request.extensions |= {"trace": trace}
            case "replaced":
                request.extensions = {**request.extensions, "trace": trace}

    return hook(mode, set_trace)


HOWS = pytest.mark.parametrize("how", ["item", "update", "or", "replaced"])


@HOWS
def test_a_trace_of_the_callers_is_called(
    mode: Mode, call: Call, server: FaultServer, library: Any, how: str
) -> None:
    """A trace that a request hook sets gets httpcore's events of the call."""
    events: list[str] = []
    hooks = {"request": [traced(mode, events, how)]}
    call.check(
        mode.perform_over(
            lambda: mode.http_client(library, event_hooks=hooks), call, base_url=server.url
        )
    )
    assert "http11.send_request_headers.started" in events
    assert "http11.receive_response_headers.complete" in events


@HOWS
def test_the_evidence_with_a_trace_of_the_callers(mode: Mode, library: Any, how: str) -> None:
    """A refused write is NOT_SENT and retried, unless a trace takes the place of ours."""
    events: list[str] = []
    hooks = {"request": [traced(mode, events, how)]}
    with refusing_port() as url:
        error = mode.perform_over(
            lambda: mode.http_client(library, event_hooks=hooks), WRITE, base_url=url
        )
    is_kept = how in ("item", "update")
    assert type(error) is (NotSentError if is_kept else OutcomeUnknownError)
    assert events.count("connection.connect_tcp.failed") == (3 if is_kept else 1)


@HOWS
def test_a_lost_response_is_unknown_with_any_trace(mode: Mode, library: Any, how: str) -> None:
    """A write that lost its response is UNKNOWN, whatever traces the caller's client has."""
    hooks = {"request": [traced(mode, [], how)]}
    with FaultServer(lose) as server:
        error = mode.perform_over(
            lambda: mode.http_client(library, event_hooks=hooks), WRITE, base_url=server.url
        )
        assert len(server.received) == 1
    assert type(error) is OutcomeUnknownError
    assert error.outcome is Outcome.UNKNOWN
