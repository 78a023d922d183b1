"""Positions of a document that a payload is put into: a table, and the sound document around it.

A row says what is set at which JSON pointer. `HERE` stands for the payload, as a complete value, as
part of a string, or in a key.
"""

from typing import Any, Final

import attrs

Document = dict[str, Any]
HERE: Final = "@HERE@"

_TEXT: Final[Document] = {"type": "string"}
_THING: Final[Document] = {"$ref": "#/components/schemas/Thing"}
_GET: Final = "/paths/~1things/get"
_POST: Final = "/paths/~1things/post"
_THINGS: Final = "#/paths/~1things/get"
_SCHEMA: Final = "/components/schemas/Thing"
_SERVER: Final = "/servers/0"


def _response(schema: Document) -> Document:
    return {"description": "OK", "content": {"application/json": {"schema": schema}}}


def _received(**rest: Any) -> Document:
    """Return an operation that the API calls."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
    return {
        "requestBody": {"content": content},
        "responses": {"200": {"description": "OK"}},
        **rest,
    }


def _read(name: str, **rest: Any) -> Document:
    return {
        "operationId": name,
        "tags": ["things"],
        "responses": {"200": _response({"$ref": "#/components/schemas/Thing"})},
        **rest,
    }


def sound() -> Document:
    """Return a new document without anything hostile."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1", "description": "About things."},
        "servers": [{"url": "https://api.example.com"}],
        "tags": [{"name": "things", "description": "All things."}],
        "paths": {
            "/things": {
                "get": _read(
                    "list_things",
                    summary="List things.",
                    parameters=[
                        {"name": "q", "in": "query", "schema": {"type": "string"}},
                        {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                    ],
                ),
                "post": _read(
                    "add_thing",
                    requestBody={
                        "required": True,
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["id"],
                                    "properties": {
                                        "id": {"type": "string"},
                                        "size": {"type": "integer", "description": "How big."},
                                    },
                                }
                            }
                        },
                    },
                ),
            },
        },
        "components": {
            "schemas": {
                "Thing": {
                    "type": "object",
                    "description": "A thing.",
                    "required": ["id"],
                    "properties": {
                        "id": {"type": "string", "description": "Its id."},
                        "kind": {"title": "Kind", "type": "string", "enum": ["big", "small"]},
                        "size": {"type": "integer"},
                        "made": {"type": "array", "items": {"type": "string"}},
                    },
                }
            }
        },
    }


@attrs.frozen
class Position:
    """A place in the document."""

    name: str
    sets: dict[str, Any] = attrs.field(factory=dict[str, Any], hash=False)
    """Values by JSON pointer."""
    file: str = "{document}"
    """The text of the file around the document."""
    plain: str = "zebra"
    """A harmless string that is accepted here if any is."""


def _one(name: str, pointer: str, value: Any = HERE, **more: Any) -> Position:
    return Position(name, {pointer: value, **more})


def _newer(name: str, schema: Document) -> Position:
    return _new_property(name, schema, **{"/openapi": "3.1.0"})


def _new_property(name: str, schema: Any, **more: Any) -> Position:
    return _one(name, f"{_SCHEMA}/properties/odd {name}", schema, **more)


_QUERY: Final = f"{_GET}/parameters/0"


def _union(name: str, says: str = "says", **mapping: str) -> Position:
    """A union of two schemas with a discriminator."""
    both = [f"{name} {kind}".title().replace(" ", "") for kind in ("cat", "dog")]
    pointers = [f"#/components/schemas/{kind}" for kind in both]
    mapped = {key: value.replace("CAT", pointers[0]) for key, value in mapping.items()}
    union = {
        "oneOf": [{"$ref": pointer} for pointer in pointers],
        "discriminator": {"propertyName": says, "mapping": {**mapped, "dog": pointers[1]}},
    }
    kinds = {
        f"/components/schemas/{kind}": {
            "type": "object",
            "required": [says],
            "properties": {says: _TEXT, kind: {"type": "integer"}},
        }
        for kind in both
    }
    return Position(name, {**kinds, f"{_SCHEMA}/properties/odd {name}": union})


POSITIONS: Final[tuple[Position, ...]] = (
    # ---- the document
    _one("info.title", "/info/title"),
    _one("info.version", "/info/version"),
    _one("info.description", "/info/description"),
    _one("contact", "/info/contact", {"name": HERE, "url": HERE}),
    _one("license", "/info/license", {"name": HERE, "url": HERE}),
    _one("external docs url", "/externalDocs", {"url": HERE, "description": HERE}),
    _one("the version of OpenAPI", "/openapi"),
    _one("an unknown key at the top", f"/{HERE}", 1),
    _one("the key of an extension", f"/x-{HERE}", {"a": HERE}),
    _one("the value of an extension", "/x-note", {HERE: [HERE]}),
    # ---- servers and security
    _one("server url", f"{_SERVER}/url"),
    _one("the path of a server", f"{_SERVER}/url", f"https://api.example.com/{HERE}"),
    _one("the host of a server", f"{_SERVER}/url", f"https://{HERE}/v1"),
    _one("server variable", _SERVER,
         {"url": f"https://{{{HERE}}}.example.com", "variables": {HERE: {"default": "eu"}}}),
    _one("default of a server variable", _SERVER,
         {"url": "{base}", "variables": {"base": {"default": HERE, "enum": [HERE]}}}),
    _one("server of an operation", f"{_GET}/servers", [{"url": HERE}]),
    _one("security scheme", "/components/securitySchemes",
         {HERE: {"type": "apiKey", "in": "header", "name": "X-Key"}},
         **{"/security": [{HERE: []}]}),
    _one("header of a security scheme", "/components/securitySchemes",
         {"key": {"type": "apiKey", "in": "header", "name": HERE, "description": HERE}}),
    # ---- tags
    _one("tag name", "/tags/0/name", HERE,
         **{f"{_GET}/tags": [HERE], f"{_POST}/tags": [HERE]}),
    _one("tag description", "/tags/0/description"),
    _one("x-resource of a tag", "/tags/0/x-resource"),
    _one("tags of an operation", f"{_GET}/tags", [HERE, "things"]),
    # ---- paths and operations
    Position("a path", {f"/paths/{HERE}": {"get": _read("a_path")}}, plain="/zebra"),
    _one("a segment of a path", f"/paths/~1odd~1{HERE}", {"get": _read("a_segment")}),
    _one("path parameter", f"/paths/~1odd~1{{{HERE}}}",
         {"get": _read("a_parameter", parameters=[
             {"name": HERE, "in": "path", "required": True, "schema": _TEXT}])}),
    _one("a method", f"/paths/~1odd/{HERE}", _read("a_method")),
    _one("operationId", f"{_GET}/operationId"),
    _one("operationId with a resource", f"{_GET}/operationId", f"things.{HERE}",
         **{f"{_GET}/tags": ["things"]}),  # a payload with dots leaves the resource to the tag
    _one("summary", f"{_GET}/summary"),
    _one("description", f"{_GET}/description", HERE, **{f"{_GET}/summary": "Read."}),
    _one("deprecated", f"{_GET}/deprecated"),
    _one("x-source", f"{_GET}/x-source", {"completeness": HERE, "notSeen": [HERE]}),
    _one("x-unwrap", f"{_GET}/x-unwrap"),
    _one("x-safe-to-repeat", f"{_POST}/x-safe-to-repeat"),
    _one("callback", f"{_GET}/callbacks", {HERE: {HERE: {"get": _read("called")}}}),
    # ---- parameters
    _one("query parameter", f"{_QUERY}/name"),
    _one("header parameter", f"{_GET}/parameters/1/name"),
    _one("place of a parameter", f"{_QUERY}/in"),
    _one("description of a parameter", f"{_QUERY}/description"),
    _one("example of a parameter", f"{_QUERY}/example"),
    _one("default of a parameter", f"{_QUERY}/schema/default"),
    _one("enum of a parameter", f"{_QUERY}/schema/enum", [HERE, "plain"]),
    _one("style of a parameter", f"{_QUERY}/style"),
    _one("x-python-name of a parameter", f"{_QUERY}/x-python-name"),
    _one("shared parameter", "/components/parameters",
         {HERE: {"name": "p", "in": "query", "description": HERE, "schema": _TEXT}},
         **{f"{_GET}/parameters/0": {"$ref": f"#/components/parameters/{HERE}"}}),
    # ---- bodies and responses
    _one("media type of a request", f"{_POST}/requestBody/content/{HERE}", {"schema": {}}),
    _one("media type of a response", f"{_GET}/responses/200/content", {HERE: {"schema": _THING}}),
    _one("parameter of a media type", f"{_GET}/responses/200/content",
         {f"application/json; charset={HERE}": {"schema": _THING}}),
    _one("status", f"{_GET}/responses/{HERE}", {"description": "Odd."}),
    _one("description of a response", f"{_GET}/responses/404", {"description": HERE}),
    _one("header of a response", f"{_GET}/responses/200/headers",
         {HERE: {"schema": _TEXT, "description": HERE}}),
    _one("example of a response", f"{_GET}/responses/400",
         {"description": "Bad.", "content": {"application/json": {
             "schema": {}, "example": {"error": HERE, "message": [HERE], "statusCode": 400}}}}),
    _one("named example of a body", f"{_POST}/requestBody/content/application~1json/examples",
         {HERE: {"summary": HERE, "value": {"id": HERE}}}),
    _one("link", f"{_GET}/responses/200/links",
         {HERE: {"operationRef": "#/paths/~1things/post", "parameters": {"q": HERE}}}),
    _one("constant of a link", f"{_POST}/responses/200/links",
         {HERE: {"operationRef": _THINGS, "parameters": {"q": HERE}, "description": HERE}}),
    _one("parts of links", f"{_POST}/responses/201", {"description": "Made.", "links": {
        "target": {"operationId": HERE},
        "reference": {"operationRef": HERE},
        "parameter": {"operationRef": _THINGS, "parameters": {HERE: "x"}},
        "sent": {"operationRef": _THINGS, "parameters": {"q": f"$request.body#/{HERE}"}},
        "query": {"operationRef": _THINGS, "parameters": {"q": f"$request.query.{HERE}"}},
        "evidence": {"operationRef": _THINGS, "x-evidence": f"$response.body#/{HERE}"}}}),
    _one("dangling link", f"{_POST}/responses/202", {"description": "Later.", "links": {
        "dangling": {"$ref": f"#/components/links/{HERE}"}, "other": {"$ref": HERE}}}),
    _one("x-once-per", f"{_POST}/x-once-per"),
    _one("x-duplicate", f"{_POST}/x-duplicate"),
    _one("x-personal", f"{_POST}/x-personal"),
    _one("member of a body", f"{_POST}/requestBody/content/application~1json/schema/properties",
         {"id": _TEXT, HERE: {"type": "integer", "description": HERE}}),
    _one("x-mutually-exclusive",
         f"{_POST}/requestBody/content/application~1json/schema/x-mutually-exclusive",
         [["size", HERE]]),
    # ---- schemas
    _one("component", f"/components/schemas/{HERE}", {"type": "object", "properties": {"a": _TEXT}},
         **{f"{_SCHEMA}/properties/odd component": {"$ref": f"#/components/schemas/{HERE}"}}),
    _new_property("title", {"type": "object", "title": HERE, "properties": {"a": _TEXT}}),
    _new_property("title of an enum", {"type": "string", "title": HERE, "enum": ["a", "b"]}),
    _one("description of a schema", f"{_SCHEMA}/description"),
    _one("property", f"{_SCHEMA}/properties/{HERE}", {"type": "string"}),
    _one("required property", f"{_SCHEMA}/required", ["id", HERE],
         **{f"{_SCHEMA}/properties/{HERE}": {"type": "integer"}}),
    _one("item of required alone", f"{_SCHEMA}/required", ["id", HERE]),
    _new_property("property of an inner object",
                  {"type": "object", "properties": {HERE: {"properties": {HERE: _TEXT}}}}),
    _new_property("description of a property", {"type": "string", "description": HERE}),
    _new_property("x-python-name of a property", {"type": "string", "x-python-name": HERE}),
    _new_property("enum value", {"type": "string", "title": "Value", "enum": ["plain", HERE]}),
    _new_property("enum value without a type", {"title": "Untyped", "enum": [HERE]}),
    _new_property("x-enum-varnames", {"title": "Named", "type": "string", "enum": ["a", "b"],
                                      "x-enum-varnames": ["FIRST", HERE]}),
    _new_property("x-enumNames", {"title": "Called", "type": "integer", "enum": [1, 2],
                                  "x-enumNames": ["FIRST", HERE]}),
    _new_property("x-enum-descriptions", {"title": "Told", "type": "string", "enum": ["a", "b"],
                                          "x-enum-descriptions": ["First.", HERE]}),
    _newer("a pattern of names", {"patternProperties": {HERE: _TEXT}}),
    _newer("the title in a tuple", {"type": "array", "prefixItems": [{"title": HERE, **_TEXT}]}),
    _new_property("x-open-enum", {"title": "Open", "type": "string", "x-open-enum": [HERE, "b"]}),
    _newer("const", {"const": HERE}),
    _new_property("default", {"type": "string", "default": HERE}),
    _new_property("pattern", {"type": "string", "pattern": HERE}),
    _new_property("format", {"type": "string", "format": HERE}),
    _new_property("type", {"type": HERE}),
    _newer("types", {"type": ["string", HERE]}),
    _new_property("bound", {"type": "integer", "minimum": HERE}),
    _new_property("example", {"type": "string", "example": HERE}),
    _new_property("example, deep", {"type": "object", "example": {HERE: [{"a": {"b": HERE}}]}}),
    _union("discriminator", HERE, cat="CAT"),
    _union("key of a mapping", **{HERE: "CAT"}),
    _union("value of a mapping", cat=HERE),
    _new_property("$ref", {"$ref": HERE}),
    _new_property("end of a $ref", {"$ref": f"#/components/schemas/{HERE}"}),
    _new_property("allOf", {"allOf": [_THING, HERE]}),
    _new_property("description in an allOf", {"allOf": [_THING, {"description": HERE}]}),
    _new_property("oneOf", {"oneOf": [_TEXT, HERE]}),
    _new_property("items", {"type": "array", "items": HERE}),
    _new_property("additionalProperties", {"type": "object", "additionalProperties": HERE}),
    _new_property("title of additional properties", {
        "type": "object", "additionalProperties": {
            "title": HERE, "type": "object", "properties": {"a": _TEXT}}}),
    _one("x-iterate", f"{_SCHEMA}/x-iterate"),
    _new_property("key of a schema", {"type": "string", HERE: "x"}),
    _newer("$schema", {"$schema": HERE, "type": "string"}),
    _newer("$id", {"$id": HERE, "$comment": HERE, "type": "string"}),
    _newer("patternProperties",
           {"type": "object", "patternProperties": {HERE: _TEXT}}),
    Position("name of a webhook", sets={
        "/openapi": "3.1.0", "/webhooks": {HERE: {"post": _received(description=HERE)}}}),
    Position("x-python-name of a webhook", sets={
        "/openapi": "3.1.0",
        "/webhooks": {"paid": {"post": _received(summary=HERE, **{"x-python-name": HERE})}}}),
    Position("name of a callback", sets={
        f"{_POST}/callbacks": {HERE: {HERE: {"post": _received(summary=HERE)}}}}),
    # ---- the text of the file
    Position("a comment", file=f"# {HERE}\n{{document}}", plain="# zebra"),
    Position("before the document", file=f"{HERE}\n{{document}}", plain="# zebra"),
    Position("after the document", file=f"{{document}}\n{HERE}", plain="# zebra"),
    Position("the file", file=HERE, plain="# zebra"),
)  # fmt: skip
