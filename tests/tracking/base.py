"""A document that has something of everything, and edits of documents."""

import copy
from collections.abc import Callable
from typing import Any, TypeAlias

Edit: TypeAlias = Callable[[Any], object]

BASE: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "T", "version": "1.0.0", "contact": {"name": "us"}},
    "servers": [{"url": "https://api.example.com"}],
    "security": [{"key": []}],
    "tags": [{"name": "Things", "x-resource": "things"}, {"name": "Others"}],
    "paths": {
        "/things/{thingId}": {
            "summary": "things",
            "parameters": [
                {"name": "trace", "in": "header", "schema": {"type": "string"}},
            ],
            "post": {
                "tags": ["Things"],
                "operationId": "touch",
                "summary": "touch one",
                "parameters": [
                    {
                        "name": "thingId",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string"},
                    },
                    {"$ref": "#/components/parameters/Page"},
                ],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                    }
                },
                "responses": {
                    "200": {
                        "description": "ok",
                        "headers": {"X-Id": {"required": True, "schema": {"type": "string"}}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}
                        },
                    },
                    "404": {"$ref": "#/components/responses/None"},
                    "default": {"description": "else"},
                },
                "callbacks": {"done": {"{$request.body#/url}": {"post": {"responses": {}}}}},
            },
        },
        "/things": {
            "get": {
                "tags": ["Things", "Others"],
                "operationId": "list",
                "deprecated": False,
                "security": [],
                "parameters": [
                    {"$ref": "#/components/parameters/Page"},
                    {"name": "of", "in": "query", "explode": True, "schema": {"type": "string"}},
                ],
                "responses": {
                    "2XX": {
                        "description": "ok",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "array",
                                    "items": {"$ref": "#/components/schemas/Answer"},
                                },
                                "example": [{"id": "1"}],
                            }
                        },
                    }
                },
            }
        },
    },
    "components": {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-key"}},
        "parameters": {
            "Page": {"name": "page", "in": "query", "schema": {"type": "integer", "maximum": 9}}
        },
        "responses": {"None": {"description": "none"}},
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "maxLength": 9, "minLength": 1, "pattern": "^a"},
                    "kind": {"type": "string", "enum": ["a", "b"], "default": "a"},
                    "payment": {
                        "oneOf": [
                            {"type": "object", "title": "Cash", "properties": {"a": True}},
                            {"type": "object", "title": "Card", "properties": {"b": {}}},
                        ],
                        "discriminator": {"propertyName": "a", "mapping": {"x": "Cash"}},
                    },
                    "amount": {"type": ["number", "null"], "exclusiveMinimum": 0},
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                    "seen": {"type": "string", "readOnly": True},
                },
            },
            "Answer": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string", "example": "1"},
                    "thing": {"$ref": "#/components/schemas/Thing"},
                    "base": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"type": "object"}]},
                    "maybe": {"anyOf": [{"$ref": "#/components/schemas/Base"}, {"type": "null"}]},
                    "rows": {"type": "array", "minItems": 1, "items": {"type": "object"}},
                    "when": {"type": "string", "format": "date-time"},
                },
            },
            "Base": {"type": "object", "properties": {"at": {"type": "string"}}},
            "Unused": {"type": "string"},
        },
    },
}


def edited(*edits: Edit, base: Any = BASE) -> Any:
    """The base with edits done to a copy."""
    document = copy.deepcopy(base)
    for edit in edits:
        edit(document)
    return document


def put(value: Any, *keys: Any) -> Edit:
    """An edit that sets a value where these keys lead."""

    def edit(document: Any) -> None:
        at = document
        for key in keys[:-1]:
            at = at[key]
        at[keys[-1]] = copy.deepcopy(value)

    return edit


def drop(*keys: Any) -> Edit:
    """An edit that takes something out."""

    def edit(document: Any) -> None:
        at = document
        for key in keys[:-1]:
            at = at[key]
        del at[keys[-1]]

    return edit


POST = ("paths", "/things/{thingId}", "post")
GET = ("paths", "/things", "get")
THING = ("components", "schemas", "Thing")
ANSWER = ("components", "schemas", "Answer")
