"""Parameters as a server reads them: from the bytes of a request back to JSON values.

Written from OpenAPI, RFC 6570 and RFC 6265; nothing of the package is called. Queries are parsed by
`urllib`, cookies by `werkzeug`. `has_a_form` says which values the wire can hold at all.
"""

import re
import urllib.parse
from collections.abc import Mapping
from typing import Any, Final

import attrs
from werkzeug.http import parse_cookie

from tests.property.effective import SCHEMAS, items, kinds, plain, properties, values
from tests.property.json_text import read

MISSING: Final = object()
_SPACED: Final = {"spaceDelimited": " ", "pipeDelimited": "|"}
_STRUCTURES: Final[Mapping[str, str]] = {"object": "object", "map": "object", "array": "array"}
_STEP: Final = re.compile(r"\[([^][]*)\]")
_COOKIE_OCTETS: Final = set(map(chr, range(0x21, 0x7F))) - set('",;\\')
_TOKEN: Final = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)


@attrs.frozen
class Form:
    """The form of a parameter, OpenAPI's defaults filled in."""

    name: str
    place: str
    style: str
    explode: bool
    media_type: str | None
    reserved: bool

    @classmethod
    def of(cls, parameter: Mapping[str, Any]) -> "Form":
        """Read a parameter object."""
        place = parameter["in"]
        usual = "form" if place in ("query", "cookie") else "simple"
        style = parameter.get("style", usual)
        return cls(
            parameter["name"],
            place,
            style,
            parameter.get("explode", style in ("form", "cookie")),
            next(iter(parameter.get("content", ())), None),
            parameter.get("allowReserved", False),
        )

    @property
    def separator(self) -> str | None:
        """The text between the parts of an array or object; None where each part is a pair."""
        if self.place in ("query", "cookie"):
            spaced = self.explode or self.style == "deepObject"
            return None if spaced else _SPACED.get(self.style, ",")
        return {"label": ".", "matrix": ";"}.get(self.style, ",") if self.explode else ","


def schema_of(parameter: Mapping[str, Any]) -> Any:
    """The schema of a parameter, or of its content."""
    for media in parameter.get("content", {}).values():
        return media.get("schema", {})
    return parameter["schema"]


# ---- Reading -------------------------------------------------------------------------------------


@attrs.frozen
class Received:
    """The parts of a request that hold parameters, as they came."""

    path: Mapping[str, str]
    query: str
    headers: Mapping[str, str]
    """By lower-case name."""

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The names and values of the query."""
        strict = bool(self.query)
        return urllib.parse.parse_qsl(self.query, keep_blank_values=True, strict_parsing=strict)

    @property
    def cookies(self) -> list[tuple[str, str]]:
        """The cookies."""
        return [*parse_cookie(self.headers.get("cookie", "")).items(multi=True)]

    def names(self, form: Form, schema: Any, others: set[str]) -> set[str]:
        """The names of the query or cookies that belong to a parameter."""
        every = {name for name, _ in (self.pairs if form.place == "query" else self.cookies)}
        if form.style == "deepObject":
            return {name for name in every if _is_of(name, {form.name})}
        if form.separator is None and form.media_type is None and _kind(schema) == "object":
            return {name for name in every if not _is_of(name, others)}
        return every & {form.name}

    def value(self, parameter: Mapping[str, Any], others: set[str]) -> Any:
        """The JSON value of a parameter; `MISSING` where it was not sent."""
        form, schema = Form.of(parameter), schema_of(parameter)
        if form.media_type is not None:
            text = self._one(form)
            return read(text) if form.media_type == "application/json" else text
        texts = self._texts(form, schema, others)
        return texts if texts is MISSING else _typed(texts, schema)

    def _one(self, form: Form) -> str:
        match form.place:
            case "path":
                return urllib.parse.unquote(self.path[form.name])
            case "query":
                return dict(self.pairs)[form.name]
            case "header":
                return self.headers[form.name.lower()]
        text = dict(self.cookies)[form.name]
        is_raw = form.style == "cookie" or form.media_type == "text/plain"
        return text if is_raw else urllib.parse.unquote(text)

    def _texts(self, form: Form, schema: Any, others: set[str]) -> Any:
        kind = _kind(schema)
        if form.place == "path":
            return _in_path(form, kind, self.path[form.name])
        if form.place == "header":
            if form.name.lower() not in self.headers:
                return MISSING
            text = self.headers[form.name.lower()]
            return _split(form, kind, [each.strip(" \t") for each in text.split(",")], text)
        mine = self.names(form, schema, others)
        pairs = self.pairs if form.place == "query" else self.cookies
        decode = urllib.parse.unquote if (form.place, form.style) == ("cookie", "form") else str
        found = [(name, decode(text)) for name, text in pairs if name in mine]
        if not found:
            return MISSING
        if form.style == "deepObject":
            return _from_brackets(form.name, found)
        if kind == "object" and form.separator is None:
            return dict(found)
        if kind == "array" and form.separator is None:
            return [text for _, text in found]
        assert len(found) == 1, found
        if form.separator is None or kind == "text":
            return found[0][1]
        return _split(form, kind, self._parts(form), found[0][1])

    def _parts(self, form: Form) -> list[str]:
        """The parts of a value in a query or cookie, split before they are decoded."""
        if form.place == "cookie":
            raw = dict(self.cookies)[form.name]
        else:
            raw = _split_pairs(self.query.split("&"))[urllib.parse.quote(form.name, safe="")]
        assert form.separator is not None
        encoded = form.separator if form.separator == "," else f"%{ord(form.separator):02X}"
        return [urllib.parse.unquote(part) for part in raw.split(encoded)]


def _is_of(name: str, others: set[str]) -> bool:
    """Return whether a name is that of a parameter, or that of a part of it in brackets."""
    return any(name == other or name.startswith(f"{other}[") for other in others)


def _kind(schema: Any) -> str:
    """The structure of a schema's values: those of a union that is sent in brackets may vary."""
    found = {_STRUCTURES.get(kind.name, "text") for kind in kinds(schema) if kind.name != "null"}
    return found.pop() if len(found) == 1 else "text"


def _in_path(form: Form, kind: str, raw: str) -> Any:
    """Read by the expansions {x}, {.x} and {;x} of RFC 6570, and the same with `*`."""
    unquote = urllib.parse.unquote
    if form.style == "label":
        assert raw.startswith(".")
        raw = raw[1:]
    if form.style == "matrix":
        assert raw.startswith(";")
        raw = raw[1:]
        if kind != "object" or not form.explode:
            assert all(
                each.split("=")[0] == form.name
                for each in (raw.split(";") if form.explode else [raw])
            )
        if not form.explode or kind == "text":
            raw = raw.partition("=")[2]
    assert form.separator is not None
    parts = raw.split(form.separator)
    if form.style == "matrix" and form.explode and kind == "array":
        parts = [part.partition("=")[2] for part in parts]
    if kind == "object" and form.explode:
        return {unquote(k): unquote(v) for k, _, v in (part.partition("=") for part in parts)}
    return _split(form, kind, [unquote(part) for part in parts], unquote(raw))


def _split(form: Form, kind: str, parts: list[str], whole: str) -> Any:
    if kind == "text":
        return whole
    if kind == "array":
        return parts
    if form.explode:
        return _split_pairs(parts)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _split_pairs(parts: list[str]) -> dict[str, str]:
    return {name: text for name, _, text in (part.partition("=") for part in parts)}


def _from_brackets(name: str, pairs: list[tuple[str, str]]) -> Any:
    """The value of names such as `filter[a][0]`."""
    found: dict[str, Any] = {}
    for key, text in pairs:
        steps = _STEP.findall(key[len(name) :])
        assert key == name + "".join(f"[{step}]" for step in steps), key
        if not steps:
            return text
        holder = found
        for step in steps[:-1]:
            holder = holder.setdefault(step, {})
        assert steps[-1] not in holder
        holder[steps[-1]] = text
    return found


def _typed(texts: Any, schema: Any) -> Any:
    """Texts as JSON of a schema: the first kind of it that allows them."""
    readings = [each for kind in kinds(schema) for each in _of_kind(texts, kind.name, kind.schema)]
    allowed = [each for each in readings if SCHEMAS.allows(each, plain(schema), "request")]
    assert allowed, (texts, schema)
    return allowed[0]


def _of_kind(texts: Any, name: str, schema: Any) -> list[Any]:
    match texts:
        case str():
            if name in ("number", "integer", "integer-enum", "boolean"):
                return [read(texts)] if re.fullmatch(r"-?[0-9.eE+-]+|true|false", texts) else []
            return [] if name in ("object", "map", "array", "null") else [texts]
        case list() if name == "array":
            return [[_typed(text, items(schema)) for text in texts]]
        case dict() if name == "array":
            assert [*texts] == [str(number) for number in range(len(texts))]
            return [[_typed(text, items(schema)) for text in texts.values()]]
        case dict() if name in ("object", "map"):
            known = properties(schema)
            return [
                {key: _typed(text, known.get(key, values(schema))) for key, text in texts.items()}
            ]
    return []


# ---- What has a form -----------------------------------------------------------------------------


def has_a_form(parameter: Mapping[str, Any], value: Any, others: set[str]) -> bool:
    """Return whether a JSON value can be sent as a parameter, and come back as it was."""
    form = Form.of(parameter)
    if form.media_type == "application/json":
        return True
    if value is None:
        return False
    if form.style == "deepObject":
        return _has_brackets(value)
    if isinstance(value, (list, dict)):
        return bool(value) and _parts_have_a_form(form, value, others)
    text = _text(value)
    match form.place:
        case "path":
            return ("." * (form.style == "label") + text) not in ("", ".", "..")
        case "header":
            return _is_header_text(text)
        case "cookie":
            is_encoded = form.style == "form" and form.media_type is None
            return is_encoded or set(text) <= _COOKIE_OCTETS
    return True


def _parts_have_a_form(form: Form, value: Any, others: set[str]) -> bool:
    members = value.values() if isinstance(value, dict) else value
    if any(member is None or isinstance(member, (list, dict)) for member in members):
        return False
    texts, names = [*map(_text, members)], [*value] if isinstance(value, dict) else []
    separator = form.separator
    if "" in names or (texts == [""] and not names and separator is not None):
        return False
    if names and form.explode and form.style in _SPACED:
        return False
    if separator is None:
        is_taken = any(_is_of(name, others) for name in names)
        is_cookie = form.place == "cookie"
        return not is_taken and not (is_cookie and not all(map(_TOKEN.fullmatch, names)))
    if any(separator in part for part in (*texts, *names)):
        return False
    if names and form.explode and any("=" in name for name in names):
        return False
    if form.place == "header":
        return all(part == part.strip() for part in (*names, *texts)) and _is_header_text(
            ",".join((*names, *texts))
        )
    if form.place == "cookie" and form.style == "cookie":
        return all(set(part) <= _COOKIE_OCTETS for part in (*names, *texts))
    return True


def _has_brackets(value: Any) -> bool:
    if not isinstance(value, (list, dict)):
        return value is not None
    members = value.values() if isinstance(value, dict) else value
    names = [*value] if isinstance(value, dict) else []
    return bool(value) and all(
        [
            *(name and not set(name) & set("[]") for name in names),
            *(_has_brackets(member) for member in members),
        ]
    )


def _is_header_text(text: str) -> bool:
    return text.isascii() and text.isprintable() and text == text.strip() != ""


def _text(value: Any) -> str:
    """A scalar as it is written in JSON, a string without its quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
