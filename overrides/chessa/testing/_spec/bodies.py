"""Bodies of requests as the spec reads them: JSON, forms, texts and files."""

import email
import email.message
import email.policy
import fnmatch
import hashlib
import re
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from chessa_api.errors import DecodeError
from chessa_api.exact_json import loads

from .document import JSON, Json, SpecOperation, is_json, is_list, is_object
from .parameters import MISSING, Parts, Reader
from .schemas import Schemas, types_of

_FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"


@attrs.frozen
class ReadBody:
    """A body as it was read."""

    value: Any = None
    """A JSON value; of a file `{"size", "sha256"}`. None for what cannot be read."""
    schema: Json | None = None
    """The schema of the form that it has; None where it was read by none."""
    problem: str = ""
    """Why it cannot be read, or does not belong there."""


def read_body(
    schemas: Schemas, operation: SpecOperation | None, sent: str, body: bytes
) -> ReadBody:
    """Read a body by its Content-Type, in the form that the operation documents for that.

    Without such a form it is read as JSON where it is.
    """
    forms: Mapping[str, Json] = {} if operation is None else operation.body_forms()
    content_type = sent.partition(";")[0].strip().lower()
    fitting = (name for name in forms if _fits(content_type, name))
    wanted = content_type if content_type in forms else next(fitting, None)
    media: Json = {} if wanted is None else forms[wanted]
    read_as = JSON if wanted is None or is_json(wanted) else wanted
    value, problem = None, ""
    try:
        value = _read(schemas, read_as, media, sent, body)
    except DecodeError as error:
        problem = str(error) if forms else ""  # else the operation takes no body
    if forms and wanted is None:
        problem = f"must be {' or '.join(forms)}"
    return ReadBody(value, None if wanted is None else media.get("schema", {}), problem)


def _fits(content_type: str, wanted: str) -> bool:
    if is_json(wanted):
        return is_json(content_type)
    return fnmatch.fnmatchcase(content_type, wanted)


def _read(schemas: Schemas, media_type: str, media: Json, sent: str, body: bytes) -> Any:
    if is_json(media_type):
        return loads(body)
    if media_type == _FORM:
        return _form(schemas, media, body.decode("latin-1"))
    if media_type == _MULTIPART:
        return _members(schemas, media, _parts(sent, body))
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
    """Yield the parts of a multipart body (RFC 2046, section 5.1), by their names.

    A part is never read as a message of its own, whatever its type is.
    """
    boundary = _headers(f"Content-Type: {content_type}").get_boundary()
    if not boundary:
        raise DecodeError("its Content-Type names no boundary")
    delimiter = rb"\r\n--%b(--)?[ \t]*(?:\r\n|\Z)" % re.escape(boundary.encode("latin-1"))
    pieces = re.split(delimiter, b"\r\n" + body)
    ends, contents = pieces[1::2], pieces[2::2]
    if b"--" not in ends:
        raise DecodeError("the multipart body has no end")
    for piece in contents[: ends.index(b"--")]:
        head, _, content = piece.partition(b"\r\n\r\n")
        part = _headers(head.decode("utf-8", "replace"))
        name, file_name = part.get_param("name", header="content-disposition"), part.get_filename()
        if name is None:
            raise DecodeError("a part of it has no name")
        key = _unquoted(str(name))
        if file_name is None:
            yield key, content.decode("utf-8", "replace")
        else:
            yield key, _file(content, _unquoted(file_name))


def _unquoted(name: str) -> str:
    """Return a name with the quotes that are sent as `%22` (the WHATWG's form of RFC 7578)."""
    return name.replace("%22", '"')


def _headers(text: str) -> email.message.EmailMessage:
    return email.message_from_string(f"{text}\r\n\r\n", policy=email.policy.HTTP)


def _form(schemas: Schemas, media: Json, text: str) -> dict[str, Any]:
    """Return the members of a urlencoded form; one with a style is read as a query is."""
    properties: Json = schemas.merged(media.get("schema", {})).get("properties", {})
    styled = tuple(
        {**said, "name": name, "in": "query", "schema": properties[name]}
        for name, said in media.get("encoding", {}).items()
        if name in properties and ("style" in said or "explode" in said)
    )
    reader = Reader(styled, Parts.of({}, text, {}), schemas)
    read = {each["name"]: reader.read(each) for each in styled}
    pairs = [
        (name, given)
        for name, given in urllib.parse.parse_qsl(text, keep_blank_values=True)
        if name.partition("[")[0] not in read
    ]
    found = {name: value for name, value in read.items() if value is not MISSING}
    return {**_members(schemas, media, pairs), **found}


def _members(schemas: Schemas, media: Json, pairs: Any) -> dict[str, Any]:
    properties: Json = schemas.merged(media.get("schema", {})).get("properties", {})
    encodings: Mapping[str, Json] = media.get("encoding", {})
    members: dict[str, Any] = {}
    for name, given in pairs:
        own = schemas.merged(properties.get(name, {}))
        if isinstance(given, str) and is_json(encodings.get(name, {}).get("contentType", "")):
            members[name] = _json(given)
        elif "array" in types_of(own):
            members.setdefault(name, []).append(_value(schemas, given, own.get("items", {})))
        else:
            members[name] = _value(schemas, given, own)
    return members


def _value(schemas: Schemas, given: Any, schema: Any) -> Any:
    types = types_of(schemas.merged(schema))
    if not isinstance(given, str) or not types or "string" in types:
        return given
    return _json(given)


def _json(given: str) -> Any:
    """Return the JSON of a text, or the text where it is not JSON: the schema decides then."""
    try:
        return loads(given.encode("utf-8"))
    except DecodeError:
        return given
