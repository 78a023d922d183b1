"""The data of the events of a stream: JSON of some schema, or a text.

OpenAPI 3.2 describes an event as an object of its fields (`itemSchema`), in which JSON is a string
with a `contentSchema`. Before, documents describe by `schema` either such an object, or the JSON of
the data itself, or an array of one of them.
"""

from collections.abc import Mapping
from typing import Any, Final

from chessa_codegen.document.refs import Where
from chessa_codegen.ir import types
from chessa_codegen.ir.media_types import Media, is_json
from chessa_codegen.ir.schemas import Schemas
from chessa_codegen.ir.types import Shape

_FIELDS: Final = frozenset({"data", "event", "id", "retry"})
_KINDS: Final = ("oneOf", "anyOf", "allOf")
_SHAPING: Final = frozenset({"properties", "additionalProperties", "items", *_KINDS})
_Found = list[tuple[Any, Where]]


def event_data(schemas: Schemas, media: Media, name: str) -> Shape:
    """Return the shape of the data of an event; `name` is for its class."""
    schema, where = media.schema, media.where
    if "itemSchema" in media.raw:
        schema, where = media.raw["itemSchema"], (*where[:-1], "itemSchema")
    whole = schemas.plain(schema, where)
    if "items" in whole and "array" in _types(whole):
        _, at = schemas.opened(schema, where)
        schema, where = whole["items"], (*at, "items")
    found = _described(schemas, schema, where)
    read = [_content(schemas, *each) for each in found or [(schema, where)]]
    told = [each for each in read if each is not None]
    if len(told) < len(read):
        return types.TEXT
    names = [name, *(f"{name}{number}" for number in range(2, len(told) + 1))]
    shapes = [schemas.shape(*each, named) for each, named in zip(told, names, strict=True)]
    return types.any_of(shapes)


def _described(schemas: Schemas, schema: Any, where: Where) -> _Found:
    """Return what an object of the fields of an event says of its data; nothing if it is none."""
    whole, at = schemas.opened(schema, where)
    properties: Mapping[str, Any] = whole.get("properties", {}) if _is_object(whole) else {}
    if not properties.keys() <= _FIELDS:
        return []
    found: _Found = []
    if "data" in properties:
        found.append((properties["data"], (*at, "properties", "data")))
    for keyword in _KINDS if _is_object(whole) else ():
        for place, kind in enumerate(whole.get(keyword, ())):
            found += _described(schemas, kind, (*at, keyword, place))
    return found


def _content(schemas: Schemas, schema: Any, where: Where) -> tuple[Any, Where] | None:
    """Return the schema of the JSON that data is; None where it is a text."""
    whole, (_, at) = schemas.plain(schema, where), schemas.opened(schema, where)
    if "contentSchema" in whole:
        return whole["contentSchema"], (*at, "contentSchema")
    if is_json(str(whole.get("contentMediaType", ""))):
        return True, where
    kinds = {*_types(whole)} - {"null"}
    is_text = kinds == {"string"} or (not kinds and _SHAPING.isdisjoint(whole))
    return None if is_text else (schema, where)


def _types(schema: Mapping[str, Any]) -> list[Any]:
    given = schema.get("type", [])
    return given if isinstance(given, list) else [given]


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping)
