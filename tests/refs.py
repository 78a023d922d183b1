"""Schemas of a document, written in place or named: the vendor's form decides which."""

from typing import Any


def followed(document: Any, schema: Any) -> Any:
    """Return the schema that a schema refers to, or itself, to be edited."""
    while "$ref" in schema:
        found = document
        for key in schema["$ref"].removeprefix("#/").split("/"):
            found = found[key.replace("~1", "/").replace("~0", "~")]
        schema = found
    return schema


def json_schema(document: Any, content: Any) -> Any:
    """Return the schema of a body or a response that is JSON, to be edited."""
    return followed(document, content["content"]["application/json"]["schema"])


def written_out(document: Any) -> Any:
    """Return a copy of a document with what it refers to in place."""

    def copied(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: copied(each) for key, each in followed(document, node).items()}
        return [copied(each) for each in node] if isinstance(node, list) else node

    return copied(document)
