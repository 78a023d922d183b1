"""Absence as a value: the default of an optional argument."""

import enum
from typing import Any, Final, Literal


class Unset(enum.Enum):
    """The type of `UNSET`: falsy, and the same object after a copy or a pickle."""

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET

# The default of every model attribute that may be left out. `Any`, so that the attribute keeps the
# type it has when it is there; the model removes it before a caller can read it.
ABSENT: Final[Any] = UNSET
