"""Media types: JSON is read and written; what is not is refused by name."""

import re
from collections.abc import Mapping
from typing import Any, Final

from chessa_pipeline.errors import SpecError
from chessa_pipeline.references import Where, place

_JSON: Final = re.compile(r"(application/(json|[a-z0-9.!#$&^_+-]+\+json)|\*/\*)(\s*;.*)?", re.I)
_PLAIN_JSON: Final = re.compile(r"application/json(\s*;.*)?", re.I)


def json_schema(
    holder: Mapping[str, Any], where: Where, *, refuse_others: bool = True, sent: bool = False
) -> tuple[Any, Where] | None:
    """The JSON schema of a body and its place; None where there is no content.

    Media types beside JSON are left out: every request asks for JSON. Content in no JSON form is
    refused, or None where `refuse_others` is off: an error page is handled as it comes. What is
    `sent` goes out as application/json and as nothing else.
    """
    content: Mapping[str, Any] = holder.get("content") or {}
    plain_first = sorted(content, key=lambda name: (not _PLAIN_JSON.fullmatch(name), name))
    for media_type in plain_first:
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
        "Describe a JSON form beside it, or remove the operation by the overlay.",
    )
