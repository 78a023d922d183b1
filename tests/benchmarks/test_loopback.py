"""The loopback server, its payloads, and the environments of cases."""

import http.client
import io
import json
import socket
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchmarks.environments import key_of, plain, variables
from benchmarks.loopback import Loopback, loopback
from benchmarks.payload import NESTED, ROOT, orders
from benchmarks.report import pinned
from chessa.models import Order, Refund
from tests.marks import table


def test_the_server_responds_on_kept_connections() -> None:
    """Every GET gets an order and every POST a refund, each of the form that the API has."""
    with loopback() as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
        for _ in range(3):
            connection.request("GET", "/v1/orders/any")
            body = connection.getresponse().read()
            assert 1500 < len(body) < 2500
            assert not Order.from_dict(json.loads(body)["order"]).misfits
            connection.request("POST", "/v1/orders/refund", b'{"orderId": "any"}')
            assert not Refund.from_dict(json.loads(connection.getresponse().read())).misfits
        connection.close()
        assert server.counts() == (1, 6)


def test_the_server_takes_requests_in_pieces_and_in_rows() -> None:
    """A request gets its response when all of it has arrived, in any pieces."""
    request = b"POST /v1/orders/refund HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"
    with loopback() as server:
        url = urlsplit(server.url)
        with socket.create_connection((url.hostname, url.port), 10) as peer:
            for piece in (request[:30], request[30:-1], request[-1:] + request + request):
                peer.sendall(piece)
            received = b""
            while received.count(b"HTTP/1.1 200 OK") < 3:
                received += peer.recv(65536)
            assert server.counts() == (1, 3)


def test_the_server_ends_with_its_parent() -> None:
    """The server ends with the process that started it, even if that is killed."""
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


@table(
    ("opened", "sent", "fresh", "is_refused"),
    [
        (1, 20, False, False),
        (20, 20, True, False),
        (20, 20, False, True),
        (1, 20, True, True),
        (0, 19, False, True),
    ],
)
def test_unexpected_connections_are_refused(
    opened: int, sent: int, fresh: bool, is_refused: bool
) -> None:
    """A contender whose connections are not kept, or not fresh, as claimed stops the case."""
    counts = io.StringIO(f"1 0\n{1 + opened} {sent}\n")
    server = Loopback("http://127.0.0.1", io.StringIO(), counts)
    message = f"{sent} requests on {opened} connections, of 20"
    expected = pytest.raises(RuntimeError, match=message) if is_refused else nullcontext()
    with expected:
        server.check("a contender", lambda: None, 20, fresh=fresh)


def test_orders_have_their_form_and_differ() -> None:
    """Orders have 25 scalar fields whose values fit, and ids of their own; always the same."""
    made = orders(100)
    assert {len(order) for order in made} == {25}
    assert not [name for name in NESTED if name in made[0]]
    models = [Order.from_dict(order) for order in made]
    assert not [model for model in models if model.misfits or not model.status.is_known]
    assert len({model.id for model in models}) == 100
    assert [model.to_dict() for model in models] == made == orders(100)


def test_extensions_are_removed_for_other_generators() -> None:
    """Keys that begin with x- are removed at every level, and nothing else."""
    value = {"x-a": 1, "a": [{"x-b": {}, "b": "x-c"}]}
    assert plain(value) == {"a": [{"b": "x-c"}]}


def test_clients_are_made_anew_for_another_spec_or_lock() -> None:
    """The key depends on both, in their order."""
    assert key_of(b"spec", b"lock") == key_of(b"spec", b"lock")
    assert len({key_of(a, b) for a, b in ((b"a", b"b"), (b"b", b"a"), (b"ab", b""))}) == 3


def test_a_case_inherits_no_proxy_and_no_setting() -> None:
    """A case reaches loopback directly, with a Python without settings."""
    inherited = {"HTTP_PROXY": "p", "no_proxy": "n", "PYTHONDEVMODE": "1", "CHESSA_BASE_URL": "u"}
    kept = variables([Path("a")], {**inherited, "PATH": "b"})
    assert kept.pop("PYTHONPATH").endswith(":a")
    assert kept == {"PATH": "b"}


def test_the_lock_pins_the_peers() -> None:
    """The lock has hashes and no index, and shares its versions with the one for development."""
    lock = (ROOT / "benchmarks" / "requirements.txt").read_text("utf-8")
    assert set(pinned(lock)) >= {"httpx", "aiohttp", "pydantic", "openapi-generator-cli"}
    assert "://" not in lock
    assert lock.count("--hash=sha256:") > lock.count("==")
    shared = (ROOT / "requirements" / "dev.txt").read_text("utf-8")
    assert pinned(shared).items() <= pinned(lock).items()
