"""Labelled changes of a vendor, each with what must come of it.

Every case is held to its rules, a part to what an update says; the nightly form takes all of them
to calls of the new package.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from chessa_tracking.diff.changes import RULES
from tests.marks import every
from tests.pipeline.evolution.case import PATHS, Case, read
from tests.pipeline.evolution.looking import look, rules_of
from tests.pipeline.evolution.whole import Stage, problems

_LOOKED: Final = 11  # a prime: similar cases are neighbours
_PROVEN: Final = ("body-property-required", "answer-union-kind-added")


def named(chosen: list[Any]) -> pytest.MarkDecorator:
    """A test for each of these."""
    return pytest.mark.parametrize("case", chosen, ids=lambda path: path.stem, indirect=True)


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Case:
    """Read a case."""
    return read(request.param)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Return the state that all cases share."""
    stage = Stage(tmp_path_factory.mktemp("evolution"))
    yield stage
    stage.close()


def test_there_are_enough_cases() -> None:
    """Each has a title of its own; all verdicts and questions and dozens of rules are there."""
    cases = [read(path) for path in PATHS]
    assert len(cases) >= 60
    assert len({case.title for case in cases}) == len(cases)
    assert {case.verdict for case in cases} == {"major", "minor", "patch", "none"}
    asked = {kind for case in cases for kind in case.questions}
    assert asked == {"conflict", "missing", "overlay", "server", "security"}
    rules = {rule for case in cases for rule in case.rules}
    assert len(rules) >= 60
    assert rules <= RULES.keys()


@named(every(29, PATHS))
def test_every_case_gets_its_rules(case: Case, stage: Stage, tmp_path: Path) -> None:
    """From pages: each change is told once, by the rules that the case names and no others."""
    assert rules_of(case, stage.bases[case.base], tmp_path) == sorted(case.rules)


@named(every(9, PATHS[::_LOOKED]))
def test_what_an_update_says(case: Case, stage: Stage, tmp_path: Path) -> None:
    """Its questions, its verdict, and every sentence that a Python caller reads."""
    assert problems(case, look(case, stage.bases[case.base], tmp_path)) == []


@pytest.mark.nightly
@named(PATHS)
def test_a_case_all_the_way(case: Case, stage: Stage) -> None:
    """As it says; made without a hand edit, type-checked, called in both modes on the sandbox.

    The property tests of the changed operations pass for two cases, and there are some.
    """
    is_proven = case.name in _PROVEN
    assert stage.run(case, as_installed=is_proven, examples=2 * is_proven) == []
