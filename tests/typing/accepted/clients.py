"""Making and using clients: options, raw responses, hooks, transports. All of it checks."""

import ssl
from collections.abc import Mapping
from decimal import Decimal
from typing import assert_type

import httpx

import chessa.models
from chessa import (
    AsyncChessa,
    AsyncDirectTransport,
    Chessa,
    DirectTransport,
    Hooks,
    RawResponse,
    RequestInfo,
    ResponseInfo,
    models,
)
from chessa.models import Order, Refund


def secret() -> str:
    return "from a vault"


async def awaited_secret() -> str:
    return "from a vault, waited for"


class Vault:
    """An object that can be called."""

    def __call__(self) -> str:
        return "from this vault"


def told_before(request: RequestInfo) -> None:
    assert_type(request.attempt, int)
    assert_type(request.path, str)


async def told_after(response: ResponseInfo) -> None:
    assert_type(response.status_code, int | None)
    assert_type(response.elapsed, float)


class MyTransport(httpx.HTTPTransport):
    """A transport of the caller's."""


def makers() -> None:
    Chessa()
    Chessa(client_id="id", client_secret=secret, base_url="https://api.example.com", timeout=5)
    Chessa(client_id=Vault(), client_secret=lambda: "secret", max_retries=0, trust_env=True)
    Chessa(proxy="http://127.0.0.1:3128", ssl_context=ssl.create_default_context())
    Chessa(transport=httpx.HTTPTransport, max_response_bytes=1_000_000)
    Chessa(transport=MyTransport)
    Chessa(transport=lambda: httpx.MockTransport(lambda request: httpx.Response(200)))
    Chessa(transport=httpx.MockTransport(lambda request: httpx.Response(200)))
    Chessa(transport=DirectTransport)
    Chessa(transport=DirectTransport(trust_env=True))
    Chessa(http_client=httpx.Client())
    Chessa(hooks=Hooks(request=told_before, response=lambda info: print(info.outcome)))
    AsyncChessa(client_id="id", client_secret=awaited_secret, timeout=None)
    AsyncChessa(client_id=secret, client_secret=lambda: "secret")
    AsyncChessa(transport=httpx.AsyncHTTPTransport)
    AsyncChessa(transport=AsyncDirectTransport())
    AsyncChessa(http_client=httpx.AsyncClient())
    AsyncChessa(hooks=Hooks(request=told_before, response=told_after))


def managed() -> None:
    with Chessa() as client:
        assert_type(client, Chessa)
        assert_type(client.orders.retrieve("o"), Order)
        assert_type(client.orders.retrieve(order_id="o"), models.Order)
        assert_type(client.orders.retrieve("o"), chessa.models.Order)
    assert_type(client.close(), None)


async def managed_on_asyncio() -> None:
    async with AsyncChessa() as client:
        assert_type(client, AsyncChessa)
        refund = await client.orders.request_refund(order_id="o", address="a")
        assert_type(refund, Refund)
        assert_type(refund.crypto_amount * 2, Decimal)
    await client.aclose()


class Payouts(Chessa):
    """A client of the caller's own class."""

    def pay(self) -> Order:
        return self.orders.create(recipient_id="r", origin_asset="USDC", destination_asset="NGN")


def other_options(client: Payouts) -> None:
    """Each step keeps the class, the last as well as the first."""
    quick = client.with_options(timeout=5)
    assert_type(quick, Payouts)
    patient = quick.with_options(timeout=None, max_retries=3, extra_headers={"x-trace": "1"})
    asked = patient.with_options(extra_query={"page": "2"}, extra_body={"note": {"any": ["json"]}})
    assert_type(asked, Payouts)
    assert_type(asked.pay(), Order)
    with asked.with_options() as copy:
        assert_type(copy, Payouts)


def raw(client: Chessa) -> None:
    answer = client.with_raw_response.orders.retrieve("o")
    assert_type(answer, RawResponse[Order])
    assert_type(answer.parsed, Order)
    assert_type(answer.status_code, int)
    assert_type(answer.headers, Mapping[str, str])
    assert_type(answer.body, bytes)
    assert_type(answer.request_id, str | None)
    assert_type(client.orders.with_raw_response.retrieve(order_id="o"), RawResponse[Order])
    quick = client.with_options(timeout=1).with_raw_response
    assert_type(quick.rates.retrieve("USDC", "NGN").parsed.rate, Decimal)


async def raw_on_asyncio(client: AsyncChessa) -> None:
    answer = await client.with_raw_response.orders.retrieve("o")
    assert_type(answer, RawResponse[Order])
    assert_type((await client.orders.with_raw_response.list()).parsed, models.OrderList)
