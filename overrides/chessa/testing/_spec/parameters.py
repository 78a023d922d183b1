"""The parameters of a request, as JSON values to check.

Each style is split before it is decoded, so that a percent-encoded separator belongs to a value.
"""

import re
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias, cast

import attrs

from chessa_api.errors import DecodeError
from chessa_api.exact_json import loads

from .document import is_object
from .schemas import Schemas, number, types_of

Json = Mapping[str, Any]
Pairs: TypeAlias = list[tuple[str, str]]
Texts: TypeAlias = Any
"""A text, a list of texts, or an object of texts, nested in brackets."""
MISSING: Final = object()

_IGNORED: Final = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that OpenAPI says to ignore."""
_STYLES: Final = {"query": "form", "cookie": "form"}
_SEPARATORS: Final = {"spaceDelimited": r"%20|\+| ", "pipeDelimited": r"%7C|\|"}
_DECODED: Final[Mapping[str, Callable[[str], str]]] = {"cookie": str}
"""By style of a cookie."""
_BRACKETS: Final = re.compile(r"\[([^\[\]]*)\]")


@attrs.frozen
class Parts:
    """The parts of a request that hold parameters, percent-encoded as they arrived."""

    path: Mapping[str, str]
    query: Pairs
    headers: Mapping[str, str]
    """By lower-case name."""
    cookies: Pairs

    @classmethod
    def of(cls, path: Mapping[str, str], query: str, headers: Mapping[str, str]) -> "Parts":
        """Split a query, and the cookies."""
        cookies = [each.strip() for each in headers.get("cookie", "").split(";")]
        named = [(_decoded(name), text) for name, text in _pairs(query.split("&"))]
        return cls(path, named, headers, _pairs(cookies))


def _pairs(texts: list[str]) -> Pairs:
    split = (text.partition("=") for text in texts if text)
    return [(name, text) for name, _, text in split]


def is_ignored(parameter: Json) -> bool:
    """Return whether OpenAPI ignores this parameter."""
    return parameter["in"] == "header" and parameter["name"].lower() in _IGNORED


def schema_of(parameter: Json) -> Json:
    """The schema of a parameter, its own or that of its content."""
    for media in parameter.get("content", {}).values():
        schema: Json = media.get("schema", {})
        return schema
    own: Json = parameter.get("schema", {})
    return own


class Reader:
    """Reads the parameters of one request to an operation."""

    def __init__(self, parameters: tuple[Json, ...], parts: Parts, schemas: Schemas) -> None:
        self._names: dict[str, list[str]] = {}
        for each in parameters:
            self._names.setdefault(each["in"], []).append(each["name"])
        self._parts = parts
        self._schemas = schemas

    def read(self, parameter: Json) -> Any:
        """Return the JSON value of a parameter, `MISSING` where it was not sent.

        The first reading that the schema allows; the first of all where it allows none.
        """
        if "content" in parameter:
            return self._content(parameter)
        schema = self._schemas.merged(schema_of(parameter))
        readings: list[Any] = []
        for kind, alternative in _kinds(schema, self._schemas):
            texts = self._texts(parameter, kind, alternative)
            if texts is not MISSING:
                readings.append(self._typed(texts, alternative))
                if self._schemas.allows(readings[-1], schema, "request"):
                    return readings[-1]
        return readings[0] if readings else MISSING

    def is_empty(self, parameter: Json) -> bool:
        """Return whether a parameter is the empty text that `allowEmptyValue` allows."""
        is_query = parameter["in"] == "query" and parameter.get("allowEmptyValue") is True
        return is_query and (parameter["name"], "") in self._parts.query

    def _content(self, parameter: Json) -> Any:
        is_text = next(iter(parameter["content"])).startswith("text/")
        style = "cookie" if is_text and parameter["in"] == "cookie" else "simple"
        text = self._texts({**parameter, "style": style}, "text", {})
        if text is MISSING or is_text:
            return text
        try:
            return loads(text)
        except DecodeError:
            return text

    # --- texts

    def _texts(self, parameter: Json, kind: str, schema: Json) -> Texts:
        """Return the decoded texts of a parameter, in the structure of a kind."""
        name, place = parameter["name"], parameter["in"]
        style = parameter.get("style", _STYLES.get(place, "simple"))
        explode = parameter.get("explode", style in ("form", "cookie"))
        if place == "path":
            raw = self._parts.path.get(name)
            return MISSING if raw is None else _in_path(raw, style, kind, explode=explode)
        if place == "header":
            raw = self._parts.headers.get(name.lower())
            texts = raw if raw is None or kind == "text" else re.split(r"[ \t]*,[ \t]*", raw)
            return MISSING if texts is None else _structure(texts, kind, str, explode=explode)
        pairs = self._parts.query if place == "query" else self._parts.cookies
        decode = _decoded if place == "query" else _DECODED.get(style, urllib.parse.unquote)
        if style == "deepObject":
            return _in_brackets(name, pairs)
        if explode and kind == "object":
            members = {
                key: decode(text) for key, text in pairs if self._is_member(key, place, schema)
            }
            return members or MISSING
        found = [text for key, text in pairs if key == name]
        if not found:
            return MISSING
        if explode or kind == "text":
            return [*map(decode, found)] if kind == "array" else decode(found[0])
        texts = re.split(_SEPARATORS.get(style, ","), found[0], flags=re.IGNORECASE)
        return _structure(texts, kind, decode, explode=False)

    def _is_member(self, key: str, place: str, schema: Json) -> bool:
        """Return whether a name is one of an exploded object: no other parameter has it."""
        if key in schema.get("properties", {}):
            return True
        is_other = any(key == name or key.startswith(f"{name}[") for name in self._names[place])
        return schema.get("additionalProperties") is not False and not is_other

    # --- values

    def _typed(self, texts: Texts, schema: Json) -> Any:
        """Return texts as the schema has them."""
        readings = [self._as(texts, each) for _, each in _kinds(schema, self._schemas)]
        allowed = (each for each in readings if self._schemas.allows(each, schema, "request"))
        return next(allowed, readings[0])

    def _as(self, texts: Texts, schema: Json) -> Any:
        types = types_of(schema)
        if isinstance(texts, str):
            return _scalar(texts, schema, self._schemas)
        if is_object(texts) and "array" in types:
            texts = [texts[key] for key in sorted(texts, key=lambda key: (len(key), key))]
        if not is_object(texts):
            items = self._schemas.merged(schema.get("items", {}))
            return [self._typed(text, items) for text in texts]
        known, rest = schema.get("properties", {}), schema.get("additionalProperties", {})
        return {
            key: self._typed(text, self._schemas.merged(known.get(key, rest)))
            for key, text in texts.items()
        }


def _kinds(schema: Json, schemas: Schemas) -> Iterator[tuple[str, Json]]:
    """Yield the structures that a schema allows, each with the schema that does."""
    variants = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    for variant in variants:
        yield from _kinds(schemas.merged(variant), schemas)
    if not variants:
        kinds = [each if each in ("array", "object") else "text" for each in types_of(schema)]
        yield from ((kind, schema) for kind in dict.fromkeys(kinds or ["text"]))


def _in_path(raw: str, style: str, kind: str, *, explode: bool) -> Texts:
    if style == "matrix":
        text = raw.partition("=")[2]
        texts = raw.removeprefix(";").split(";") if explode else text.split(",")
        if explode and kind == "array":
            texts = [each.partition("=")[2] for each in texts]
    else:
        text = raw.removeprefix(".") if style == "label" else raw
        texts = text.split("." if style == "label" and explode else ",")
    return _structure(
        text if kind == "text" else texts, kind, urllib.parse.unquote, explode=explode
    )


def _structure(texts: Texts, kind: str, decode: Callable[[str], str], *, explode: bool) -> Texts:
    """Return decoded texts: as one, as a list, or as names and values in turn."""
    if kind == "text":
        return decode(texts)
    if kind == "array":
        return [*map(decode, texts)]
    if explode:
        pairs = [each.partition("=")[::2] for each in texts]
    else:
        pairs = [*zip(texts[::2], texts[1::2], strict=False)]
    return {decode(key): decode(text) for key, text in pairs}


def _in_brackets(name: str, pairs: Pairs) -> Texts:
    """Return what names such as `filter[a][0]` hold; items of arrays by their index."""
    found: dict[str, Any] = {}
    for key, text in pairs:
        inner = key.removeprefix(name)
        steps = _BRACKETS.findall(inner)
        if not key.startswith(name) or "".join(f"[{each}]" for each in steps) != inner:
            continue
        if not steps:
            return _decoded(text)
        holder = found
        for step in steps[:-1]:
            inner_holder: Any = holder.setdefault(step, {})
            if not isinstance(inner_holder, dict):
                return MISSING
            holder = cast("dict[str, Any]", inner_holder)
        holder[steps[-1]] = _decoded(text)
    return found or MISSING


def _decoded(text: str) -> str:
    return urllib.parse.unquote(text.replace("+", " "))


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
