"""A program under gevent: time limits around calls, and reads that run at the same time.

It prints one line of JSON. Its servers are greenlets of the same process.
"""

from importlib import import_module
from typing import Any

monkey: Any = import_module("gevent.monkey")  # need not be installed where types are checked
monkey.patch_all()

import json  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from functools import partial  # noqa: E402

import chessa  # noqa: E402
from chessa.flows import wait_for_order  # noqa: E402

gevent: Any = import_module("gevent")
servers: Any = import_module("gevent.server")
ADDRESS = "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"
LIMIT = 0.2
DELAY = 0.2
READS = 10


class TimeLimitError(Exception):
    """The application's own time limit."""


def serve(requests: list[bytes], delay: float | None) -> Any:
    """Start a server that responds to each request after a delay, or never."""

    def handle(sock: Any, _address: object) -> None:
        while data := sock.recv(65_536):
            requests.append(data)
            if delay is None:
                continue
            gevent.sleep(delay)
            order = data.split(b" ", 2)[1].rpartition(b"/")[2].decode("ascii")
            body = json.dumps({"order": {"id": order, "status": "created"}}).encode("ascii")
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    server = servers.StreamServer(("127.0.0.1", 0), handle)
    server.start()
    return server


def client_of(server: Any, host: str, **settings: Any) -> chessa.Chessa:
    """Make a client of a server, by its name or its address."""
    url = f"http://{host}:{server.server_port}"
    return chessa.Chessa(client_id="id-1", client_secret="s-0b71f3a8c4de", base_url=url, **settings)


def read(client: chessa.Chessa, number: int) -> bool:
    """Read an order; whether it is the right one."""
    return client.orders.retrieve(f"o{number}").id == f"o{number}"


def write(client: chessa.Chessa) -> object:
    """Send a refund."""
    return client.orders.request_refund(order_id="o1", address=ADDRESS)


def limited(call: Callable[[], object], error: Any) -> dict[str, Any]:
    """Make a call with a time limit; how it ended, and how late by a sleeper's clock."""
    woken: list[float] = []

    def sleep() -> None:
        gevent.sleep(LIMIT)
        woken.append(time.monotonic())

    sleeper = gevent.spawn(sleep)
    raised: BaseException | None = None
    with gevent.Timeout(LIMIT, error):
        try:
            call()
        except BaseException as caught:  # noqa: BLE001  # it is reported
            raised = caught
    ended = time.monotonic()
    sleeper.join()
    return {
        "raised": type(raised).__name__,
        "notes": list(getattr(raised, "__notes__", ())),
        "late": max(0.0, ended - woken[0]),
    }


def limits(host: str) -> dict[str, Any]:
    """Limit reads and writes of a silent server, and the wait for an order."""
    found: dict[str, Any] = {}
    requests: list[bytes] = []
    silent, answering = serve(requests, None), serve([], 0.01)
    errors = [TimeLimitError, TimeoutError("limit"), OSError("limit"), RuntimeError("limit"), None]
    for error in errors:
        name = getattr(error, "__name__", type(error).__name__)
        records: list[Any] = []
        with client_of(silent, host, timeout=3, journal=records.append) as client:
            found[f"read {name}"] = limited(partial(read, client, 1), error)
            requests.clear()
            found[f"write {name}"] = limited(partial(write, client), error)
        found[f"write {name}"]["received"] = len(requests)
        found[f"write {name}"]["records"] = [
            [record.event, record.outcome and record.outcome.value] for record in records
        ]
        with client_of(answering, host, timeout=3) as client:
            found[f"wait {name}"] = limited(partial(wait_for_order, client, "o1"), error)
    return found


def concurrent(host: str) -> dict[str, Any]:
    """Read once, then several times at once, each time through new connections."""
    server = serve([], DELAY)
    with client_of(server, host) as client:
        began = time.monotonic()
        read(client, 0)
        one = time.monotonic() - began
    with client_of(server, host) as client:
        began = time.monotonic()
        readers = [gevent.spawn(read, client, number) for number in range(READS)]
        gevent.joinall(readers)
        several = time.monotonic() - began
    return {"one": one, "several": several, "right": [reader.value for reader in readers]}


if __name__ == "__main__":
    warm = serve([], 0.0)
    with client_of(warm, "127.0.0.1") as first:
        first.orders.retrieve("o0")
    parts = {"limits": limits, "concurrent": concurrent}
    report = {
        f"{name} {host}": part(host)
        for host in ("127.0.0.1", "localhost")
        for name, part in parts.items()
    }
    print(json.dumps(report))  # noqa: T201  # the test reads it
