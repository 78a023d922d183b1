"""Pages of other origins, and names that point here, do not reach a served sandbox."""

import contextlib
import http.client
import json
import socket
from typing import Any

import pytest

from chessa.testing import Sandbox, serve
from chessa.testing._errors import Problem
from chessa.testing._http.guard import allowed_hosts, check_host, check_origin

REFUSED: Any = {True: contextlib.nullcontext(), False: pytest.raises(Problem, match=r"refused|not")}


@pytest.mark.parametrize(
    ("bound", "others", "host", "is_allowed"),
    [
        ("127.0.0.1", (), "127.0.0.1:8080", True),
        ("127.0.0.1", (), "LocalHost:8080", True),
        ("127.0.0.1", (), "[::1]:8080", True),
        ("127.0.0.1", (), "evil.example:8080", False),
        ("127.0.0.1", (), "localhost.evil.example", False),
        ("127.0.0.1", (), "127.0.0.1.evil.example", False),
        ("127.0.0.1", (), "evil@localhost@evil.example", False),
        ("127.0.0.1", (), "", False),
        ("127.0.0.1", (), "[", False),
        ("127.0.0.1", (), "192.0.2.7:8080", False),
        ("127.0.0.1", ("sandbox",), "sandbox:8080", True),
        ("::", (), "192.0.2.7:8080", True),
        ("::", (), "sandbox:8080", False),
        ("::", ("Sandbox",), "sandbox:8080", True),
        ("sandbox.test", (), "sandbox.test:8080", True),
    ],
)
def test_only_its_own_names_are_served(
    bound: str, others: tuple[str, ...], host: str, is_allowed: bool
) -> None:
    """A name that could be made to point here tomorrow is refused, unless it was allowed."""
    with REFUSED[is_allowed]:
        check_host(host, allowed_hosts(bound, others), bound=bound)


@pytest.mark.parametrize(
    ("headers", "is_allowed"),
    [
        ({}, True),
        ({"origin": "http://127.0.0.1:8080"}, True),
        ({"origin": "http://127.0.0.1:8080", "sec-fetch-site": "same-origin"}, True),
        ({"origin": "http://127.0.0.1:8081"}, False),
        ({"origin": "https://127.0.0.1:8080"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
    ],
)
def test_only_pages_of_its_own_command(headers: dict[str, str], is_allowed: bool) -> None:
    """A browser says where a request comes from; curl says nothing, and may."""
    with REFUSED[is_allowed]:
        check_origin({"host": "127.0.0.1:8080", **headers})


def test_a_served_sandbox_is_guarded(api: Sandbox) -> None:
    """Over HTTP: the API, the commands and the page refuse a foreign name; commands an origin."""
    api.add_order()
    with serve(api) as url:
        place = url.removeprefix("http://")

        def ask(method: str, target: str, **headers: str) -> tuple[int, str]:
            connection = http.client.HTTPConnection(place, timeout=10)
            try:
                connection.request(method, target, headers=headers)
                response = connection.getresponse()
                return response.status, response.read().decode("utf-8")
            finally:
                connection.close()

        for target in ("/v1/users/me", "/_sandbox/", "/_sandbox/state", "/_sandbox/events"):
            status, body = ask("GET", target, Host="evil.example")
            assert status == 403
            assert "--allow-host" in json.loads(body)["message"]
        assert ask("POST", "/_sandbox/reset", Origin="http://evil.example")[0] == 403
        assert ask("OPTIONS", "/_sandbox/reset", Origin="http://evil.example")[0] == 403
        assert len(api.orders) == 1
        assert ask("POST", "/_sandbox/reset", Origin=url)[0] == 200
        assert not api.orders
        with socket.create_connection(("127.0.0.1", int(place.partition(":")[2])), 10) as sock:
            sock.sendall(b"GET /_sandbox/state HTTP/1.0\r\n\r\n")  # no Host at all
            assert b" 403 " in sock.recv(100)
    assert not api.requests


def test_a_page_of_another_origin_uses_up_no_fault(api: Sandbox) -> None:
    """Without credentials its requests are refused and not recorded; with them it is a proxy."""
    api.lose_next_answer()
    foreign = {"origin": "http://evil.example", "content-type": "text/plain"}
    with serve(api) as url:

        def status(target: str, **headers: str) -> int:
            connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
            try:
                connection.request("POST", target, b"{}", {**foreign, **headers})
                return connection.getresponse().status
            finally:
                connection.close()

        assert [status("/v1/orders"), status("/_sandbox/lose-next-answer")] == [403, 403]
        assert len(api.waiting_faults) == 1
        assert not api.requests
        with pytest.raises(http.client.RemoteDisconnected):
            status("/v1/orders", **{"x-client-id": "a"})
    assert not api.waiting_faults
