"""Response bodies: collected up to a cap, decompressed and parsed.

A body that cannot be used raises a `BodyError` whose reason quotes nothing of it.
"""

import re
import zlib
from collections.abc import Mapping
from typing import Any, Final, TypeGuard, cast

import attrs

from chessa_api.errors import DecodeError
from chessa_api.exact_json import loads

from .._credentials import Credentials

_MAX_TEXT: Final = 2_000
_GZIP: Final = 16 + zlib.MAX_WBITS
_CODE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
_REQUEST_ID: Final = re.compile(r"[!-~]{1,128}")


class BodyError(Exception):
    """A body that cannot be used."""


class Collector:
    """The chunks of one body, up to a cap."""

    __slots__ = ("_gathered", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._gathered = bytearray()

    def add(self, chunk: bytes | bytearray) -> None:
        """Add a chunk. Raises `BodyError` past the cap, and keeps what came before."""
        if len(self._gathered) + len(chunk) > self._limit:
            raise BodyError(f"longer than {self._limit} bytes")
        self._gathered += chunk

    def gathered(self) -> bytes:
        """Return all that arrived."""
        return bytes(self._gathered)


def unpack(body: bytes, coding: str | None, limit: int) -> bytes:
    """Decode a content coding: gzip only, complete, and within the cap once decompressed."""
    match (coding or "identity").strip().lower():
        case "identity" | "":
            return body
        case "gzip" | "x-gzip":
            return _gunzip(body, limit)
        case _:
            raise BodyError("a content coding that was not asked for")


def _gunzip(body: bytes, limit: int) -> bytes:
    inflater = zlib.decompressobj(_GZIP)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise BodyError("not the gzip that it claims to be") from None
    if len(plain) > limit:
        raise BodyError(f"longer than {limit} bytes once unpacked")
    if not inflater.eof or inflater.unused_data:
        raise BodyError("gzip that is cut, or followed by something")
    return plain


@attrs.frozen
class ErrorBody:
    """The body of an error response."""

    body: Any = attrs.field(repr=False)
    """Parsed when it was JSON, else its text, cut; None when it was empty."""
    code: str | None = None
    messages: tuple[str, ...] = ()
    envelope_status: int | None = None
    """`statusCode`, when this is the vendor's envelope `{error, message, statusCode}`."""


NO_BODY: Final = ErrorBody(None)


def read_error(body: bytes, credentials: Credentials) -> ErrorBody:
    """Parse the body of an error: JSON, HTML, text or nothing, with the secret removed."""
    body = credentials.scrub(body)
    if not body.strip():
        return NO_BODY
    try:
        value = loads(body)
        if b"\\" in body:  # where the secret may stand in escapes
            value = credentials.scrub_value(value)
    except DecodeError:
        return ErrorBody(body[: 4 * _MAX_TEXT].decode("utf-8", "replace")[:_MAX_TEXT])
    if not isinstance(value, dict):
        return ErrorBody(value)
    envelope = cast("dict[str, Any]", value)
    code, status = envelope.get("error"), envelope.get("statusCode")
    messages = _messages(envelope)
    is_whole = type(code) is str and type(status) is int and bool(messages)
    return ErrorBody(
        envelope, code if type(code) is str else None, messages, status if is_whole else None
    )


def _messages(envelope: Mapping[str, Any]) -> tuple[str, ...]:
    message = envelope.get("message")
    several = message if _is_list(message) else [message]
    return tuple(text for text in several if type(text) is str)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def printable_code(code: str | None) -> str | None:
    """Return a vendor's code if a message or a log may show it."""
    return code if code is not None and _CODE.fullmatch(code) else None


def printable_request_id(value: str | None) -> str | None:
    """Return a request id if a message or a log may show it."""
    return value if value is not None and _REQUEST_ID.fullmatch(value) else None
