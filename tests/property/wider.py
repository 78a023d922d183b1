"""The vendor's document, with features that the vendor does not use yet.

It has every kind of parameter, body, schema and response that a client can be generated for, so
that the properties are known to see more than today's operations.
"""

from typing import Any, Final

from tests.property.effective import SPEC

Json = dict[str, Any]


def _content(schema: Json) -> Json:
    return {"content": {"application/json": {"schema": schema}}}


def _answer(schema: Json) -> Json:
    return {"description": "Success", **_content(schema)}


def _parameter(name: str, where: str, schema: Json, **rest: Any) -> Json:
    return {"name": name, "in": where, "schema": schema, "required": where == "path", **rest}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


_TEXT: Final[Json] = {"type": "string"}
_WHOLE: Final[Json] = {"type": "integer", "minimum": 0, "maximum": 999}

_SCHEMAS: Final[Json] = {
    "Color": {"type": "string", "enum": ["red", "deep blue", "green"]},
    "Level": {"type": "integer", "enum": [1, 2, 30]},
    "Base": {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string", "minLength": 1}, "class": _TEXT},
    },
    "Circle": {
        "type": "object",
        "required": ["shape", "radius"],
        "properties": {"shape": {**_TEXT, "enum": ["circle"]}, "radius": {"type": "number"}},
    },
    "Square": {
        "type": "object",
        "required": ["shape", "side"],
        "properties": {"shape": {**_TEXT, "enum": ["square"]}, "side": {"type": "integer"}},
    },
    "Dot": {
        "type": "object",
        "required": ["is"],
        "properties": {"is": {**_TEXT, "enum": ["dot"]}, "size": _WHOLE},
    },
    "Dash": {
        "type": "object",
        "required": ["is"],
        "properties": {"is": {**_TEXT, "enum": ["dash"]}, "width": _WHOLE},
    },
    "Thing": {
        "allOf": [
            _ref("Base"),
            {
                "type": "object",
                "required": ["mark"],
                "properties": {
                    "day": {"type": "string", "format": "date"},
                    "seenAt": {"type": "string", "format": "date-time", "nullable": True},
                    "color": _ref("Color"),
                    "level": _ref("Level"),
                    "levels": {"type": "array", "items": _ref("Level")},
                    "prices": {"type": "object", "additionalProperties": {"type": "number"}},
                    "parts": {"type": "object", "additionalProperties": _ref("Base")},
                    "free": {"type": "object"},
                    "anything": {},
                    "either": {"oneOf": [{"type": "integer"}, {"type": "boolean"}]},
                    "figure": {
                        "oneOf": [_ref("Circle"), _ref("Square")],
                        "discriminator": {
                            "propertyName": "shape",
                            "mapping": {
                                "circle": "#/components/schemas/Circle",
                                "square": "#/components/schemas/Square",
                            },
                        },
                    },
                    "mark": {"anyOf": [_ref("Dot"), _ref("Dash")]},
                    "children": {"type": "array", "items": _ref("Thing")},
                    "matrix": {"type": "array", "items": {"type": "array", "items": _WHOLE}},
                    "to_dict": _TEXT,
                    "secret": {**_TEXT, "writeOnly": True},
                    "madeBy": {**_TEXT, "readOnly": True},
                },
            },
        ]
    },
}
_PATHS: Final[Json] = {
    "/v1/things/{thingId}/parts/{partId}": {
        "get": {
            "tags": ["Things"],
            "operationId": "things.retrieve_part",
            "parameters": [
                _parameter("partId", "path", {"type": "integer"}),
                _parameter("thingId", "path", _TEXT),
                _parameter("page", "query", _WHOLE, required=True),
                _parameter("isOpen", "query", {"type": "boolean"}),
                _parameter("since", "query", {"type": "string", "format": "date"}),
                _parameter("until", "query", {"type": "string", "format": "date-time"}),
                _parameter("least", "query", {"type": "number"}),
                _parameter("color", "query", _ref("Color")),
                _parameter("thingId", "query", _TEXT),
                _parameter("level", "query", {"type": "array", "items": _ref("Level")}),
                _parameter(
                    "tags", "query", {"type": "array", "items": _TEXT}, style="form", explode=False
                ),
                _parameter("X-Trace", "header", _TEXT),
            ],
            "responses": {"200": _answer(_ref("Thing")), "default": {"description": "Not so"}},
        },
        "put": {
            "tags": ["Things"],
            "operationId": "things.replace_part",
            "parameters": [
                _parameter("thingId", "path", _TEXT),
                _parameter("partId", "path", _TEXT),
            ],
            "requestBody": {"required": True, **_content(_ref("Thing"))},
            "responses": {"200": _answer(_ref("Thing")), "202": _answer(_ref("Dot"))},
        },
        "delete": {
            "tags": ["Things"],
            "operationId": "things.delete_part",
            "parameters": [
                _parameter("thingId", "path", _TEXT),
                _parameter("partId", "path", _TEXT),
            ],
            "responses": {"204": {"description": "Gone"}, "4XX": {"description": "Not so"}},
        },
    },
    "/v1/things": {
        "get": {
            "tags": ["Things"],
            "operationId": "things.list",
            "responses": {"200": _answer({"type": "array", "items": _ref("Thing")})},
        },
        "post": {
            "tags": ["Things"],
            "operationId": "things.draw",
            "requestBody": _content({"oneOf": [_ref("Circle"), _ref("Square")]}),
            "responses": {
                "201": _answer({"oneOf": [_ref("Circle"), _ref("Square")]}),
                "409": _answer({"type": "object", "properties": {"reason": _TEXT}}),
            },
        },
    },
}


def wider_document() -> Json:
    """The effective spec with more in it."""
    document = dict(SPEC.document)
    components = dict(document.get("components", {}))
    components["schemas"] = {**components.get("schemas", {}), **_SCHEMAS}
    document["components"] = components
    document["paths"] = {**document["paths"], **_PATHS}
    return document
