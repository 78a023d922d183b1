"""The form of a parameter's text: OpenAPI's `style` and what goes with it, or `content`."""

import re
from collections.abc import Mapping
from typing import Any, Final

from chessa_codegen.document.refs import Where, place
from chessa_codegen.errors import SpecError
from chessa_codegen.ir import types
from chessa_codegen.ir.plan import ArgumentPlan, ModelPlan, WireForm
from chessa_codegen.ir.types import Shape

_STYLES: Final[Mapping[str, tuple[str, ...]]] = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form", "cookie"),
}
QUERY_STYLES: Final = _STYLES["query"]
_EXPLODED: Final = ("form", "cookie")
_ENCODED: Final = frozenset(
    {("path", style) for style in _STYLES["path"]}
    | {("query", style) for style in _STYLES["query"]}
    | {("cookie", "form")}
)
"""Where values are percent-encoded, so that `allowReserved` means something."""
_MEDIA_TYPE: Final = re.compile(r"(application/json|text/plain)(\s*;.*)?", re.IGNORECASE)
_COOKIE_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token of RFC 9110


def default_style(location: str) -> str:
    """Return the style of a parameter that names none."""
    return _STYLES[location][0]


def media_of(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the media type object of a parameter that is described by `content`, else nothing."""
    content: Mapping[str, Any] = raw.get("content") or {}
    return next(iter(content.values()), {})


def schema_of(raw: Mapping[str, Any], where: Where) -> tuple[Any, Where]:
    """Return the schema of a parameter, and its place."""
    if "schema" in raw:
        return raw["schema"], (*where, "schema")
    name = next(iter(raw["content"]))
    return media_of(raw).get("schema", True), (*where, "content", name, "schema")


def form_of(raw: Mapping[str, Any], where: Where, version: str) -> WireForm:
    """Return the form of a parameter of a document of this version of OpenAPI.

    Raises `SpecError` for one that is not supported.
    """
    key, location = raw["name"], raw["in"]
    if location == "querystring":
        raise SpecError(
            f"The parameter {key!r} is the complete query of the request (in: querystring), which "
            "is not supported.",
            place(where),
            "Describe each name of the query as a parameter of its own, in: query, by the overlay.",
        )
    style = raw.get("style") or default_style(location)
    if style not in _STYLES[location]:
        raise SpecError(
            f"The parameter {key!r} is in {location} with the style {style}, which is not "
            "supported.",
            place(where),
            "Give it a style that OpenAPI has there, by the overlay.",
        )
    if location == "cookie" and not _COOKIE_NAME.fullmatch(key):
        raise SpecError(
            f"No cookie can have the name {key!r}.",
            place((*where, "name")),
            "Use letters, digits and - . _ in it.",
        )
    if "schema" not in raw:
        return WireForm(media_type=_media_type(raw, where))
    explode = raw.get("explode", style in _EXPLODED)
    is_usual = style == "deepObject" or explode == (style in _EXPLODED)
    return WireForm(
        style=None if style == default_style(location) else style,
        explode=None if is_usual else explode,
        allow_reserved=raw.get("allowReserved") is True and _keeps(location, style, version),
        allow_empty_value=location == "query" and raw.get("allowEmptyValue") is True,
    )


def _keeps(location: str, style: str, version: str) -> bool:
    """Return whether `allowReserved` applies: before OpenAPI 3.2 in a query only."""
    is_new = not version.startswith(("3.0", "3.1"))
    return (location, style) in _ENCODED and (is_new or location == "query")


def _media_type(raw: Mapping[str, Any], where: Where) -> str:
    name = next(iter(raw["content"]))
    if found := _MEDIA_TYPE.fullmatch(name):
        return found[1].lower()
    raise SpecError(
        f"The {raw['in']} parameter {raw['name']!r} is {name}, which is not supported in a "
        "parameter.",
        place((*where, "content")),
        "If the server reads JSON or plain text there, describe it as application/json or "
        "text/plain by the overlay.",
    )


def is_text(argument: ArgumentPlan) -> bool:
    """Return whether the text of a parameter is its value, as a Link would pass it on."""
    form = argument.form
    is_usual = form.style not in ("label", "matrix") and not form.allow_reserved
    return is_usual and not form.media_type and _is_scalar(argument.shape)


def described(argument: ArgumentPlan) -> str:
    """Return the form of a parameter in a message for people."""
    form = argument.form
    if form.media_type:
        return f"as {form.media_type}"
    style = form.style or default_style(argument.location)
    is_exploded = form.explode if form.explode is not None else style in _EXPLODED
    return f"in the style {style}{' exploded' * is_exploded}"


def fits(argument: ArgumentPlan, models: Mapping[str, ModelPlan]) -> bool:
    """Return whether every value of a parameter has a text; null and free JSON are not judged.

    OpenAPI leaves open: arrays and objects within others (but with brackets), and exploded objects
    that are delimited by spaces or pipes.
    """
    form, shape = argument.form, argument.shape
    style = form.style or default_style(argument.location)
    if form.media_type == "text/plain":
        return _is_scalar(shape)
    if form.media_type or style == "deepObject":
        return True
    takes_objects = not (form.explode and style in ("spaceDelimited", "pipeDelimited"))
    return _is_flat(types.without_null(shape), models, takes_objects=takes_objects)


def _is_flat(shape: Shape, models: Mapping[str, ModelPlan], *, takes_objects: bool) -> bool:
    match shape:
        case types.Array(item):
            return _is_scalar(item)
        case types.Dictionary(value):
            return takes_objects and _is_scalar(value)
        case types.ModelRef(name):
            sent = (field.shape for field in models[name].fields if not field.read_only)
            return takes_objects and all(map(_is_scalar, sent))
        case types.Union(kinds):
            return all(_is_flat(kind, models, takes_objects=takes_objects) for kind in kinds)
        case _:
            return _is_scalar(shape)


def _is_scalar(shape: Shape) -> bool:
    match types.without_null(shape):
        case types.Scalar() | types.Constant() | types.EnumRef():
            return True
        case types.Union(kinds):
            return all(map(_is_scalar, kinds))
        case _:
            return False
