"""The vendor's API in the form of a framework: the same names, and the overlay holds."""

import json
import re
import shutil
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from chessa_codegen.ir.names import read_names
from chessa_codegen.ir.plan import Plan
from chessa_codegen.overlay import apply
from chessa_codegen.overlay.moved import moved
from chessa_codegen.overlay.written_out import write_out
from chessa_codegen.regeneration import effective_document, marked_document, settled
from chessa_codegen.validate.repair import operations
from chessa_tracking.apply import update
from chessa_tracking.apply.assess import judge
from chessa_tracking.apply.endpoint_review import changes
from chessa_tracking.apply.overlay_review import advise, corrected
from chessa_tracking.fetch.merge import Decisions, without_records
from chessa_tracking.fetch.source import open_source
from tests import commands
from tests.marks import every, table
from tests.pipeline import pages_form
from tests.pipeline.frameworks import STYLES, document
from tests.tracking.trees import IGNORED

ROOT: Final = Path(__file__).resolve().parents[2]
# A framework says more than the pages, or spells a value that was a guess.
SAYS_MORE: Final = re.compile(
    r"`models.FeedbackMetadata` now requires .*|`models.OrderStatus.FAILED` is `failed`, .*"
    r"|.* is `list\[.*\] \| None`, was .*"
)


def plan_of(found: Any, corrections: Any) -> Plan:
    """Return the plan of a document, with the names that callers know."""
    names = read_names(ROOT / "spec" / "names.json")
    return settled(effective_document(found, corrections), names).plan


def surface(plan: Plan) -> dict[str, str]:
    """Return the result of each method and the kind of each attribute that callers know."""
    methods = {each.name: str(each.result) for one in plan.resources for each in one.operations}
    fields = {f"{m.name}.{f.name}": str(f.shape) for m in plan.models for f in m.fields}
    return methods | fields


@pytest.mark.ci
@table("name", STYLES)
def test_callers_keep_their_names(name: str) -> None:
    """Methods, classes, attributes, amounts and times are those of the pages."""
    corrections = pages_form.corrections()
    before = surface(plan_of(pages_form.DOCUMENT, corrections))
    after = surface(plan_of(document(STYLES[name]), corrections))
    lost = {key: (kind, after.get(key)) for key, kind in before.items() if after.get(key) != kind}
    if STYLES[name].null_arrays:  # the list of a page may be null, and is iterated over as before
        listed = "Nullable(inner=Array"
        lost = {key: kinds for key, kinds in lost.items() if listed not in (kinds[1] or "")}
    assert {
        key: kinds for key, kinds in lost.items() if key.startswith(("orders.", "rates."))
    } == {}
    assert all(key in after for key in before)
    scalars = {k for k, kind in before.items() if "Decimal" in kind or "datetime" in kind}
    assert scalars
    assert scalars.isdisjoint(lost)


@pytest.mark.parametrize("name", every(5, STYLES))
def test_the_overlay_matches(name: str) -> None:
    """Nothing is asked of it, whatever a framework calls the format of an amount."""
    overlay = apply.parse(pages_form.corrections())
    style = attrs.evolve(STYLES[name], amount=STYLES[name].amount or {"format": "money"})
    documents = without_records(pages_form.DOCUMENT), document(style)
    before, after = (corrected(marked_document(each), overlay) for each in documents)
    assert [each.text for each in advise(before, after)] == []


@pytest.mark.nightly
@table("name", STYLES)
def test_the_overlay_holds(name: str) -> None:
    """Nothing is asked of it, and callers lose nothing but what the framework says otherwise."""
    old, new = without_records(pages_form.DOCUMENT), document(STYLES[name])
    released = ROOT / "generated" / "chessa_api" if pages_form.IS_VENDORED else None
    names = read_names(ROOT / "spec" / "names.json") if pages_form.IS_VENDORED else None
    found = judge(old, new, apply.parse(pages_form.corrections()), released, names)
    assert [each.text for each in found.advice] == []
    assert found.refused is None
    assert [each.text for each in found.findings if each.kind != "corrected"] == []
    major = [each.text for each in found.surface or () if each.level.word == "major"]
    assert [text for text in major if not SAYS_MORE.fullmatch(text)] == []


def odd(whole: dict[str, Any]) -> dict[str, Any]:
    """Write a document in other ways that frameworks have, in place."""
    names = list(whole["components"]["securitySchemes"])
    whole["servers"] = [{"url": "http://localhost:3000"}, {"url": "/"}]
    for where, operation in list(operations(whole)):
        whole["paths"][where[1]]["options"] = {"responses": {"204": {"description": ""}}}
        operation["parameters"] += [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
            for name in ("X-Client-Id", "X-CLIENT-SECRET")
        ]
        operation["security"] = [{name: []} for name in names]
        operation["responses"] = {"default": next(iter(operation["responses"].values()))}
        body = operation.get("requestBody", {"content": {"application/json": {}}})
        body |= {"required": False}
        body["content"]["application/json; charset=utf-8"] = body["content"].pop("application/json")
    for schema in whole["components"]["schemas"].values():
        if "enum" in schema:
            kinds = [{"type": "string", "enum": [value]} for value in schema.pop("enum")]
            schema |= {"oneOf": kinds}
            del schema["type"]
        for held in schema.get("properties", {}).values():
            if "nullable" in held and not {"type", "allOf"} & held.keys():
                held |= {"type": ["object"], "additionalProperties": True}
    return whole


def test_other_ways_of_writing_change_nothing() -> None:
    """Neither the names, amounts and times of callers, nor an action of the overlay."""
    names = json.loads((ROOT / "spec" / "names.json").read_text(encoding="utf-8"))
    plan = plan_of(odd(document(STYLES["nestjs"])), pages_form.corrections())
    found = surface(plan)
    assert plan.endpoint.base_url == "https://api.chessa.ai"
    assert len(plan.endpoint.credential_headers) == 2
    if pages_form.IS_VENDORED:
        assert {key for key in found if key.islower()} == set(names["methods"][""].values())
        for owner, attributes in names["attributes"].items():
            assert {f"{owner}.{name}" for name in attributes.values()} <= found.keys()
    assert "DECIMAL" in found["Order.origin_amount"]
    assert "DATE_TIME" in found["Refund.created_at"]
    assert "OrderStatus" in found["OrderStatusHistory.current_status"]
    assert "JSON" in found["Order.note"]


def written(schemas: dict[str, Any], schema: Any, version: str = "3.0.3") -> dict[str, Any]:
    """Write out a document that holds a schema, and components."""
    body = {"content": {"application/json": {"schema": schema}}}
    whole: dict[str, Any] = {
        "openapi": version,
        "components": {"schemas": schemas},
        "paths": {"/a": {"post": {"requestBody": body}}},
    }
    write_out(whole)
    return whole


def schema_in(whole: dict[str, Any]) -> Any:
    """Return the schema of the one operation."""
    body = whole["paths"]["/a"]["post"]["requestBody"]
    return body["content"]["application/json"]["schema"]


TEXT: Final = {"type": "string"}
REF: Final = {"$ref": "#/components/schemas/ItemDto"}
ONE_TEXT: Final = {"type": "string", "enum": ["b"], "description": "B"}
NULL_ENUM: Final = {"$ref": "#/components/schemas/NullEnum"}
A: Final = {"type": "object", "properties": {"a": TEXT}}


@table(
    ("schema", "expected"),
    [
        (REF, {**A, "title": "Item"}),
        ({"allOf": [REF], "nullable": True}, {**A, "title": "Item", "nullable": True}),
        ({"oneOf": [REF], "nullable": True}, {**A, "title": "Item", "nullable": True}),
        ({"anyOf": [REF]}, {**A, "title": "Item"}),
        ({"allOf": [REF, {"description": "D"}]}, {**A, "title": "Item", "description": "D"}),
        ({"allOf": [{"type": "object"}, REF], "nullable": True}, {**A, "title": "Item"}),
        ({"oneOf": [REF, NULL_ENUM], "nullable": True}, {"title": "Item", "nullable": True}),
        ({"nullable": True, "oneOf": [REF, {"type": "null"}]}, {"nullable": True}),
        ({"type": "object", "allOf": [REF], "description": "D"}, {"description": "D"}),
        ({"anyOf": [REF, {"type": "null"}], "title": "Wrapper"}, {"type": ["object", "null"]}),
        (
            {"allOf": [REF, {"properties": {"b": TEXT}, "required": ["b"]}]},
            {"properties": {"a": TEXT, "b": TEXT}, "required": ["b"]},
        ),
        ({"oneOf": [{"const": "a"}, ONE_TEXT]}, {"type": "string", "enum": ["a", "b"]}),
        ({"anyOf": [ONE_TEXT, NULL_ENUM]}, {"type": "string", "enum": ["b", None]}),
        ({"anyOf": [ONE_TEXT, TEXT]}, {"anyOf": [ONE_TEXT, TEXT]}),
        ({"allOf": [REF, {"properties": {"a": {"type": "integer"}}}]}, {"allOf": [A, ...]}),
    ],
)
def test_a_reference_is_written_out(schema: Any, expected: dict[str, Any]) -> None:
    """It becomes what it refers to, with what stands next to it; no component is left."""
    version = "3.1.0" if {"type": "null"} in schema.get("anyOf", ()) else "3.0.3"
    whole = written({"ItemDto": A, "NullEnum": {"enum": [None]}}, schema, version)
    found = schema_in(whole)
    for key, value in expected.items():
        if key == "allOf":
            assert found[key][0] == A
        else:
            assert found[key] == value
    assert "schemas" not in whole["components"]


def test_what_is_a_part_of_itself_stays() -> None:
    """One component of a circle, and what a discriminator tells apart."""
    node = {"properties": {"next": {"$ref": "#/components/schemas/Node"}, "a": REF}}
    whole = written({"Node": node, "ItemDto": A}, {"$ref": "#/components/schemas/Node"})
    assert schema_in(whole) == {"$ref": "#/components/schemas/Node"}
    assert whole["components"]["schemas"]["Node"]["properties"]["a"]["title"] == "Item"
    kinds = {
        "oneOf": [REF, {"$ref": "#/components/schemas/B"}],
        "discriminator": {"propertyName": "a"},
    }
    whole = written({"ItemDto": A, "B": A}, kinds)
    assert schema_in(whole) == kinds
    assert whole["components"]["schemas"] == {"ItemDto": A, "B": A}


def test_a_document_that_would_grow_stays_as_it_is() -> None:
    """References that multiply at each step are left, and so is a chain that is deep."""
    double = {
        f"S{n}": {"properties": {k: {"$ref": f"#/components/schemas/S{n + 1}"} for k in "ab"}}
        for n in range(40)
    }
    schemas = {**double, "S40": A}
    assert written(schemas, {"$ref": "#/components/schemas/S0"})["components"]["schemas"] == schemas


def test_names_that_differ_in_a_suffix_only_stay_apart() -> None:
    """`Item` and `ItemDto` are two classes."""
    whole = written({"ItemDto": A, "Item": {"type": "object", "properties": {"b": TEXT}}}, REF)
    assert schema_in(whole) == REF
    assert set(whole["components"]["schemas"]) == {"Item", "ItemDto"}


def test_an_action_on_a_component_comes_first() -> None:
    """A target of components is met before they are written out."""
    overlay = apply.parse(
        {
            "overlay": "1.0.0",
            "info": {"title": "T", "version": "1"},
            "actions": [
                {"target": "$.paths['/a'].post..properties.a", "update": {"format": "date"}},
                {"target": "$.components.schemas.ItemDto.properties", "update": {"b": TEXT}},
                {"target": "$.gone", "remove": True, "x-obsolete-when": "$.paths['/a'].post"},
                {"target": "$.dropped", "remove": True},
                {"target": "$.dropped", "x-obsolete": True, "description": "Not needed."},
            ],
        }
    )
    body = {"content": {"application/json": {"schema": REF}}}
    whole = {
        "openapi": "3.0.3",
        "components": {"schemas": {"ItemDto": A}},
        "paths": {"/a": {"post": {"requestBody": body}}},
    }
    outcome = apply.apply(whole, overlay, writes_out=True)
    properties = {"a": {**TEXT, "format": "date"}, "b": TEXT}
    assert schema_in(outcome.document)["properties"] == properties
    assert [effect.is_obsolete for effect in outcome.effects] == [False, False, True]


def test_a_target_means_a_path_by_its_shape() -> None:
    """Its parameters may have other names, it another start, and the server may have taken that."""
    target = "$.paths['/v1/a/{id}'].get"
    overlay = apply.parse(
        {
            "overlay": "1.0.0",
            "info": {"title": "T", "version": "1"},
            "actions": [{"target": target, "update": {"operationId": "a.b"}}],
        }
    )
    for path, url in (
        ("/v1/a/{key}", "https://a.example"),
        ("/a/{key}", "https://a.example/v1/"),
        ("/a/{key}", "/v1"),
        ("/a/{key}", "https://a.example"),
        ("/api/v1/a/{key}", "https://a.example"),
        ("/v1/a/{key}", "https://a.example/api"),
    ):
        whole = {"servers": [{"url": url}], "paths": {path: {"get": {}}, "/v1/b": {}}}
        found = apply.apply(whole, overlay, writes_out=True)
        assert found.document["paths"] == {path: {"get": {"operationId": "a.b"}}, "/v1/b": {}}
        assert found.effects[0].matched == 1


@table(
    ("paths", "starts"),
    [
        (["/v1/a", "/v1/a/{x}", "/health"], ("", "")),
        (["/api/v1/a", "/api/v1/a/{x}", "/health"], ("/api", "")),
        (["/a", "/a/{x}"], ("", "/v1")),
        (["/v1/a", "/api/v1/a/{y}"], ("", "")),
        (["/{tenant}/v1/a", "/{tenant}/v1/a/{x}"], ("", "")),
        (["/b", "/c"], ("", "")),
        ([], ("", "")),
    ],
)
def test_paths_that_moved_alike_are_asked_about(paths: list[str], starts: Any) -> None:
    """The package keeps its names, and the address of each call is another."""
    old: dict[str, Any] = {"paths": {"/v1/a": {}, "/v1/a/{id}": {}}}
    new: dict[str, Any] = {"paths": {path: {} for path in paths}}
    assert moved(paths, old["paths"]) == starts
    more, less = (start or "/" for start in starts)
    asked = [f"The starts of all paths were {less} and are {more}"] if any(starts) else []
    assert changes(old, new, "server") == asked


def test_a_title_of_ours_names_the_class_of_a_component() -> None:
    """Both by its place and by the path that leads to it; the vendor's own title is prose."""
    spec: dict[str, Any] = {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "components": {"schemas": {"ItemDto": {**A, "title": "An item of a list"}, "Other": A}},
        "paths": {
            f"/{key}": {
                "get": {
                    "responses": {
                        "200": {
                            "description": "",
                            "content": {
                                "application/json": {
                                    "schema": {"$ref": f"#/components/schemas/{key}"}
                                }
                            },
                        }
                    }
                }
            }
            for key in ("ItemDto", "Other")
        },
    }

    def classes(*targets: str) -> set[str]:
        actions = [{"target": "$.info", "update": {"x-a": 1}, "description": "Something."}]
        actions += [
            {"target": target, "update": {"title": "Thing"}, "description": "Names it."}
            for target in targets
        ]
        info = {"title": "T", "version": "1"}
        overlay = {"overlay": "1.0.0", "info": info, "actions": actions}
        plan = settled(effective_document(spec, overlay)).plan
        return {model.name for model in plan.models}

    assert classes() == {"Item", "Other"}
    assert classes("$.components.schemas.ItemDto") == {"Thing", "Other"}
    assert classes("$.paths['/ItemDto'].get.responses..schema") == {"Thing", "Other"}


@pytest.mark.nightly
@pytest.mark.parametrize("name", STYLES)
def test_an_update_to_a_framework_is_proven(name: str, tmp_path: Path) -> None:
    """The package is made, passes the property tests and is installed, without a hand edit."""
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=IGNORED)
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document(STYLES[name])), encoding="utf-8")
    source = open_source(str(path))
    found = update.look(tree, source, Decisions(), frozenset({"security"}))
    assert found.questions == []
    assert "spec/openapi.yaml" in update.carry_out(tree, found).paths
    assert commands.regenerate(tree, "--check").returncode == 0
