"""Both clients, for every property that goes through a call; and the same draws everywhere."""

import functools
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants, constants_from_module

import chessa
import chessa_api
from tests.marks import CI, is_short
from tests.property.calls import BothClients


@functools.cache
def _constants() -> Constants:
    """The numbers and texts that stand in both packages, imported by now or not."""
    found = providers._local_constants  # empty, and of sets that keep an order
    for package in (chessa, chessa_api):
        for path in sorted(Path(str(package.__file__)).parent.rglob("*.py")):
            module = ModuleType(path.stem)
            module.__file__ = str(path)
            found |= constants_from_module(module)
    return found


# hypothesis likes to draw what stands in the modules that are loaded at that moment: other values
# after other tests. It has no setting for that, and a seed alone would not fix the draws.
assert callable(providers._get_local_constants)
providers._get_local_constants = _constants


@pytest.hookimpl(tryfirst=True)  # before pytest selects by the markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Thousands of values through code that other tests cover: run without tracing."""
    here = f"{Path(__file__).parent}{os.sep}"
    ours = [item for item in items if str(item.path).startswith(here)]
    for item in ours:
        item.add_marker("untraced")
    # The proof of an update and .ci/run draw more: they take every place and status.
    if is_short():
        _leave_one_each(ours)


def _leave_one_each(items: list[pytest.Item]) -> None:
    """Leave one place of each class, and one success of each operation, without a mark."""
    seen: set[tuple[str, object]] = set()
    for item in items:
        drawn = getattr(item, "callspec", None)
        given = drawn.params if drawn is not None else {}
        if given.keys() in ({"place"}, {"documented", "case"}):
            subject = given["place"].cls if "place" in given else given["documented"].key
            key = (item.nodeid.partition("[")[0], subject)
            if key in seen:
                item.add_marker(CI)
            seen.add(key)


@pytest.fixture(scope="session")
def both() -> Iterator[BothClients]:
    """One pair of clients for all: what a call leaves behind would show in the next."""
    with BothClients() as clients:
        yield clients


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Hundreds of calls fail here on purpose: their lines would bury the one that matters."""
    caplog.set_level(logging.CRITICAL, logger="chessa")
