"""The base of all errors, and those between JSON and the models. Messages never show values.

ChessaError
├── ModelError            also a ValueError
│   ├── DecodeError       JSON that a model cannot be made of
│   └── EncodeError       a Python value that JSON cannot express
└── AbsentFieldError      also an AttributeError: the server left the field out
    └── MisfitFieldError  the server sent something that does not fit the field's type
"""

import enum
from typing import Any, ClassVar, Final, TypedDict, TypeVar, Unpack


class Outcome(enum.Enum):
    """The effect that a failed call may have had at the server."""

    NOT_SENT = "not sent"
    """No byte of the request was sent: the server cannot have acted."""
    REJECTED = "rejected"
    """The server rejected the request: it did not act."""
    UNKNOWN = "unknown"
    """The server may have acted. Look up what the call changes before you call again."""
    DONE = "done"
    """The server acted, and its response could not be read."""

    def __repr__(self) -> str:
        return f"Outcome.{self.name}"


class Circumstances(TypedDict, total=False):
    """The attributes that every error has of its call."""

    outcome: Outcome
    operation: str | None
    attempts: int
    elapsed: float
    request_id: str | None
    timed_out: bool
    retry_after: float | None


_UNKNOWN: Final = Circumstances(
    outcome=Outcome.NOT_SENT,
    operation=None,
    attempts=0,
    elapsed=0.0,
    request_id=None,
    timed_out=False,
    retry_after=None,
)
"""The attributes of an error outside a call."""


class ChessaError(Exception):
    """A call without a result; `.outcome` says what it may have done.

    It has plain values only and can be pickled, copied, compared and logged: no request, no
    connection, no credentials.
    """

    outcome: Outcome
    """See `Outcome`."""
    operation: str | None
    """The method that was called, `orders.request_refund`; None outside a call."""
    attempts: int
    """The number of attempts; 0 when the client refused the request."""
    elapsed: float
    """Seconds from the call to this error."""
    request_id: str | None
    """The server's id of the request, if its response has one."""
    timed_out: bool
    """True if time ran out."""
    retry_after: float | None
    """Seconds that the server asks to wait before the next call, if it does."""

    _default: ClassVar[Outcome] = Outcome.NOT_SENT
    _is_retryable: ClassVar[bool] = False
    _shown: ClassVar[tuple[str, ...]] = ("operation", "outcome", "attempts")
    __module__ = "chessa"

    def __init_subclass__(cls) -> None:
        if cls.__module__ in (__name__, "chessa._errors"):  # in tracebacks and pickles
            cls.__module__ = "chessa"

    def __init__(self, text: str = "", /, **circumstances: Unpack[Circumstances]) -> None:
        super().__init__(text)
        vars(self).update({**_UNKNOWN, "outcome": self._default, **circumstances})

    @property
    def retryable(self) -> bool:
        """True if the same call, unchanged, can succeed later; never after UNKNOWN or DONE."""
        return self._is_retryable

    def __repr__(self) -> str:
        parts = [f"{name}={getattr(self, name)!r}" for name in self._shown]
        return f"{type(self).__name__}({', '.join(parts)})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ChessaError) or type(other) is not type(self):
            return NotImplemented
        return self.args == other.args and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), self.args))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.args, dict(vars(self)))


_E = TypeVar("_E", bound=ChessaError)


def _restore(cls: type[_E], args: tuple[Any, ...], values: dict[str, Any]) -> _E:
    error = cls.__new__(cls, *args)
    vars(error).update(values)
    return error


class ModelError(ChessaError, ValueError):
    """A value cannot be converted to a model, or a model to JSON."""


class DecodeError(ModelError):
    """JSON that cannot be decoded: it is invalid, or lacks a required field."""


class EncodeError(ModelError):
    """A Python value that has no exact form on the wire: a float amount, a naive datetime, …"""


class AbsentFieldError(ChessaError, AttributeError):
    """The server omitted a documented field. `"name" in model` tests for it without raising.

    The call itself succeeded: the outcome is DONE.
    """

    _default: ClassVar[Outcome] = Outcome.DONE


class MisfitFieldError(AbsentFieldError):
    """The server sent a value that does not fit the field. It is kept in `model.misfits`."""
