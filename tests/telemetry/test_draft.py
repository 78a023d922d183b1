"""From snapshots in files to overlay actions that regenerate takes, or to questions."""

import datetime
import decimal
import inspect
from pathlib import Path
from typing import Any, Final

import pytest

from chessa.telemetry import Drift, DriftPlace, draft_overlay, merge, questions
from chessa.testing import Sandbox
from chessa_api.api.orders.create import CREATE
from chessa_api.exact_json import loads
from chessa_codegen.document import yaml
from chessa_codegen.overlay.apply import apply_strictly, parse
from chessa_codegen.regeneration import ROOT, Job, regenerate
from tests.pipeline.made import Package

MADE: Final = next(status for status in CREATE.responses if status.startswith("2"))
"""The status of an order that was made, as the spec has it."""
DAY: Final = datetime.datetime(2026, 11, 30, tzinfo=datetime.UTC)


def place(pointer: str, kind: Any, *types: str, **rest: Any) -> DriftPlace:
    """Return a place in the response to `orders.retrieve`."""
    settings = {"operation": "orders.retrieve", "status": "200", "first": DAY, "last": DAY, **rest}
    return DriftPlace(pointer=pointer, kind=kind, types=types, **settings)


def drafted(*places: DriftPlace) -> list[Any]:
    """Return the actions of a draft."""
    text = draft_overlay(Drift(places=places))
    if not text:
        return []
    document: Any = yaml.parse(text.encode(), "draft.yaml")
    parse(document)
    actions: list[Any] = document["actions"]
    return actions


ACTIONS: Final = [
    (
        place("/order/refundFee", "unknown key", "decimal", "null"),
        "$..[?@.title == 'Order']",
        {
            "properties": {
                "refundFee": {
                    "type": "string",
                    "format": "decimal",
                    "nullable": True,
                    "x-optional": True,
                }
            }
        },
    ),
    (
        place("/orders/*/flags", "unknown key", "array", operation="orders.list"),
        "$..[?@.title == 'OrderSummary']",
        {"properties": {"flags": {"type": "array", "items": {}, "x-optional": True}}},
    ),
    (
        place("/order/feeUsd", "absent"),
        "$..[?@.title == 'Order'].properties['feeUsd']",
        {"x-optional": True},
    ),
    (
        place("/order/status", "enum value", "string", value="on_hold"),
        "$..[?@.title == 'OrderStatus']",
        {"x-open-enum": ["on_hold"]},
    ),
    (
        place("/order/feeUsd", "misfit", "null"),
        "$..[?@.title == 'Order'].properties['feeUsd']",
        {"nullable": True},
    ),
]


@pytest.mark.parametrize(("found", "target", "update"), ACTIONS, ids=lambda each: None)
def test_what_an_action_can_correct(found: DriftPlace, target: str, update: Any) -> None:
    """Each kind becomes an action on the class; it is valid, and changes the effective spec."""
    (action,) = drafted(found)
    assert (action["target"], action["update"]) == (target, update)
    assert "1 response to " in action["x-reason"]
    assert not questions(Drift(places=(found,)))
    overlay = parse(yaml.parse(draft_overlay(Drift(places=(found,))).encode(), "draft.yaml"))
    spec = loads((ROOT / "generated/chessa_api/spec.json").read_bytes())
    assert apply_strictly(spec, overlay) != spec


QUESTIONS: Final = [
    place("", "status", status="202"),
    place("/order/*", "unknown key", "object"),
    place("/order/odd", "unknown key", "object", "string"),
    place("/order/feeUsd", "misfit", "object"),
    place("/order/id", "absent"),
    place("/order", "absent"),
    place("/order/status", "enum value", "string"),
    place("/order/removed", "absent"),
    place("/order/feeUsd", "absent", operation="orders.removed"),
    place("/order/feeUsd", "absent", status="999"),
]


@pytest.mark.parametrize("found", QUESTIONS, ids=str)
def test_what_only_the_vendor_knows(found: DriftPlace) -> None:
    """Everything else is a question, which names the place and how often it was seen."""
    assert not drafted(found)
    text = questions(Drift(places=(found,)))
    assert text.startswith("# Questions to the vendor\n\n1. **")
    assert found.operation in text
    assert f"`{found.pointer or '/'}`" in text
    assert "(1 response to " in text


def test_no_drift_is_no_draft() -> None:
    """Nothing is drafted, and nothing asked, of an empty snapshot."""
    assert draft_overlay(Drift()) == questions(Drift()) == ""


def test_actions_on_one_class_are_one() -> None:
    """Places of one class and kind become one action, with the types of all."""
    (keys, absent) = drafted(
        place("/order/fee", "unknown key", "integer"),
        place("/order/fee", "unknown key", "number", operation="orders.create", status=MADE),
        place("/order/flag", "unknown key", "boolean"),
        place("/order/feeUsd", "absent"),
        place("/order/note", "absent"),
    )
    assert keys["update"]["properties"]["fee"] == {"type": "number", "x-optional": True}
    assert set(keys["update"]["properties"]) == {"fee", "flag"}
    assert absent["target"].endswith(".properties['feeUsd', 'note']")


def test_files_are_merged(tmp_path: Path) -> None:
    """The counts of a place are added up, its times and types joined, its specs listed."""
    later = DAY + datetime.timedelta(days=3)
    one = Drift(places=(place("/order/fee", "unknown key", "integer", count=2),), spec="a", lost=1)
    other = Drift(
        places=(
            place("/order/fee", "unknown key", "null", count=5, last=later),
            place("/order/note", "absent"),
        ),
        spec="b",
    )
    for number, each in enumerate((one, other)):
        each.write(tmp_path / f"{number}.json")
    merged = merge([tmp_path / "0.json", tmp_path / "1.json"])
    fee = place("/order/fee", "unknown key", "integer", "null", count=7, last=later)
    assert merged.places == (fee, place("/order/note", "absent"))
    assert (merged.spec, merged.lost, merge([])) == ("a,b", 1, Drift())


@pytest.mark.ci
def test_from_drifting_responses_to_typed_attributes(api: Sandbox, tmp_path: Path) -> None:
    """A new key, value and an absent member become a typed package, by the draft as it is."""
    put = {"/order/refundFee": "0.10", "/order/status": "on_hold"}
    api.drift("orders.retrieve", put=put, drop=["/order/feeUsd"])
    order = api.add_order()
    client = api.client()
    client.orders.retrieve(order.id)
    client.drift.write(tmp_path / "drift.json")
    draft = draft_overlay(merge([tmp_path / "drift.json"]))
    corrections = (ROOT / "spec/overlay.yaml").read_text("utf-8")
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(corrections + draft.partition("actions:\n")[2], "utf-8")
    job = Job(overlay=overlay, output=tmp_path, package="drifted", lock=tmp_path / "lock.json")
    regenerate(job)
    package = Package(tmp_path / "drifted")
    made = package.model("Order")
    data = {"id": order.id, "status": "on_hold", "refundFee": "0.10"}
    read = made.from_dict(data)
    assert read.refund_fee == decimal.Decimal("0.10")
    assert inspect.get_annotations(made)["refund_fee"] == "Decimal | None"
    assert inspect.get_annotations(made)["fee_usd"] == "Decimal | None"
    assert read.fee_usd is None
    assert read.status is package.model("OrderStatus").ON_HOLD
