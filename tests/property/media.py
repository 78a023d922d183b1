"""Media types of bodies: the form that a request has, and the type that a response is read as.

Written from the documentation, apart from the generator.
"""

import hashlib
import typing
from collections.abc import Mapping
from typing import Any, Final

from chessa.testing._spec.document import JSON, SpecOperation, is_json
from chessa_api.events import AsyncEventStream, EventStream
from tests.property.effective import plain

_KINDS: Final = {
    "multipart/form-data": "multipart",
    "application/x-www-form-urlencoded": "form",
    "text/event-stream": "events",
}
_PREFERRED: Final = ("json", "multipart", "form", "text", "binary")
_READ_AS: Final[Mapping[str, Any]] = {"text": str, "binary": bytes}


def kind_of(media_type: str) -> str:
    """Return `json`, `multipart`, `form`, `events`, `text` or `binary`."""
    if is_json(media_type):
        return "json"
    return _KINDS.get(media_type) or ("text" if media_type.startswith("text/") else "binary")


def sent_form(documented: SpecOperation) -> tuple[str, Any] | None:
    """Return the media type that a body is sent as, and its schema; None without a body."""
    forms = documented.body_forms()
    names = sorted(forms, key=lambda name: (name != JSON, name), reverse=True)
    by_kind = {kind_of(name): name for name in names}
    chosen = next((by_kind[kind] for kind in _PREFERRED if kind in by_kind), None)
    return None if chosen is None else (chosen, forms[chosen].get("schema", {}))


def is_file(schema: Any) -> bool:
    """Return whether a part of a form is a file."""
    said = plain(schema)
    return said.get("format") == "binary" or (
        "contentMediaType" in said and "contentEncoding" not in said
    )


def is_returned(media_type: str, hint: Any) -> bool:
    """Return whether a hint is that of a response that is not JSON."""
    if kind_of(media_type) == "events":
        return typing.get_origin(hint) in (EventStream, AsyncEventStream)
    return bool(hint is _READ_AS[kind_of(media_type)])


def is_sent(content: bytes, read: Mapping[str, Any]) -> bool:
    """Return whether a file that was read from a request has this content."""
    digest = hashlib.sha256(content).hexdigest()
    return (read["size"], read["sha256"]) == (len(content), digest)
