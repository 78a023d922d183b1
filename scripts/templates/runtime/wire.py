"""The words that model classes and operations are written in: which key, which kind, how sure.

status: models.RefundStatus = attrs.field(metadata=wire.required("status", wire.STRING))
created_at: datetime.datetime = wire.documented("createdAt", wire.DATE_TIME)
bank_code: str | None = wire.optional("bankCode", wire.STRING)
"""

from typing import Any

import attrs

from .codecs import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DECIMAL,
    INTEGER,
    JSON,
    NUMBER,
    STRING,
    array,
    constant,
    mapping,
    model,
    nullable,
    open_enum,
    open_int_enum,
)
from .codecs import Codec as _Codec
from .types import ABSENT as _ABSENT
from .unions import discriminated, union

__all__ = [
    "BOOLEAN",
    "DATE",
    "DATE_TIME",
    "DECIMAL",
    "INTEGER",
    "JSON",
    "NUMBER",
    "STRING",
    "array",
    "constant",
    "discriminated",
    "documented",
    "mapping",
    "model",
    "nullable",
    "open_enum",
    "open_int_enum",
    "optional",
    "read_only",
    "required",
    "union",
]


def required(key: str, codec: _Codec) -> dict[str, Any]:
    """Metadata of an attribute that decoding cannot do without."""
    return {"key": key, "codec": codec, "required": True, "optional": False}


def read_only(key: str, codec: _Codec) -> Any:
    """A required attribute that the server alone sets: whoever makes the model leaves it out."""
    return attrs.field(default=_ABSENT, metadata=required(key, codec))


def documented(key: str, codec: _Codec) -> Any:
    """An attribute that the spec documents: reading it raises when the server left it out."""
    return _attribute(key, codec, optional=False)


def optional(key: str, codec: _Codec) -> Any:
    """An attribute that may well be missing: None when the server left it out."""
    return _attribute(key, codec, optional=True)


def _attribute(key: str, codec: _Codec, *, optional: bool) -> Any:
    metadata = {"key": key, "codec": codec, "required": False, "optional": optional}
    return attrs.field(default=_ABSENT, metadata=metadata)
