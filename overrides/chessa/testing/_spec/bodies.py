"""Bodies of requests as the spec reads them: JSON, forms, texts and files."""

import email
import email.policy
import hashlib
import urllib.parse
from collections.abc import Iterator
from typing import Any

from chessa_api.errors import DecodeError
from chessa_api.exact_json import loads

from .document import Json, is_list, is_object
from .schemas import Schemas, types_of


def read_body(schemas: Schemas, media_type: str, schema: Json, sent: str, body: bytes) -> Any:
    """Return the value of a body, as its schema describes it; a file is `{"size", "sha256"}`.

    Raises `DecodeError` for a body that is not of its media type.
    """
    if media_type == "application/x-www-form-urlencoded":
        pairs = urllib.parse.parse_qsl(body.decode("latin-1"), keep_blank_values=True)
        return _members(schemas, schema, pairs)
    if media_type == "multipart/form-data":
        return _members(schemas, schema, _parts(sent, body))
    if media_type.startswith("text/"):
        return body.decode("utf-8", "replace")
    return _file(body)


def without_files(value: Any) -> Any:
    """Return a value with a text in place of each file, for the schema of which it is a string."""
    if isinstance(value, _File):
        return ""
    if is_object(value):
        return {key: without_files(each) for key, each in value.items()}
    return [without_files(each) for each in value] if is_list(value) else value


class _File(dict[str, Any]):
    """Name, size and digest of a file."""


def _file(content: bytes, name: str | None = None) -> _File:
    named = {} if name is None else {"name": name}
    return _File(**named, size=len(content), sha256=hashlib.sha256(content).hexdigest())


def _parts(content_type: str, body: bytes) -> Iterator[tuple[str, Any]]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
        file_name = part.get_filename()
        if file_name is None:
            yield str(name), content.decode("utf-8", "replace")
        else:
            yield str(name), _file(content, file_name)


def _members(schemas: Schemas, schema: Json, pairs: Any) -> dict[str, Any]:
    properties: Json = schemas.merged(schema).get("properties", {})
    members: dict[str, Any] = {}
    for name, given in pairs:
        own = schemas.merged(properties.get(name, {}))
        if "array" in types_of(own):
            members.setdefault(name, []).append(_value(schemas, given, own.get("items", {})))
        else:
            members[name] = _value(schemas, given, own)
    return members


def _value(schemas: Schemas, given: Any, schema: Any) -> Any:
    types = types_of(schemas.merged(schema))
    if not isinstance(given, str) or not types or "string" in types:
        return given
    try:
        return loads(given.encode("utf-8"))
    except DecodeError:
        return given
