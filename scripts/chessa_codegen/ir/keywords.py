"""The keywords of one schema, read whatever the schema stands for."""

import json
from collections.abc import Mapping
from typing import Any, Final

from chessa_codegen.ir import naming

_LONGEST_TITLE: Final = 120


def python_name(schema: Any, key: str) -> str:
    """Return the name that the overlay gives to what a key holds, or the key."""
    pinned = schema.get("x-python-name") if isinstance(schema, Mapping) else None
    return pinned if isinstance(pinned, str) else key


def properties_of(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the properties of an object; one that is required but not described holds any JSON."""
    described: Mapping[str, Any] = schema.get("properties") or {}
    undescribed = dict.fromkeys(schema.get("required") or () if described else (), True)
    return {**described, **{k: v for k, v in undescribed.items() if k not in described}}


def title_of(schema: Mapping[str, Any]) -> str | None:
    """Return the title that names the class, if a Python name can be made of it."""
    title = schema.get("title")
    if not isinstance(title, str) or len(title) > _LONGEST_TITLE or not naming.words(title):
        return None
    return title.strip()


def untitled(schema: Any) -> Any:
    """Return a component without its title: its key is its name."""
    if not isinstance(schema, Mapping):
        return schema
    return {key: value for key, value in schema.items() if key != "title"}


def types_of(schema: Mapping[str, Any]) -> list[str]:
    """Return the types that a schema names, or shows by its other keywords."""
    said = schema.get("type")
    if isinstance(said, str):
        return [said]
    if isinstance(said, list):
        return said
    if "const" in schema:
        constant = schema["const"]
        by_type = {str: "string", bool: "boolean", int: "integer", float: "number"}
        return [by_type[type(constant)]] if type(constant) in by_type else []
    if not schema.keys().isdisjoint(("properties", "additionalProperties", "patternProperties")):
        return ["object"]
    return ["array"] if "items" in schema or "prefixItems" in schema else []


def prose(schema: Mapping[str, Any]) -> str:
    """Return the description of an object of the spec."""
    text = schema.get("description")
    return text.strip() if isinstance(text, str) else ""


def short_example(schema: Mapping[str, Any]) -> str:
    """Return the example of a thing, where it is short."""
    example = schema.get("example")
    shown = example if isinstance(example, str) else json.dumps(example)
    return shown if isinstance(example, str | int | float) and len(shown) <= 60 else ""
