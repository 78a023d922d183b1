"""How a case is measured: whole or quick, and which part of it. What `measure` is given."""

import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """`quick` is for a look, not for a claim."""

    quick: bool = False
    part: str = ""

    def of(self, whole: int, quick: int) -> int:
        """A number of rounds, or of calls."""
        return quick if self.quick else whole

    def say(self, words: str) -> None:
        """Tell how far it is, on stderr."""
        sys.stderr.write(f"    {words}\n")
        sys.stderr.flush()
