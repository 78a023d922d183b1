"""Pairs of documents through the command: what means the same to Python callers is a patch.

Each pair has a property or an operation of its own in two documents, so that two runs compare all
of them. Next to the pairs stand those that seem alike and mean another thing: they are major.
"""

import itertools
import json
from pathlib import Path
from typing import Any, Final

import diff_spec
from tests import commands

Json = dict[str, Any]


def ref(name: str) -> Json:
    """Return a reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def thing(**properties: Any) -> Json:
    """Return the schema of an object."""
    return {"type": "object", "properties": properties}


S: Final[Json] = {"type": "string"}
N: Final[Json] = {"type": "number"}
I: Final[Json] = {"type": "integer"}  # noqa: E741 - one letter for each type
NULL: Final[Json] = {"type": "null"}
A, B, C = ref("A"), ref("B"), ref("C")
LIST: Final[Json] = {"type": "array"}
TOLD: Final[Json] = {"oneOf": [B, C], "discriminator": {"propertyName": "k", "mapping": {"b": "B"}}}
DECIMAL: Final = r"^-?(?:0|[1-9]\d*)(?:\.\d+)?$"
SCHEMAS: Final[Json] = {
    "A": thing(a=S),
    "B": thing(b=S, k=S),
    "C": thing(c=S, k=S),
    "Two": {"oneOf": [B, C]},
    "Three": {"anyOf": [A, ref("Two")]},
    "Text": S,
    "List": LIST | {"items": A},
}

SAME: Final[dict[str, tuple[Any, Any]]] = {
    "nested": ({"oneOf": [A, {"oneOf": [B, C]}]}, {"oneOf": [A, B, C]}),
    "nested any": ({"anyOf": [A, {"anyOf": [B, C]}]}, {"anyOf": [A, B, C]}),
    "nested mixed": ({"oneOf": [A, {"anyOf": [B, C]}]}, {"anyOf": [A, B, C]}),
    "nested by reference": ({"oneOf": [A, ref("Two")]}, {"oneOf": [A, B, C]}),
    "nested twice": (ref("Three"), {"oneOf": [A, B, C]}),
    "nested null": ({"oneOf": [A, {"oneOf": [B, NULL]}]}, {"oneOf": [A, B, NULL]}),
    "nested nullable": ({"oneOf": [A, {"oneOf": [B, C], "nullable": True}]},
                        {"oneOf": [A, B, C, NULL]}),
    "a nullable kind": ({"oneOf": [A, {**S, "nullable": True}]}, {"oneOf": [A, S, NULL]}),
    "nested scalars": ({"oneOf": [S, {"oneOf": [I, {"type": "boolean"}]}]},
                       {"type": ["string", "integer", "boolean"]}),
    "a kind twice": ({"oneOf": [A, B, A]}, {"oneOf": [A, B]}),
    "the order of kinds": ({"oneOf": [A, B]}, {"oneOf": [B, A]}),
    "kinds of objects": ({"type": "object", "oneOf": [A, B]}, {"oneOf": [A, B]}),
    "types of numbers": ({"anyOf": [S, {**I, "format": "int32", "minimum": 1}]},
                         {"type": ["string", "integer"], "format": "int32", "minimum": 1}),
    "decimal": ({"anyOf": [N, {**S, "pattern": DECIMAL}]},
                {"type": ["number", "string"], "pattern": DECIMAL}),
    "decimal or null": ({"anyOf": [N, {**S, "pattern": DECIMAL}, NULL]},
                        {"type": ["number", "string", "null"], "pattern": DECIMAL}),
    "one type": ({"type": ["string"]}, S),
    "one part": ({"allOf": [A]}, A),
    "nested parts": ({"allOf": [A, {"allOf": [B, C]}]}, {"allOf": [A, B, C]}),
    "an alias": (ref("Text"), S),
    "a list by reference": (ref("List"), LIST | {"items": A}),
    "null of 3.0": ({**S, "nullable": True}, {"type": ["string", "null"]}),
    "null of a reference": ({"allOf": [A], "nullable": True}, {"anyOf": [A, NULL]}),
    "null of an enum": ({**S, "enum": ["a", "b", None], "nullable": True},
                        {"anyOf": [{**S, "enum": ["a", "b"]}, NULL]}),
    "null of an object": ({**thing(x=S), "nullable": True}, {"oneOf": [thing(x=S), NULL]}),
    "a constant as enum": ({**S, "const": "a", "enum": ["a"]}, {**S, "const": "a"}),
    "a bound of 3.0": ({**N, "minimum": 5, "exclusiveMinimum": True}, {**N, "exclusiveMinimum": 5}),
    "the next integer": ({**I, "exclusiveMinimum": 0}, {**I, "minimum": 1}),
    "the last integer": ({**I, "exclusiveMaximum": 10}, {**I, "maximum": 9}),
    "multiples of one": ({**I, "multipleOf": 1}, I),
    "a number": ({**N, "minimum": 1}, {**N, "minimum": 1.0}),
    "double": ({**N, "format": "double"}, N),
    "base64": ({**S, "format": "byte"}, {**S, "contentEncoding": "base64"}),
    "bytes": ({**S, "format": "binary"}, {**S, "contentMediaType": "application/octet-stream"}),
    "a default of null": ({**S, "default": None}, S),
    "a tuple": (LIST | {"items": [S, I]}, LIST | {"prefixItems": [S, I]}),
    "any items": (LIST | {"items": {}}, LIST),
    "further properties": ({**thing(x=S), "additionalProperties": {}}, thing(x=S)),
    "no type of an object": ({"properties": {"x": S}}, thing(x=S)),
    "required in order": ({**thing(x=S, y=S), "required": ["x", "y"]},
                          {**thing(x=S, y=S), "required": ["y", "x"]}),
    "examples": ({**S, "example": "a"}, {**S, "examples": ["a"]}),
}  # fmt: skip

OTHER: Final[dict[str, tuple[Any, Any]]] = {
    "one kind less": ({"oneOf": [A, {"oneOf": [B, C]}]}, {"oneOf": [A, B]}),
    "told apart": ({"oneOf": [A, TOLD]}, {"oneOf": [A, B, C]}),
    "nullable": ({"oneOf": [A, {"oneOf": [B, NULL]}]}, {"oneOf": [A, B]}),
    "another bound": ({"anyOf": [S, {**I, "minimum": 1}]},
                      {"type": ["string", "integer"], "minimum": 2}),
    "another pattern": ({"anyOf": [N, {**S, "pattern": DECIMAL}]},
                        {"type": ["number", "string"], "pattern": "^[0-9]$"}),
    "another alias": (ref("Text"), I),
    "a bound that counts": ({**N, "exclusiveMinimum": 0}, {**N, "minimum": 1}),
    "two integers on": ({**I, "exclusiveMinimum": 0}, {**I, "minimum": 2}),
    "multiples of two": ({**I, "multipleOf": 2}, I),
    "another contents": ({**S, "contentEncoding": "base32"}, {**S, "contentEncoding": "base64"}),
    "a constant": ({**S, "const": "a"}, {**S, "const": "b"}),
    "an enum of two": ({**S, "const": "a"}, {**S, "enum": ["a", "b"]}),
    "a tuple of others": (LIST | {"prefixItems": [S, I]}, LIST | {"prefixItems": [I, S]}),
    "values of a map": ({"type": "object", "additionalProperties": S}, {"type": "object"}),
    "another required": ({**thing(x=S, y=S), "required": ["x"]},
                         {**thing(x=S, y=S), "required": ["y"]}),
}  # fmt: skip


def body(schema: Any, media_type: str = "application/json", **more: Any) -> Json:
    """Return a response, or a body, of one form, with more keywords of it."""
    return {"description": "d", "content": {media_type: {"schema": schema, **more}}}


def several(*media_types: str) -> Json:
    """Return a response, or a body, of several forms with one schema."""
    return {"description": "d", "content": {each: {"schema": A} for each in media_types}}


def get(**responses: Json) -> Json:
    """Return an operation with these responses, each under its status with a letter before it."""
    return {"responses": {status[1:]: one for status, one in responses.items()}}


def post(sent: Json, *parameters: Json, **more: Any) -> Json:
    """Return an operation that sends a body."""
    responses = {"200": body(A)}
    sent = {key: value for key, value in sent.items() if key != "description"}
    return {"requestBody": sent, "parameters": [*parameters], "responses": responses, **more}


def query(**more: Any) -> Json:
    """Return an operation with one parameter."""
    parameter = {"name": "q", "in": "query", "schema": LIST | {"items": S}, **more}
    return {"parameters": [parameter], "responses": {"200": body(A)}}


JSON: Final = body(A)
PDF: Final[Json] = {"description": "d", "content": {"application/pdf": {}}}
SAME_OPERATIONS: Final[dict[str, tuple[Json, Json]]] = {
    "any success": (get(_200=JSON), get(_2XX=JSON)),
    "some successes": (get(_200=JSON, _201=JSON), get(_2XX=JSON)),
    "only a default": (get(_200=JSON), get(_default=JSON)),
    "any error": (get(_200=JSON, _400=body(B), _404=body(B)), get(_200=JSON, _4XX=body(B))),
    "any error, by default": (get(_200=JSON, _400=body(B)), get(_200=JSON, _default=body(B))),
    "ranges, by default": (get(_200=JSON, _4XX=body(B), _5XX=body(B)),
                           get(_200=JSON, _default=body(B))),
    "one of a range": (get(_200=JSON, _400=body(B), _4XX=body(B)), get(_200=JSON, _4XX=body(B))),
    "any form": (get(_200=JSON), get(_200=body(A, "*/*"))),
    "any application": (get(_200=JSON), get(_200=body(A, "application/*"))),
    "a form of its own": (get(_200=JSON), get(_200=body(A, "application/vnd.a+json"))),
    "a version of the form": (get(_200=JSON), get(_200=body(A, "Application/JSON; version=1"))),
    "forms of .NET": (get(_200=JSON),
                      get(_200=several("text/plain", "application/json", "text/json"))),
    "any form of an error": (get(_200=JSON, _400=body(B)), get(_200=JSON, _400=body(B, "*/*"))),
    "a problem": (get(_200=JSON, _400=body(B)),
                  get(_200=JSON, _400=body(B, "application/problem+json"))),
    "bytes of 3.1": (get(_200=PDF),
                     get(_200=body({"type": "string", "format": "binary"}, "application/pdf"))),
    "any form sent": (post(JSON), post(body(A, "*/*"))),
    "another form taken": (post(JSON), post(several("application/json", "text/json"))),
    "a version sent": (post(JSON), post(body(A, "application/json; charset=utf-8"))),
    "the default style": (query(), query(style="form", explode=True)),
    "flags that are off": (query(), query(required=False, deprecated=False, allowReserved=False)),
    "the style of one value": (query(schema=S), query(schema=S, explode=False)),
    "encoding of JSON": (post(JSON), post(body(A, encoding={"a": {"contentType": "text/plain"}}))),
    "a header in capitals": (query(**{"in": "header", "name": "X-Of"}),
                             query(**{"in": "header", "name": "x-of"})),
    "no credentials": (post(JSON, security=[]), post(JSON, security=[{}])),
}  # fmt: skip

OTHER_OPERATIONS: Final[dict[str, tuple[Json, Json]]] = {
    "another success": (get(_200=JSON), get(_201=JSON)),
    "another body": (get(_200=body(S)), get(_2XX=body(I))),
    "another error": (get(_200=JSON, _400=body(S)), get(_200=JSON, _4XX=body(I))),
    "one error of several": (get(_200=JSON, _400=body(B)), get(_200=JSON, _404=body(B))),
    "text": (get(_200=JSON), get(_200=body(A, "text/plain"))),
    "bytes": (get(_200=JSON), get(_200=body(A, "application/octet-stream"))),
    "another form sent": (post(JSON), post(body(A, "application/merge-patch+json"))),
    "a form": (post(JSON), post(body(A, "application/x-www-form-urlencoded"))),
    "another style": (query(), query(explode=False)),
    "credentials": (post(JSON, security=[]), post(JSON, security=[{"key": []}])),
}  # fmt: skip

KEY: Final[Json] = {"type": "apiKey", "in": "header", "name": "x-key"}


def document(schemas: dict[str, Any], operations: dict[str, Json], **more: Any) -> Json:
    """Return a document with each schema in a response and in a request, and these operations."""
    both = thing(**{key.replace(" ", "-"): one for key, one in schemas.items()})
    paths = {f"/{key.replace(' ', '-')}": one for key, one in operations.items()}
    methods = {path: "post" if "requestBody" in one else "get" for path, one in paths.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "servers": [{"url": "https://a.example"}],
        "paths": {
            "/all": {"post": post(body(ref("Sent"))) | {"responses": {"200": body(ref("Read"))}}},
            **{path: {methods[path]: one} for path, one in paths.items()},
        },
        "components": {
            "schemas": {**SCHEMAS, "Sent": both, "Read": both},
            "securitySchemes": {"key": KEY},
        },
        **more,
    }


def compared(folder: Path, old: Json, new: Json) -> Json:
    """Return what the command finds."""
    files = [folder / name for name in ("old.json", "new.json")]
    for file, each in zip(files, (old, new), strict=True):
        file.write_text(json.dumps(each), encoding="utf-8")
    done = commands.run(diff_spec.main, *files, "--format", "json")
    assert done.returncode == 0, done.stderr
    found: Json = json.loads(done.stdout)
    return found


def sides(schemas: Any, operations: Any) -> tuple[Json, Json]:
    """Return the documents of both sides of all pairs."""
    one, other = (
        document(
            *({key: pair[i] for key, pair in pairs.items()} for pairs in (schemas, operations))
        )
        for i in (0, 1)
    )
    return one, other


def test_what_means_the_same_is_a_patch(tmp_path: Path) -> None:
    """Schemas in a request and in a response, bodies, statuses and parameters, in either order."""
    one, other = sides(SAME, SAME_OPERATIONS)
    for old, new in ((one, other), (other, one)):
        found = compared(tmp_path, old, new)
        above = [each for each in found["changes"] if each["level"] not in ("patch", "none")]
        assert (above, found["surface"], found["verdict"]) == ([], [], "patch")


def test_what_looks_alike_and_means_another_thing_is_major(tmp_path: Path) -> None:
    """Each of the neighbours, in one of the two orders at least."""
    one, other = sides(OTHER, OTHER_OPERATIONS)
    majors = [
        each["pointer"].replace("~1", "/")
        for old, new in ((one, other), (other, one))
        for each in compared(tmp_path, old, new)["changes"]
        if each["level"] == "major"
    ]
    for key in (*OTHER, *OTHER_OPERATIONS):
        assert any(f"/{key.replace(' ', '-')}" in pointer for pointer in majors), key


def test_a_version_of_openapi_is_a_patch(tmp_path: Path) -> None:
    """Null and bounds in the spelling of each, and the dialect of schemas that it has anyway."""
    old = {"text": {**S, "nullable": True}, "bound": {**N, "minimum": 1, "exclusiveMinimum": True}}
    new = {"text": {"type": ["string", "null"]}, "bound": {**N, "exclusiveMinimum": 1}}
    dialect = "https://spec.openapis.org/oas/3.1/dialect/base"
    documents = [document(old, {}, openapi=f"3.0.{number}") for number in (3, 4)]
    documents.append(document(new, {}, openapi="3.1.0", jsonSchemaDialect=dialect))
    documents.append(document(new, {}, openapi="3.2.0"))
    for before, after in itertools.pairwise(documents):
        for pair in ((before, after), (after, before)):
            assert compared(tmp_path, *pair)["verdict"] == "patch"
    lost = document({**new, "text": S}, {}, openapi="3.1.0")
    assert compared(tmp_path, documents[0], lost)["verdict"] == "major"


def test_a_repaired_reference_is_minor(tmp_path: Path) -> None:
    """Its target is new information; a reference that is lost is major."""
    lost, found = (document({"x": each}, {}) for each in (ref("None"), A))
    assert compared(tmp_path, lost, found)["verdict"] == "minor"
    assert compared(tmp_path, found, lost)["verdict"] == "major"
    described = document({"x": {}}, {})
    assert compared(tmp_path, described, found)["verdict"] == "major"
