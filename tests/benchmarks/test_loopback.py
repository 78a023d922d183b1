"""The loopback server, and what is made beside it: payloads, keys of what is kept, environments."""

import http.client
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.environment import variables
from benchmarks.loopback import check_connections, loopback
from benchmarks.machine import pinned
from benchmarks.payload import NESTED, ROOT, orders
from benchmarks.peers import key_of, plain
from chessa.models import Order, Refund


def test_the_server_answers_on_kept_connections() -> None:
    """An order for every GET and a refund for every POST, each of the form that the API has."""
    with loopback() as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        for _ in range(3):
            connection.request("GET", "/v1/orders/any")
            body = connection.getresponse().read()
            assert 1500 < len(body) < 2500
            assert not Order.from_dict(json.loads(body)["order"]).misfits
            connection.request("POST", "/v1/orders/refund", b'{"orderId": "any"}')
            assert not Refund.from_dict(json.loads(connection.getresponse().read())).misfits
        connection.close()
        assert server.counts() == (2, 6)


def test_the_server_takes_requests_in_pieces_and_in_rows() -> None:
    """However the bytes arrive, a request is answered when all of it is there."""
    request = b"POST /v1/orders/refund HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"
    with loopback() as server, socket.create_connection(("127.0.0.1", server.port), 10) as peer:
        for piece in (request[:30], request[30:-1], request[-1:] + request + request):
            peer.sendall(piece)
        received = b""
        while received.count(b"HTTP/1.1 200 OK") < 3:
            received += peer.recv(65536)
        assert server.counts() == (2, 3)


def test_the_server_ends_with_its_parent() -> None:
    """Its stdin ends with the process that started it, and so does it, killed or not."""
    parent = (
        "import subprocess, sys, time\n"
        "server = subprocess.Popen([sys.executable, '-m', 'benchmarks.server'],"
        " stdin=subprocess.PIPE)\n"
        "time.sleep(60)\n"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", parent], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    with started.stdout:
        port = int(started.stdout.readline())
        started.kill()
        started.wait(10)
        assert started.stdout.read() == ""  # which the server held open until it ended
    with pytest.raises(OSError, match="refused"):
        http.client.HTTPConnection("127.0.0.1", port, timeout=10).connect()


def test_what_is_not_measured_is_refused() -> None:
    """A contender whose connections are not what they should be stops the case."""
    check_connections("kept", (1, 0), (3, 20), 20, fresh=False)
    check_connections("fresh", (1, 0), (22, 20), 20, fresh=True)
    for opened, sent, fresh in ((20, 20, False), (1, 20, True), (0, 19, False)):
        with pytest.raises(RuntimeError, match=f"{sent} requests on {opened} connections, of 20"):
            check_connections("wrong", (0, 0), (opened + 1, sent), 20, fresh=fresh)


def test_orders_are_of_their_form_and_none_like_another() -> None:
    """25 scalar fields; every value fits; each has an id of its own; always the same ones."""
    made = orders(100)
    assert {len(order) for order in made} == {25}
    assert not [name for name in NESTED if name in made[0]]
    models = [Order.from_dict(order) for order in made]
    assert not [model for model in models if model.misfits or not model.status.is_known]
    assert len({model.id for model in models}) == 100
    assert [model.to_dict() for model in models] == made == orders(100)


def test_extensions_are_taken_out_for_other_generators() -> None:
    """Keys that begin with x-, wherever they stand, and nothing else."""
    value = {"x-a": 1, "a": [{"x-b": {}, "b": "x-c"}]}
    assert plain(value) == {"a": [{"b": "x-c"}]}


def test_clients_are_made_anew_for_another_spec_or_lock() -> None:
    """The key follows both, and does not take one for the other."""
    assert key_of(b"spec", b"lock") == key_of(b"spec", b"lock")
    assert len({key_of(a, b) for a, b in ((b"a", b"b"), (b"b", b"a"), (b"ab", b""))}) == 3


def test_a_case_inherits_no_proxy_and_no_setting() -> None:
    """Loopback is reached directly, by a Python that nobody tuned."""
    inherited = {"HTTP_PROXY": "p", "no_proxy": "n", "PYTHONDEVMODE": "1", "CHESSA_BASE_URL": "u"}
    kept = variables([Path("a")], {**inherited, "PATH": "b"})
    assert kept == {"PATH": "b", "PYTHONPATH": "a"}


def test_the_lock_pins_the_peers() -> None:
    """With hashes and no index, and what chessa is developed with at the same versions."""
    lock = (ROOT / "benchmarks" / "requirements.txt").read_text("utf-8")
    assert set(pinned(lock)) >= {"httpx", "aiohttp", "pydantic", "openapi-generator-cli"}
    assert "://" not in lock
    assert lock.count("--hash=sha256:") > lock.count("==")
    shared = (ROOT / "requirements" / "dev.txt").read_text("utf-8")
    assert pinned(shared).items() <= pinned(lock).items()
