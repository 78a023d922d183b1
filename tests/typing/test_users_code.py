"""The types are what users see: right code checks under both checkers, wrong code is refused.

`accepted/` holds the one kind, `refused/` the other, its wrong lines marked with the rules that
refuse them. `operations` writes more of both kinds, for every operation that there is.
"""

import importlib.resources
import json
import re
from pathlib import Path

import pytest

from tests.marks import NIGHTLY

from . import operations
from .checkers import ROOT, Said, check, marks

HERE = Path(__file__).parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MODULES = {
    **{
        path.relative_to(HERE).as_posix(): path.read_text(encoding="utf-8")
        for kind in ("accepted", "refused")
        for path in sorted((HERE / kind).glob("*.py"))
    },
    **{
        f"accepted/readme_{number}.py": block
        for number, block in enumerate(re.findall(r"```python\n(.*?)```", README, re.DOTALL))
    },
    "accepted/operations.py": operations.accepted(),
    "refused/operations.py": operations.refused(),
}
MARKS = marks(MODULES)


@pytest.fixture(scope="module", params=["mypy", pytest.param("pyright", marks=NIGHTLY)])
def checker(request: pytest.FixtureRequest) -> str:
    """Return the name of a checker."""
    return str(request.param)


@pytest.fixture(scope="module")
def said(checker: str, tmp_path_factory: pytest.TempPathFactory) -> Said:
    """Return the messages of a checker on all modules."""
    return check(checker, tmp_path_factory.mktemp("user") / "project", MODULES)


def test_right_code_checks(said: Said) -> None:
    """No line without a mark is refused: the README's neither, nor a call of any operation."""
    assert {place: rules for place, rules in said.items() if place not in MARKS} == {}


def test_wrong_code_is_refused(checker: str, said: Said) -> None:
    """Every marked line is refused, for the reason that its mark gives."""
    missed = {
        place: (mark[checker], said.get(place))
        for place, mark in MARKS.items()
        if mark[checker] not in said.get(place, {})
    }
    assert missed == {}


def test_marks_stand_where_they_belong() -> None:
    """Each refused module has marked lines, and no accepted one has any."""
    assert {name for name, _ in MARKS} == {name for name in MODULES if name.startswith("refused/")}


def test_every_operation_is_there() -> None:
    """The modules that are written call each operation of the spec."""
    spec = json.loads(importlib.resources.files("chessa_api").joinpath("spec.json").read_bytes())
    methods = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
    wanted = sum(method in methods for path in spec["paths"].values() for method in path)
    assert len(operations.methods()) == wanted >= 16
