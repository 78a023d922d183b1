"""A document of any number of operations, made as vendors make them.

Enters: how many operations. Leaves: a document: resources of five operations, with parameters in
paths and queries, bodies, nested answers, schemas that are shared and schemas of their own. And
the same document with one operation in ten changed.
"""

import copy
from collections.abc import Iterator
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
_KINDS: Final = ("list", "create", "get", "update", "delete")


def document(operations: int) -> Document:
    """A document with this many operations."""
    whole: Document = {
        "openapi": "3.0.3",
        "info": {"title": "Growing", "version": "1.0.0"},
        "servers": [{"url": "https://api.example.com"}],
        "tags": [],
        "paths": {},
        "components": {"schemas": copy.deepcopy(_SHARED)},
    }
    for number in range(operations):
        _add(whole, f"Thing{number // len(_KINDS)}", _KINDS[number % len(_KINDS)])
    return whole


def changed(whole: Document) -> Document:
    """The document after a change of one operation in ten: a parameter and an error are new."""
    result: Document = copy.deepcopy(whole)
    for number, operation in enumerate(_operations(result)):
        if number % 10 == 0:
            operation.setdefault("parameters", []).append(_parameter("trace", "query", _TEXT))
            operation["responses"]["409"] = {"description": "Not now"}
    return result


def _operations(whole: Document) -> Iterator[Document]:
    return (operation for item in whole["paths"].values() for operation in item.values())


def _ref(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def _parameter(name: str, place: str, schema: Document) -> Document:
    return {"name": name, "in": place, "required": place == "path", "schema": dict(schema)}


def _content(schema: Document) -> Document:
    return {"content": {"application/json": {"schema": schema}}}


def _add(whole: Document, name: str, kind: str) -> None:
    """Add an operation of a resource, and the resource with its first."""
    small = name.lower()
    whole["components"]["schemas"].setdefault(name, _schema(name))
    if kind == _KINDS[0]:
        whole["tags"].append({"name": f"{name} Endpoints"})
    on_one = kind in ("get", "update", "delete")
    path = f"/v1/{small}s" + (f"/{{{small}Id}}" if on_one else "")
    operation: Document = {
        "tags": [f"{name} Endpoints"],
        "summary": f"{kind.title()} {name}",
        "operationId": f"{kind}{name}",
        "parameters": [_parameter(f"{small}Id", "path", _TEXT)] if on_one else [],
        "responses": {"404": {"description": "There is none", **_content(_ref("Problem"))}},
    }
    _ADD[kind](operation, name)
    method = {"list": "get", "create": "post", "update": "patch"}.get(kind, kind)
    whole["paths"].setdefault(path, {})[method] = operation


def _list(operation: Document, name: str) -> None:
    operation["parameters"] += [
        _parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 100}),
        _parameter("state", "query", {"type": "string"}),
    ]
    rows = {"type": "array", "items": _ref(name)}
    answer = {
        "title": f"{name}List",
        "type": "object",
        "required": ["rows"],
        "properties": {"rows": rows, "page": _ref("Page")},
    }
    operation["responses"]["200"] = {"description": "Rows", **_content(answer)}


def _write(operation: Document, name: str) -> None:
    body = {
        "type": "object",
        "required": ["label"],
        "properties": {"label": _TEXT, "price": _ref("Money"), "startsAt": _MOMENT, "note": _TEXT},
    }
    operation["requestBody"] = {"required": True, **_content(body)}
    _read(operation, name)


def _read(operation: Document, name: str) -> None:
    operation["responses"]["200"] = {"description": "It", **_content(_ref(name))}


def _delete(operation: Document, _: str) -> None:
    operation["responses"]["204"] = {"description": "Gone"}


_ADD: Final = {
    "list": _list,
    "create": _write,
    "get": _read,
    "update": _write,
    "delete": _delete,
}


def _schema(name: str) -> Document:
    """The schema of a resource: scalars, an enum, what is nested, what is shared."""
    return {
        "type": "object",
        "required": ["id", "state"],
        "properties": {
            "id": _TEXT,
            "state": {"type": "string", "title": f"{name}State", "enum": ["open", "closed"]},
            "label": {**_TEXT, "nullable": True},
            "price": _ref("Money"),
            "createdAt": _MOMENT,
            "details": {
                "title": f"{name}Details",
                "type": "object",
                "properties": {
                    "lines": {
                        "type": "array",
                        "items": {
                            "title": f"{name}Line",
                            "type": "object",
                            "properties": {"text": _TEXT, "cost": _ref("Money")},
                        },
                    },
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                },
            },
        },
    }
