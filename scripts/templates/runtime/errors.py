"""What can go wrong between JSON and the models. Messages name fields, never values.

ValueError
└── ModelError
    ├── DecodeError      JSON that a model cannot be made of
    └── EncodeError      a Python value that has no place on the wire
AttributeError
└── AbsentFieldError     the server left the field out
    └── MisfitFieldError the server sent something that does not fit the field's type
"""


class ModelError(ValueError):
    """A value could not be turned into a model, or a model into JSON."""


class DecodeError(ModelError):
    """JSON that does not hold what the model cannot do without."""


class EncodeError(ModelError):
    """A Python value that has no exact form on the wire: a float amount, a naive datetime, …"""


class AbsentFieldError(AttributeError):
    """The server left a documented field out. `"name" in model` asks without raising."""


class MisfitFieldError(AbsentFieldError):
    """The server sent a value that does not fit the field. It is kept in `model.misfits`."""
