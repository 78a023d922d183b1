"""A sandbox outlives its process: snapshots, seeds, and the ids and times of a new one."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from chessa.testing import Clock, Sandbox, sandbox, serve
from chessa_api.exact_json import dumps, loads
from tests.sandbox.callers import Caller
from tests.sandbox.test_table import Remote


def eventful() -> Sandbox:
    """Return a sandbox in which something of each kind happened."""
    api = sandbox(seed=3)
    failed, twice = api.add_order().fail(), api.add_order(origin_amount=5).fund().pay()
    api.add_order(recipient=twice.recipient).fund(amount=1)
    api.add_order().force_status("under_review")
    api.show_refunds_late(reads=2)
    api.set_payment_rules(underpaid="fail")
    api.forget_account("1")
    api.lose_next_answer()
    api.request_refund(failed.id)
    with api.client(max_retries=0) as chessa:
        chessa.users.submit_feedback(comment="\u2028<b>", type="\u2028<b>")
    api.clock.advance(seconds=0.9)
    api.delay_next(0.25, operation="users.me")
    api.set_chaos(rate=0.5, seed=9)
    put: dict[str, Any] = {"/order/feeUsd": {"amount": Decimal("0.10")}, "/order/status": "on_hold"}
    api.drift("orders.retrieve", put=put, drop=["/order/rate"], status=203)
    return api


def test_a_snapshot_is_restored_completely() -> None:
    """Through JSON and back the snapshot of the copy is equal, and both go on equally."""
    api = eventful()
    kept = loads(dumps(api.snapshot()))
    copy = sandbox(clock=Clock(running=True))
    copy.restore(kept)
    for one in (api, copy):
        one.clear_faults()
        one.clock.advance(hours=1)
        one.add_order().complete()
    first, second = api.snapshot(), copy.snapshot()
    assert first.pop("events")
    assert second.pop("events")
    assert first == second
    assert list(copy.orders) == list(api.orders)
    assert [order.status for order in copy.orders.values()][3] == "under_review"


@pytest.mark.parametrize("drawn", [0, 5_000_000])
def test_chance_continues_after_a_restore(drawn: int) -> None:
    """However many requests there were, both draw the same faults next."""
    api, copy = sandbox(), sandbox()
    api.set_chaos(rate=0.5, seed=9)
    assert api.backend.chaos is not None
    api.backend.chaos.drawn = drawn
    copy.restore(loads(dumps(api.snapshot())))
    chances = [one.backend.chaos for one in (api, copy)]
    first, second = ([one.draw(None) for _ in range(50)] for one in chances if one is not None)
    assert first == second
    assert 10 < first.count(None) < 40


def test_drift_is_in_a_snapshot() -> None:
    """A restore brings back the responses that drifted, and ends what drifted before it."""
    api, copy = eventful(), sandbox()
    copy.drift("users.me", drop=["/user"])
    copy.restore(loads(dumps(api.snapshot())))
    (order_id, *_) = api.orders
    headers = [("x-client-id", api.client_id), ("x-client-secret", api.client_secret)]

    def answer(one: Sandbox, path: str) -> tuple[int | None, Any]:
        one.clear_faults()
        response = one.backend.answer("GET", path, headers, b"")
        return response.status, loads(response.body)

    drifted = answer(copy, f"/v1/orders/{order_id}")
    assert drifted == answer(api, f"/v1/orders/{order_id}")
    assert drifted[0] == 203
    assert drifted[1]["order"]["feeUsd"] == {"amount": Decimal("0.10")}
    assert "user" in answer(copy, "/v1/users/me")[1]
    copy.drift("orders.retrieve")
    assert copy.snapshot()["drift"] == {}


def test_a_restored_order_can_be_used(call: Caller, api: Sandbox) -> None:
    """Responses after a restore are those of before it."""
    order = api.add_order().fund().fail()
    api.request_refund(order.id)
    before = call(lambda c: c.orders.retrieve(order.id))
    kept = loads(dumps(api.snapshot()))
    api.reset()
    assert not api.orders
    api.restore(kept)
    assert call(lambda c: c.orders.retrieve(order.id)) == before


def test_a_snapshot_over_http(api: Sandbox) -> None:
    """`restore` takes the result of `snapshot`."""
    order = api.add_order().fund()
    with serve(api) as url:
        remote = Remote(url)
        kept = dumps(remote.get("snapshot"))
        remote.do("reset")
        json_type = {"content_type": "application/json"}
        assert remote.ask("POST", "restore", kept, **json_type) == (200, {"done": True})
    assert api.orders[order.id].status == "waiting_for_confirmations"


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"format": None},
        {"orders": [{}]},
        {"orders": 7},
        {"unknown": 1},
        {"now": "yesterday"},
        {"now": "2026-01-01T00:00:00"},
        {"now": "9999-12-31T23:59:59Z"},
        {"now": "0001-01-01T00:00:00+14:00"},
        {"chaos": {"rate": 2, "seed": 1, "operation": None, "drawn": 0}},
        {"chaos": {"rate": 1, "seed": 1, "operation": None, "drawn": 10**16}},
        {"rules": {"underpaid": "maybe"}},
        {"movements": [{"kind": "deposit", "order_id": "x", "amount": "NaN"}]},
        {"feedback_count": True},
        {"recipients": []},
        {"drift": {"orders.retrieve": {"put": {"order": "1"}, "drop": [], "status": None}}},
        {"drift": {"orders.retrieve": {"put": {"/order": "{"}, "drop": [], "status": None}}},
        {"drift": {"orders.retrieve": {"put": {}, "drop": [], "status": 404}}},
        {"drift": {"orders.buy": {"put": {}, "drop": [], "status": None}}},
    ],
)
def test_what_is_not_a_snapshot_is_refused(change: dict[str, Any]) -> None:
    """A ValueError, and the state is as before."""
    api = eventful()
    before = api.snapshot()
    with pytest.raises(ValueError, match="snapshot"):
        api.restore({**before, **change})
    assert api.snapshot() == before


@pytest.mark.parametrize(
    "change",
    [
        {"history": []},
        {"origin_amount": "0"},
        {"origin_amount": "-1"},
        {"recipient": "unknown"},
    ],
)
def test_an_order_that_cannot_be_is_refused(change: dict[str, Any]) -> None:
    """One without a history stopped every command at the next second, `reset` included."""
    api = sandbox()
    api.add_order().fund()
    before = api.snapshot()
    (order,) = before["orders"]
    with pytest.raises(ValueError, match="snapshot"):
        api.restore({**before, "orders": [{**order, **change}]})
    with pytest.raises(ValueError, match="the same id"):
        api.restore({**before, "orders": [order, order]})
    assert api.snapshot() == before


@pytest.mark.parametrize(
    "change",
    [
        {"status": 99_999},
        {"status": 0},
        {"seconds": Decimal("1e400")},
        {"seconds": -1},
        {"headers": {"a": "b\r\nc: d"}},
        {"headers": {"transfer-encoding": "chunked"}},
        {"kind": "lose"},
        {"kind": "explode"},
    ],
)
def test_a_fault_that_cannot_be_sent_is_refused(change: dict[str, Any]) -> None:
    """A snapshot has the faults that a command could have set, and no others."""
    api = sandbox()
    api.fail_next(503)
    before = api.snapshot()
    (fault,) = before["faults"]
    with pytest.raises(ValueError, match=r"snapshot\.faults\[0\]"):
        api.restore({**before, "faults": [{**fault, **change}]})
    assert api.snapshot() == before


def test_a_member_that_is_missing_is_named() -> None:
    """The error says which."""
    api = sandbox()
    kept = api.snapshot()
    del kept["seed"]
    with pytest.raises(ValueError, match="lacks 'seed'"):
        api.restore(kept)


def test_ids_follow_from_the_seed_alone() -> None:
    """Two sandboxes have other ids, unless they have one seed."""
    made = [sandbox(seed=seed).add_order().id for seed in (None, None, 7, "7", 8)]
    assert made[2] == made[3]
    assert len(set(made)) == 4


def test_a_new_clock_has_the_real_time() -> None:
    """It stands still there until it is moved; `reset` returns to now."""
    before = datetime.datetime.now(datetime.UTC)
    api = sandbox()
    assert abs(api.clock.now - before) < datetime.timedelta(seconds=5)
    assert api.clock.now == api.clock.now
    api.clock.advance(hours=100)
    api.reset()
    assert abs(api.clock.now - before) < datetime.timedelta(minutes=5)
