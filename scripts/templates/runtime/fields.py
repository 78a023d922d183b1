"""The vocabulary of model classes and operations: the key of a field, its codec, its presence.

id: str = attrs.field(metadata=_fields.required("id", _fields.STRING))
created_at: datetime.datetime = _fields.documented("createdAt", _fields.DATE_TIME)
bank_code: str | None = _fields.optional("bankCode", _fields.nullable(_fields.STRING))

Generated modules import it as `_fields`: a property of the API may be called `fields`.
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
    plain_amounts,
    tuple_of,
)
from .codecs import Codec as _Codec
from .scalars import usual_date_times
from .types import ABSENT as _ABSENT
from .unions import discriminated, recursive, union

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
    "expected",
    "mapping",
    "model",
    "nullable",
    "open_enum",
    "open_int_enum",
    "optional",
    "plain_amounts",
    "read_only",
    "recursive",
    "required",
    "tuple_of",
    "union",
    "usual_date_times",
]


def required(key: str, codec: _Codec) -> dict[str, Any]:
    """Return the metadata of an attribute that decoding cannot do without."""
    return {"key": key, "codec": codec, "required": True, "optional": False}


def read_only(key: str, codec: _Codec) -> Any:
    """Declare a required attribute that only the server sets: omit it when you make the model."""
    return attrs.field(default=_ABSENT, metadata=required(key, codec))


def expected(key: str, codec: _Codec) -> Any:
    """Declare an attribute that you must give, and without which decoding succeeds."""
    return attrs.field(metadata={"key": key, "codec": codec, "required": False, "optional": False})


def documented(key: str, codec: _Codec) -> Any:
    """Declare an attribute that the spec documents: reading it raises if the server omitted it."""
    return _attribute(key, codec, optional=False)


def optional(key: str, codec: _Codec) -> Any:
    """Declare an attribute that is often missing: None if the server omitted it."""
    return _attribute(key, codec, optional=True)


def _attribute(key: str, codec: _Codec, *, optional: bool) -> Any:
    metadata = {"key": key, "codec": codec, "required": False, "optional": optional}
    return attrs.field(default=_ABSENT, metadata=metadata)
