"""Values that may be of several kinds (oneOf, anyOf): which kind fits best.

A discriminator decides where there is one. Otherwise scalars go to the first kind that takes them,
and objects to the model that leaves least over: fewest misfits, then fewest unknown keys, then the
most known ones, then the order of the spec.
"""

from collections.abc import Mapping
from typing import Any

from .codecs import Codec, Misfit
from .errors import EncodeError
from .model import Model


def union(*kinds: Codec) -> Codec:
    """What any of `kinds` takes."""

    def decode(value: Any) -> Any:
        decoded = [kind.decode(value) for kind in kinds]
        fitting = [candidate for candidate in decoded if not isinstance(candidate, Misfit)]
        if not fitting:
            return Misfit("fits none of the documented kinds")
        return min(fitting, key=_left_over)

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


def _left_over(candidate: Any) -> tuple[int, int, int]:
    if isinstance(candidate, Model):
        return (
            len(candidate.misfits),
            len(candidate.additional_properties),
            -sum(1 for _ in candidate._fields()),
        )
    members = candidate.values() if isinstance(candidate, dict) else candidate
    found = [_left_over(item) for item in members] if isinstance(candidate, (dict, list)) else []
    return (sum(f[0] for f in found), sum(f[1] for f in found), sum(f[2] for f in found))
