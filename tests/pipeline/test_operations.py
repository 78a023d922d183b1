"""Operations of other documents than the vendor's: their methods, what they send and take."""

import datetime
import inspect
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.made import Document, Package, answers, content, document, make, operation

BASE: Document = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "size": {"type": "integer"}},
}


def parameter(name: str, where: str, schema: Any = None, **rest: Any) -> Document:
    """A parameter; a path parameter is required, as it must be."""
    required = {"required": True} if where == "path" else {}
    return {"name": name, "in": where, "schema": schema or {"type": "string"}, **required, **rest}


def one(folder: Path, path: str, method: str, **rest: Any) -> Package:
    """A package with one operation, `things.act`."""
    return make(folder, document({path: {method: operation("act", **rest)}}, {"Base": BASE}))


def parameters_of(package: Package, method: str = "act") -> dict[str, inspect.Parameter]:
    """The parameters of a method of `things`, `self` left out."""
    signature = inspect.signature(getattr(package.module("api.things").Things, method))
    return dict(list(signature.parameters.items())[1:])


def test_a_method_named_as_the_sentinel_of_what_is_left_out(tmp_path: Path) -> None:
    """`unset` is a method like any other; the optional arguments next to it stay optional."""
    path = {"get": operation("unset", parameters=[parameter("q", "query")])}
    package = make(tmp_path, document({"/a": path}))
    package.call("things.unset")
    package.call("things.unset", q="x")


# ---- Arguments ----------------------------------------------------------------------------------


def test_arguments_of_every_place(tmp_path: Path) -> None:
    """Path parameters are positional, in path order; others are keywords, required ones first."""
    package = one(
        tmp_path,
        "/a/{second-id}/b/{first}",
        "put",
        parameters=[
            parameter("first", "path"),
            parameter("limit", "query", {"type": "integer"}),
            parameter("second-id", "path", {"type": "integer"}),
            parameter("X-Trace-Id", "header", required=True),
        ],
        requestBody={"required": True, **content({"$ref": "#/components/schemas/Base"})},
    )
    parameters = parameters_of(package)
    assert list(parameters) == ["second_id", "first", "x_trace_id", "id", "limit", "size"]
    kinds = [parameter.kind.name for parameter in parameters.values()]
    assert kinds == ["POSITIONAL_OR_KEYWORD"] * 2 + ["KEYWORD_ONLY"] * 4
    required = [name for name, p in parameters.items() if p.default is inspect.Parameter.empty]
    assert required == ["second_id", "first", "x_trace_id", "id"]
    package.call("things.act", 7, "f", x_trace_id="t", id="1", limit=5)
    sent = package.sent[-1]
    assert (sent.method, sent.path) == ("PUT", "/a/7/b/f")
    assert sent.query == (("limit", "5"),)
    assert sent.headers == (("X-Trace-Id", "t"),)
    assert sent.body == '{"id":"1"}'


VALUES: list[tuple[Document, Any, list[str]]] = [
    ({"type": "string"}, "a b", ["a b"]),
    ({"type": "integer"}, -3, ["-3"]),
    ({"type": "number"}, Decimal("0.10"), ["0.10"]),
    ({"type": "boolean"}, False, ["false"]),
    ({"type": "string", "format": "date"}, datetime.date(2025, 3, 18), ["2025-03-18"]),
    (
        {"type": "string", "format": "date-time"},
        datetime.datetime(2025, 3, 18, 6, tzinfo=datetime.UTC),
        ["2025-03-18T06:00:00.000Z"],
    ),
    ({"type": "string", "enum": ["asc", "desc"]}, "asc", ["asc"]),
    ({"type": "string", "enum": ["asc", "desc"]}, "new", ["new"]),
    ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, 4, ["4"]),
    ({"type": "array", "items": {"type": "integer"}}, [1, 2], ["1", "2"]),
    ({"type": "array", "items": {"type": "integer"}}, [], []),
    ({"type": "string", "nullable": True}, "a", ["a"]),
]


def test_query_values(tmp_path: Path) -> None:
    """Each kind of value has one text in a query, the same that JSON has."""
    given = [parameter(f"q{number}", "query", row[0]) for number, row in enumerate(VALUES)]
    package = one(tmp_path, "/things", "get", parameters=given)
    for number, (_, value, texts) in enumerate(VALUES):
        package.call("things.act", **{f"q{number}": value})
        assert package.sent[-1].query == tuple((f"q{number}", text) for text in texts)
    package.call("things.act")
    assert package.sent[-1].query == ()


STYLES: list[tuple[Document, list[str]]] = [
    ({}, ["a", "b"]),
    ({"explode": True}, ["a", "b"]),
    ({"explode": False}, ["a,b"]),
    ({"style": "form", "explode": False}, ["a,b"]),
    ({"style": "spaceDelimited", "explode": False}, ["a%20b"]),
    ({"style": "pipeDelimited", "explode": False}, ["a%7Cb"]),
]


def test_lists_in_a_query(tmp_path: Path) -> None:
    """A list is sent as several parameters or joined, as the parameter's style says."""
    schema = {"type": "array", "items": {"type": "string"}}
    given = [parameter(f"q{n}", "query", schema, **style) for n, (style, _) in enumerate(STYLES)]
    package = one(tmp_path, "/things", "get", parameters=given)
    for number, (_, texts) in enumerate(STYLES):
        named: dict[str, Any] = {f"q{number}": ["a", "b"]}
        package.call("things.act", **named)
        assert package.sent[-1].query == tuple((f"q{number}", text) for text in texts)


def test_lists_in_a_path_and_a_header(tmp_path: Path) -> None:
    """There they are joined by commas, and an item that holds one is refused."""
    schema = {"type": "array", "items": {"type": "string"}}
    package = one(
        tmp_path,
        "/things/{ids}",
        "get",
        parameters=[parameter("ids", "path", schema), parameter("X-Tags", "header", schema)],
    )
    package.call("things.act", ["1", "2"], x_tags=["a", "b"])
    assert package.sent[-1].path == "/things/1,2"
    assert package.sent[-1].headers == (("X-Tags", "a,b"),)
    with pytest.raises(ValueError, match="an item contains ',', the list separator"):
        package.call("things.act", ["1,2"])
    with pytest.raises(ValueError, match="an empty list has no form in a path"):
        package.call("things.act", [])


def test_shared_parameters(tmp_path: Path) -> None:
    """Parameters come from the path item and from components; the operation's own win."""
    spec = document(
        {
            "/things/{id}": {
                "parameters": [
                    {"$ref": "#/components/parameters/Id"},
                    parameter("page", "query"),
                ],
                "get": operation(
                    "act", parameters=[parameter("page", "query", {"type": "integer"})]
                ),
            }
        },
        components={"parameters": {"Id": parameter("id", "path")}},
    )
    package = make(tmp_path, spec)
    package.call("things.act", "1", page=2)
    assert (package.sent[-1].path, package.sent[-1].query) == ("/things/1", (("page", "2"),))


def test_colliding_names_make_way(tmp_path: Path) -> None:
    """A path parameter keeps its name; what collides with it is told apart by its place."""
    body = {"type": "object", "properties": {"id": {"type": "integer"}, "self": {}}}
    package = one(
        tmp_path,
        "/things/{id}",
        "post",
        parameters=[parameter("id", "path"), parameter("id", "query"), parameter("ID", "header")],
        requestBody=content(body),
    )
    assert list(parameters_of(package)) == ["id", "id_query", "id_header", "id_body", "self_"]
    package.call("things.act", "p", id_query="q", id_header="h", id_body=4, self_=[1])
    sent = package.sent[-1]
    assert (sent.path, sent.query, sent.headers) == (
        "/things/p",
        (("id", "q"),),
        (("ID", "h"),),
    )
    assert sent.body == '{"id":4,"self":[1]}'


def test_arguments_may_have_any_name(tmp_path: Path) -> None:
    """Keywords and names of the runtime are usable as the names of arguments."""
    words = ("from", "class", "self", "cls", "operation", "arguments", "list", "models", "UNSET")
    paths = {
        f"/{number}/{{{name}}}": {
            "get": operation(f"act{number}", parameters=[parameter(name, "path")])
        }
        for number, name in enumerate(words)
    }
    package = make(tmp_path, document(paths))
    for number in range(len(words)):
        (argument,) = parameters_of(package, f"act{number}")
        named: dict[str, Any] = {argument: "v"}
        package.call(f"things.act{number}", **named)
        assert package.sent[-1].path == f"/{number}/v"


def test_pinned_names(tmp_path: Path) -> None:
    """`x-python-name` names an argument, a field and a class; `x-resource` a resource."""
    spec = document(
        {
            "/things": {
                "get": operation(
                    "read",
                    tag="Some Odd Tag",
                    parameters=[parameter("from", "query", **{"x-python-name": "start"})],
                    responses=answers({"$ref": "#/components/schemas/T_1"}),
                )
            }
        },
        {"T_1": {"x-python-name": "Thing", "properties": {"to": {"x-python-name": "end"}}}},
        tags=[{"name": "Some Odd Tag", "x-resource": "things"}],
    )
    package = make(tmp_path, spec)
    got = package.call("things.read", start="a", answer='{"to": 1}')
    assert (type(got).__name__, got.end) == ("Thing", 1)


# ---- Bodies -------------------------------------------------------------------------------------


def test_bodies_that_are_no_plain_object_are_one_argument(tmp_path: Path) -> None:
    """Arrays, unions, maps and scalars are passed as `body`."""
    base = {"$ref": "#/components/schemas/Base"}
    bodies: list[tuple[Any, str]] = [
        ({"type": "array", "items": base}, '[{"id":"1"}]'),
        ({"oneOf": [base, {"type": "string"}]}, '"a"'),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, '{"a":1}'),
        ({"type": "string"}, '"a"'),
        ({}, '[null,{"a":1.5}]'),
        ({"type": "integer", "nullable": True}, "null"),
    ]
    paths = {
        f"/{number}": {"post": operation(f"act{number}", requestBody=content(schema))}
        for number, (schema, _) in enumerate(bodies)
    }
    package = make(tmp_path, document(paths, {"Base": BASE}))
    for number, (schema, text) in enumerate(bodies):
        value = package.loads(text)
        if isinstance(value, list) and "items" in schema:
            value = [package.model("Base").from_dict(item) for item in value]
        package.call(f"things.act{number}", body=value)
        assert package.sent[-1].body == text


def test_optional_and_required_bodies(tmp_path: Path) -> None:
    """An optional body without members is left out; a required one is an empty object."""
    schema = {"type": "object", "properties": {"note": {"type": "string"}}}
    for required, text in ((False, None), (True, "{}")):
        body = {"required": required, **content(schema)}
        package = one(tmp_path, "/things", "post", requestBody=body)
        package.call("things.act")
        assert package.sent[-1].body == text
        package.call("things.act", note="n")
        assert package.sent[-1].body == '{"note":"n"}'


def test_an_optional_body_that_must_hold_something(tmp_path: Path) -> None:
    """A required member of an optional body is required: without it a call is rejected."""
    schema = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string"}, "note": {"type": "string"}},
    }
    package = one(tmp_path, "/things", "post", requestBody=content(schema))
    package.call("things.act", id="1")
    assert package.sent[-1].body == '{"id":"1"}'
    with pytest.raises(TypeError):
        package.call("things.act", note="n")


def test_null_can_be_sent_where_it_is_allowed(tmp_path: Path) -> None:
    """None is null for a nullable member, and refused for any other; UNSET is nothing."""
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string", "nullable": True}, "b": {"type": "string"}},
    }
    package = one(tmp_path, "/things", "post", requestBody=content(schema))
    package.call("things.act", a=None, b=package.module("types").UNSET)
    assert package.sent[-1].body == '{"a":null}'
    with pytest.raises(ValueError, match=r"things\.act, argument 'b': expected a str"):
        package.call("things.act", b=None)


def test_arguments_that_exclude_each_other(tmp_path: Path) -> None:
    """Of an `x-mutually-exclusive` group at most one is taken."""
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "x-mutually-exclusive": [["a", "b"]],
    }
    package = one(tmp_path, "/things", "post", requestBody=content(schema))
    package.call("things.act", a="1")
    with pytest.raises(ValueError, match="takes only one of a and b"):
        package.call("things.act", a="1", b="2")


def test_a_body_shared_by_reference(tmp_path: Path) -> None:
    """A requestBody may stand in components, its media type carry parameters."""
    body = {"content": {"application/json; charset=utf-8": {"schema": BASE}}}
    spec = document(
        {"/t": {"post": operation("act", requestBody={"$ref": "#/components/requestBodies/B"})}},
        components={"requestBodies": {"B": body}},
    )
    package = make(tmp_path, spec)
    package.call("things.act", id="1")
    assert package.sent[-1].body == '{"id":"1"}'


# ---- Responses ----------------------------------------------------------------------------------


def test_several_successes(tmp_path: Path) -> None:
    """Each success status has its own model; the method returns any of them."""
    done = {"title": "Done", "properties": {"at": {"type": "string"}}}
    waiting = {"title": "Waiting", "properties": {"eta": {"type": "string"}}}
    responses = {**answers(done, "200"), **answers(waiting, "202")}
    package = one(tmp_path, "/things", "post", responses=responses)
    assert type(package.call("things.act", answer="{}")).__name__ == "Done"
    assert type(package.call("things.act", answer="{}", status=202)).__name__ == "Waiting"
    assert "-> models.Done | models.Waiting" in package.source("api/things/__init__.py")


def test_any_success_is_read(tmp_path: Path) -> None:
    """A 2xx is read as the documented success, whatever its number."""
    paths = {
        f"/{number}": {
            "get": operation(f"act{number}", responses=answers({"type": "string"}, documented))
        }
        for number, documented in enumerate(("200", "201", "2XX", "default"))
    }
    package = make(tmp_path, document(paths))
    for number in range(len(paths)):
        for status in (200, 201, 299):
            assert package.call(f"things.act{number}", answer='"a"', status=status) == "a"


def test_answers_without_content(tmp_path: Path) -> None:
    """A 204, and a success without a schema, give None."""
    for responses in ({"204": {"description": "Gone"}}, {"200": {"description": "OK"}}):
        package = one(tmp_path, "/t", "delete", responses=responses)
        assert package.call("things.act", status=204) is None
        assert "def act(self) -> None:" in package.source("api/things/__init__.py")


def test_content_or_nothing(tmp_path: Path) -> None:
    """If one success has content and the other none, the method may return None."""
    responses = {**answers({"type": "string"}), "204": {"description": "Nothing yet"}}
    package = one(tmp_path, "/t", "get", responses=responses)
    assert package.call("things.act", answer='"a"') == "a"
    assert package.call("things.act", status=204) is None
    assert "-> str | None" in package.source("api/things/__init__.py")


def test_errors_are_documented_in_the_docstring(tmp_path: Path) -> None:
    """4XX, 5XX, default and single statuses stand in the method's docstring."""
    responses: Document = {
        **answers({"type": "string"}),
        "404": {"description": "No such thing"},
        "4XX": {"description": "Refused"},
        "default": {"description": "Anything else"},
    }
    package = one(tmp_path, "/t", "get", responses=responses)
    text = inspect.getdoc(package.module("api.things").Things.act) or ""
    for line in ("404: No such thing", "4XX: Refused", "default: Anything else"):
        assert line in text


def test_unwrapping(tmp_path: Path) -> None:
    """`x-unwrap` returns one property of the response; a response without it fails to decode."""
    envelope = {"title": "Envelope", "properties": {"thing": BASE, "more": {"type": "string"}}}
    package = one(tmp_path, "/t", "get", responses=answers(envelope), **{"x-unwrap": "thing"})
    assert package.call("things.act", answer='{"thing": {"id": "1"}, "new": 2}').id == "1"
    with pytest.raises(ValueError, match=r"things\.act cannot be read: .*left it out"):
        package.call("things.act", answer="{}")


def test_reads_and_writes(tmp_path: Path) -> None:
    """GET and HEAD are reads; a POST is one only where the document says so."""
    paths = {
        f"/{method}": {method: operation(f"{method}_it")}
        for method in ("get", "head", "options", "post", "put", "patch", "delete")
    }
    paths["/safe"] = {"post": {**operation("safe_it"), "x-safe-to-repeat": True}}
    package = make(tmp_path, document(paths))
    things = package.module("api.things")
    reads = {name for name in dir(things) if getattr(getattr(things, name), "is_read", False)}
    assert reads == {"GET_IT", "HEAD_IT", "OPTIONS_IT", "SAFE_IT"}


def test_resources_and_methods_are_named(tmp_path: Path) -> None:
    """By tag and operationId, by `resource.method`, or by path where there is neither."""
    paths = {
        "/a": {"get": operation("listAllTheThings", tag="Thing Endpoints")},
        "/b": {"get": operation("gadgets.retrieve", tag="Thing Endpoints")},
        "/v1/c/{id}/d": {
            "get": {
                "responses": {"200": {"description": ""}},
                "parameters": [parameter("id", "path")],
            }
        },
    }
    package = make(tmp_path, document(paths))
    package.call("thing.list_all_the_things")
    package.call("gadgets.retrieve")
    package.call("default.get_c_by_id_d", "1")
    assert [sent.path for sent in package.sent[::2]] == ["/a", "/b", "/v1/c/1/d"]


def test_shared_path_items_and_responses(tmp_path: Path) -> None:
    """References to path items, responses and headers of the document are followed."""
    spec = document(
        {"/things": {"$ref": "#/components/pathItems/Things"}},
        version="3.1.0",
        components={
            "pathItems": {
                "Things": {
                    "get": operation(
                        "read", responses={"200": {"$ref": "#/components/responses/Text"}}
                    )
                }
            },
            "responses": {"Text": answers({"type": "string"})["200"]},
        },
    )
    assert make(tmp_path, spec).call("things.read", answer='"a"') == "a"


def test_an_html_page_beside_json_is_left_out(tmp_path: Path) -> None:
    """If a response has a JSON form, the others are not asked for; errors may have any form."""
    responses: Document = {
        "200": {
            "description": "OK",
            "content": {
                "text/html": {"schema": {"type": "string"}},
                "application/problem+json": {"schema": BASE},
            },
        },
        "500": {"description": "Oops", "content": {"text/html": {"schema": {"type": "string"}}}},
    }
    package = one(tmp_path, "/t", "get", responses=responses)
    assert package.call("things.act", answer='{"id": "1"}').id == "1"
