"""The OpenAPI document of the commands, made from their table."""

import datetime
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Literal, get_args, get_origin

from .commands import COMMANDS, Command, Option
from .options import plain_kind

Json = dict[str, Any]
_SCHEMAS: Final[dict[Any, Json]] = {
    bool: {"type": "boolean"},
    Decimal: {"type": "string", "format": "decimal", "description": "Also taken as a number."},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    datetime.datetime: {"type": "string", "format": "date-time"},
    dict: {"type": "object", "additionalProperties": {"type": "string"}},
    Mapping: {"type": "object"},
    Sequence: {"type": "array", "items": {"type": "string"}},
}
_ERROR: Final[Json] = {
    "description": "Refused; nothing was changed.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}
_RESULT: Final[Json] = {
    "description": "The result.",
    "content": {"application/json": {"schema": {"type": "object"}}},
}


def document() -> Json:
    """Return the document."""
    paths: dict[str, Json] = {}
    for command in COMMANDS:
        paths.setdefault(f"/_sandbox/{command.path}", {})[command.method.lower()] = _of(command)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Commands of the Chessa sandbox",
            "version": "1",
            "description": "The real API has none of these paths.",
        },
        "paths": paths,
        "components": {
            "schemas": {
                "Error": {
                    "type": "object",
                    "required": ["error", "message", "statusCode"],
                    "properties": {
                        "error": {"type": "string"},
                        "message": {"type": "string"},
                        "statusCode": {"type": "integer"},
                    },
                }
            }
        },
    }


def _of(command: Command) -> Json:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", command.path)
    ]
    operation: Json = {
        "operationId": operation_id(command),
        "summary": command.summary,
        "responses": {"200": _RESULT, "400": _ERROR, "403": _ERROR, "404": _ERROR},
    }
    if command.takes_body:
        content = {"application/json": {"schema": {"type": "object"}}}
        operation["requestBody"] = {"required": True, "content": content}
    parameters += [
        {"name": name, "in": "query", "required": each.is_required, "schema": _schema(each)}
        for name, each in command.options.items()
    ]
    return {**operation, "parameters": parameters} if parameters else operation


def operation_id(command: Command) -> str:
    """Return the name of a command in the document: `orders_fund`, `get_state`."""
    name = re.sub(r"\{\w+\}/?", "", command.path).strip("/").replace("/", "_").replace("-", "_")
    if command.method == "GET":
        return f"get_{'order' if command.path == 'orders/{order_id}' else name}"
    return name


def _schema(option: Option) -> Json:
    kind = plain_kind(option.kind)
    if get_origin(kind) is Literal:
        schema: Json = {"type": "string", "enum": list(get_args(kind))}
    else:
        schema = dict(_SCHEMAS[kind])
    if option.default is not None and isinstance(option.default, str | bool | int):
        schema["default"] = option.default
    return schema
