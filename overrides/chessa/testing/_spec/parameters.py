"""The parameters of a request, as JSON values to check.

Styles: simple, form, and lists that are separated by spaces or pipes.
"""

from collections.abc import Mapping
from typing import Any, Final

from chessa_api.errors import DecodeError
from chessa_api.exact_json import loads

from .schemas import Schemas, number, types_of

Json = Mapping[str, Any]
_IGNORED: Final = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that OpenAPI says to ignore."""
_SEPARATORS: Final = {"spaceDelimited": " ", "pipeDelimited": "|"}


def is_ignored(parameter: Json) -> bool:
    """Return whether OpenAPI ignores this parameter, or the sandbox does (cookies)."""
    place, name = parameter["in"], parameter["name"]
    return place == "cookie" or (place == "header" and name.lower() in _IGNORED)


def schema_of(parameter: Json) -> Json:
    """The schema of a parameter, its own or that of its content."""
    for media in parameter.get("content", {}).values():
        schema: Json = media.get("schema", {})
        return schema
    own: Json = parameter.get("schema", {})
    return own


def read(parameter: Json, texts: list[str], schemas: Schemas) -> Any:
    """The JSON value of a parameter that was given."""
    if "content" in parameter:
        try:
            return loads(texts[0])
        except DecodeError:
            return texts[0]
    schema = schemas.merged(schema_of(parameter))
    if "array" in types_of(schema):
        items = schemas.merged(schema.get("items", {}))
        return [_scalar(text, items, schemas) for text in _split(parameter, texts)]
    return _scalar(texts[0], schema, schemas)


def _split(parameter: Json, texts: list[str]) -> list[str]:
    is_query = parameter["in"] == "query"
    style = parameter.get("style", "form" if is_query else "simple")
    if is_query and parameter.get("explode", style == "form"):
        return texts
    return texts[0].split(_SEPARATORS.get(style, ",")) if texts[0] else []


def _scalar(text: str, schema: Json, schemas: Schemas) -> Any:
    """The first reading of a text that its schema allows; the text itself when none is."""
    types = types_of(schema)
    readings: list[Any] = [text]
    if not types or {"integer", "number"} & {*types}:
        value = number(text)
        readings += [] if value is None else [value]
    if not types or "boolean" in types:
        readings += [value for name, value in (("true", True), ("false", False)) if text == name]
    return next((each for each in readings if schemas.allows(each, schema, "request")), text)
