"""Large documents are compared in two processes, with the same results as in one."""

from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

from chessa_codegen.errors import SpecError
from chessa_tracking.apply import second_process
from chessa_tracking.apply.assess import judge
from tests.tracking.test_judging import NEW, REFUND, SMALL, edited


def _refused(what: str) -> None:
    raise SpecError(what, "#/paths", "Write paths.", ("more",))


def test_the_same_judgement_from_two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change, its level and the surface do not depend on who worked on them."""
    gone: tuple[tuple[str, ...], Any] = ((*REFUND, "post", "parameters"), [])
    new = edited(SMALL, gone, (("paths", "/v1/new"), {"get": NEW}))
    assert isinstance(second_process.executor_for(SMALL, new), second_process.AtOnce)
    alone = judge(SMALL, new)
    monkeypatch.setattr(second_process, "LARGE", 0)
    assert alone.changes
    assert alone.surface
    assert judge(SMALL, new) == alone


@pytest.mark.ci
def test_errors_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `SpecError` has its place, fix and details, from this process and from another."""
    at_once = second_process.executor_for(SMALL)
    monkeypatch.setattr(second_process, "LARGE", 0)
    with second_process.executor_for(SMALL) as other:
        assert isinstance(other, ProcessPoolExecutor)
        for executor in (at_once, other):
            error = executor.submit(_refused, "No paths.").exception()
            assert isinstance(error, SpecError)
            assert str(error) == "No paths.\n  more\n  where: #/paths\n  fix: Write paths."
            assert error.pointer == "#/paths"
