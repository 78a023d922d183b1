"""Media types: the forms that bodies are sent and read in."""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import attrs

from chessa_codegen.document.refs import Where, place
from chessa_codegen.errors import SpecError

Kind = Literal["json", "multipart", "form", "events", "text", "binary"]
_KINDS: Final[tuple[tuple[Kind | None, str], ...]] = (
    ("json", r"(application|text)/([a-z0-9.!#$&^_-]+\+)?json|\*/\*|application/\*"),
    ("multipart", r"multipart/form-data"),
    ("form", r"application/x-www-form-urlencoded"),
    ("events", r"text/event-stream"),
    (None, r".*xml.*|multipart/.*|application/json-seq"),
    ("text", r"text/(\*|[a-z0-9.!#$&^_+-]+)"),
    ("binary", r"[a-z0-9.!#$&^_+-]+/(\*|[a-z0-9.!#$&^_+-]+)"),
)
"""The first that fits counts; None is not supported."""
_PREFERRED: Final[tuple[Kind, ...]] = ("json", "multipart", "form", "text", "binary")
_READ: Final[tuple[Kind, ...]] = ("json", "text", "binary")
JSON_TYPE: Final = "application/json"


@attrs.frozen
class Media:
    """A form of a body."""

    type: str
    """Lower case, without parameters; a range of JSON is named by its usual member."""
    kind: Kind
    schema: Any
    where: Where
    """The place of the schema."""
    raw: Mapping[str, Any]
    """The media type object, with examples and encodings."""


def sent(holder: Mapping[str, Any], where: Where) -> Media | None:
    """Return the form in which a request body is sent; None where there is no content.

    JSON, where the API takes it; else the first that is supported. Raises `SpecError`.
    """
    forms = _forms(holder, where)
    found = [form for kind in _PREFERRED for form in forms if form.kind == kind]
    if not found and holder.get("content"):
        raise _unsupported(holder, where, "request")
    return found[0] if found else None


def received(holder: Mapping[str, Any], where: Where, *, refuse_others: bool = True) -> list[Media]:
    """Return the forms that a response may have: JSON alone where there is JSON.

    An event stream is read where there is nothing else.
    Raises `SpecError` where none can be read; with `refuse_others` off there is none then: the
    client keeps an error page as received.
    """
    forms = [form for form in _forms(holder, where) if form.kind in _READ]
    json = [form for form in forms if form.kind == "json"]
    streams = [form for form in _forms(holder, where) if form.kind == "events"]
    if not forms and not streams and refuse_others and holder.get("content"):
        raise _unsupported(holder, where, "response")
    return json[:1] or forms or (streams if refuse_others else [])


def examples_of(holder: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the examples of a parameter or of a body, written out in the document."""
    named = holder.get("examples")
    values = [
        one["value"]
        for one in (named.values() if isinstance(named, Mapping) else ())
        if isinstance(one, Mapping) and "value" in one
    ]
    return (*([holder["example"]] if "example" in holder else []), *values)


def _forms(holder: Mapping[str, Any], where: Where) -> list[Media]:
    """Return the supported forms, plain JSON before its relatives."""
    content: Mapping[str, Any] = holder.get("content") or {}
    found: list[Media] = []
    for name, raw in content.items():
        essence = name.partition(";")[0].strip().lower()
        kind = _kind(essence)
        if kind is not None:
            at = (*where, "content", name, "schema")
            found.append(Media(_named(essence, kind), kind, raw.get("schema", True), at, raw))
    return sorted(found, key=lambda form: (form.type != JSON_TYPE, form.type))


def is_json(media_type: str) -> bool:
    """Return whether a media type, without parameters, is JSON."""
    return _kind(media_type.lower()) == "json"


def is_binary(media_type: str) -> bool:
    """Return whether a media type, without parameters, is read as bytes."""
    return _kind(media_type.strip().lower()) == "binary"


def _kind(essence: str) -> Kind | None:
    return next((kind for kind, pattern in _KINDS if re.fullmatch(pattern, essence)), None)


def _named(essence: str, kind: Kind) -> str:
    return JSON_TYPE if kind == "json" and "*" in essence else essence


def _unsupported(holder: Mapping[str, Any], where: Where, what: str) -> SpecError:
    names = ", ".join(sorted(holder["content"]))
    return SpecError(
        f"The content type {names} of the {what} is not supported: no XML.",
        place((*where, "content")),
        "Describe another form next to it, or remove the operation by the overlay.",
    )
