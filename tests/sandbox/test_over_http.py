"""The sandbox over HTTP, served to its own process: commands, and clients that misbehave."""

import contextlib
import gc
import http.client
import json
import socket
import warnings
from typing import Any

import pytest

from chessa.models import OrderStatus
from chessa.testing import Sandbox, SandboxError, SandboxOrder, sandbox, serve


def ask(url: str, method: str, target: str, body: bytes = b"") -> tuple[int, Any, str | None]:
    """Send a request; return status, JSON and the header `Allow` of the response."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, target, body)
        response = connection.getresponse()
        return response.status, json.load(response), response.headers["allow"]
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("fund", "waiting_for_confirmations"),
        ("advance", "waiting_for_funding"),
        ("complete", "completed"),
        ("fail", OrderStatus.FAILED),
    ],
)
def test_a_command_moves_an_order(api: Sandbox, command: str, status: str) -> None:
    """POST /_sandbox/orders/ID/COMMAND does what the method of that name does."""
    order = api.add_order()
    with serve(api) as url:
        response = ask(url, "POST", f"/_sandbox/orders/{order.id}/{command}")
    assert response == (200, {"id": order.id, "status": status}, None)
    assert order.status == status
    assert api.requests == (), "commands are not requests of the API"


def test_an_impossible_command_is_refused(api: Sandbox) -> None:
    """An unknown order or command is a 404, an order past its end a 400, a GET a 405."""
    order = api.add_order().complete()
    place = f"/_sandbox/orders/{order.id}"
    with serve(api) as url:
        refused = [
            ask(url, "POST", "/_sandbox/orders/unknown/fail"),
            ask(url, "POST", f"{place}/explode"),
            ask(url, "POST", "/_sandbox/nothing"),
            ask(url, "POST", f"{place}/fail"),
            ask(url, "GET", f"{place}/fail"),
            ask(url, "POST", "/_sandbox/orders"),
        ]
        assert ask(url, "GET", "/_sandboxes/state")[1]["message"] == "Path not found"
    assert [status for status, _, _ in refused] == [404, 404, 404, 400, 405, 405]
    assert [body["error"] for _, body, _ in refused[:4]] == ["not_found"] * 3 + ["validation_error"]
    assert (refused[4][2], refused[5][2]) == ("POST", "GET")
    assert order.status == "completed"


def test_an_order_follows_the_clock_before_a_command(api: Sandbox) -> None:
    """A command finds the order in its status of now, not of the last request."""
    order: SandboxOrder = api.add_order().fund()
    api.clock.advance(hours=1)
    with serve(api) as url:
        status, body, _ = ask(url, "POST", f"/_sandbox/orders/{order.id}/fail")
    assert (status, body["error"], order.status) == (400, "validation_error", "completed")


def test_the_next_response_is_lost_on_command(api: Sandbox) -> None:
    """After lose-next-answer the next request acts, and its connection is lost."""
    with serve(api) as url:
        assert ask(url, "POST", "/_sandbox/lose-next-answer")[0] == 200
        with pytest.raises(http.client.RemoteDisconnected):
            ask(url, "GET", "/v1/users/me")
        assert ask(url, "GET", "/v1/users/me")[0] == 401
    assert [request.status for request in api.requests] == [None, 401]


def test_a_defect_of_a_command_is_reported() -> None:
    """A 500 in the vendor's envelope, and `SandboxError` when the server ends: not a silent one."""
    api = sandbox()
    api.add_order().fund().history.clear()
    with contextlib.ExitStack() as serving:
        url = serving.enter_context(serve(api))
        status, body, _ = ask(url, "POST", "/_sandbox/clock/advance?hours=1")
        assert (status, body["error"]) == (500, "sandbox_error")
        with pytest.raises(
            SandboxError, match="failed at POST /_sandbox/clock/advance: IndexError"
        ):
            serving.close()


def test_a_body_without_an_end_is_refused(api: Sandbox) -> None:
    """More than a mebibyte is a 400 in the vendor's envelope, before anything acts."""
    with serve(api) as url:
        status, body, _ = ask(url, "POST", "/v1/orders", b" " * (2**20 + 1))
    assert (status, body["error"]) == (400, "validation_error")
    assert body["message"] == "body: is longer than 1 MiB"
    assert api.requests == ()


def test_an_incomplete_request_is_ignored(api: Sandbox) -> None:
    """Half a request does nothing, and is not an error of the sandbox."""
    with serve(api) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as sock:
            sock.sendall(b"POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert ask(url, "GET", "/v1/users/me")[0] == 401
    assert [request.method for request in api.requests] == ["GET"]


def test_a_port_that_is_taken(api: Sandbox) -> None:
    """`serve` raises the error of the system."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=str(port)), serve(api, port=port):
            raise AssertionError("it was served")


def test_connections_made_as_it_stops_are_closed() -> None:
    """A connection that is accepted at the last moment is not left to the garbage collector."""
    gc.collect()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", ResourceWarning)
        for _ in range(5):
            with contextlib.ExitStack() as stack, serve() as url:
                host, port = url.removeprefix("http://").split(":")
                for _ in range(20):
                    stack.enter_context(socket.create_connection((host, int(port))))
        gc.collect()
    assert not [str(each.message) for each in seen]
