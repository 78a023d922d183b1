"""Callers keep their names and their amounts, whatever else the vendor's document gains."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from chessa_codegen.document import loader
from chessa_codegen.overlay import apply
from chessa_codegen.regeneration import effective_document, settled
from chessa_tracking.apply.assess import Judgement, judge
from chessa_tracking.diff.changes import Level
from tests.marks import table
from tests.tracking.conftest import ROOT
from tests.tracking.test_same_meaning import S, body, document, get, ref, thing

Json = dict[str, Any]
CORRECTIONS = apply.parse(loader.read(ROOT / "spec" / "overlay.yaml"))
PYDANTIC = r"^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$"
DOTNET = r"^-?(?:0|[1-9]\d*)(?:\.\d+)?$"
AMOUNTS = {"amount", "cryptoAmount", "destinationAmount", "exchangeRate"}
AMOUNTS |= {"feeAmount", "feeUsd", "fiatAmount", "originAmount"}


def surface(found: Judgement) -> set[str]:
    """Return the changes that Python callers see."""
    return {change.text for change in found.surface or ()}


def with_newcomer(old: Json, name: str, schema: Json) -> Json:
    """Return a document with a new component, and an operation that returns it."""
    new = copy.deepcopy(old)
    new.setdefault("components", {}).setdefault("schemas", {})[name] = schema
    new["paths"]["/v1/new"] = {"get": {"tags": ["New"], **get(_200=body(ref(name)))}}
    return new


def test_a_new_component_does_not_join_a_class_of_the_overlay(vendored: Json) -> None:
    """A title of the overlay names what it was given to; the newcomer is numbered."""
    names = ("Order", "OrderEnvelope", "OrderStatus", "ApiError")
    parts = {name: ref(name) for name in names}
    new = with_newcomer(vendored, "All", thing(**parts))
    new["components"]["schemas"] |= {name: thing(z=S) for name in names}
    found = judge(vendored, new, CORRECTIONS)
    assert found.verdict is Level.MINOR, surface(found)
    assert {f"`models.{name}2` is new" for name in names} <= surface(found)


def test_a_component_that_the_overlay_means_has_its_title(vendored: Json) -> None:
    """A schema that was inline and is named now stays one class, under the name that it had."""
    new = copy.deepcopy(vendored)
    content = new["paths"]["/v1/orders/refund"]["post"]["responses"]["200"]["content"]
    refund = content["application/json"].pop("schema")
    new.setdefault("components", {}).setdefault("schemas", {})["Refund"] = refund
    content["application/json"]["schema"] = ref("Refund")
    found = judge(vendored, new, CORRECTIONS)
    assert (found.verdict, surface(found)) == (Level.NONE, set())


@table(
    "inline",
    [thing(x=S), {**S, "enum": ["a", "b"]}, {**thing(x=S), "title": "Read P"}],
)
def test_a_new_component_takes_no_name_of_an_inline_class(inline: Json) -> None:
    """Its class is named after its title or its place, and was there first."""
    old = document({"p": inline}, {})
    new = with_newcomer(old, "ReadP", thing(z=S))
    found = judge(old, new)
    assert found.verdict is Level.MINOR, surface(found)
    assert "`models.ReadP2` is new" in surface(found)


def test_an_inline_class_may_become_the_component_of_its_name() -> None:
    """The place is a reference then, and its class keeps the name."""
    old = document({}, {"a": get(_200=body(thing(p=thing(x=S))))})
    (name,) = {one.name for one in settled(effective_document(old, None)).plan.models} - {
        *("A", "B", "C", "GetAResponse")
    }
    new = document({}, {"a": get(_200=body(thing(p=ref(name))))})
    new["components"]["schemas"][name] = thing(x=S)
    for pair in ((old, new), (new, old)):
        assert judge(*pair).verdict is Level.NONE


def amounts(value: Any, *, of_properties: bool = False) -> Iterator[Json]:
    """Yield the schemas of the amounts in a part of a document."""
    if isinstance(value, dict):
        for key, each in value.items():
            if of_properties and key in AMOUNTS and isinstance(each, dict):
                yield each
            yield from amounts(each, of_properties=key == "properties")
    for each in value if isinstance(value, list) else ():
        yield from amounts(each)


FORMS: list[Json] = [
    {"type": "string", "pattern": PYDANTIC},
    {"anyOf": [{"type": "number"}, {"type": "string"}]},
    {"anyOf": [{"type": "number"}, {"type": "string", "pattern": PYDANTIC}]},
    {"type": ["number", "string"], "pattern": DOTNET, "format": "double"},
    {"type": ["number", "string"], "pattern": DOTNET},
    {"type": "number", "format": "double"},
]


def test_an_amount_stays_a_decimal_in_every_form(vendored: Json) -> None:
    """The overlay says which properties are amounts; their form on the wire changes nothing."""
    old = {**vendored, "openapi": "3.1.0"}
    new = copy.deepcopy(old)
    found = [
        each
        for item in new["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
        for each in amounts(operation.get("responses"))
    ]
    assert len(found) > 2 * len(FORMS)
    for number, each in enumerate(found):
        kept = {key: one for key, one in each.items() if key in ("description", "nullable")}
        each.clear()
        each.update({**kept, **copy.deepcopy(FORMS[number % len(FORMS)])})
    for pair in ((old, new), (new, old)):
        told = judge(*pair, CORRECTIONS)
        assert (told.verdict, surface(told), told.advice) == (Level.PATCH, set(), ())


def test_an_amount_that_becomes_something_else_is_major(vendored: Json) -> None:
    """An object is not one of its forms."""
    new = copy.deepcopy(vendored)
    content = new["paths"]["/v1/orders/refund"]["post"]["responses"]["200"]["content"]
    content["application/json"]["schema"]["properties"]["cryptoAmount"] = thing(value=S)
    assert judge(vendored, new, CORRECTIONS).verdict is Level.MAJOR


CREATED = {"type": "string", "enum": ["created", "in-use"]}


@pytest.mark.parametrize(
    ("name", "names", "expected"),
    [
        ("OrderStatus", ["OrderStatusCreated", "OrderStatusInUse"], {"CREATED", "IN_USE"}),
        ("model.OrderStatus", ["OrderStatusCreated", "OrderStatusInUse"], {"CREATED", "IN_USE"}),
        ("OrderStatus", ["OrderStatusCreated", "Used"], {"ORDER_STATUS_CREATED", "USED"}),
        ("OrderStatus", ["OrderStatus", "OrderStatusUsed"], {"ORDER_STATUS", "ORDER_STATUS_USED"}),
        ("Other", ["OrderStatusA", "OrderStatusB"], {"ORDER_STATUS_A", "ORDER_STATUS_B"}),
    ],
)
def test_a_constant_does_not_repeat_its_enum(
    name: str, names: list[str], expected: set[str]
) -> None:
    """Go writes the type before each constant; names that callers have stay."""
    plain, named = (document({"p": ref(name)}, {}) for _ in range(2))
    plain["components"]["schemas"][name] = CREATED
    named["components"]["schemas"][name] = {**CREATED, "x-enum-varnames": names}
    (enum,) = settled(effective_document(named, None)).plan.enums
    assert enum.constants.keys() == expected
    for pair in ((plain, named), (named, plain)):
        found = judge(*pair)
        assert (found.verdict, surface(found)) == (Level.PATCH, set())
