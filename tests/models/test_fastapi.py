"""Models as what FastAPI takes and returns, with its OpenAPI document."""

import json
from decimal import Decimal
from typing import Annotated, Any

import pytest
from fastapi import Body, FastAPI, Query
from fastapi.testclient import TestClient
from openapi_spec_validator import validate

from chessa import models

ORDER: dict[str, Any] = {
    "id": "ord_1",
    "status": models.OrderStatus.FAILED.value,
    "originAmount": "1.50",
    "createdAt": "2025-03-18T06:05:27.754Z",
    "recipient": {"currency": "NGN"},
    "riskScore": 3,
}
app = FastAPI()


@app.get("/order")
def an_order() -> models.Order:
    return models.Order.from_dict(ORDER)


@app.get("/orders")
async def several() -> list[models.Order]:
    return [models.Order.from_dict(ORDER)]


@app.get("/rate")
async def a_rate() -> models.Rate:
    return models.Rate(from_asset="BTC", rate=Decimal("82605.06975000001"), to_asset="USDC")


@app.get("/list")
def a_list() -> models.OrderList:
    return models.OrderList.from_dict({"orders": [{"id": "1", "status": "x"}]})


@app.post("/recipient")
def echo(recipient: Annotated[models.Recipient, Body()]) -> models.Recipient:
    return recipient


@app.get("/status")
def count(status: Annotated[models.OrderStatus, Query()]) -> dict[models.OrderStatus, bool]:
    return {status: status.is_known}


@pytest.fixture(scope="module")
def client() -> TestClient:
    """Return a client of the application."""
    return TestClient(app)


def test_a_response_is_what_the_api_sent(client: TestClient) -> None:
    """A model goes out under the names of the wire, every digit and unknown key kept."""
    assert client.get("/order").json() == ORDER
    assert client.get("/orders").json() == [ORDER]
    assert client.get("/list").json() == {"orders": [{"id": "1", "status": "x"}]}
    rate = json.loads(client.get("/rate").text, parse_float=str)
    assert rate == {"from": "BTC", "rate": "82605.06975000001", "to": "USDC"}


def test_a_request_is_read_or_refused(client: TestClient) -> None:
    """A body is read as a model, a parameter as an enum; a body without its id is a 422."""
    recipient = {"id": "rec_1", "accountName": "Ada Example", "new": None}
    assert client.post("/recipient", json=recipient).json() == recipient
    assert client.get("/status", params={"status": "paused"}).json() == {"paused": False}
    refused = client.post("/recipient", json={"currency": "NGN"})
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["msg"] == "Recipient: `id` is missing"


def test_its_openapi_document_is_valid_and_refers_to_the_classes(client: TestClient) -> None:
    """Each class is one component; responses, bodies and parameters refer to it."""
    document = client.get("/openapi.json").json()
    validate(document)
    schemas = document["components"]["schemas"]
    wanted = {"Order", "OrderRefund", "OrderStatus", "OrderList", "OrderSummary", "Rate"}
    assert wanted < set(schemas)
    assert not any(name.endswith(("-Input", "-Output")) for name in schemas)
    order = document["paths"]["/order"]["get"]["responses"]["200"]["content"]["application/json"]
    assert order["schema"] == {"$ref": "#/components/schemas/Order"}
    assert schemas["Order"]["properties"]["status"]["$ref"] == "#/components/schemas/OrderStatus"
    [status] = document["paths"]["/status"]["get"]["parameters"]
    assert status["schema"] == {"$ref": "#/components/schemas/OrderStatus"}
