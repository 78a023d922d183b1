"""One call of each contender: chessa, and the code that replaces it.

Each uses a client that is kept and the same credentials, and returns of its result the status and
an amount, as any caller reads them.
"""

import contextlib
import http.client
import importlib
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp

import chessa

from .payload import CREDENTIALS, ORDER_ID
from .run import Work

AsyncWork = Callable[[], Awaitable[object]]
Operation = tuple[Callable[[Any], Any], Callable[[Any], object]]
"""How a client, blocking or not, is called; and how its result is read."""
READ: Final = f"/v1/orders/{ORDER_ID}"
WRITE: Final = "/v1/orders/refund"
BODY: Final = {"orderId": ORDER_ID, "address": "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"}
OPTIONS: Final[dict[str, Any]] = {
    "client_id": CREDENTIALS["x-client-id"],
    "client_secret": CREDENTIALS["x-client-secret"],
}
_REQUEST: Final = "\r\n".join(
    [
        f"GET {READ} HTTP/1.1",
        "host: 127.0.0.1",
        "accept: */*",
        *(f"{name}: {value}" for name, value in CREDENTIALS.items()),
        "",
        "",
    ]
).encode()
PATIENCE: Final = 120.0
"""Seconds for an asynchronous call: hundreds wait for a pool, and none of them may time out."""


def our_client(url: str, transport: Any = None) -> chessa.Chessa:
    """Return a `Chessa`."""
    return chessa.Chessa(base_url=url, transport=transport, **OPTIONS)


def our_async_client(url: str, transport: Any = None) -> chessa.AsyncChessa:
    """Return an `AsyncChessa`."""
    return chessa.AsyncChessa(base_url=url, transport=transport, timeout=PATIENCE, **OPTIONS)


def _of_model(order: Any) -> object:
    return order.status, order.destination_amount


def _of_json(order: Any) -> object:
    return order["status"], order["destinationAmount"]


def _of_refund(refund: Any) -> object:
    return refund["status"], refund["cryptoAmount"]


CHESSA_READ: Final[Operation] = (lambda client: client.orders.retrieve(ORDER_ID), _of_model)
CHESSA_WRITE: Final[Operation] = (
    lambda client: client.orders.request_refund(order_id=ORDER_ID, address=BODY["address"]),
    lambda refund: (refund.status, refund.crypto_amount),
)
HTTPX_READ: Final[Operation] = (
    lambda client: client.get(READ),
    lambda response: _of_json(response.raise_for_status().json()["order"]),
)
HTTPX_WRITE: Final[Operation] = (
    lambda client: client.post(WRITE, json=BODY),
    lambda response: _of_refund(response.raise_for_status().json()),
)


def blocking(operation: Operation, client: Any) -> Work:
    """Return one call of a client."""
    request, read = operation
    return lambda: read(request(client))


def awaited(operation: Operation, client: Any) -> AsyncWork:
    """Return one call of an asynchronous client."""
    request, read = operation

    async def call() -> object:
        return read(await request(client))

    return call


def aiohttp_read(session: aiohttp.ClientSession) -> AsyncWork:
    """Return a read with hand-written aiohttp."""

    async def call() -> object:
        async with session.get(READ) as response:
            response.raise_for_status()
            return _of_json((await response.json())["order"])

    return call


def stock_read(url: str, **httpx_options: Any) -> Work:
    """Return a read by the client that openapi-python-client generates from our spec."""
    module = importlib.import_module("stock_client.client")
    operation = importlib.import_module("stock_client.api.order_endpoints.orders_retrieve")
    client = module.Client(base_url=url, headers=dict(CREDENTIALS), httpx_args=httpx_options)
    return lambda: _of_model(operation.sync(ORDER_ID, client=client).order)


def generator_read(url: str) -> Work:
    """Return a read by the client that openapi-generator generates from our spec."""
    package = importlib.import_module("generator_client")
    keys = {
        "clientId": CREDENTIALS["x-client-id"],
        "clientSecret": CREDENTIALS["x-client-secret"],
    }
    client = package.ApiClient(package.Configuration(host=url, api_key=keys))
    api = package.OrderEndpointsApi(client)
    return lambda: _of_model(api.orders_retrieve(ORDER_ID).order)


def http_client_read(connection: http.client.HTTPConnection) -> object:
    """Read an order with `http.client`."""
    connection.request("GET", READ, headers=CREDENTIALS)
    return _of_json(json.loads(connection.getresponse().read())["order"])


def socket_read(connection: socket.socket) -> object:
    """Read an order from a socket, the least that can be done: the length and the JSON are read."""
    connection.sendall(_REQUEST)
    received = connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    start = head.index(b"content-length: ") + 16
    length = int(head[start : head.index(b"\r\n", start)])
    while len(body) < length:
        body += connection.recv(65536)
    return _of_json(json.loads(body)["order"])


def http_client_write(netloc: str) -> object:
    """Request a refund with `http.client`, on a connection of its own."""
    headers = {**CREDENTIALS, "content-type": "application/json"}
    with contextlib.closing(http.client.HTTPConnection(netloc, timeout=PATIENCE)) as connection:
        connection.request("POST", WRITE, json.dumps(BODY).encode(), headers)
        return _of_refund(json.loads(connection.getresponse().read()))
