"""Fingerprints of arguments: keyed, so that the arguments cannot be found from one by trying."""

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Self, cast

from chessa_api.arguments import BoundArguments
from chessa_api.parameters import percent_encoded
from chessa_api.types import UNSET

from .._credentials import Opaque, variable
from .._errors import ConfigurationError
from .._interruptions import reading

VARIABLE: Final = "CHESSA_JOURNAL_KEY"
_SHORTEST: Final = 16
_FORM: Final = "1"
"""The version of the canonical form that fingerprints are made from."""


class FingerprintKeys(Opaque):
    """The keys of fingerprints: the first makes new ones, all verify."""

    __slots__ = ("_keys",)

    def __init__(self, given: object) -> None:
        several = cast("Any", given if isinstance(given, list | tuple) else [given])
        keys = [each.encode() if isinstance(each, str) else each for each in several]
        are_keys = all(isinstance(key, bytes) and len(key) >= _SHORTEST for key in keys)
        self._keys: tuple[bytes, ...] = tuple(keys) if are_keys else ()

    def checked(self) -> Self:
        """Return the keys. Raises `ConfigurationError`, which shows none."""
        if self._keys:
            return self
        raise ConfigurationError(
            f"fingerprint_key, or {VARIABLE} in the environment, must be a secret of {_SHORTEST} "
            "characters or more, the same in every process; or a list of them."
        )

    def make(self, canonical: bytes) -> str:
        """Return the fingerprint of arguments."""
        return _fingerprint(self._keys[0], canonical)

    def match(self, fingerprint: str | None, canonical: bytes) -> bool:
        """Return whether a fingerprint is of these arguments; without one it is not."""
        made = [_fingerprint(key, canonical) for key in self._keys]
        return any(hmac.compare_digest(fingerprint or "", each) for each in made)

    def know(self, fingerprint: str | None) -> bool:
        """Return whether one of the keys made it; true without a fingerprint."""
        return fingerprint is None or fingerprint.split(":")[1] in map(_name, self._keys)

    def __repr__(self) -> str:
        return "FingerprintKeys(…)"


def _fingerprint(key: bytes, canonical: bytes) -> str:
    return f"{_FORM}:{_name(key)}:{hmac.new(key, canonical, hashlib.sha256).hexdigest()}"


def _name(key: bytes) -> str:
    """Return a name of a key, to tell keys apart."""
    return hmac.new(key, b"chessa fingerprint key", hashlib.sha256).hexdigest()[:8]


def default_keys(file: Path | None) -> FingerprintKeys:
    """Return the key of the environment, else that of a file, which is made if it is missing."""
    found = variable(VARIABLE)
    return FingerprintKeys(_key_of(file) if found is None else found.reveal())


def _key_of(file: Path | None) -> bytes | None:
    """Read the key of a file. The process that makes it names it when it is complete."""
    if file is None:
        return None
    try:
        if not file.exists():
            handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}")
            with os.fdopen(handle, "wb") as new:
                new.write(secrets.token_hex(32).encode("ascii"))
                new.flush()
                os.fsync(handle)
            with contextlib.suppress(FileExistsError):  # another process was first
                os.link(name, file)
            os.unlink(name)  # noqa: PTH108
        return file.read_bytes()
    except OSError as error:
        cause = error.strerror or type(error).__name__
    raise ConfigurationError(f"The key file next to the journal cannot be used: {cause}.")


def canonical(bound: BoundArguments, extra: Mapping[str, object]) -> bytes:
    """Return arguments in a canonical form: order of names and notation of numbers are one."""
    values = {
        "path": {name: percent_encoded(text) for name, text in bound.path.items()},
        "query": _by_name((name, percent_encoded(text)) for name, text in bound.query),
        "headers": _by_name(bound.headers),
        "body": None if bound.body is UNSET else [bound.body],
        **({"cookies": _by_name(bound.cookies)} if bound.cookies else {}),
        **extra,
    }
    return json.dumps(_tagged(values), sort_keys=True, ensure_ascii=True).encode("ascii")


def _by_name(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Sort pairs by name: the order of those of one name is that of an array."""
    return sorted(pairs, key=lambda pair: pair[0])


def _tagged(value: Any) -> Any:
    """Write each scalar as a text that starts with its type."""
    if isinstance(value, Mapping):
        return {str(key): _tagged(item) for key, item in cast("Any", value).items()}
    if isinstance(value, list | tuple):
        return [_tagged(item) for item in cast("Any", value)]
    if isinstance(value, bool) or value is None:
        return f"c{value}"
    if hasattr(value, "sha256"):  # a file to send: its content counts, and not where it comes from
        return [f"f{reading(value.sha256)}", f"s{value.name}", f"s{value.media_type}"]
    if isinstance(value, int | Decimal):
        return _number(Decimal(value))
    return f"s{value}"


def _number(value: Decimal) -> str:
    """Write a number in one notation, exactly: `Decimal.normalize` rounds by the context."""
    sign, digits, exponent = value.as_tuple()
    text = "".join(map(str, digits))
    significant = text.strip("0")
    if not significant:
        return "n0"
    places = int(exponent) + len(text) - len(text.rstrip("0"))
    return f"n{'-' * sign}{significant}E{places}"
