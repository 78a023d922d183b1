"""Models as what Litestar takes and returns, with the plugin and its OpenAPI document."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from litestar import Litestar, MediaType, Response, get, post
from litestar.params import FromQuery, JSONBody
from litestar.testing import TestClient
from openapi_spec_validator import validate

from chessa import models
from chessa.litestar import ChessaPlugin
from tests.models.wire import required_of

ORDER: dict[str, Any] = {
    "id": "ord_1",
    "status": "paused",
    "originAmount": "1.50",
    "createdAt": "2025-03-18T06:05:27.754Z",
    "feeUsd": [],
    "riskScore": 3,
}
RECIPIENT = {"id": "rec_1", "accountName": "Ada Example", "new": None}


@get("/order", sync_to_thread=False)
def an_order() -> models.Order:
    return models.Order.from_dict(ORDER)


@get("/orders")
async def several() -> list[models.Order]:
    return [models.Order.from_dict(ORDER)]


@get("/by-id", sync_to_thread=False)
def by_id() -> dict[str, models.Order]:
    return {"ord_1": models.Order.from_dict(ORDER)}


@get("/maybe", sync_to_thread=False)
def maybe() -> models.Order | None:
    return models.Order.from_dict(ORDER)


@get("/accepted", sync_to_thread=False, media_type=MediaType.JSON)
def accepted() -> Response[models.Order]:
    return Response(models.Order.from_dict(ORDER), status_code=202)


@get("/rate", sync_to_thread=False)
def a_rate() -> models.Rate:
    return models.Rate(from_asset="BTC", rate=Decimal("82605.06975000001"), to_asset="USDC")


@get("/status", sync_to_thread=False)
def count(status: FromQuery[models.OrderStatus]) -> dict[str, bool]:
    return {status: status.is_known}


@post("/recipient", sync_to_thread=False)
def echo(data: JSONBody[models.Recipient]) -> models.Recipient:
    return data


@post("/recipients", sync_to_thread=False)
def echo_all(data: JSONBody[list[models.Recipient]]) -> list[models.Recipient]:
    return data


HANDLERS: list[Any] = [
    *(an_order, several, by_id, maybe, accepted, a_rate, count, echo, echo_all),
]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Litestar]]:
    """Yield a client of an application with the plugin."""
    app = Litestar(HANDLERS, plugins=[ChessaPlugin()], logging_config=None)
    with TestClient(app) as client:
        yield client


def test_a_response_is_what_the_api_sent(client: TestClient[Litestar]) -> None:
    """A model goes out under the names of the wire, every digit and unknown key kept."""
    assert client.get("/order").json() == ORDER
    assert client.get("/orders").json() == [ORDER]
    assert client.get("/by-id").json() == {"ord_1": ORDER}
    assert client.get("/maybe").json() == ORDER
    assert client.get("/accepted").json() == ORDER
    assert client.get("/accepted").status_code == 202
    rate = json.loads(client.get("/rate").text, parse_float=str)
    assert rate == {"from": "BTC", "rate": "82605.06975000001", "to": "USDC"}
    assert client.get("/rate").headers["content-type"] == "application/json"


def test_a_request_is_read_or_refused(client: TestClient[Litestar]) -> None:
    """A body is read as models, a parameter as an enum; a body without its id is a 400."""
    assert client.post("/recipient", json=RECIPIENT).json() == RECIPIENT
    assert client.post("/recipients", json=[RECIPIENT]).json() == [RECIPIENT]
    assert client.get("/status", params={"status": "paused"}).json() == {"paused": False}
    for path, body, problem in (
        ("/recipient", {}, "Recipient: `id` is missing"),
        ("/recipient", [], "Recipient: is not an object"),
        ("/recipients", [{}], "Recipient: `id` is missing"),
        ("/recipients", {}, "the body is not an array"),
    ):
        refused = client.post(path, json=body)
        assert (refused.status_code, refused.json()["detail"]) == (400, problem)


def test_its_openapi_document_is_valid_and_refers_to_the_classes(
    client: TestClient[Litestar],
) -> None:
    """Each class is one component under the names of the wire; what uses it refers to it."""
    document = client.get("/schema/openapi.json").json()
    validate(document)
    schemas = document["components"]["schemas"]
    assert {"Order", "OrderRefund", "OrderStatus", "Rate", "Recipient"} < set(schemas)
    assert set(schemas["Order"]["required"]) == required_of("Order")
    properties = schemas["Order"]["properties"]
    assert properties["originAmount"]["format"] == "decimal"
    assert properties["status"] == {"$ref": "#/components/schemas/OrderStatus"}
    for path in ("/order", "/rate", "/accepted"):
        content = document["paths"][path]["get"]["responses"]
        [response] = [one for status, one in content.items() if status.startswith("2")]
        assert response["content"]["application/json"]["schema"]["$ref"].startswith("#/components")
