"""Values that may be of several kinds (oneOf, anyOf), and the choice of the best fit.

A discriminator decides where there is one. Otherwise it is the kind that leaves least over: fewest
misfits, then fewest values that the spec does not list (enums, constants, at any depth) or
documents in another JSON type, then fewest unknown keys, then the most known ones, then the order
of the spec.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, Final

import attrs

from .codecs import Codec, Misfit
from .errors import EncodeError
from .exact_json import dumps, loads
from .model import Model

_Decoded = dict[tuple[object, int], Any]
_DECODED: Final[ContextVar[_Decoded | None]] = ContextVar("decoded", default=None)
"""The decoded objects of one response, by class: without it, kinds that hold each other would be
decoded again at every level."""


def union(*kinds: Codec, listed: tuple[str, ...] = ()) -> Codec:
    """Return a codec of any of `kinds`; `listed` are the values that the schema of each lists."""
    listings = [loads(text) for text in listed] or [None] * len(kinds)
    told = tuple(zip(kinds, listings, strict=True))

    def encode(value: Any) -> Any:
        for kind in kinds:
            try:
                return kind.encode(value)
            except EncodeError:
                continue
        raise EncodeError(f"a {type(value).__name__} is none of the kinds that are taken here")

    return Codec(_once(lambda value, decoded: _best(told, value, decoded)), encode)


def _once(read: Callable[[Any, _Decoded], Any]) -> Callable[[Any], Any]:
    """Return a decoder that is given the objects of this response decoded so far."""

    def decode(value: Any) -> Any:
        decoded = _DECODED.get()
        if decoded is not None:
            return read(value, decoded)
        decoded = {}
        token = _DECODED.set(decoded)
        try:
            return read(value, decoded)
        finally:
            _DECODED.reset(token)

    return decode


def recursive(build: Callable[[Codec], Codec]) -> Codec:
    """Return a codec that holds itself: `build` makes it of the one returned."""

    def read(value: Any, decoded: _Decoded) -> Any:
        key = itself, id(value)
        if key not in decoded:
            try:
                decoded[key] = inner.decode(value)
            except RecursionError:
                decoded[key] = Misfit("is nested too deep")
        return decoded[key]

    itself = Codec(_once(read), lambda value: inner.encode(value))
    inner = build(itself)
    return itself


def discriminated(
    name: str, kinds: Mapping[str, Codec], *others: Codec, listed: tuple[str, ...] = ()
) -> Codec:
    """Return a codec that reads the kind from the property `name`, else takes the best fit."""
    fallback = union(*kinds.values(), *others, listed=listed)

    def decode(value: Any) -> Any:
        said = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(said, int):  # a boolean is one too
            said = dumps(said).decode()
        kind = kinds.get(said) if isinstance(said, str) else None
        return fallback.decode(value) if kind is None else kind.decode(value)

    return Codec(decode, fallback.encode)


def _best(kinds: tuple[tuple[Codec, Any], ...], value: Any, decoded: _Decoded) -> Any:
    candidates = [(_decoded(kind, value, decoded), kind, listing) for kind, listing in kinds]
    fitting = [found for found in candidates if not isinstance(found[0], Misfit)]
    if not fitting:
        return Misfit("fits none of the documented kinds")
    return min(fitting, key=lambda found: _left_over(found[0], found[1], found[2], value))[0]


def _decoded(kind: Codec, value: Any, decoded: _Decoded) -> Any:
    if kind.find is None or not isinstance(value, Mapping):
        return kind.decode(value)
    key = kind.find(), id(value)
    if key not in decoded:
        decoded[key] = kind.decode(value)
    return decoded[key]


def _left_over(candidate: Any, kind: Codec, listing: Any, value: Any) -> tuple[int, int, int, int]:
    misfits, unlisted, unknown, known = _of_models(candidate)
    unlisted += _unlisted(listing, value)
    if kind.known is not None and candidate is not None and candidate not in kind.known:
        unlisted += 1
    if kind.native and not isinstance(value, kind.native):
        unlisted += 1
    return misfits, unlisted, unknown, known


def _unlisted(listing: Any, value: Any) -> int:
    """Count the values that a schema does not list where it lists some; `[]` is of all others."""
    if isinstance(listing, list):
        return value is not None and not any(_is_same(value, one) for one in listing)
    if listing is None or not isinstance(value, (Mapping, list)):
        return 0
    members = (
        value.items()
        if isinstance(value, Mapping)
        else ((f"[{number}]", item) for number, item in enumerate(value))
    )
    return sum(_unlisted(listing.get(key, listing.get("[]")), one) for key, one in members)


def _is_same(value: Any, listed: Any) -> bool:
    """Compare as JSON does: true is not 1, and a number without a fraction is an integer."""
    return isinstance(value, bool) is isinstance(listed, bool) and bool(value == listed)


def _of_models(candidate: Any) -> tuple[int, int, int, int]:
    """Return the same counts of a model, or of all the models in an array or a map."""
    if isinstance(candidate, Model):
        fields = dict(candidate._fields())
        listed = {a.name: a.metadata["codec"].known for a in candidate.__attrs_attrs__}
        unlisted = sum(
            value is not None and listed[name] is not None and value not in listed[name]
            for name, value in fields.items()
        )
        unlisted += sum(  # fields that the vendor requires
            a.default is attrs.NOTHING and a.name not in fields for a in candidate.__attrs_attrs__
        )
        return (
            len(candidate.misfits),
            unlisted,
            len(candidate.additional_properties),
            -len(fields),
        )
    members = candidate.values() if isinstance(candidate, dict) else candidate
    if not isinstance(candidate, (dict, list, tuple)):
        return 0, 0, 0, 0
    found = [_of_models(item) for item in members]
    return (
        sum(one[0] for one in found),
        sum(one[1] for one in found),
        sum(one[2] for one in found),
        sum(one[3] for one in found),
    )
