"""One call after the other: wall and processor time of each."""

import contextlib
import functools
import http.client
import importlib.util
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

import chessa

from .. import clients
from ..loopback import loopback
from ..payload import CREDENTIALS, order_body
from ..run import OURS, Run, Work, convert, interleave

_DIRECT = "chessa, DirectTransport"
_GENERATOR = "openapi-generator"


def sync_read(run: Run) -> None:
    """Measure reads on a connection that is kept."""
    calls = run.of(60, 40)
    with loopback() as server, contextlib.ExitStack() as stack:
        url = urlsplit(server.url)
        plain = stack.enter_context(
            contextlib.closing(http.client.HTTPConnection(url.netloc, timeout=clients.PATIENCE))
        )
        raw = stack.enter_context(
            socket.create_connection((url.hostname, url.port), clients.PATIENCE)
        )
        ours = stack.enter_context(clients.our_client(server.url))
        direct = stack.enter_context(clients.our_client(server.url, chessa.DirectTransport))
        theirs = stack.enter_context(httpx.Client(base_url=server.url, headers=CREDENTIALS))
        work: dict[str, Work] = {
            OURS: clients.blocking(clients.CHESSA_READ, ours),
            _DIRECT: clients.blocking(clients.CHESSA_READ, direct),
            "httpx": clients.blocking(clients.HTTPX_READ, theirs),
            "openapi-python-client": clients.stock_read(server.url),
            "http.client": functools.partial(clients.http_client_read, plain),
            "raw socket": functools.partial(clients.socket_read, raw),
        }
        if importlib.util.find_spec("generator_client"):
            work[_GENERATOR] = clients.generator_read(server.url)
        else:
            run.skip("wall", _GENERATOR, "not generated, which needs Java")
        work = _in_sequence(work, calls)
        for name, each in work.items():
            each()
            server.check(name, each, calls, fresh=False)
        _compare(run, work, calls, {OURS: "", _DIRECT: ", DirectTransport"})


def in_memory(run: Run) -> None:
    """Measure reads over `httpx.MockTransport`, where all the cost is the client's own."""
    url, body, calls = "https://api.example.com", order_body(), run.of(200, 100)
    headers = {"content-type": "application/json; charset=utf-8"}
    mock = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, content=body))
    with (
        clients.our_client(url, mock) as ours,
        httpx.Client(base_url=url, headers=CREDENTIALS, transport=mock) as theirs,
    ):
        work: dict[str, Work] = {
            OURS: clients.blocking(clients.CHESSA_READ, ours),
            "httpx": clients.blocking(clients.HTTPX_READ, theirs),
            "openapi-python-client": clients.stock_read(url, transport=mock),
        }
        _compare(run, _in_sequence(work, calls), calls)


def one_write(run: Run) -> None:
    """Measure writes, each of ours on a connection of its own."""
    calls, pooled = run.of(40, 25), "httpx, pooled"
    with (
        loopback() as server,
        clients.our_client(server.url) as ours,
        httpx.Client(base_url=server.url, headers=CREDENTIALS) as theirs,
    ):
        netloc = urlsplit(server.url).netloc
        work: dict[str, Work] = {
            OURS: clients.blocking(clients.CHESSA_WRITE, ours),
            pooled: clients.blocking(clients.HTTPX_WRITE, theirs),
            "http.client, new connection": functools.partial(clients.http_client_write, netloc),
        }
        work = _in_sequence(work, calls)
        for name, each in work.items():
            server.check(name, each, calls, fresh=name != pooled)
        _compare(run, work, calls)


def _in_sequence(work: Mapping[str, Work], calls: int) -> dict[str, Work]:
    def sequence(call: Work) -> None:
        for _ in range(calls):
            call()

    return {name: functools.partial(sequence, call) for name, call in work.items()}


def _compare(
    run: Run, work: Mapping[str, Work], calls: int, ours: Mapping[str, str] = {OURS: ""}
) -> None:
    wall, cpu = interleave(work, run.of(61, 15), warm_up=2)
    for name, suffix in ours.items():
        for clock, seconds in (("wall", wall), ("cpu", cpu)):
            times = convert(seconds, lambda value: value / calls * 1e6)
            run.against(clock + suffix, "µs", times, name)
