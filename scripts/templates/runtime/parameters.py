"""Parameters: the text that a value has in a path, a query, a header or a cookie.

The styles are those of OpenAPI, most of them from RFC 6570. Separators stand between the parts as
they are, the parts are percent-encoded. A part that contains the separator is refused all the same:
many servers decode a text before they split it.
"""

import functools
import re
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

from .errors import EncodeError
from .exact_json import dumps

Style = Literal[
    "simple",
    "label",
    "matrix",
    "form",
    "spaceDelimited",
    "pipeDelimited",
    "deepObject",
    "cookie",
]
Pairs = list[tuple[str, str]]
"""Names and texts, in the order in which they are sent."""
DEFAULT_STYLES: Final[dict[str, Style]] = {"path": "simple", "header": "simple"}
"""By location; `form` anywhere else."""

_UNRESERVED: Final = re.compile("[A-Za-z0-9._~-]*")  # RFC 3986, section 2.3
_TRIPLE: Final = re.compile("(%[0-9A-Fa-f]{2})")
# Of the reserved characters, those that do not end a value there, nor mean a space in it.
_HARMLESS: Final = {
    "path": "!$&'()*+,:;=@",
    "query": "!$'()*,/:;=?@",
    "cookie": "!#$&'()*+/:=?@[]",
}
_COOKIE_TEXT: Final = re.compile(r"[!#-+\--:<-\[\]-~]*")  # RFC 6265, section 4.1.1: cookie-octet
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PREFIXES: Final = {"simple": "", "label": ".", "matrix": ";"}
_SEPARATORS: Final = {"spaceDelimited": " ", "pipeDelimited": "|"}


class Encoded(str):
    """A text that goes into a URL as it is: its parts are percent-encoded already."""

    __slots__ = ()


def percent_encoded(text: str) -> str:
    """Return a text for a URL: all but the unreserved characters of RFC 3986 percent-encoded."""
    if isinstance(text, Encoded) or _UNRESERVED.fullmatch(text):
        return text
    return Encoded(urllib.parse.quote(text, safe=""))


def reserved_expansion(text: str, harmless: str) -> str:
    """Return a text in which `%XX` and these reserved characters stay (`allowReserved`).

    The others are percent-encoded: no server would read them as part of the value.
    """
    parts = _TRIPLE.split(text)
    parts[::2] = [urllib.parse.quote(part, safe=harmless) for part in parts[::2]]
    return Encoded("".join(parts))


def _part_encoder(location: str, style: Style, *, reserved: bool) -> Callable[[str], str]:
    """Return the function that percent-encodes the parts of a value."""
    if not reserved:
        return percent_encoded
    harmless = _HARMLESS[location]
    if style == "matrix":
        harmless = harmless.replace(";", "")
    return functools.partial(reserved_expansion, harmless=harmless)


def serialize(
    location: str,
    name: str,
    value: Any,
    style: Style,
    *,
    explode: bool,
    reserved: bool = False,
    media_type: str | None = None,
) -> Pairs:
    """Return the names and texts of a JSON value as a parameter; none for an empty array or object.

    Texts of a path and a query are `Encoded`, or still to be percent-encoded. Raises `EncodeError`.
    """
    if media_type is not None:
        return [(name, _content(location, value, media_type))]
    if location == "query":
        return in_query(name, value, style, explode=explode, reserved=reserved)
    if location == "cookie":
        return in_cookie(name, value, style, explode=explode, reserved=reserved)
    if value in ([], {}):
        return []
    if location == "path":
        return [(name, in_path(name, value, style, explode=explode, reserved=reserved))]
    return [(name, in_header(value, explode=explode))]


def _content(location: str, value: Any, media_type: str) -> str:
    """Return the text of a value of this media type. JSON in a cookie is percent-encoded."""
    is_json = media_type != "text/plain"
    text = dumps(value).decode("ascii") if is_json else scalar_text(value)
    if location != "cookie":
        return text
    return percent_encoded(text) if is_json else cookie_text(text)


def scalar_text(value: Any) -> str:
    """Return the text of a string, a number or a boolean. Raises `EncodeError`."""
    if isinstance(value, str):
        return str(value)
    if value is None:
        raise EncodeError("null has no form in a parameter")
    if isinstance(value, (dict, list)):
        raise EncodeError("an array or an object has no form within another one in this parameter")
    return dumps(value).decode("ascii")


def in_path(name: str, value: Any, style: Style, *, explode: bool, reserved: bool) -> str:
    """Return a value as a part of a path, the separator that its style begins with included."""
    encode = _part_encoder("path", style, reserved=reserved)
    prefix = _PREFIXES[style]
    name = percent_encoded(name)
    if not isinstance(value, (dict, list)):
        text = encode(scalar_text(value))
        return Encoded(prefix + (_assigned(name, text) if style == "matrix" else text))
    separator = (prefix or ",") if explode else ","
    groups = _groups(value, separator, encode, is_paired=explode)
    if style != "matrix":
        return Encoded(prefix + separator.join(map("=".join, groups)))
    if not explode:
        return Encoded(f";{name}={','.join(map(''.join, groups))}")
    named = groups if isinstance(value, dict) else [(name, *group) for group in groups]
    return Encoded("".join(f";{_assigned(*group)}" for group in named))


def in_query(name: str, value: Any, style: Style, *, explode: bool, reserved: bool) -> Pairs:
    """Return a value as names and values of a query, none for an empty array or object."""
    part = _part_encoder("query", style, reserved=reserved)
    whole = part if reserved else str
    if style == "deepObject":
        return [(each, whole(text)) for each, text in _bracketed(name, value)]
    if explode and style != "form" and isinstance(value, dict):
        raise EncodeError("an object has no exploded form in this style")
    return _named(name, value, _SEPARATORS.get(style, ","), whole, part, explode=explode)


def in_header(value: Any, *, explode: bool) -> str:
    """Return a value as that of a header."""
    if not isinstance(value, (dict, list)):
        return scalar_text(value)
    groups = _groups(value, ",", str, is_paired=explode)
    if any(text != text.strip() for group in groups for text in group):
        raise EncodeError("an item begins or ends with a space, which a header does not keep")
    return ",".join(map("=".join, groups))


def in_cookie(name: str, value: Any, style: Style, *, explode: bool, reserved: bool) -> Pairs:
    """Return a value as cookies, none for an empty array or object.

    Texts of the style `form` are percent-encoded, those of `cookie` sent as they are. Several
    values are several cookies: `&`, which RFC 6570 has for them, would be part of the first.
    """
    is_encoded = style == "form"
    encode = _part_encoder("cookie", style, reserved=reserved) if is_encoded else cookie_text
    pairs = _named(name, value, ",", encode, encode, explode=explode)
    if not all(_TOKEN.fullmatch(each) for each, _ in pairs):
        raise EncodeError("a name in it cannot be that of a cookie")
    return pairs


def cookie_text(text: str) -> str:
    """Return a text that can be the value of a cookie. Raises `EncodeError`."""
    if _COOKIE_TEXT.fullmatch(text):
        return text
    raise EncodeError(
        "a cookie holds printable ASCII only, and no space, quote, comma, semicolon or backslash"
    )


def _named(
    name: str,
    value: Any,
    separator: str,
    whole: Callable[[str], str],
    part: Callable[[str], str],
    *,
    explode: bool,
) -> Pairs:
    """Return one pair, or exploded one for each item or member of an array or object."""
    if not isinstance(value, (dict, list)):
        return [(name, whole(scalar_text(value)))]
    if not explode and value:
        groups = _groups(value, separator, part, is_paired=False)
        joined = (separator if separator == "," else percent_encoded(separator)).join(
            text for group in groups for text in group
        )
        return [(name, Encoded(joined))]
    if isinstance(value, dict):
        return [(_key(key), whole(scalar_text(member))) for key, member in value.items()]
    return [(name, whole(scalar_text(item))) for item in value]


def _groups(
    value: Any, separator: str, encode: Callable[[str], str], *, is_paired: bool
) -> list[tuple[str, ...]]:
    """Return the encoded texts between the separators: of one item each, or of a key and a value.

    Refuses what a server could not split into the same texts.
    """
    if isinstance(value, dict):
        members = [(_key(key), scalar_text(member)) for key, member in value.items()]
        groups = members if is_paired else [(text,) for member in members for text in member]
        if is_paired and any("=" in key for key, _ in members):
            raise EncodeError("a name in it contains '=', which ends the name")
    else:
        groups = [(scalar_text(item),) for item in value]
    if any(separator in text for group in groups for text in group):
        raise EncodeError(f"an item contains {separator!r}, the list separator")
    if groups == [("",)]:
        raise EncodeError("a list of one empty text has no form in this parameter")
    return [tuple(map(encode, group)) for group in groups]


def _assigned(name: str, text: str) -> str:
    return f"{name}={text}" if text else name


def _key(key: str) -> str:
    if key:
        return key
    raise EncodeError("a name in it is empty")


def _bracketed(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield a value by names with brackets: `filter[a][b]`, `filter[a][0]` for items of an array.

    OpenAPI leaves arrays open. With their index they are read by qs (its own form), PHP, ASP.NET
    and Stripe, and items that are objects stay together, which `filter[a][]` does not say.
    """
    if not isinstance(value, (dict, list)):
        yield name, scalar_text(value)
        return
    for key, member in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(member, (dict, list)) and not member:
            raise EncodeError("an empty array or object has no form within another one")
        if isinstance(key, str) and set(_key(key)) & set("[]"):
            raise EncodeError("a name in it contains a bracket, which ends the name")
        yield from _bracketed(f"{name}[{key}]", member)
