"""Run a case all the way: plan, make, type-check, call, prove."""

import contextlib
import tempfile
from pathlib import Path

from tests.memory import remembered
from tests.pipeline.evolution.base import Bases
from tests.pipeline.evolution.calling import Caller
from tests.pipeline.evolution.case import Case
from tests.pipeline.evolution.looking import Looked, look
from tests.pipeline.evolution.making import make
from tests.pipeline.evolution.proving import prove
from tests.pipeline.evolution.typed import Types


def problems(case: Case, looked: Looked) -> list[str]:
    """Compare an update with the expectations of its case."""
    left = tuple(question.text for question in looked.update.questions)
    pairs = (
        ("questions", case.questions, looked.asked),
        ("questions after the decisions", (), left),
        ("rules", sorted(case.rules), looked.rules),
        ("verdict", case.verdict, looked.verdict),
        ("sentences", list(case.sees), looked.sees),
    )
    return [
        f"{what}: expected {expected}, found {found}"
        for what, expected, found in pairs
        if expected != found
    ]


class Stage:
    """State that all cases share: bases, the process that calls, the cache of mypy."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.bases = Bases(folder / "bases")
        self._open = contextlib.ExitStack()
        self._open.enter_context(remembered())
        self.caller = self._open.enter_context(Caller())
        self.types = Types(folder / "types")

    def close(self) -> None:
        """End the process that calls."""
        self._open.close()

    def run(self, case: Case, *, as_installed: bool = True, examples: int = 0) -> list[str]:
        """Take a case all the way, with property tests for a number of examples; its problems."""
        folder = Path(tempfile.mkdtemp(prefix=f"{case.name}-", dir=self._folder))
        looked = look(case, self.bases[case.base], folder)
        made = make(case, looked, folder, as_installed=as_installed)
        found = [*problems(case, looked), *(f"no call of {name}" for name in made.uncalled)]
        found += [
            self.types.check(made.folder, made.programs),
            self.caller.run(made.folder, made.programs),
            prove(made, examples) if examples else "",
        ]
        return [one for one in found if one]
