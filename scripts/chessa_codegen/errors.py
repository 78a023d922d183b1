"""The error of the pipeline: a document that cannot be used.

Every refusal, of any step, says what is wrong, where, and how to fix it. It may quote the document
and is shown on a terminal: hidden characters are escaped, and long lines are cut.
"""

from collections.abc import Sequence
from typing import Final

from chessa_codegen.characters import visible

_LONGEST: Final = 600
_END: Final = 60
_MOST: Final = 50


class SpecError(Exception):
    """A document that cannot be used: what is wrong, where, and how to fix it.

    `what`, `where` and `fix` are a line each, whatever they quote; `details` are further lines.
    """

    def __init__(self, what: str, where: str, fix: str, details: tuple[str, ...] = ()) -> None:
        # all of them as args: for pickle and copy
        super().__init__(what, where, fix, details)
        self.what = _line(what)
        self.where = _line(where)
        self.pointer = where
        """The place as it is, to find it again."""
        self.fix = _line(fix)
        self.details = tuple(map(_line, details))

    def __str__(self) -> str:
        lines = (self.what, *self.details, f"where: {self.where}", f"fix: {self.fix}")
        return "\n  ".join(lines)


def together(errors: Sequence[SpecError], what: str) -> SpecError:
    """Return one error that names several, each with its place and fix."""
    if len(errors) == 1:
        return errors[0]
    told = tuple(f"{each.where}: {each.what} {each.fix}" for each in errors[:_MOST])
    more = (f"… and {len(errors) - _MOST} more",) if len(errors) > _MOST else ()
    return SpecError(f"{what} ({len(errors)}):", errors[0].where, errors[0].fix, (*told, *more))


def _line(text: str) -> str:
    """Return the text as one line; cut a long one in the middle, for both ends matter."""
    line = visible(text)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - _END]} … {line[-_END:]}"
