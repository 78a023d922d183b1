"""Arguments of an operation, and the wire form that they take in one call."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import attrs

from .codecs import Codec
from .parameters import DEFAULT_STYLES, Pairs, Style, serialize

Location = Literal["path", "query", "header", "cookie", "member", "body"]


def _default_style(argument: "Argument") -> Style:
    return DEFAULT_STYLES.get(argument.location, "form")


def _default_explode(argument: "Argument") -> bool:
    return argument.style in ("form", "cookie")


def _is_plain(argument: "Argument") -> bool:
    is_changed = argument.allow_reserved or argument.media_type or argument.location == "cookie"
    return not is_changed and argument.style in ("simple", "form")


@attrs.frozen
class Argument:
    """One argument of an operation. `member`: of a JSON object body; `body`: the body itself.

    The attributes of a parameter are those of OpenAPI, with its defaults.
    """

    name: str
    wire: str
    location: Location
    codec: Codec
    required: bool = False
    style: Style = attrs.field(default=attrs.Factory(_default_style, takes_self=True))
    explode: bool = attrs.field(default=attrs.Factory(_default_explode, takes_self=True))
    allow_reserved: bool = False
    allow_empty_value: bool = False
    """True if `""` may be given in place of any other value."""
    media_type: str | None = None
    """`application/json` or `text/plain`, of a parameter that is described by `content`."""

    is_plain: bool = attrs.field(init=False, default=attrs.Factory(_is_plain, takes_self=True))
    """True if the text of a string is the string."""

    def pairs(self, value: object) -> Pairs:
        """Return the names and texts of a parameter; none for an empty array or object.

        Raises `EncodeError`.
        """
        if self.allow_empty_value and value == "":
            return [(self.wire, "")]
        encoded = self.codec.encode(value)
        if self.is_plain and encoded.__class__ is str:
            return [(self.wire, encoded)]
        return serialize(
            self.location,
            self.wire,
            encoded,
            self.style,
            explode=self.explode,
            reserved=self.allow_reserved,
            media_type=self.media_type,
        )


class BoundArguments(NamedTuple):
    """The arguments of one call in their wire form.

    Texts of path and query are not yet percent-encoded, unless they are `Encoded`.
    """

    path: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: Any
    """A JSON value, the members of a form, a text, a file; `UNSET` where the call has no body."""
    cookies: tuple[tuple[str, str], ...] = ()
