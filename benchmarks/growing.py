"""A document of any number of operations, in the manner of vendors: resources of five operations,
with parameters, bodies, nested responses, and schemas of their own next to shared ones."""

import copy
from typing import Any, Final

Document = dict[str, Any]

_TEXT: Final = {"type": "string", "example": "text"}
_MOMENT: Final = {"type": "string", "format": "date-time", "example": "2025-03-18T10:45:22.123Z"}
_SHARED: Final[Document] = {
    "Money": {
        "type": "object",
        "required": ["amount", "currency"],
        "properties": {"amount": {"type": "number"}, "currency": _TEXT},
    },
    "Page": {
        "type": "object",
        "properties": {"number": {"type": "integer"}, "total": {"type": "integer"}},
    },
    "Problem": {
        "type": "object",
        "properties": {"error": _TEXT, "message": _TEXT, "statusCode": {"type": "integer"}},
    },
}
_KINDS: Final = {
    "list": "get",
    "create": "post",
    "get": "get",
    "update": "patch",
    "delete": "delete",
}
"""The operations of a resource, and their methods."""


def document(operations: int) -> Document:
    """Return a document with this many operations."""
    paths: Document = {}
    schemas: Document = copy.deepcopy(_SHARED)
    tags = []
    for number in range(operations):
        name, kind = f"Thing{number // len(_KINDS)}", list(_KINDS)[number % len(_KINDS)]
        if name not in schemas:
            schemas[name] = _schema(name)
            tags.append({"name": f"{name} Endpoints"})
        path = f"/v1/{name.lower()}s"
        if kind in ("get", "update", "delete"):
            path += f"/{{{name.lower()}Id}}"
        paths.setdefault(path, {})[_KINDS[kind]] = _operation(name, kind, path)
    return {
        "openapi": "3.0.3",
        "info": {"title": "Growing", "version": "1.0.0"},
        "servers": [{"url": "https://api.example.com"}],
        "tags": tags,
        "paths": paths,
        "components": {"schemas": schemas},
    }


def changed(before: Document) -> Document:
    """Return the document with a new parameter and a new error in one operation of ten."""
    after: Document = copy.deepcopy(before)
    operations = [operation for item in after["paths"].values() for operation in item.values()]
    for operation in operations[::10]:
        operation["parameters"].append(_parameter("trace", "query", _TEXT))
        operation["responses"]["409"] = {"description": "Not now"}
    return after


def _operation(name: str, kind: str, path: str) -> Document:
    item, parameters = _ref(name), []
    if path.endswith("}"):
        parameters.append(_parameter(f"{name.lower()}Id", "path", _TEXT))
    if kind == "list":
        parameters.append(
            _parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 100})
        )
        parameters.append(_parameter("state", "query", {"type": "string"}))
        item = {
            "title": f"{name}List",
            "type": "object",
            "required": ["rows"],
            "properties": {"rows": {"type": "array", "items": item}, "page": _ref("Page")},
        }
    operation: Document = {
        "tags": [f"{name} Endpoints"],
        "summary": f"{kind.title()} {name}",
        "operationId": f"{kind}{name}",
        "parameters": parameters,
        "responses": {"404": {"description": "Not found", **_content(_ref("Problem"))}},
    }
    success = {"204": {"description": "Deleted"}}
    if kind != "delete":
        success = {"200": {"description": "Success", **_content(item)}}
    operation["responses"].update(success)
    if kind in ("create", "update"):
        properties = {"label": _TEXT, "price": _ref("Money"), "startsAt": _MOMENT, "note": _TEXT}
        body = {"type": "object", "required": ["label"], "properties": properties}
        operation["requestBody"] = {"required": True, **_content(body)}
    return operation


def _ref(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def _parameter(name: str, place: str, schema: Document) -> Document:
    return {"name": name, "in": place, "required": place == "path", "schema": dict(schema)}


def _content(schema: Document) -> Document:
    return {"content": {"application/json": {"schema": schema}}}


def _schema(name: str) -> Document:
    """Return the schema of a resource: scalars, an enum, nested and shared schemas."""
    line = {
        "title": f"{name}Line",
        "type": "object",
        "properties": {"text": _TEXT, "cost": _ref("Money")},
    }
    details = {
        "title": f"{name}Details",
        "type": "object",
        "properties": {
            "lines": {"type": "array", "items": line},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }
    return {
        "type": "object",
        "required": ["id", "state"],
        "properties": {
            "id": _TEXT,
            "state": {"type": "string", "title": f"{name}State", "enum": ["open", "closed"]},
            "label": {**_TEXT, "nullable": True},
            "price": _ref("Money"),
            "createdAt": _MOMENT,
            "details": details,
        },
    }
