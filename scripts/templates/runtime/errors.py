"""Errors between JSON and the models. Messages name fields, never values.

ValueError
└── ModelError
    ├── DecodeError      JSON that cannot be decoded
    └── EncodeError      a Python value that cannot be encoded
AttributeError
└── AbsentFieldError     the server omitted the field
    └── MisfitFieldError the server sent a value that does not fit the field's type
"""


class ModelError(ValueError):
    """A value cannot be converted to a model, or a model to JSON."""


class DecodeError(ModelError):
    """JSON that cannot be decoded: it is invalid, or lacks a required field."""


class EncodeError(ModelError):
    """A Python value that has no exact form on the wire: a float amount, a naive datetime, …"""


class AbsentFieldError(AttributeError):
    """The server omitted a documented field. `"name" in model` tests for it without raising."""


class MisfitFieldError(AbsentFieldError):
    """The server sent a value that does not fit the field. It is kept in `model.misfits`."""
