"""How much a change weighs.

Enters: nothing. Leaves: `Level`, which every judgement of this package is given in.
"""

import enum


class Level(enum.IntEnum):
    """What a change asks of callers; the heavier one is the greater number."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    @property
    def word(self) -> str:
        """`major`, as reports write it."""
        return self.name.lower()
