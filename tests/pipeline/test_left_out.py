"""Operations that cannot be generated are left out, schemas are opened, slips are corrected."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from chessa_codegen.errors import SpecError
from chessa_codegen.ir.types import JSON, hint
from chessa_codegen.regeneration import Settled, effective_document, settled
from tests.marks import table
from tests.pipeline.made import document

OK: Mapping[str, Any] = {"responses": {"200": {"description": "ok"}}}


def json_of(schema: Any) -> dict[str, Any]:
    """Return a success response of JSON."""
    content = {"application/json": {"schema": schema}}
    return {"responses": {"200": {"description": "ok", "content": content}}}


def upload(media_type: str) -> dict[str, Any]:
    """Return an operation whose body has a media type."""
    return {"requestBody": {"content": {media_type: {"schema": {"type": "object"}}}}, **OK}


def names(found: Settled) -> list[str]:
    """Return the operations of the package."""
    return [f"{o.method} {o.path}" for r in found.plan.resources for o in r.operations]


def paths(**added: Any) -> dict[str, Any]:
    """Return a document with a good operation, and with what is added to its paths."""
    return document({"/good": {"get": {"operationId": "good", **OK}}, **added})


@table(
    ("path", "bad", "reason"),
    [
        ("/kyc", {"post": upload("multipart/mixed")}, "content type multipart/mixed"),
        ("/feed", {"trace": dict(OK)}, "TRACE"),
        ("/own", {"get": {**OK, "servers": [{"url": "https://b.example"}]}}, "servers of its own"),
        ("/a?b={c}", {"get": dict(OK)}, "not made of plain segments"),
        ("/a#\u202e", {"get": dict(OK)}, "not made of plain segments"),
        ("/a<b", {"get": dict(OK)}, "not made of plain segments"),
        ("/a//b", {"get": dict(OK)}, "not made of plain segments"),
        (
            "/q",
            {"get": {**OK, "parameters": [{"name": "a\u202e", "in": "query", "schema": {}}]}},
            "parameter name",
        ),
        (
            "/deep",
            {
                "get": {
                    **OK,
                    "parameters": [
                        {"name": "a", "in": "header", "style": "deepObject", "schema": {}}
                    ],
                }
            },
            "none of the forms",
        ),
        (
            "/ref",
            {"get": {**OK, "parameters": [{"$ref": "#/components/parameters/Missing"}]}},
            "points at nothing",
        ),
    ],
)
def test_one_operation_is_left_out(path: str, bad: dict[str, Any], reason: str) -> None:
    """The rest of the document is generated, and the reason is told with place and fix."""
    found = settled(paths(**{path: bad}))
    assert names(found) == ["GET /good"]
    (finding,) = found.findings
    assert finding.kind == "left out"
    assert reason in finding.what
    assert finding.operation.endswith(path)
    assert finding.where.startswith("#/paths/")
    assert finding.fix
    assert "{'" not in finding.what
    assert path not in found.document["paths"]


PLACE: Mapping[str, Any] = {"name": "id", "in": "path", "required": True, "schema": {}}


@table(
    ("path", "sent", "query"),
    [
        ("/a?b=c&d=", "/a", (("b", "c"), ("d", ""))),
        ("/a?b=c#d", "/a", (("b", "c"),)),
        ("/a#b", "/a", ()),
        ("/a/<id>", "/a/{id}", ()),
        ("/a/<int:id>/b", "/a/{id}/b", ()),
        ("/a/:id", "/a/{id}", ()),
        ("/a/:other", "/a/:other", ()),
    ],
)
def test_a_path_is_sent_as_other_tools_send_it(
    path: str, sent: str, query: tuple[tuple[str, str], ...]
) -> None:
    """A fixed query goes with each call, a fragment never, and parameters are in braces."""
    get = {"operationId": "odd", **OK, "parameters": [PLACE]}
    found = settled(paths(**{path: {"get": get}}))
    odd = next(o for r in found.plan.resources for o in r.operations if o.name.endswith("odd"))
    assert (odd.sent_path, odd.fixed_query) == (sent, query)
    assert [each.text for each in found.findings if each.kind != "corrected"] == []


def test_paths_of_one_shape_are_operations_of_their_own() -> None:
    """They differ in the names of their parameters, or in what is behind `#`."""
    both = {
        each: {"get": {"operationId": name, **OK}}
        for each, name in (("/a/{id}", "by_id"), ("/a/{code}", "by_code"), ("/a/{id}#old", "old"))
    }
    plan = settled(paths(**both)).plan
    found = {o.method_name: o for r in plan.resources for o in r.operations}
    assert {name: one.sent_path for name, one in found.items()} == {
        "good": "/good",
        "by_id": "/a/{id}",
        "by_code": "/a/{code}",
        "old": "/a/{id}",
    }
    again = settled(paths(**both), plan.names.kept()).plan
    assert again.names.text() == plan.names.text()


@table("key", ["zebra", "it's", 'a "key"', "a('b')", "does not match"])
def test_an_unknown_key_is_told_whatever_its_characters(key: str) -> None:
    """A key of a path item that is not a method is dropped, and named."""
    found = settled(document({"/a": {"get": {"operationId": "a", **OK}}, "/odd": {key: OK}}))
    assert names(found) == ["GET /a"]
    (finding,) = found.findings
    assert repr(key) in finding.what
    assert found.document["paths"]["/odd"] == {}


@table(
    "changed",
    [
        {"parameters": None},
        {"tags": None, "security": None},
        {"requestBody": None},
        json_of({"type": "object", "properties": None, "required": None}),
        json_of({"type": "array", "items": None}),
    ],
)
@table("version", ["3.0.3", "3.1.0"])
def test_null_is_not_there(version: str, changed: dict[str, Any]) -> None:
    """Programs write null for what is not there: the operation and its schemas stay as they are."""
    spec = paths(**{"/odd": {"get": {"operationId": "odd", **OK, **changed}}})
    found = settled({**spec, "openapi": version})
    assert names(found) == ["GET /good", "GET /odd"]
    assert {each.kind for each in found.findings} == {"corrected"}


def test_classes_deep_in_a_schema_have_names_that_files_can_have() -> None:
    """A name that is made of many properties is shortened; two that are alike then are numbered."""
    schema: dict[str, Any] = {"type": "object", "properties": {"end": {"type": "string"}}}
    for depth in range(12):
        below = {"aLongNameOfAProperty": schema, **({"b": schema} if depth < 5 else {})}
        schema = {"type": "object", "properties": below}
    found = settled(paths(**{"/deep": {"get": {"operationId": "deep", **json_of(schema)}}}))
    names = [model.name for model in found.plan.models]
    assert max(map(len, names)) <= 145
    assert len({*names}) == len(names)
    assert any(name[-1].isdigit() for name in names)


def test_all_that_is_left_out_is_told_in_one_run() -> None:
    """Several operations are left out together, each with its own reason."""
    bad = {
        f"/{kind}": {"post": upload(f"application/{kind}+xml")} for kind in ("svg", "rss", "soap")
    }
    found = settled(paths(**bad))
    assert names(found) == ["GET /good"]
    assert {each.operation for each in found.findings} == {f"POST {path}" for path in bad}


def test_strictly_nothing_is_left_out() -> None:
    """`--strict` refuses the document, and names everything that would be left out."""
    bad = {f"/{kind}": {"post": upload(f"application/{kind}+xml")} for kind in ("svg", "rss")}
    with pytest.raises(SpecError, match="content type application/svg") as refused:
        settled(paths(**bad), is_strict=True)
    assert "content type application/rss" in str(refused.value)


def test_a_refusal_names_everything_that_is_unsafe() -> None:
    """Each unsafe part is told with its place."""
    unsafe = {**paths(), "servers": [{"url": "ftp://a.example"}, {"url": "https://u:p@b.example"}]}
    unsafe["info"]["description"] = "x" * 100_001
    with pytest.raises(SpecError, match=r"not safe to use \(3\)") as refused:
        settled(unsafe)
    for place in ("#/info/description", "#/servers/0/url", "#/servers/1/url"):
        assert place in str(refused.value)


@table(
    ("schema", "reason"),
    [
        ({"type": "string", "enum": [1]}, "not of the type"),
        ({"$dynamicRef": "#x"}, "not supported"),
        ({"allOf": [{"type": "string"}, {"type": "object"}]}, "contradict"),
        ({"$ref": "#/components/schemas/Missing"}, "points at nothing"),
        ({"$ref": "#nowhere"}, "an anchor that no schema"),
        ({"$ref": "https://elsewhere.example/schema.json"}, "leaves the document"),
        ({"properties": {"a\u202e": {}}}, "property name"),
        ({"type": "integer", "properties": 3}, "not valid"),
    ],
)
def test_one_schema_holds_any_json(schema: dict[str, Any], reason: str) -> None:
    """A schema that cannot be read loses its type and nothing else; its sibling keeps its own."""
    thing = {"type": "object", "properties": {"odd": schema, "name": {"type": "string"}}}
    get = {"operationId": "thing", **json_of(thing)}
    found = settled({**paths(**{"/thing": {"get": get}}), "openapi": "3.1.0"})
    assert sorted(names(found)) == ["GET /good", "GET /thing"]
    assert {each.kind for each in found.findings} == {"opened"}
    assert reason in found.findings[0].what
    (model,) = found.plan.models
    assert [field.key for field in model.fields] == ["odd", "name"]


@table(
    ("parameter", "types"),
    [
        ({"name": "id", "in": "path", "schema": {"type": "integer"}}, "int"),
        ({"name": "id", "in": "path", "required": False, "schema": {"type": "string"}}, "str"),
        ({"name": "id", "in": "path", "required": True}, "str"),
        ({"name": "id", "in": "path", "type": "integer", "format": "int64"}, "int"),
    ],
)
def test_a_parameter_of_a_path_is_required_and_has_a_schema(
    parameter: dict[str, Any], types: str
) -> None:
    """Declared for the operation, for its path or as a component."""
    get: dict[str, Any] = {"operationId": "a", **OK}
    refer = {"$ref": "#/components/parameters/Id"}
    for there in (
        {"get": {**get, "parameters": [parameter]}},
        {"get": get, "parameters": [parameter]},
        {"get": {**get, "parameters": [refer]}},
    ):
        made = {**paths(**{"/a/{id}": there}), "components": {"parameters": {"Id": parameter}}}
        found = settled(copy.deepcopy(made))
        (read,) = [o for r in found.plan.resources for o in r.operations if o.path == "/a/{id}"]
        (argument,) = read.arguments
        assert argument.required
        assert hint(argument.shape) == types
        assert {each.kind for each in found.findings} == {"corrected"}


@table(
    ("scheme", "dropped"),
    [
        ({"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "name": "JWT", "in": "header"},
         ["in", "name"]),
        ({"type": "apiKey", "in": "header", "name": "x-key", "scheme": "basic"}, ["scheme"]),
        ({"type": "openIdConnect", "openIdConnectUrl": "https://a.b", "flows": {}}, ["flows"]),
        ({"type": "apiKey", "in": "header", "name": "x-key"}, []),
    ],
)  # fmt: skip
def test_a_scheme_may_have_keys_of_another_type(scheme: Any, dropped: list[str]) -> None:
    """They are noted, and no operation that asks for the scheme is left out."""
    get = {"operationId": "a", "security": [{"k": []}], **OK}
    made = {**paths(**{"/a": {"get": get}}), "components": {"securitySchemes": {"k": scheme}}}
    found = settled(made)
    assert sorted(names(found)) == ["GET /a", "GET /good"]
    assert [(each.kind, each.where.rpartition("/")[2]) for each in found.findings] == [
        ("corrected", key) for key in dropped
    ]


def test_an_array_of_swagger_is_not_guessed() -> None:
    """It joins items otherwise, so its operation is left out."""
    odd = {"name": "q", "in": "query", "type": "array", "items": {"type": "string"}}
    get = {"operationId": "a", "parameters": [odd], **OK}
    assert names(settled(paths(**{"/a": {"get": get}}))) == ["GET /good"]


MISSING: Mapping[str, Any] = {"$ref": "#/components/responses/Missing"}
CIRCLE: Mapping[str, Any] = {"R": {"$ref": "#/components/responses/R"}}


@table(
    ("status", "response"),
    [
        ("400", MISSING),
        ("5XX", {"$ref": "elsewhere.yaml#/Missing"}),
        ("default", MISSING),
        ("404", CIRCLE["R"]),
        ("409", "Conflict"),
    ],
)
def test_an_error_that_cannot_be_read_is_an_error_of_any_body(status: str, response: Any) -> None:
    """The operation stays, its result is typed, and the body of the error is kept as it comes."""
    responses = {**json_of({"type": "string"})["responses"], status: response}
    made = paths(**{"/a": {"get": {"operationId": "a", "responses": responses}}})
    found = settled({**made, "components": {"responses": dict(CIRCLE)}})
    assert sorted(names(found)) == ["GET /a", "GET /good"]
    told = [each for each in found.findings if "responses/R" not in each.where]
    assert [(each.kind, each.where) for each in told] == [
        ("opened", f"#/paths/~1a/get/responses/{status}")
    ]
    (read,) = [o for r in found.plan.resources for o in r.operations if o.path == "/a"]
    assert read.result is not None
    assert hint(read.result) == "str"
    bodies = {each.status: each.shape for each in read.responses}
    assert bodies[status] in (None, JSON)


@table(("status", "others"), [("200", {}), ("default", {}), ("default", {"400": OK})])
def test_a_success_that_cannot_be_read_leaves_the_operation_out(
    status: str, others: dict[str, Any]
) -> None:
    """Its body could be anything, a file as well."""
    responses = {status: dict(MISSING), **others}
    found = settled(paths(**{"/a": {"get": {"operationId": "a", "responses": responses}}}))
    assert names(found) == ["GET /good"]


@pytest.mark.parametrize("status", ["200", "400"])
def test_a_header_that_cannot_be_read_is_dropped(status: str) -> None:
    """No header of a response is in the package."""
    odd = {"description": "", "headers": {"X-A": {"$ref": "#/components/headers/Missing"}}}
    responses = {"200": {"description": ""}, status: odd}
    found = settled(paths(**{"/a": {"get": {"operationId": "a", "responses": responses}}}))
    assert sorted(names(found)) == ["GET /a", "GET /good"]
    assert [each.kind for each in found.findings] == ["corrected"]


@table(
    "changed",
    [
        {"x-logo": {"url": 1}, "unknown": True},
        {"tags": [{"name": "a"}, {"name": "a"}]},
        {"info": {"title": "T", "version": "1", "contact": {"email": 3}}},
    ],
)
def test_slips_around_operations_are_put_right(changed: dict[str, Any]) -> None:
    """A slip that changes nothing for callers leaves nothing out."""
    found = settled({**paths(), **changed})
    assert names(found) == ["GET /good"]
    assert all(each.kind == "corrected" for each in found.findings)


@table(
    ("path", "bad", "arguments"),
    [
        ("/a/{id}", dict(OK), ["id"]),
        (
            "/a",
            {
                **OK,
                "parameters": [
                    operation_parameter := {
                        "name": "id",
                        "in": "path",
                        "required": True,
                        "schema": {},
                    }
                ],
            },
            [],
        ),
        ("/a/{id}", {**OK, "parameters": [operation_parameter, operation_parameter]}, ["id"]),
    ],
)
def test_path_parameters_follow_the_path(
    path: str, bad: dict[str, Any], arguments: list[str]
) -> None:
    """A path parameter that the path names is an argument, declared or not, and no other is."""
    found = settled(paths(**{path: {"get": {"operationId": "a", **bad}}}))
    (read,) = [o for r in found.plan.resources for o in r.operations if o.path == path]
    assert [argument.key for argument in read.arguments] == arguments
    assert all(each.kind == "corrected" for each in found.findings)


def test_an_operation_id_twice_names_one_by_its_path() -> None:
    """Both operations are there; the second is named by method and path."""
    found = settled(paths(**{"/other": {"get": {"operationId": "good", **OK}}}))
    assert sorted(names(found)) == ["GET /good", "GET /other"]
    assert [each.kind for each in found.findings] == ["corrected"]


def test_a_name_of_the_overlay_is_not_taken_by_the_vendor() -> None:
    """An operation of the vendor's that comes first, and has that operationId, is the second."""
    vendor = document({
        "/a": {"get": {"operationId": "goods.list", **OK}},
        "/good": {"get": {"operationId": "good", **OK}},
    })  # fmt: skip
    action = {"target": "$.paths['/good'].get", "update": {"operationId": "goods.list"}}
    overlay = {"overlay": "1.0.0", "info": {"title": "T", "version": "1"}, "actions": [action]}
    action["description"] = "Pins it."
    found = settled(effective_document(vendor, overlay))
    named = {o.path: o.name for r in found.plan.resources for o in r.operations}
    assert named["/good"] == "goods.list"
    assert named["/a"] != "goods.list"


def test_a_component_that_is_wrong_leaves_out_those_who_need_it() -> None:
    """Operations that refer to it are left out with its reason, the others stay."""
    found = settled(
        {
            **paths(
                **{"/needs": {"get": {"responses": {"200": {"$ref": "#/components/responses/R"}}}}}
            ),
            "components": {"responses": {"R": {"description": 1}}},
        }
    )
    assert "GET /good" in names(found)


@table(
    "unsafe",
    [
        {"servers": [{"url": "https://user:secret@api.example"}]},
        {"servers": [{"url": "javascript:alert(1)"}]},
        {"info": {"title": "T\x1b[31m", "version": "1"}},
    ],
)
def test_what_is_unsafe_is_refused(unsafe: dict[str, Any]) -> None:
    """Servers with credentials, other schemes and control characters are never left out quietly."""
    with pytest.raises(SpecError):
        settled({**paths(), **unsafe})


def test_classes_of_one_name_get_two() -> None:
    """The component keeps the name; what is in its way is named after its place."""
    refund = {"type": "object", "properties": {"status": {"type": "string", "enum": ["a"]}}}
    made = paths(
        **{"/r": {"get": {"operationId": "r", **json_of({"$ref": "#/components/schemas/refund"})}}}
    )
    found = settled(
        {
            **made,
            "components": {
                "schemas": {
                    "refund": refund,
                    "refund_status": {"type": "object", "properties": {"why": {"type": "string"}}},
                }
            },
        }
    )
    assert {model.name for model in found.plan.models} == {"Refund", "RefundStatus"}
    assert [enum.name for enum in found.plan.enums] == ["RefundStatus2"]


def test_methods_of_one_name_get_two() -> None:
    """Of two operations that want one name the second is named by its method and path."""
    there = {
        f"/{name}": {"get": {"operationId": id_, **OK}}
        for name, id_ in (("a", "getA"), ("b", "get_a"))
    }
    found = settled(document(there))
    assert [o.name for r in found.plan.resources for o in r.operations] == [
        "default.get_a",
        "default.get_b",
    ]


def test_a_tag_without_a_letter_is_named_by_its_characters() -> None:
    """Its operations are delivered; a pin in the overlay gives them a better name."""
    found = settled(document({"/a": {"get": {"operationId": "a", "tags": ["\u8ba2\u5355"], **OK}}}))
    assert [o.name for r in found.plan.resources for o in r.operations] == ["tag_8ba2_5355.a"]


def test_objects_of_one_title_that_disagree_are_joined() -> None:
    """A field that two objects of one title describe differently holds either."""
    one, other = (
        {"title": "Thing", "type": "object", "properties": {"a": {"type": kind}}}
        for kind in ("string", "boolean")
    )
    there = {
        path: {"get": {"operationId": path[1:], **json_of(schema)}}
        for path, schema in (("/a", one), ("/b", other))
    }
    (model,) = settled(document(there)).plan.models
    assert hint(model.fields[0].shape) == "str | bool"
