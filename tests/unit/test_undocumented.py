"""`client.request`: what the spec does not have yet, with outcomes, journal, `once` and hooks."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

import chessa
from chessa.journal import SqlJournal
from tests.modes import MODES, Mode

CANCEL = ("POST", "/v1/orders/{order_id}/cancel")


class Server:
    """Records requests, and responds with what a test gives."""

    def __init__(self, *responses: httpx.Response) -> None:
        self.requests: list[httpx.Request] = []
        self._responses = list(responses)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._responses.pop(0)


def json_response(value: Any, status: int = 200) -> httpx.Response:
    """Return a JSON response."""
    return httpx.Response(status, json=value)


def rejection(status: int) -> httpx.Response:
    """Return the vendor's envelope."""
    return json_response({"error": "no", "message": "No", "statusCode": status}, status)


@pytest.fixture(params=MODES, ids=lambda mode: mode.name)
def mode(request: pytest.FixtureRequest) -> Mode:
    """Sync or async."""
    found: Mode = request.param
    return found


def call(mode: Mode, server: Server, *words: Any, **options: Any) -> Any:
    """Perform one request in a mode."""
    settings = {name: options.pop(name) for name in ("journal", "hooks") if name in options}

    async def body() -> Any:
        made = mode.client(
            client_id="id",
            client_secret="secret",
            transport=lambda: httpx.MockTransport(server),
            **settings,
        )
        async with mode.opened(made) as client:
            return await mode.done(client.request(*words, **options))

    return mode.run(body())


def test_the_request_is_encoded(mode: Mode) -> None:
    """Values of the path and the query are encoded, the body is JSON, numbers stay exact."""
    server = Server(httpx.Response(200, content=b'{"fee": 0.10}'))
    result = call(
        mode,
        server,
        *CANCEL,
        parameters={"order_id": "../a/b?c=ü"},
        query={"dry run": True, "tag": ["a", "b"]},
        body={"amount": Decimal("10.50")},
    )
    assert result == {"fee": Decimal("0.10")}
    (sent,) = server.requests
    assert sent.url.raw_path == (
        b"/v1/orders/..%2Fa%2Fb%3Fc%3D%C3%BC/cancel?dry%20run=true&tag=a&tag=b"
    )
    assert sent.url.host == "api.chessa.ai"
    assert sent.content == b'{"amount":10.50}'
    assert sent.headers["content-type"] == "application/json"


def test_an_empty_success_is_none(mode: Mode) -> None:
    """204, and 2xx without a body, return None."""
    assert call(mode, Server(httpx.Response(204)), *CANCEL, parameters={"order_id": "1"}) is None
    assert call(mode, Server(httpx.Response(202)), *CANCEL, parameters={"order_id": "1"}) is None


def test_a_raw_response_need_not_be_json(mode: Mode) -> None:
    """`raw=True` returns status, headers and body, parsed if it is JSON."""
    raw = call(mode, Server(json_response([1], 201)), "GET", "/v1/new", raw=True)
    assert (raw.parsed, raw.status_code) == ([1], 201)
    text = httpx.Response(200, text="a,b")
    raw = call(mode, Server(text), "GET", "/v1/export", raw=True)
    assert (raw.parsed, raw.body) == (None, b"a,b")


def test_outcomes_are_those_of_any_call(mode: Mode) -> None:
    """A write is not retried; a read, and what is called a read, is."""
    name = "POST /v1/orders/{order_id}/cancel"
    with pytest.raises(chessa.OutcomeUnknownError) as unknown:
        call(mode, Server(rejection(503)), *CANCEL, parameters={"order_id": "1"})
    assert (unknown.value.operation, unknown.value.attempts) == (name, 1)
    with pytest.raises(chessa.BadRequestError):
        call(mode, Server(rejection(400)), *CANCEL, parameters={"order_id": "1"})
    page = httpx.Response(200, text="<html>")
    with pytest.raises(chessa.OutcomeUnknownError) as done:
        call(mode, Server(page), *CANCEL, parameters={"order_id": "1"})
    assert done.value.outcome is chessa.Outcome.DONE
    cases: list[tuple[str, dict[str, Any]]] = [("GET", {}), ("POST", {"is_read": True})]
    for method, options in cases:
        server = Server(rejection(503), json_response({"n": 1}))
        assert call(mode, server, method, "/v1/new", **options) == {"n": 1}
        assert len(server.requests) == 2


def test_hooks_and_journal_know_it_by_its_template(mode: Mode) -> None:
    """Method and path are its name; no value of the path is in a record."""
    records: list[chessa.JournalRecord] = []
    seen: list[chessa.RequestInfo] = []
    call(
        mode,
        Server(json_response({})),
        *CANCEL,
        parameters={"order_id": "ord_1"},
        journal=records.append,
        hooks=chessa.Hooks(request=seen.append),
    )
    name = "POST /v1/orders/{order_id}/cancel"
    assert [(each.event, each.operation) for each in records] == [
        ("opened", name),
        ("closed", name),
    ]
    assert [(each.operation, each.path) for each in seen] == [(name, CANCEL[1])]
    assert "ord_1" not in repr((records, seen))


@pytest.mark.parametrize("content", [b'{"n": 1}', b"", b" \n"])
def test_once_sends_once(mode: Mode, content: bytes, tmp_path: Path) -> None:
    """The second call under a reference returns the first result; other arguments conflict."""
    server = Server(httpx.Response(202, content=content))
    transport = {"transport": lambda: httpx.MockTransport(server)}

    async def body() -> None:
        async with mode.opened(SqlJournal(f"sqlite:///{tmp_path / 'journal.db'}")) as journal:
            made = mode.client(client_id="a", client_secret="b", journal=journal, **transport)
            async with mode.opened(made) as client:
                once = client.once("cancel 1")
                first = await mode.done(once.request(*CANCEL, parameters={"order_id": "1"}))
                second = await mode.done(once.request(*CANCEL, parameters={"order_id": "1"}))
                assert first == second == ({"n": 1} if content.strip() else None)
                with pytest.raises(chessa.ReferenceConflictError):
                    await mode.done(once.request(*CANCEL, parameters={"order_id": "2"}))

    mode.run(body())
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("method", "path", "problem"),
    [
        ("get", "/v1/new", "method must be one of"),
        ("GET", "https://evil.example/v1", "it is not a URL"),
        ("GET", "//evil.example/v1", "it is not a URL"),
        ("GET", "v1/new", "it is not a URL"),
        ("GET", "/\\evil.example", "segments of plain characters"),
        ("GET", "/v1//new", "segments of plain characters"),
        ("GET", "/v1/new?a=1", "segments of plain characters"),
        ("GET", "/v1/%2e%2e/new", "segments of plain characters"),
        ("GET", "/v1/new\r\nhost: evil", "segments of plain characters"),
        ("GET", "/v1/../new", "the segment '.' or '..'"),
        ("GET", "/v1/{id}", "each name in braces"),
        ("GET", f"/{'a' * 200}", "190 characters at most"),
        ("POST", "/v1/orders/refund", "this write is orders.request_refund"),
        ("POST", "/v1/orders/Refund/", "this write is orders.request_refund"),
        ("POST", "/v1/orders/refund;v=1", "this write is orders.request_refund"),
    ],
)
def test_what_makes_no_request_is_refused(method: str, path: str, problem: str) -> None:
    """Another host, an odd path, a write with a method of its own: nothing is sent."""
    server = Server()
    with pytest.raises(chessa.InvalidRequestError, match=problem) as refused:
        call(MODES[0], server, method, path)
    assert refused.value.outcome is chessa.Outcome.NOT_SENT
    assert server.requests == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"body": {}}, "a GET has no body"),
        ({"query": {"a": 1.5}}, "query: the value of a"),
        ({"parameters": {"other": "1"}}, "each name in braces"),
        ({"parameters": []}, "must be a mapping"),
        ({"is_read": 1}, "is_read must be True or False"),
        ({"raw": None}, "raw must be True or False"),
    ],
)
def test_wrong_arguments_are_refused(options: dict[str, Any], problem: str) -> None:
    """Each is an `InvalidRequestError` that names the argument."""
    with pytest.raises(chessa.InvalidRequestError, match=problem):
        call(MODES[0], Server(), "GET", "/v1/new", **options)


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_value_that_would_change_the_path_is_refused(value: str) -> None:
    """An empty value and dots would name another path."""
    with pytest.raises(chessa.InvalidRequestError):
        call(MODES[0], Server(), *CANCEL, parameters={"order_id": value})


def test_a_number_that_python_does_not_write_is_refused() -> None:
    """An integer of thousands of digits is a wrong argument, not an error of Python's."""
    with pytest.raises(chessa.InvalidRequestError, match="too many digits"):
        call(MODES[0], Server(), *CANCEL, parameters={"order_id": 10**5000})


def test_a_float_amount_is_refused() -> None:
    """As in any body, and nothing is sent."""
    with pytest.raises(chessa.InvalidRequestError, match="float"):
        call(MODES[0], Server(), *CANCEL, parameters={"order_id": "1"}, body={"amount": 1.5})


def test_a_name_in_braces_hides_no_method() -> None:
    """A write is found by the path that is sent, not by the one that is written."""
    with pytest.raises(chessa.InvalidRequestError, match="this write is orders"):
        call(MODES[0], Server(), "POST", "/v1/orders/{what}", parameters={"what": "refund"})
    assert json.loads(call(MODES[0], Server(json_response("1")), "GET", "/v1/orders")) == 1
