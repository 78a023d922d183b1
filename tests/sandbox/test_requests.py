"""Requests that the sandbox refuses before any operation acts, and that the client never sends."""

import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest

from chessa.testing import Sandbox, serve
from tests.credentials import ID_HEADER, SECRET_HEADER

Response: TypeAlias = tuple[int, dict[str, str], Any]
Send: TypeAlias = Callable[..., Response]

ORDERS = "/v1/orders"
REFUND = "/v1/orders/refund"


@pytest.fixture
def api(spec: dict[str, Any]) -> Sandbox:
    """A sandbox of the spec whose paths and bodies the messages of these tests name."""
    return Sandbox(spec=spec)


@pytest.fixture(params=["in process", "over HTTP"])
def send(request: pytest.FixtureRequest, api: Sandbox) -> Iterator[Send]:
    """Send a request in process or over HTTP; return status, headers and JSON of the response."""
    credentials = {ID_HEADER: api.client_id, SECRET_HEADER: api.client_secret}
    typed = {"content-type": "application/json"}

    def headers_for(body: bytes | None, extra: dict[str, str | None]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in extra.items()}
        merged = {**credentials, **({} if body is None else typed), **named}
        return {name: value for name, value in merged.items() if value is not None}

    if request.param == "in process":

        def in_process(
            method: str, target: str, body: bytes | None = None, **extra: Any
        ) -> Response:
            headers = list(headers_for(body, extra).items())
            given = api.backend.answer(method, target, headers, body or b"")
            assert given.status is not None
            return given.status, dict(given.headers), json.loads(given.body)

        yield in_process
        return

    with serve(api) as url:

        def over_http(
            method: str, target: str, body: bytes | None = None, **extra: Any
        ) -> Response:
            connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
            try:
                connection.request(method, target, body, headers_for(body, extra))
                received = connection.getresponse()
                headers = {name.lower(): value for name, value in received.getheaders()}
                return received.status, headers, json.loads(received.read())
            finally:
                connection.close()

        yield over_http


def envelope(response: Response, status: int, code: str) -> str:
    """Check that a response is the vendor's envelope; return its message."""
    assert (response[0], response[1]["content-type"]) == (status, "application/json")
    message: str = response[2]["message"]
    assert response[2] == {"error": code, "message": message, "statusCode": status}
    assert message
    return message


@pytest.mark.parametrize(
    "wrong",
    [
        {"x_client_id": None},
        {"x_client_secret": None},
        {"x_client_id": None, "x_client_secret": None},
        {"x_client_secret": "wrong"},
        {"x_client_secret": ""},
        {"x_client_id": "sandbox-client-secret"},
    ],
)
@pytest.mark.parametrize("operation", ["GET /v1/users/me", "POST /v1/orders/refund"])
def test_credentials_are_needed(
    api: Sandbox, send: Send, operation: str, wrong: dict[str, str | None]
) -> None:
    """Missing or wrong ones are a 401, before any other check."""
    envelope(send(*operation.split(), **wrong), 401, "unauthorized")
    assert not api.requests[-1].acted


def test_every_operation_needs_credentials(api: Sandbox, send: Send) -> None:
    """The vendor wants them on every call, and so does the spec."""
    for path, item in api.spec["paths"].items():
        for method in ("get", "post"):
            if method in item:
                target = path.replace("{", "").replace("}", "")
                envelope(send(method.upper(), target, x_client_id=None), 401, "unauthorized")


@pytest.mark.parametrize(
    "path", ["/", "/v2/orders", "/v1/orders/", "/v1", "/v1/orders/a/b", "//v1"]
)
def test_an_unknown_path(send: Send, path: str) -> None:
    """An unknown path is a 404 in the vendor's envelope."""
    assert envelope(send("GET", path), 404, "not_found") == "Path not found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/orders", "GET, POST"),
        ("GET", "/v1/orders/refund", "POST"),
        ("PATCH", "/v1/orders/some-id", "GET"),
        ("PUT", "/v1/users/me", "GET"),
    ],
)
def test_a_method_that_a_path_does_not_have(
    send: Send, method: str, path: str, allowed: str
) -> None:
    """A known path with another method is a 405 with the allowed ones."""
    response = send(method, path)
    envelope(response, 405, "method_not_allowed")
    assert response[1]["allow"] == allowed


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (None, "body: is required"),
        (b"{", "body: it is not JSON (at character 1)"),
        (b'{"orderId": NaN}', "body: NaN is not JSON"),
        (b'{"orderId": "a", "orderId": "b"}', "body: an object holds one name twice"),
        (b"[]", "body: must be of type object"),
        (b"{}", "body: 'orderId' is a required property; body: 'address' is a required property"),
        (b'{"orderId": 1, "address": "x"}', "body.orderId: must be of type string"),
        (b'{"orderId": null, "address": "x"}', "body.orderId: must be of type string"),
    ],
)
def test_a_body_that_breaks_the_spec(
    api: Sandbox, send: Send, body: bytes | None, message: str
) -> None:
    """An invalid body is a 400 that says where and why; nothing acts."""
    assert envelope(send("POST", REFUND, body), 400, "validation_error") == message
    assert not api.requests[-1].acted


def test_a_body_of_another_kind(send: Send) -> None:
    """The API takes JSON; a charset in the content type and unknown members are allowed."""
    body = b'{"orderId": "x", "address": "y", "new": {"deep": [1.5]}}'
    wrong = send("POST", REFUND, body, content_type="text/plain")
    assert envelope(wrong, 400, "validation_error") == "body: must be application/json"
    right = send("POST", REFUND, body, content_type="application/json; charset=utf-8")
    envelope(right, 404, "not_found")


def test_amounts_exclude_each_other(send: Send) -> None:
    """Only one side of an order may be fixed."""
    body = b'{"recipientId": "x", "originAmount": 1, "destinationAmount": 1.0}'
    message = envelope(send("POST", ORDERS, body), 400, "validation_error")
    assert message == "body: only one of originAmount and destinationAmount may be given"


def test_a_path_value_is_decoded_once(api: Sandbox, send: Send) -> None:
    """An escaped slash is part of the value, not of the path."""
    status, _, body = send("GET", "/v1/rates/A%2FB/C%2525")
    assert (status, body["message"]) == (404, "Rate not found")
    assert api.requests[-1].operation == "rates.retrieve"
    assert api.requests[-1].path == "/v1/rates/A%2FB/C%2525"


def test_requests_are_on_record_without_secrets(api: Sandbox, send: Send) -> None:
    """Operation, path, query, headers, body and status are kept; the credentials are not."""
    send("GET", "/v1/recipients?currency=NGN&currency=GHS&new=%C3%A9", x_trace="t1", cookie="c=1")
    send("POST", REFUND, b'{"orderId": "x", "address": "y"}')
    send("GET", "/nowhere")
    first, second, third = api.requests
    assert (first.operation, first.method, first.status) == ("recipients.list", "GET", 200)
    assert first.query == (("currency", "NGN"), ("currency", "GHS"), ("new", "é"))
    assert first.headers["x-trace"] == "t1"
    assert first.acted
    assert second.body == {"orderId": "x", "address": "y"}
    assert second.status == 404
    assert (third.operation, third.acted) == (None, False)
    for request in api.requests:
        assert not {ID_HEADER, SECRET_HEADER, "cookie"} & set(request.headers)
        assert api.client_secret not in repr(request)
