"""Judging two documents: what is asked whatever the rules say, and which verdict comes out."""

import copy
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from chessa.models import OrderStatus
from chessa_codegen.document import loader
from chessa_codegen.errors import SpecError
from chessa_codegen.overlay import apply
from chessa_codegen.python import render
from chessa_codegen.regeneration import effective_document, settled
from chessa_tracking.api_diff import reader
from chessa_tracking.apply import endpoint_review, release
from chessa_tracking.apply.assess import judge
from chessa_tracking.diff.changes import Level
from chessa_tracking.diff.openapi import compare
from tests.marks import every
from tests.refs import followed, json_schema
from tests.tracking import base
from tests.tracking.conftest import ROOT

Document = dict[str, Any]
CORRECTIONS = apply.parse(loader.read(ROOT / "spec" / "overlay.yaml"))
EVIL = [{"url": "https://evil.example"}]
CONFIG = ROOT / "generator-config.yaml"
NEW = {"tags": ["Order Endpoints"], "responses": {"200": {"description": "OK"}}}
_JSON = {"content": {"application/json": {"schema": {"type": "object"}}}}
ID = {"name": "orderId", "in": "path", "required": True, "schema": {"type": "string"}}
# As much of the vendor's document as the edits are of: a package of it is made in no time.
SMALL: Document = {
    "openapi": "3.0.3",
    "info": {"title": "T", "version": "1"},
    "servers": [{"url": "https://api.chessa.ai"}],
    "paths": {
        "/v1/users/me": {"get": NEW},
        "/v1/orders/{orderId}": {"get": {**NEW, "parameters": [ID]}},
        "/v1/orders/refund": {
            "post": {
                **NEW,
                "parameters": [{"name": "id", "in": "header", "schema": {"type": "string"}}],
            }
        },
    },
}


def edited(vendored: Document, *edits: tuple[tuple[str, ...], Any]) -> Document:
    """The vendored document with values at places."""
    new = copy.deepcopy(vendored)
    for place, value in edits:
        node = new
        for key in place[:-1]:
            node = node.setdefault(key, {})
        node[place[-1]] = value
    return new


REFUND = ("paths", "/v1/orders/refund")


BASIC: Final = {"type": "http", "scheme": "basic"}


@pytest.mark.parametrize(
    ("what", "edits"),
    [
        ("server", [(("servers",), EVIL)]),
        ("server", [(("servers",), [*EVIL, *EVIL])]),
        ("server", [(("servers",), [])]),
        ("server", [((*REFUND, "servers"), EVIL)]),
        ("server", [((*REFUND, "post", "servers"), EVIL)]),
        ("server", [(("paths", "/v1/new"), {"get": {**NEW, "servers": EVIL}})]),
        ("security", [(("security",), [{}, {}])]),
        ("security", [((*REFUND, "post", "security"), [{}])]),
        (
            "security",
            [(("components", "securitySchemes", "k"), BASIC), (("security",), [{"k": []}])],
        ),
        ("security", [(("paths", "/v1/new"), {"get": {**NEW, "security": [{}]}})]),
    ],
)
def test_whatever_moves_requests_is_asked(
    vendored: Document, what: str, edits: list[tuple[tuple[str, ...], Any]]
) -> None:
    """Another server or security, be it twice, emptied or of a new operation, is asked."""
    new = edited(vendored, *edits)
    assert endpoint_review.changes(vendored, new, what)
    other = {"server": "security", "security": "server"}[what]
    assert not endpoint_review.changes(vendored, new, other)


def test_what_is_asked_comes_with_the_judgement() -> None:
    """A judgement has both questions, each with all that it is about."""
    new = edited(SMALL, (("servers",), EVIL), ((*REFUND, "post", "security"), [{}]))
    asked = judge(SMALL, new).asked
    assert all(asked.values())
    assert asked == {what: tuple(endpoint_review.changes(SMALL, new, what)) for what in asked}
    assert asked.keys() == {"server", "security"}


def test_security_may_move_from_the_document_to_its_operations() -> None:
    """Where no operation asks for anything else, nothing changes."""
    keys = {"k": BASIC, "j": BASIC}
    at_top = edited(SMALL, (("components", "securitySchemes"), keys), (("security",), [{"k": []}]))
    below = copy.deepcopy(at_top)
    del below["security"]
    for item in below["paths"].values():
        for operation in item.values():
            operation["security"] = [{"k": []}]
    for old, new in ((at_top, below), (below, at_top)):
        found = judge(old, new)
        assert found.changes
        assert found.verdict is Level.PATCH
    assert judge(at_top, edited(at_top, (("security",), [{"j": []}]))).verdict is Level.MAJOR


def test_what_only_names_is_judged_by_the_names() -> None:
    """A component that is renamed, or a title, breaks callers where a class has another name."""
    old = copy.deepcopy(SMALL)
    body = {"type": "object", "properties": {"a": {"type": "string"}}}
    to = {"$ref": "#/components/schemas/NewDto"}
    old["components"] = {**old.get("components", {}), "schemas": {"NewDto": body}}
    old["paths"]["/v1/new"] = {"get": copy.deepcopy(NEW)}
    responses = {"200": {"description": "", "content": {"application/json": {"schema": to}}}}
    old["paths"]["/v1/new"]["get"]["responses"] = responses
    for name, level in (("New", Level.PATCH), ("Other", Level.MAJOR)):
        new = copy.deepcopy(old)
        new["components"]["schemas"] = {name: body}
        success = new["paths"]["/v1/new"]["get"]["responses"]["200"]["content"]
        success["application/json"]["schema"] = {"$ref": f"#/components/schemas/{name}"}
        found = judge(old, new)
        assert "api-schema-renamed" in {each.rule for each in found.changes}
        assert found.verdict is level, found


def test_a_scheme_is_asked_about_where_something_asks_for_it(vendored: Document) -> None:
    """The overlay may be what asks; a scheme that nothing asks for is told, and no question."""
    scheme = {**BASIC, "name": "k", "in": "header", "x-more": 1}
    new = edited(vendored, (("components", "securitySchemes", "k"), scheme))
    assert not endpoint_review.changes(vendored, new, "security")
    (asked,) = endpoint_review.changes(vendored, new, "security", frozenset({"k"}))
    assert asked.startswith("The security of the schemes was ")
    before, is_, after = asked.partition(" and is {")
    assert is_
    assert ('"k": ' in before, '"k": ' in after) == (False, True)
    found = judge(vendored, new)
    assert not found.asked["security"]
    assert "api-security-component-added" in {each.rule for each in found.changes}
    using = edited(new, ((*REFUND, "post", "security"), [{"k": []}]))
    changed = edited(using, (("components", "securitySchemes", "k", "scheme"), "bearer"))
    assert endpoint_review.changes(using, changed, "security")
    assert not endpoint_review.changes(using, changed, "server")


def test_what_moves_no_request_is_not_asked() -> None:
    """A server's prose, a new operation, a removed one and a renamed parameter of a path."""
    new = edited(
        SMALL,
        (("servers",), [{"url": "https://api.chessa.ai", "description": "Live"}]),
        (("paths", "/v1/new"), {"get": NEW}),
    )
    del new["paths"]["/v1/users/me"]
    new["paths"]["/v1/orders/{id}"] = copy.deepcopy(new["paths"].pop("/v1/orders/{orderId}"))
    new["paths"]["/v1/orders/{id}"]["get"]["parameters"][0]["name"] = "id"
    assert not any(judge(SMALL, new).asked.values())


@pytest.mark.parametrize(
    "edits",
    every(
        3,
        [
            [((*REFUND, "post", "callbacks"), {})],
            [(("servers",), EVIL)],
            [((*REFUND, "post", "parameters"), [])],
        ],
    ),
)
def test_a_fragment_says_what_the_verdict_is_of(edits: Any) -> None:
    """A change that breaks is in the changelog, though no signature shows it."""
    found = judge(SMALL, edited(SMALL, *edits))
    fragments = release.fragments("0.2.0", found, "it")
    only_text = any("no code has to change" in text for text in fragments.values())
    assert only_text == (found.verdict <= Level.PATCH)
    assert ("+vendor-0.2.0.breaking.md" in fragments) == (found.verdict is Level.MAJOR)


def test_a_component_means_another_thing_in_a_parameter(vendored: Document) -> None:
    """One schema in a body and in a query: its default is judged in both places."""
    shared = {"$ref": "#/components/schemas/K"}
    base = edited(vendored, (("components", "schemas", "K"), {"type": "string", "default": "a"}))
    post = base["paths"]["/v1/orders/refund"]["post"]
    json_schema(base, post["requestBody"])["properties"]["k"] = shared
    post["parameters"].append({"name": "k", "in": "query", "schema": shared})
    new = edited(base, (("components", "schemas", "K", "default"), "b"))
    rules = {change.rule for change in compare(base, new)}
    assert rules == {
        "request-property-default-value-changed",
        "request-parameter-default-value-changed",
    }


@pytest.mark.parametrize("spelled", every(2, ["failed", "FAILED"]))
def test_another_spelling_of_a_value_is_followed(vendored: Document, spelled: str) -> None:
    """Also where one schema alone lists it: the constant has another value, and that is major."""
    was = OrderStatus.FAILED.value
    new = copy.deepcopy(vendored)
    read = json_schema(new, new["paths"]["/v1/orders/{orderId}"]["get"]["responses"]["200"])
    status = followed(new, followed(new, read["properties"]["order"])["properties"]["status"])
    status.setdefault("enum", [each.value for each in OrderStatus])
    _spell(new, was, spelled)
    found = judge(vendored, new, CORRECTIONS, ROOT / "generated" / "chessa_api")
    assert found.refused is None
    assert [each.text for each in found.advice] == []
    said = {each.text: each.level for each in found.surface or ()}
    told = f"`models.OrderStatus.FAILED` is `{spelled}`, was `{was}`"
    assert said.get(told) is (None if spelled == was else Level.MAJOR)


def _spell(node: Any, was: str, spelled: str) -> None:
    """Spell a value otherwise wherever it is listed."""
    if isinstance(node, dict):
        if was in node.get("enum", ()):
            node["enum"] = [spelled if each == was else each for each in node["enum"]]
        for each in node.values():
            _spell(each, was, spelled)
    for each in node if isinstance(node, list) else ():
        _spell(each, was, spelled)


def test_a_document_that_makes_no_package(vendored: Document) -> None:
    """A new document that makes none is major and says why; an old one had no callers."""
    broken = edited(vendored, (("servers",), [{"url": "http://api.chessa.ai"}]))
    found = judge(vendored, broken, CORRECTIONS)
    assert found.refused is not None
    assert found.python is found.verdict is Level.MAJOR
    assert judge(broken, vendored, CORRECTIONS).surface is None


def test_what_is_unsafe_is_corrected_by_the_overlay() -> None:
    """The safety checks come after the overlay, so what they advise works."""
    new = edited(SMALL, (("servers",), [{"url": "ftp://files.example"}]))
    with pytest.raises(SpecError, match="not one of http or https"):
        judge(SMALL, new)
    address = {"url": "https://api.chessa.ai"}
    right = apply.Action(0, "$.servers[0]", "Right.", has_update=True, update=address)
    corrections = attrs.evolve(CORRECTIONS, actions=(right,))
    assert judge(SMALL, new, corrections).refused is None


def test_without_an_overlay_classes_have_the_names_that_callers_know() -> None:
    """A document of another API is compared as `regenerate.py --no-overlay` makes a package."""
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/pay"}}}}
    mode = {"type": "string", "enum": ["slow", "fast"]}
    components = ("components", "schemas", "pay")
    old = edited(
        SMALL,
        ((*REFUND, "post", "requestBody"), body),
        (components, {"type": "object", "properties": {"mode": mode}}),
    )
    found = judge(old, edited(old, ((*components, "properties"), {})))
    lost = {change.name for change in found.surface or ()}
    known = {enum.name for enum in settled(effective_document(old, None)).plan.enums}
    assert known == {"PayMode"}
    assert "models.PayMode" in lost


def test_a_draft_has_the_surface_of_the_package(tmp_path: Path) -> None:
    """A comparison of drafts finds all that a comparison of the complete packages would find."""
    spec = base.edited(
        lambda d: d["paths"]["/things"]["get"].update(deprecated=True),
        lambda d: d.update(webhooks={"paid": {"post": {**NEW, "requestBody": _JSON}}}),
    )
    plan = settled(effective_document(spec, None)).plan
    render.render(plan, spec, tmp_path / "made", CONFIG)
    found = reader.surface_of(render.drafted(plan, CONFIG))
    assert found == reader.read(tmp_path / "made")
    assert {one.deprecated for one in found.faces["Resources"]["things"].values()} == {True, False}
    assert found.webhooks


@pytest.mark.parametrize(
    ("place", "right", "repaired"),
    [
        (
            ("requestBody", "content", "application/json"),
            {"schema": {"type": "string"}},
            Level.MINOR,
        ),
        (("parameters", "0"), {**ID, "name": "of", "in": "header"}, Level.MINOR),
        (("responses", "200"), {"description": "OK"}, Level.MINOR),
    ],
    ids=lambda each: each[0] if isinstance(each, tuple) else "",
)
def test_a_reference_that_leads_nowhere_is_compared_as_it_stands(
    place: tuple[str, ...], right: dict[str, Any], repaired: Level
) -> None:
    """The rest of the document is compared, and its repair is a change."""
    for reference in ("#/components/schemas/None", "common.yml#/None"):
        nowhere = {"$ref": reference}
        part = {"schema": nowhere} if place[0] == "requestBody" else nowhere
        old, new = (_with(place, one) for one in (part, right))
        assert not judge(old, edited(old)).changes
        (only,) = judge(old, edited(old, (("info", "title"), "U"))).changes
        assert only.rule == "documentation-changed"
        found, back = judge(old, new), judge(new, old)
        assert (found.spec, back.spec) == (repaired, Level.MAJOR)
        assert found.refused is back.refused is None


def _with(place: tuple[str, ...], part: Any) -> Document:
    """A document with a part of its refund; of its parameters it is the only one."""
    value = [part] if place[0] == "parameters" else part
    where = place[:1] if value is not part else place
    return edited(SMALL, ((*REFUND, "post", *where), value))
