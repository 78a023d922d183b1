"""Media types: JSON is supported; any other type is refused by name."""

import re
from collections.abc import Mapping
from typing import Any, Final

from chessa_codegen.document.refs import Where, place
from chessa_codegen.errors import SpecError

_JSON: Final = re.compile(r"(application/(json|[a-z0-9.!#$&^_+-]+\+json)|\*/\*)(\s*;.*)?", re.I)
_PLAIN_JSON: Final = re.compile(r"application/json(\s*;.*)?", re.I)


def json_schema(
    holder: Mapping[str, Any], where: Where, *, refuse_others: bool = True, sent: bool = False
) -> tuple[Any, Where] | None:
    """Return the JSON schema of a body and its place; None where there is no content.

    Media types next to JSON are ignored: every request asks for JSON. Content without JSON is
    refused, or None where `refuse_others` is off: the client keeps an error page as received. A
    body that is `sent` is application/json and no other type.
    """
    content: Mapping[str, Any] = holder.get("content") or {}
    for media_type in _plain_first(content):
        if sent and not _PLAIN_JSON.fullmatch(media_type) and media_type != "*/*":
            continue
        if _JSON.fullmatch(media_type):
            schema = content[media_type].get("schema", True)
            return schema, (*where, "content", media_type, "schema")
    if not content or not refuse_others:
        return None
    names = ", ".join(sorted(content))
    raise SpecError(
        f"The content type {names} is not supported: no file upload or download, only JSON"
        f"{', sent as application/json' if sent else ''}.",
        place((*where, "content")),
        "Describe a JSON form next to it, or remove the operation by the overlay.",
    )


def json_media(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the media type object of a JSON body, with its examples; empty where there is none."""
    content: Mapping[str, Any] = holder.get("content") or {}
    found = (content[name] for name in _plain_first(content) if _JSON.fullmatch(name))
    return next(found, {})


def examples_of(holder: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the examples of a parameter or of a body, written out in the document."""
    named = holder.get("examples")
    values = [
        one["value"]
        for one in (named.values() if isinstance(named, Mapping) else ())
        if isinstance(one, Mapping) and "value" in one
    ]
    return (*([holder["example"]] if "example" in holder else []), *values)


def _plain_first(content: Mapping[str, Any]) -> list[str]:
    """Return media types, plain JSON before its relatives."""
    return sorted(content, key=lambda name: (not _PLAIN_JSON.fullmatch(name), name))
