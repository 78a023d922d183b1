"""The error of the pipeline: a document that cannot be used.

Every refusal, of any step, says what is wrong, where, and how to mend it.
"""


class SpecError(Exception):
    """A document that cannot be used: what is wrong, where, and how to mend it."""

    def __init__(self, what: str, where: str, mend: str) -> None:
        super().__init__(what, where, mend)  # all three as args, so that it pickles and copies
        self.what = what
        self.where = where
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.what}\n  where: {self.where}\n  mend: {self.mend}"
