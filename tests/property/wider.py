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

_TEXTS: Final[Json] = {"type": "array", "items": _TEXT}
_NUMBERS: Final[Json] = {"type": "array", "items": {"type": "number"}}
_LEVELS: Final[Json] = {"type": "array", "items": _ref("Level")}
_ASCII: Final[Json] = {"type": "string", "pattern": "^[!-+.-~]{1,9}$"}
_PART_ENCODED: Final[Json] = {"type": "string", "pattern": "^([ -~]|%[2-6][0-9A-E]){1,9}$"}
_MAP: Final[Json] = {"type": "object", "additionalProperties": _WHOLE}

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
    "Flat": {
        "type": "object",
        "required": ["name"],
        "properties": {"name": _TEXT, "count": _WHOLE, "color": _ref("Color")},
    },
    "Label": {
        "type": "object",
        "required": ["name"],
        "properties": {"name": _ASCII, "count": _WHOLE},
    },
    "Filter": {
        "type": "object",
        "required": ["least"],
        "properties": {
            "least": {"type": "number"},
            "tags": {**_TEXTS, "minItems": 1},
            "parts": {"type": "array", "items": _ref("Flat"), "minItems": 1},
            "ranges": {
                "type": "object",
                "additionalProperties": {"type": "string", "format": "date-time"},
                "minProperties": 1,
            },
        },
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
_EXPLODED: Final[Json] = {"explode": True}
_JOINED: Final[Json] = {"explode": False}
_LABEL: Final[Json] = {"style": "label"}
_MATRIX: Final[Json] = {"style": "matrix"}
_IN_PATH: Final[Json] = {
    "simpleText": (_TEXT, {}),
    "simpleList": (_TEXTS, {}),
    "simpleMap": (_MAP, {}),
    "simpleModel": (_ref("Flat"), _EXPLODED),
    "labelText": (_TEXT, _LABEL),
    "labelList": (_TEXTS, _LABEL),
    "labelLevels": (_LEVELS, {**_LABEL, **_EXPLODED}),
    "labelMap": (_MAP, _LABEL),
    "labelModel": (_ref("Flat"), {**_LABEL, **_EXPLODED}),
    "matrixText": (_TEXT, _MATRIX),
    "matrixList": (_TEXTS, _MATRIX),
    "matrixTexts": (_TEXTS, {**_MATRIX, **_EXPLODED}),
    "matrixMap": (_MAP, _MATRIX),
    "matrixModel": (_ref("Flat"), {**_MATRIX, **_EXPLODED}),
}
_IN_QUERY: Final[Json] = {
    "joined": (_NUMBERS, _JOINED),
    "spaced": (_TEXTS, {"style": "spaceDelimited", **_JOINED}),
    "spacedMap": (_MAP, {"style": "spaceDelimited", **_JOINED}),
    "piped": (_TEXTS, {"style": "pipeDelimited", **_JOINED}),
    "repeated": (_TEXTS, {}),
    "joinedModel": (_ref("Flat"), _JOINED),
    "spread": (_MAP, {}),
    "filter": (_ref("Filter"), {"style": "deepObject", **_EXPLODED}),
    "where[at]": (_MAP, {"style": "deepObject", **_EXPLODED}),
    "reserved": (_PART_ENCODED, {"allowReserved": True}),
    "reservedList": (_TEXTS, {"allowReserved": True, **_JOINED}),
    "flag": ({"type": "boolean"}, {"allowEmptyValue": True}),
}
_IN_HEADERS: Final[Json] = {
    "X-List": (_NUMBERS, {}),
    "X-Texts": ({"type": "array", "items": _ASCII}, {}),
    "X-Joined": (_ref("Label"), {}),
    "X-Model": (_ref("Label"), _EXPLODED),
    "x.odd|na'me~": (_ASCII, {}),
}
_IN_COOKIES: Final[Json] = {
    "sid": (_TEXT, {}),
    "joined": (_TEXTS, _JOINED),
    "repeated": (_TEXTS, {}),
    "joinedMap": (_MAP, _JOINED),
    "spread": (_ref("Flat"), {}),
}


def _styled(place: str, described: Json) -> list[Json]:
    return [_parameter(name, place, schema, **rest) for name, (schema, rest) in described.items()]


def _as_content(name: str, place: str, media_type: str, schema: Json) -> Json:
    content = {media_type: {"schema": schema}}
    return {"name": name, "in": place, "required": place == "path", "content": content}


def _reading(name: str, *parameters: Json) -> Json:
    responses = {"200": _answer(_ref("Dot"))}
    operation = {"operationId": name, "parameters": [*parameters], "responses": responses}
    return {"get": {"tags": ["Styles"], **operation}}


_STYLED: Final[Json] = {
    f"/v1/styles/{'/'.join(f'{{{name}}}' for name in _IN_PATH)}": _reading(
        "styles.by_path", *_styled("path", _IN_PATH)
    ),
    "/v1/styles/query": _reading("styles.by_query", *_styled("query", _IN_QUERY)),
    "/v1/styles/header": _reading(
        "styles.by_header", *_styled("header", _IN_HEADERS), *_styled("cookie", _IN_COOKIES)
    ),
    "/v1/styles/content/{json}": _reading(
        "styles.by_content",
        *(
            _as_content(name, place, "application/json", _ref("Filter"))
            for name, place in (
                *(("json", "path"), ("json", "query"), ("X-Json", "header"), ("json", "cookie")),
            )
        ),
        _as_content("text", "query", "text/plain", _TEXT),
        _as_content("plain", "cookie", "text/plain", _ASCII),
    ),
}
_FILE: Final[Json] = {"type": "string", "format": "binary"}


def _sending(name: str, media_type: str, /, **properties: Json) -> Json:
    """An operation whose body has this form, and the first of these properties."""
    schema = {"type": "object", "properties": properties, "required": [*properties][:1]}
    return {
        "tags": ["Things"],
        "operationId": name,
        "requestBody": {"required": True, "content": {media_type: {"schema": schema}}},
        "responses": {"200": _answer(_ref("Flat"))},
    }


def _receiving(name: str, media_type: str, schema: Json) -> Json:
    """An operation whose success has this form."""
    content = {"content": {media_type: {"schema": schema}}}
    responses = {"200": {"description": "Success", **content}}
    return {"tags": ["Things"], "operationId": name, "responses": responses}


_MEDIA: Final[Json] = {
    "/v1/media/files": {
        "post": _sending("media.upload", "multipart/form-data", title=_TEXT, scan=_FILE),
        "get": _receiving("media.download", "application/pdf", _FILE),
    },
    "/v1/media/form": {
        "post": _sending("media.submit", "application/x-www-form-urlencoded", a=_TEXT, b=_WHOLE),
        "get": _receiving("media.export", "text/csv", _TEXT),
        "patch": _sending("media.amend", "application/merge-patch+json", name=_TEXT),
    },
    "/v1/media/events": {"get": _receiving("media.follow", "text/event-stream", _TEXT)},
    "/v1/media/text": {
        "put": {
            "tags": ["Things"],
            "operationId": "media.note",
            "requestBody": {"required": True, "content": {"text/plain": {"schema": _TEXT}}},
            "responses": {"204": {"description": "Noted"}},
        },
    },
}
_PATHS: Final[Json] = {
    **_MEDIA,
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
    **_STYLED,
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


_OR_NULL: Final[Json] = {"type": "null"}
_MODERN: Final[Json] = {
    "type": "object",
    "required": ["kind", "count", "pair"],
    "properties": {
        "kind": {"const": "modern"},
        "count": {"type": ["integer", "null"], "exclusiveMinimum": 0},
        "either": {"type": ["string", "boolean"]},
        "color": {"anyOf": [_ref("Color"), _OR_NULL]},
        "flat": {"oneOf": [_ref("Flat"), _OR_NULL]},
        "described": {**_ref("Flat"), "description": "With a description next to it."},
        "pair": {
            "type": "array",
            "prefixItems": [_TEXT, _WHOLE],
            "items": False,
            "minItems": 2,
        },
        "byName": {"type": "object", "patternProperties": {"^": _WHOLE}},
        "listed": {"type": ["string", "null"], "enum": ["a", "b", None]},
        "times": {"type": "array", "items": {"type": ["string", "null"], "format": "date-time"}},
    },
}
_MODERN_PATHS: Final[Json] = {
    "/v1/modern": {
        "get": {
            "tags": ["Things"],
            "operationId": "things.modern",
            "responses": {"200": _answer(_ref("Modern"))},
        },
        "post": {
            "tags": ["Things"],
            "operationId": "things.make_modern",
            "requestBody": {"required": True, **_content(_ref("Modern"))},
            "responses": {"200": _answer({"anyOf": [_ref("Modern"), _OR_NULL]})},
        },
    },
}


def modern_document() -> Json:
    """The same in OpenAPI 3.1: null is a type, and schemas are those of JSON Schema."""
    document: dict[str, Any] = _modern(wider_document())
    document["openapi"] = "3.1.0"
    document["components"]["schemas"]["Modern"] = _MODERN
    document["paths"] |= _MODERN_PATHS
    return document


def _modern(value: Any) -> Any:
    """Return a copy in which null is a type."""
    if isinstance(value, list):
        return [_modern(each) for each in value]
    if not isinstance(value, dict):
        return value
    turned = {key: _modern(each) for key, each in value.items() if key != "nullable"}
    if value.get("nullable") is True and isinstance(value.get("type"), str):
        turned["type"] = [value["type"], "null"]
    return turned
