"""Values that may be of several kinds (oneOf, anyOf): which kind fits best.

A discriminator decides where there is one. Otherwise it is the kind that leaves least over: fewest
misfits, then fewest values that the spec does not list (enums, constants) or documents in another
JSON type, then fewest unknown keys, then the most known ones, then the order of the spec.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final

from .codecs import Codec, Misfit
from .errors import EncodeError
from .model import Model

_Decoded = dict[tuple[object, int], Any]
_DECODED: Final[ContextVar[_Decoded | None]] = ContextVar("decoded", default=None)
"""What the objects of one answer were read into, by class: kinds that hold each other would read
them again at every level."""


def union(*kinds: Codec) -> Codec:
    """What any of `kinds` takes."""

    def decode(value: Any) -> Any:
        decoded = _DECODED.get()
        if decoded is not None:
            return _best(kinds, value, decoded)
        decoded = {}
        token = _DECODED.set(decoded)
        try:
            return _best(kinds, value, decoded)
        finally:
            _DECODED.reset(token)

    def encode(value: Any) -> Any:
        for kind in kinds:
            try:
                return kind.encode(value)
            except EncodeError:
                continue
        raise EncodeError(f"a {type(value).__name__} is none of the kinds that are taken here")

    return Codec(decode, encode)


def discriminated(name: str, kinds: Mapping[str, Codec], *others: Codec) -> Codec:
    """What the discriminating property `name` says; else whatever of all kinds fits best."""
    fallback = union(*kinds.values(), *others)

    def decode(value: Any) -> Any:
        said = value.get(name) if isinstance(value, Mapping) else None
        kind = kinds.get(said) if isinstance(said, str) else None
        return fallback.decode(value) if kind is None else kind.decode(value)

    return Codec(decode, fallback.encode)


def _best(kinds: tuple[Codec, ...], value: Any, decoded: _Decoded) -> Any:
    candidates = [(_decoded(kind, value, decoded), kind) for kind in kinds]
    fitting = [(one, kind) for one, kind in candidates if not isinstance(one, Misfit)]
    if not fitting:
        return Misfit("fits none of the documented kinds")
    return min(fitting, key=lambda found: _left_over(found[0], found[1], value))[0]


def _decoded(kind: Codec, value: Any, decoded: _Decoded) -> Any:
    if kind.find is None:
        return kind.decode(value)
    key = kind.find(), id(value)
    if key not in decoded:
        decoded[key] = kind.decode(value)
    return decoded[key]


def _left_over(candidate: Any, kind: Codec, value: Any) -> tuple[int, int, int, int]:
    misfits, unlisted, unknown, known = _of_models(candidate)
    if kind.known is not None and candidate is not None and candidate not in kind.known:
        unlisted += 1
    if kind.native and not isinstance(value, kind.native):
        unlisted += 1
    return misfits, unlisted, unknown, known


def _of_models(candidate: Any) -> tuple[int, int, int, int]:
    """The same of a model, or of all the models in an array or a map."""
    if isinstance(candidate, Model):
        fields = dict(candidate._fields())
        listed = {a.name: a.metadata["codec"].known for a in candidate.__attrs_attrs__}
        unlisted = sum(
            value is not None and listed[name] is not None and value not in listed[name]
            for name, value in fields.items()
        )
        return (
            len(candidate.misfits),
            unlisted,
            len(candidate.additional_properties),
            -len(fields),
        )
    members = candidate.values() if isinstance(candidate, dict) else candidate
    if not isinstance(candidate, (dict, list)):
        return 0, 0, 0, 0
    found = [_of_models(item) for item in members]
    return (
        sum(one[0] for one in found),
        sum(one[1] for one in found),
        sum(one[2] for one in found),
        sum(one[3] for one in found),
    )
