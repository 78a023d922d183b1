"""The contenders of a blocking call: chessa, and what others would write in its place.

In: a URL, or a mock transport. Out: for each, a function that makes one call and reads of its
result what any caller would: the status and an amount. All are given the same credentials, and each
has one client that is kept.
"""

import contextlib
import http.client
import importlib
import json
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

import chessa

from .payload import ADDRESS, CREDENTIALS, ORDER_ID

Call = Callable[[], object]
GENERATOR_SKIPPED: Final = os.environ.get("BENCHMARKS_SKIPPED", "")
"""Why there is no client of openapi-generator, if there is none."""
OURS: Final = "chessa"
DIRECT: Final = "chessa, DirectTransport"
_PATH: Final = f"/v1/orders/{ORDER_ID}"
_TIMEOUT: Final = 60.0


def our_client(
    url: str, handler: Callable[[httpx.Request], httpx.Response] | None, transport: Any = None
) -> Any:
    """A `Chessa`, on a mock transport where there is a handler."""
    if handler is not None:
        transport = httpx.MockTransport(handler)
    return chessa.Chessa(
        client_id=CREDENTIALS["x-client-id"],
        client_secret=CREDENTIALS["x-client-secret"],
        base_url=url,
        transport=transport,
    )


def chessa_read(client: chessa.Chessa) -> Call:
    """`orders.retrieve`."""

    def call() -> object:
        order = client.orders.retrieve(ORDER_ID)
        return order.status, order.destination_amount

    return call


def httpx_read(client: httpx.Client) -> Call:
    """As it is written by hand."""

    def call() -> object:
        response = client.get(_PATH)
        response.raise_for_status()
        order = response.json()["order"]
        return order["status"], order["destinationAmount"]

    return call


def stock_read(url: str, transport: httpx.BaseTransport | None = None) -> Call:
    """The client that openapi-python-client generates of our spec."""
    module = importlib.import_module("stock_client.client")
    operation = importlib.import_module("stock_client.api.order_endpoints.orders_retrieve")
    extra = {} if transport is None else {"transport": transport}
    client = module.Client(base_url=url, headers=dict(CREDENTIALS), httpx_args=extra)

    def call() -> object:
        order = operation.sync(ORDER_ID, client=client).order
        return order.status, order.destination_amount

    return call


def generator_read(url: str) -> Call | None:
    """The client that openapi-generator generates of our spec; None where it was not made."""
    if GENERATOR_SKIPPED:
        return None
    package = importlib.import_module("generator_client")
    settings = package.Configuration(
        host=url,
        api_key={
            "clientId": CREDENTIALS["x-client-id"],
            "clientSecret": CREDENTIALS["x-client-secret"],
        },
    )
    api = package.OrderEndpointsApi(package.ApiClient(settings))

    def call() -> object:
        order = api.orders_retrieve(ORDER_ID).order
        return order.status, order.destination_amount

    return call


def http_client_read(url: str) -> tuple[Call, Callable[[], None]]:
    """`http.client` on one connection; and what closes it."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_TIMEOUT)

    def call() -> object:
        connection.request("GET", _PATH, headers=CREDENTIALS)
        order = json.loads(connection.getresponse().read())["order"]
        return order["status"], order["destinationAmount"]

    return call, connection.close


def socket_read(url: str) -> tuple[Call, Callable[[], None]]:
    """The floor: bytes out, bytes in, and the length and the JSON read; and what closes it."""
    parts = urlsplit(url)
    connection = socket.create_connection((str(parts.hostname), parts.port or 80), _TIMEOUT)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    headers = {"host": parts.netloc, "accept": "*/*", **CREDENTIALS}
    lines = [f"GET {_PATH} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    request = "\r\n".join([*lines, "", ""]).encode()

    def call() -> object:
        connection.sendall(request)
        received = connection.recv(65536)
        head = received.index(b"\r\n\r\n") + 4
        start = received.index(b"content-length: ") + 16
        whole = head + int(received[start : received.index(b"\r\n", start)])
        while len(received) < whole:
            received += connection.recv(65536)
        order = json.loads(received[head:])["order"]
        return order["status"], order["destinationAmount"]

    return call, connection.close


@contextlib.contextmanager
def readers(url: str) -> Iterator[dict[str, Call]]:
    """Everybody who reads over a socket, connections kept."""
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(our_client(url, None))
        direct = stack.enter_context(our_client(url, None, chessa.DirectTransport))
        theirs = stack.enter_context(httpx.Client(base_url=url, headers=CREDENTIALS))
        plain, close_plain = http_client_read(url)
        stack.callback(close_plain)
        floor, close_floor = socket_read(url)
        stack.callback(close_floor)
        calls = {
            OURS: chessa_read(ours),
            DIRECT: chessa_read(direct),
            "httpx": httpx_read(theirs),
            "openapi-python-client": stock_read(url),
            "http.client": plain,
            "raw socket": floor,
        }
        generated = generator_read(url)
        if generated is not None:
            calls["openapi-generator"] = generated
        yield calls


def chessa_write(client: chessa.Chessa) -> Call:
    """`orders.request_refund`, on a connection of its own."""

    def call() -> object:
        refund = client.orders.request_refund(order_id=ORDER_ID, address=ADDRESS)
        return refund.status, refund.crypto_amount

    return call


def httpx_write(client: httpx.Client) -> Call:
    """As it is written by hand, on a connection that is kept."""

    def call() -> object:
        body = {"orderId": ORDER_ID, "address": ADDRESS}
        response = client.post("/v1/orders/refund", json=body)
        response.raise_for_status()
        refund = response.json()
        return refund["status"], refund["cryptoAmount"]

    return call


def http_client_write(url: str) -> Call:
    """`http.client`, on a connection of its own."""
    netloc = urlsplit(url).netloc
    headers = {**CREDENTIALS, "content-type": "application/json"}

    def call() -> object:
        connection = http.client.HTTPConnection(netloc, timeout=_TIMEOUT)
        try:
            body = json.dumps({"orderId": ORDER_ID, "address": ADDRESS}).encode()
            connection.request("POST", "/v1/orders/refund", body, headers)
            refund = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return refund["status"], refund["cryptoAmount"]

    return call
