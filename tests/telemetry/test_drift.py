"""Drift: what responses had that the spec does not, by place and count."""

import datetime
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import chessa
from chessa import Hooks
from chessa.journal import SqlJournal
from chessa.telemetry import Drift, DriftPlace
from chessa.testing import Sandbox
from tests.modes import Mode

from .calls import called, client_of
from .conftest import Seen
from .test_log import fields

READ = "orders.retrieve"


def told(drift: Drift) -> list[tuple[str, str, str | None]]:
    """Return pointer, kind and value of each place."""
    return [(place.pointer, place.kind, place.value) for place in drift]


def drifted(
    mode: Mode, api: Sandbox, act: Callable[[Any], Any] | None = None, **settings: Any
) -> Drift:
    """Read an order with a client of its own; return what that has seen."""
    order_id = next(iter(api.orders), None) or api.add_order().id
    made = client_of(api, mode, **settings)
    called(mode, made, act or (lambda client: client.orders.retrieve(order_id)))
    found: Drift = made.drift
    return found


def test_a_response_as_the_spec_says_is_not_drift(mode: Mode, api: Sandbox) -> None:
    """Nothing is seen, and nothing is walked, where all is as the spec says."""
    drift = drifted(mode, api)
    assert not drift
    assert drift == Drift()


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"put": {"/order/refundFee": "0.10"}}, ("/order/refundFee", "unknown key", None)),
        ({"put": {"/order/status": "on_hold"}}, ("/order/status", "enum value", "on_hold")),
        ({"put": {"/order/status": "hold 4711"}}, ("/order/status", "enum value", None)),
        ({"put": {"/order/feeUsd": True}}, ("/order/feeUsd", "misfit", None)),
        ({"put": {"/order/feeUsd": None}}, ("/order/feeUsd", "misfit", None)),
        ({"put": {"/order/cryptoDeposit": {"id": 1}}}, ("/order/cryptoDeposit/id", "misfit", None)),
        ({"put": {"/trace": {}}}, ("/trace", "unknown key", None)),
        ({"drop": ["/order/feeUsd"]}, ("/order/feeUsd", "absent", None)),
        ({"drop": ["/order/id"]}, ("/order/id", "absent", None)),
        ({"put": {"/order/id": 7}}, ("/order/id", "misfit", None)),
        ({"drop": ["/order"]}, ("/order", "absent", None)),
        ({"put": {"/order": []}}, ("/order", "misfit", None)),
        ({"status": 202}, ("", "status", None)),
    ],
    ids=lambda each: each[0] + " " + each[1] if isinstance(each, tuple) else None,
)
def test_each_kind(
    mode: Mode, api: Sandbox, how: dict[str, Any], expected: tuple[str, str, str | None]
) -> None:
    """Each kind of difference has its place, whether the call has a result or not."""
    api.drift(READ, **how)
    drift = drifted(mode, api)
    assert expected in told(drift)
    place = next(each for each in drift if (each.pointer, each.kind) == expected[:2])
    assert (place.operation, place.count) == (READ, 1)
    assert place.status == ("202" if "status" in how else "200")


def test_optional_members_may_be_absent(api: Sandbox) -> None:
    """A member that the overlay marks optional may be left out."""
    api.drift(READ, drop=["/order/cryptoDeposit", "/order/recipient", "/order/refund"])
    order = api.add_order()
    client = api.client()
    client.orders.retrieve(order.id)
    assert not client.drift


def test_indexes_are_folded_and_responses_counted(mode: Mode, api: Sandbox) -> None:
    """The same difference of many items is one place; it counts the responses that had it."""
    for _ in range(3):
        api.add_order()
    api.drift("orders.list", put={"/orders/*/flag": 1})

    async def body() -> Drift:
        made = client_of(api, mode)
        async with mode.opened(made) as client:
            for _ in range(2):
                await mode.done(client.orders.list())
                await mode.done(client.with_options(timeout=5).with_raw_response.orders.list())
        drift: Drift = made.drift
        return drift

    (place,) = mode.run(body())
    assert (place.pointer, place.types, place.count) == ("/orders/*/flag", ("integer",), 4)


def test_a_failed_item_is_found_in_its_list(api: Sandbox) -> None:
    """Of a list that does not fit, the place is that of the member in its items."""
    api.add_order()
    api.drift("orders.list", drop=["/orders/*/id"])
    client = api.client()
    with pytest.raises(chessa.ResponseError):
        client.orders.list()
    assert ("/orders/*/id", "absent", None) in told(client.drift)


def test_it_is_told_once(
    mode: Mode, api: Sandbox, seen: Seen, caplog: pytest.LogCaptureFixture
) -> None:
    """Each place has one line in the log and one call of the hook; the counter counts them all."""
    api.drift(READ, put={"/order/refundFee": "0.10"})
    order = api.add_order()
    hooked: list[DriftPlace] = []

    async def hook(place: DriftPlace) -> None:
        hooked.append(place)

    hooks = Hooks(drift=hook if mode.is_async else hooked.append)
    made = client_of(api, mode, hooks=hooks, telemetry=seen.telemetry())

    async def body() -> None:
        async with mode.opened(made) as client:
            for _ in range(3):
                await mode.done(client.orders.retrieve(order.id))

    with caplog.at_level(logging.INFO, "chessa"):
        mode.run(body())
    assert [place.pointer for place in hooked] == ["/order/refundFee"]
    (record,) = caplog.records
    text = "orders.retrieve: the response differs from the spec at /order/refundFee (unknown key)"
    assert record.getMessage() == text
    assert fields(record) == {
        "operation": READ,
        "response": "200",
        "pointer": "/order/refundFee",
        "kind": "unknown key",
    }
    (point,) = seen.points("chessa.drift")
    assert point.value == 3
    assert dict(point.attributes) == {
        "chessa.operation": READ,
        "chessa.drift.kind": "unknown key",
        "chessa.drift.pointer": "/order/refundFee",
    }


def test_a_hook_that_is_no_function_is_refused(api: Sandbox) -> None:
    """A drift hook is checked as the others are."""
    odd: Any = 3
    hooks = Hooks(drift=odd)
    with pytest.raises(chessa.ConfigurationError, match="drift hook"):
        api.client(hooks=hooks)


def test_a_snapshot_is_a_file(api: Sandbox, tmp_path: Path) -> None:
    """A snapshot is written, read, compared and printed; it does not change with the client."""
    order = api.add_order()
    api.drift(READ, put={"/order/refundFee": "0.10", "/order/status": "on_hold"})
    client = api.client()
    client.orders.retrieve(order.id)
    drift = client.drift
    drift.write(tmp_path / "drift.json")
    client.orders.retrieve(order.id)
    assert Drift.read(tmp_path / "drift.json") == drift != client.drift
    assert json.loads(drift.to_json()) == drift.to_dict()
    assert str(drift.places[0]) == "orders.retrieve 200 /order/status: enum value 'on_hold'"
    assert drift.places[0].first.tzinfo is datetime.UTC
    assert [path.name for path in tmp_path.iterdir()] == ["drift.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"chessa": "1", "spec": "", "lost": 0, "places": [{}]}',
        '{"chessa": "1", "spec": "", "lost": 0, "places": 3}',
        '{"chessa": "1", "spec": "", "lost": 0, "places": [{"operation": "a", "status": "200", '
        '"pointer": "", "kind": "odd", "value": null, "types": [], "count": 1, '
        '"first": "2026-01-01", "last": "2026-01-01"}]}',
    ],
)
def test_another_file_is_refused(text: str) -> None:
    """A file that is not a snapshot raises an error of ours."""
    with pytest.raises(chessa.InvalidRequestError):
        Drift.from_json(text)


def test_a_replay_is_not_drift(api: Sandbox, tmp_path: Path) -> None:
    """A result that the ledger replays was seen when it was live, and is not seen again."""
    order = api.add_order().fail()
    api.drift("orders.request_refund", put={"/refundFee": "0.10"})

    def refund(client: chessa.Chessa) -> Drift:
        once = client.once("refund 1")
        once.orders.request_refund(order_id=order.id, address="bc1qexample")
        return client.drift

    with SqlJournal(f"sqlite:///{tmp_path}/journal.db", fingerprint_key="k" * 16) as journal:
        assert told(refund(api.client(journal=journal))) == [("/refundFee", "unknown key", None)]
        assert not refund(api.client(journal=journal))


def test_a_page_of_a_proxy_is_not_drift(api: Sandbox) -> None:
    """A body that is not JSON says nothing of the API."""
    html = httpx.MockTransport(lambda _: httpx.Response(200, html="<p>Ada</p>"))
    client = api.client(transport=html)
    with pytest.raises(chessa.ResponseError):
        client.orders.retrieve("ord_7")
    assert not client.drift


def test_places_are_bounded(api: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more places than are kept the number is known, and the client goes on."""
    monkeypatch.setattr("chessa.telemetry._drift.MOST_PLACES", 5)
    order = api.add_order()
    api.drift(READ, drop=[f"/order/{name}" for name in ("feeUsd", "feeAmount", "note", "userId")])
    client = api.client()
    for status in ("on_hold", "on_ice"):
        api.drift(READ, put={"/order/status": status, "/order/refundFee": 1}, drop=["/order/note"])
        client.orders.retrieve(order.id)
    api.drift(READ, drop=[f"/order/{name}" for name in ("feeUsd", "feeAmount", "userId")])
    assert client.orders.retrieve(order.id).id == order.id
    assert client.drift.lost > 0
    assert len(client.drift) <= 5
