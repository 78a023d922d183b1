"""`examples/fastapi_service.py` under FastAPI's test client."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chessa.testing import Sandbox, sandbox, serve
from tests.marks import needs

from .vendor import ADDRESS, KEY, REFERENCE, REFUND

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

pytestmark = needs("fastapi")


@pytest.fixture
def api() -> Iterator[Sandbox]:
    """A sandbox."""
    with sandbox() as made:
        yield made


@contextmanager
def serving(folder: Path, url: str) -> "Iterator[TestClient]":
    """Start the service, with a ledger in a folder and the API under a URL."""
    from fastapi.testclient import TestClient

    from fastapi_service import app

    with pytest.MonkeyPatch.context() as patch:
        settings = {
            "CHESSA_BASE_URL": url,
            "CHESSA_CLIENT_ID": Sandbox.client_id,
            "CHESSA_CLIENT_SECRET": Sandbox.client_secret,
            "CHESSA_JOURNAL": f"sqlite:///{folder / 'ledger.db'}",
            "CHESSA_JOURNAL_KEY": KEY,
        }
        for name, value in settings.items():
            patch.setenv(name, value)
        with TestClient(app) as client:
            yield client


@pytest.fixture
def service(api: Sandbox, tmp_path: Path) -> "Iterator[TestClient]":
    """The service, in front of the sandbox."""
    with serve(api) as url, serving(tmp_path, url) as client:
        yield client


def refund(service: "TestClient", order_id: str, reference: str = REFERENCE) -> tuple[int, Any]:
    """Ask the service for a refund; return its status and its body."""
    body = {"reference": reference, "order_id": order_id, "address": ADDRESS}
    response = service.post("/refunds", json=body)
    return response.status_code, response.json()


def test_a_refund_that_is_asked_for_again_is_the_same(service: "TestClient", api: Sandbox) -> None:
    """The second request has the same response, and sends nothing."""
    order_id = api.add_order().fund().fail().id
    first = refund(service, order_id)
    assert first[0] == 201
    assert refund(service, order_id) == first
    assert len(api.refunds) == 1
    assert service.get(f"/refunds/{REFERENCE}").json()["outcome"] == "made"


def test_a_lost_response_is_accepted_and_not_sent_again(
    service: "TestClient", api: Sandbox
) -> None:
    """The caller is told that it may have happened, each time."""
    api.lose_next_answer(operation=REFUND)
    order_id = api.add_order().fund().fail().id
    for _ in range(2):
        status, body = refund(service, order_id)
        assert (status, body["outcome"]) == (202, "unknown")
    assert len(api.refunds) == 1
    assert service.get(f"/refunds/{REFERENCE}").json()["outcome"] == "unknown"


def test_a_rejected_refund_has_the_code_of_the_api(service: "TestClient", api: Sandbox) -> None:
    """The order has not failed."""
    status, body = refund(service, api.add_order().complete().id)
    assert (status, body["outcome"], body["code"]) == (422, "rejected", "invalid_refund_request")


def test_a_reference_of_another_order_is_a_conflict(service: "TestClient", api: Sandbox) -> None:
    """Nothing is sent for the second order."""
    orders = [api.add_order().fund().fail().id for _ in range(2)]
    assert refund(service, orders[0])[0] == 201
    assert refund(service, orders[1])[0] == 409
    assert len(api.refunds) == 1


def test_a_refund_that_was_not_sent_may_be_asked_for_again(api: Sandbox, tmp_path: Path) -> None:
    """The API cannot be reached; the next request with the reference is sent."""
    order_id = api.add_order().fund().fail().id
    with serving(tmp_path, "http://127.0.0.1:9") as service:
        status, body = refund(service, order_id)
        assert (status, body["outcome"]) == (503, "not sent")
    with serve(api) as url, serving(tmp_path, url) as service:
        assert refund(service, order_id)[0] == 201


def test_a_reference_without_a_refund_is_not_found(service: "TestClient") -> None:
    """The ledger has nothing of it."""
    assert service.get("/refunds/unheard").status_code == 404
