"""The error of the pipeline: a document that cannot be used.

Every refusal, of any step, says what is wrong, where, and how to fix it. It may quote the document
and is shown on a terminal: nothing in it is hidden, and none of it is endless.
"""

from typing import Final

from chessa_codegen.characters import visible

_LONGEST: Final = 600
_END: Final = 60


class SpecError(Exception):
    """A document that cannot be used: what is wrong, where, and how to fix it.

    `what`, `where` and `fix` are a line each, whatever they quote; `details` are further lines.
    """

    def __init__(self, what: str, where: str, fix: str, details: tuple[str, ...] = ()) -> None:
        # all of them as args, so that it pickles and copies
        super().__init__(what, where, fix, details)
        self.what = _line(what)
        self.where = _line(where)
        self.fix = _line(fix)
        self.details = tuple(map(_line, details))

    def __str__(self) -> str:
        lines = (self.what, *self.details, f"where: {self.where}", f"fix: {self.fix}")
        return "\n  ".join(lines)


def _line(text: str) -> str:
    """The text as one line; of a long one the middle is left out, for both ends tell something."""
    line = visible(text)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - _END]} … {line[-_END:]}"
