"""Local references: `#/…` pointers followed within the document, and nothing else.

Remote references, files and dangling pointers are refused with the place that holds them.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from chessa_codegen.document.loader import pointer
from chessa_codegen.errors import SpecError

Where = tuple[str | int, ...]

_ANNOTATIONS: Final = frozenset(
    {"title", "description", "summary", "example", "examples", "default", "deprecated", "nullable"}
    | {"readOnly", "writeOnly", "externalDocs", "xml", "$comment", "discriminator"}
)
_LIMITS: Final = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
    | {"minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType"}
    | {"minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "not"}
)
_SHAPING_EXTENSIONS: Final = frozenset({"x-open-enum", "x-iterate", "x-mutually-exclusive"})

_INDEX: Final = re.compile(r"0|[1-9][0-9]*")
_UNRESERVED: Final = re.compile(
    r"%(?:2[DE]|3[0-9]|[46][1-9A-F]|50|[57][1-9A]|5F|70|7E)", re.IGNORECASE
)
_IN_BRACES: Final = re.compile(r"\{[^{}]*\}")


def shapes_values(keyword: str) -> bool:
    """Return whether a keyword changes the shape of a value; `nullable` is handled elsewhere."""
    if keyword.startswith("x-"):
        return keyword in _SHAPING_EXTENSIONS
    return keyword not in _ANNOTATIONS and keyword not in _LIMITS


def is_3_0(document: Mapping[str, Any]) -> bool:
    """Return whether a document is of OpenAPI 3.0: `nullable` says null, `$ref` stands alone."""
    return str(document.get("openapi")).startswith("3.0")


def place(where: Where) -> str:
    """Return a place in the spec, for a message."""
    return "#" + pointer(where)


def locate(document: Mapping[str, Any], pointed: str) -> Where:
    """Return the deepest place that exists on the way to `#/…`."""
    value: Any = document
    parts: list[str | int] = []
    for raw in pointed.removeprefix("#").split("/")[1:]:
        part = _part_of(value, raw)
        if part is None:
            break
        value = value[part]
        parts.append(part)
    return tuple(parts)


def at(document: Any, where: Where) -> Any:
    """Return the value at a place that exists."""
    for part in where:
        document = document[part]
    return document


def _part_of(value: Any, raw: str) -> str | int | None:
    """Return the key or index that a part of a pointer means, if it is there."""
    part = unquote(raw).replace("~1", "/").replace("~0", "~")
    if isinstance(value, Mapping):
        return part if part in value else None
    if isinstance(value, list) and _INDEX.fullmatch(part) and int(part) < len(value):
        return int(part)
    return None


def resolve(document: Mapping[str, Any], reference: object, where: Where) -> tuple[Any, Where]:
    """Return the final target of a `$ref`, through any further references, and its place."""
    seen: set[object] = set()
    value: Any = {"$ref": reference}
    at = where
    while isinstance(value, Mapping) and "$ref" in value:
        reference = value["$ref"]
        if reference in seen:
            raise SpecError(f"The reference {reference} leads back to itself.", place(at), _FIX)
        seen.add(reference)
        value, at = step(document, reference, at)
    return value, at


_LEAVES: Final = "leaves the document"
_FIX: Final = "Point it at something in this document, such as #/components/schemas/Name."


def step(document: Mapping[str, Any], reference: object, where: Where) -> tuple[Any, Where]:
    """Return the direct target of a `$ref`, which may be another reference, and its place."""
    if not isinstance(reference, str) or not reference.startswith("#/"):
        is_anchor = isinstance(reference, str) and reference.startswith("#")
        lost = "is an anchor that no schema, or more than one, has" if is_anchor else _LEAVES
        raise SpecError(f"The reference {reference} {lost}.", place((*where, "$ref")), _FIX)
    value: Any = document
    parts: list[str | int] = []
    for raw in reference[2:].split("/"):
        part = _part_of(value, raw)
        if part is None:
            raise SpecError(
                f"The reference {reference} points at nothing.", place((*where, "$ref")), _FIX
            )
        value = value[part]
        parts.append(part)
    return value, tuple(parts)


def path_key(path: str) -> str:
    """Return the identity of a path, without the names of its parameters: `/v1/orders/{}`.

    A letter that is written as `%41` is the same in a URL (RFC 3986, 6.2.2.2).
    """
    return _IN_BRACES.sub("{}", _UNRESERVED.sub(lambda each: unquote(each[0]), path))


def parameter_key(parameter: Mapping[str, Any]) -> tuple[str, str]:
    """Return the identity of a parameter: its name, a header's in lower case, and its place."""
    name, location = parameter["name"], parameter["in"]
    return (name.lower() if location == "header" else name), location


def resolved(document: Mapping[str, Any], value: Any, where: Where) -> tuple[Any, Where]:
    """Return a value, or its target if it is a reference; with its place."""
    if isinstance(value, Mapping) and "$ref" in value:
        return resolve(document, value["$ref"], where)
    return value, where
